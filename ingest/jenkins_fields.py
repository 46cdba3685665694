"""What is kept of Jenkins' objects: listed fields only, persons hashed, of parameters only those that are named."""

from collections.abc import Collection
from functools import partial
from typing import Any, NotRequired

# pydantic reads TypedDicts of `typing` from Python 3.12 on only
from typing_extensions import TypedDict

from ingest.branches import nameless
from ingest.repositories import repository
from ingest.shapes import Item, Shape
from ingest.source import Hasher

READ = "Job/Read"


class Job(TypedDict):
    """A job, or a folder of them. Where Jenkins was not asked for more than its name, it has that alone."""

    name: str
    fullName: NotRequired[str]
    nextBuildNumber: NotRequired[int]
    jobs: NotRequired["list[Job]"]
    _class: NotRequired[str]


class Folder(TypedDict):
    jobs: list[Job]


class Cause(TypedDict):
    _class: NotRequired[str]
    userId: NotRequired[str | None]


class Parameter(TypedDict):
    name: str
    value: NotRequired[Any]


class Branch(TypedDict):
    name: NotRequired[str | None]


class Revision(TypedDict):
    SHA1: NotRequired[str | None]
    branch: NotRequired[list[Branch] | None]


class Action(TypedDict):
    """One of many kinds, told apart by what they have."""

    causes: NotRequired[list[Cause]]
    parameters: NotRequired[list[Parameter]]
    lastBuiltRevision: NotRequired[Revision | None]
    remoteUrls: NotRequired[list[str] | None]
    queuingDurationMillis: NotRequired[int]


class Build(TypedDict):
    number: int
    building: bool
    timestamp: int
    duration: NotRequired[int | None]
    result: NotRequired[str | None]
    actions: NotRequired[list[Action | None] | None]


class BuildPage(TypedDict):
    allBuilds: list[Build]


class Stage(TypedDict):
    id: str
    name: str
    status: str
    startTimeMillis: NotRequired[int | None]
    durationMillis: NotRequired[int | None]


class Stages(TypedDict):
    stages: list[Stage]


JOB_TREE = "name,fullName,nextBuildNumber"
BUILD_TREE = (
    "number,building,timestamp,duration,result,actions[causes[userId],parameters[name,value],"
    "lastBuiltRevision[SHA1,branch[name]],remoteUrls,queuingDurationMillis]"
)


def job(item: Job, hashed: Hasher) -> Item:
    return {
        "name": item["name"],
        "full_name": item.get("fullName"),
        "class": item.get("_class", "").rpartition(".")[2],
        "next": item.get("nextBuildNumber"),
        "jobs": [job(each, hashed) for each in item["jobs"]] if "jobs" in item else None,
    }


def build(item: Build, hashed: Hasher, parameters: Collection[str], libraries: Collection[str]) -> Item:
    actions = [action for action in item.get("actions") or () if action]
    causes = [cause for action in actions for cause in action.get("causes", ())]
    login = next((cause["userId"] for cause in causes if cause.get("userId")), None)
    actor = hashed(login)
    repo, revision = _checkout(actions, libraries)
    branch = next((name for each in (revision or {}).get("branch") or () if (name := each.get("name"))), None)
    waits = (action["queuingDurationMillis"] for action in actions if "queuingDurationMillis" in action)
    given = [each for action in actions for each in action.get("parameters", ()) if each["name"] in parameters]
    return {
        "number": item["number"],
        # between its last step and its end, a build has no result yet
        "building": item["building"] or not item.get("result"),
        "timestamp": item["timestamp"],
        "duration": item.get("duration") or 0,
        "queued": next(waits, None),
        "result": item.get("result"),
        "cause": causes[0].get("_class", "").rpartition(".")[2].rpartition("$")[2] if causes else None,
        "repo": repo,
        "sha": revision.get("SHA1") if revision else None,
        "branch": nameless((branch or "").removeprefix("refs/remotes/").removeprefix("origin/"), login, actor) or None,
        "parameters": {each["name"]: str(each["value"]) for each in given if each.get("value") is not None},
        "actor": actor,
    }


def _checkout(actions: list[Action], libraries: Collection[str]) -> tuple[str | None, Revision | None]:
    """The repository that was built and its revision. Shared libraries are checked out too, and often first."""
    for action in actions:
        revision = action.get("lastBuiltRevision")
        repo = repository(next(iter(action.get("remoteUrls") or ()), None))
        if revision and repo not in libraries:
            return repo, revision
    return None, None


def stage(item: Stage, hashed: Hasher) -> Item:
    kept: Item = {key: item.get(key) for key in ("id", "name", "status")}
    return kept | {"started": item.get("startTimeMillis"), "duration": item.get("durationMillis")}


JOBS = Shape(Job, Folder, "jobs", job, "Overall/Read and Job/Read")
STAGES = Shape(Stage, Stages, "stages", stage, READ)


def builds(parameters: Collection[str], libraries: Collection[str]) -> Shape:
    """How builds answer, when of their parameters only these are wanted."""
    cut = partial(build, parameters=parameters, libraries=libraries)
    return Shape(Build, BuildPage, "allBuilds", cut, READ)
