"""How GitHub's endpoints answer."""

from functools import partial

from ingest import github_fields as fields
from ingest.shapes import Shape

ACTIONS = "Actions: read"
DEPLOYS = "Deployments: read"
REQUESTS = "Pull requests: read"

_shape = partial(Shape, persons=fields.PERSONS, free_text=fields.FREE_TEXT)

RUNS = _shape(fields.Run, fields.RunPage, "workflow_runs", fields.run, ACTIONS)
JOBS = _shape(fields.Job, fields.JobPage, "jobs", fields.job, ACTIONS)
DEPLOYMENTS = _shape(fields.Deployment, list[fields.Deployment], None, fields.deployment, DEPLOYS)
APPROVALS = _shape(fields.Approval, list[fields.Approval], None, fields.approval, ACTIONS)
RELEASES = _shape(fields.Release, list[fields.Release], None, fields.release, "Contents: read")
TAGGED = _shape(fields.Tagged, fields.Tagged, None, fields.tagged, "Contents: read")
STATUSES = _shape(fields.Status, list[fields.Status], None, fields.status, DEPLOYS)
PULLS = _shape(fields.Pull, list[fields.Pull], None, fields.pull, REQUESTS)
COMMITS = _shape(fields.Commit, list[fields.Commit], None, fields.commit, REQUESTS)
REVIEWS = _shape(fields.Review, list[fields.Review], None, fields.review, REQUESTS)
REPOSITORIES = _shape(fields.Repository, list[fields.Repository], None, fields.repository, "Metadata: read")
