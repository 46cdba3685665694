"""How Azure DevOps' endpoints answer."""

from functools import partial
from typing import Generic, TypeVar

# pydantic reads TypedDicts of `typing` from Python 3.12 on only
from typing_extensions import TypedDict

from ingest import azure_devops_fields as fields
from ingest.shapes import Shape

T = TypeVar("T")


class Values(TypedDict, Generic[T]):
    """How all lists answer."""

    value: list[T]


BUILD_READ = "Build (Read)"
CODE_READ = "Code (Read)"
ENVIRONMENT_READ = "Environment (Read & manage)"

_shape = partial(
    Shape,
    persons=dict.fromkeys(("requestedFor", "createdBy", "author"), "uniqueName"),
    free_text={"sourceBranch", "targetRefName", "name"},
)

PROJECTS = _shape(fields.Project, Values[fields.Project], "value", fields.project, "Project and Team (Read)")
BUILDS = _shape(fields.Build, Values[fields.Build], "value", fields.build, BUILD_READ)
TIMELINE = _shape(fields.TimelineRecord, fields.Timeline, "records", fields.timeline_record, BUILD_READ)
ENVIRONMENTS = _shape(fields.Environment, Values[fields.Environment], "value", fields.environment, ENVIRONMENT_READ)
DEPLOYMENTS = _shape(
    fields.DeploymentRecord, Values[fields.DeploymentRecord], "value", fields.deployment_record, ENVIRONMENT_READ
)
REPOSITORIES = _shape(fields.Repository, Values[fields.Repository], "value", fields.repository, CODE_READ)
PULL_REQUESTS = _shape(fields.PullRequest, Values[fields.PullRequest], "value", fields.pull_request, CODE_READ)
COMMITS = _shape(fields.ListedCommit, Values[fields.ListedCommit], "value", fields.commit, CODE_READ)
THREADS = _shape(fields.Thread, Values[fields.Thread], "value", fields.thread, CODE_READ)
