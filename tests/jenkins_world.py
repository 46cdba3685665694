"""A Jenkins in memory: what the loopback server answers with, cut by `tree` as Jenkins does."""

import json
import re
from base64 import b64encode
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from tests.loopback import Loopback, Reply, Request

FIXTURES = Path(__file__).parent / "fixtures" / "jenkins"
Tree = dict[str, Any]


@cache
def example(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))


def millis(time: datetime) -> int:
    return int(time.replace(tzinfo=UTC).timestamp() * 1000)


@dataclass
class Job:
    """A job of one of the kinds of jobs.json, or a folder; `name` is as Jenkins has it: a branch's with %2F."""

    name: str
    kind: str = "pipeline"
    builds: dict[int, dict[str, Any]] = field(default_factory=dict)
    stages: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    next: int = 1
    jobs: dict[str, "Job"] = field(default_factory=dict)
    full_name: str = ""

    def shown(self) -> dict[str, Any]:
        found = {**deepcopy(example("jobs")[self.kind]), "name": self.name, "fullName": self.full_name}
        if self.kind in {"folder", "multibranch"}:
            return found | {"jobs": [job.shown() for job in self.jobs.values()]}
        builds = [self.builds[number] for number in sorted(self.builds, reverse=True)]
        return found | {"nextBuildNumber": self.next, "builds": builds[:100], "allBuilds": builds}


class World:
    """The server's whole state. `now` is its clock."""

    def __init__(self, now: datetime, token: str, user: str = "cron") -> None:
        self.now = now
        self.authorization = f"Basic {b64encode(f'{user}:{token}'.encode()).decode()}"
        self.root = Job("", "folder")
        self.server = Loopback(self.answer, lambda: self.now)

    def add(self, path: str, kind: str = "pipeline", folders: str = "folder") -> Job:
        """A job, with the folders above it; `folders` is what the last of these is."""
        *parents, name = path.split("/")
        place = self.root
        for depth, parent in enumerate(parents, 1):
            is_last = depth == len(parents)
            made = Job(parent, folders if is_last else "folder", full_name="/".join(parents[:depth]))
            place = place.jobs.setdefault(parent, made)
        place.jobs[name] = Job(name, kind, full_name="/".join([*parents, name]))
        return place.jobs[name]

    def build(self, job: Job, ago: timedelta = timedelta(hours=1), **fields: Any) -> dict[str, Any]:
        """The job's next build, with the stages of the example once it is over."""
        number, begin = job.next, millis(self.now - ago)
        made = {**deepcopy(example("build")), "number": number, "id": str(number), "timestamp": begin, **fields}
        job.builds[number] = made
        job.next += 1
        job.stages[number] = deepcopy(example("describe")["stages"])
        for stage, offset in zip(job.stages[number], (0, 60_000), strict=True):
            stage["startTimeMillis"] = begin + offset
        return made

    def answer(self, request: Request) -> Reply:
        if request.headers.get("Authorization") != self.authorization:
            return Reply(b"<html>Invalid password/token for user</html>", 401, {"Content-Type": "text/html"})
        found = re.fullmatch(r"((?:/job/[^/]+)*)(?:/(\d+))?(/api/json|/wfapi/describe)", request.path)
        job = self._at(found[1]) if found else None
        if found is None or job is None:
            return Reply(b"<html>Not found</html>", 404)
        if found[2] is None:
            return Reply(cut({"mode": "NORMAL", **job.shown()}, parse(request.query["tree"])))
        number = int(found[2])
        if number not in job.builds:
            return Reply(b"<html>Not found</html>", 404)
        if found[3] == "/api/json":
            return Reply(cut(job.builds[number], parse(request.query["tree"])))
        if job.kind != "pipeline":
            return Reply(b"<html>Not found</html>", 404)
        return Reply({**example("describe"), "stages": job.stages[number]})

    def _at(self, path: str) -> Job | None:
        place: Job | None = self.root
        for name in path.split("/job/")[1:]:
            place = place.jobs.get(unquote(name)) if place else None
        return place


def parse(tree: str) -> Tree:
    """`a,b[c]{0,5}` as {a: {}, b: {c: {}, "": (0, 5)}}."""
    found, rest = _fields(tree)
    assert rest == "", f"tree={tree} breaks off at {rest}"
    return found


def _fields(text: str) -> tuple[Tree, str]:
    found: Tree = {}
    while match := re.match(r",?(\w+)", text):
        text = text[match.end() :]
        inner: Tree = {}
        if text.startswith("["):
            inner, text = _fields(text[1:])
            assert text.startswith("]")
            text = text[1:]
        if part := re.match(r"\{(\d+),(\d+)\}", text):
            inner[""] = (int(part[1]), int(part[2]))
            text = text[part.end() :]
        found[match[1]] = inner
    return found, text


def cut(value: Any, tree: Tree) -> Any:
    """What of an object the tree names; of each object also its class."""
    if isinstance(value, list):
        begin, end = tree.get("", (0, len(value)))
        return [cut(each, tree) for each in value[begin:end]]
    if not isinstance(value, dict):
        return value
    kept = {name: cut(inner, tree[name]) for name, inner in value.items() if name in tree}
    return ({"_class": value["_class"]} if "_class" in value else {}) | kept


def branch(name: str) -> str:
    """A branch as the name of a job in a multibranch project."""
    return quote(name, safe="")
