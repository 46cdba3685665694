"""An organisation of Azure DevOps in memory: what the loopback server answers with."""

import json
import re
from base64 import b64encode
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from tests.loopback import Loopback, Reply, Request

FIXTURES = Path(__file__).parent / "fixtures" / "azure_devops"
NEVER = "0001-01-01T00:00:00"
Items = list[dict[str, Any]]


@cache
def example(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))


def iso(time: datetime) -> str:
    """With seven digits of a second, as .NET writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


@dataclass
class Project:
    name: str
    id: str
    builds: Items = field(default_factory=list)
    timelines: dict[str, Any] = field(default_factory=dict)
    """`12`, or `12/earlier` for a timeline before the last."""

    environments: dict[int, str] = field(default_factory=dict)
    deployments: Items = field(default_factory=list)
    repositories: Items = field(
        default_factory=lambda: [
            {"id": "repo-fraud", "name": "fraud", "defaultBranch": "refs/heads/main", "size": 5},
            {"id": "repo-empty", "name": "empty", "size": 0},
        ]
    )
    pulls: Items = field(default_factory=list)
    commits: dict[int, Items] = field(default_factory=dict)
    threads: dict[int, Items] = field(default_factory=dict)


class World:
    """The server's whole state. `now` is its clock."""

    def __init__(self, now: datetime, token: str) -> None:
        self.now = now
        self.authorization = f"Basic {b64encode(f':{token}'.encode()).decode()}"
        self.projects: list[Project] = []
        self.server = Loopback(self.answer, lambda: self.now)
        self.base_url = f"{self.server.base_url}/acme"
        self._ids = iter(range(1, 1_000_000))

    def add(self, name: str) -> Project:
        self.projects.append(Project(name, f"0f5e-{len(self.projects)}"))
        return self.projects[-1]

    def ago(self, **span: float) -> str:
        return iso(self.now - timedelta(**span))

    def build(self, project: Project, finished: str, **fields: Any) -> dict[str, Any]:
        made = {**deepcopy(example("build")), "id": next(self._ids), "finishTime": finished}
        project.builds.append(made | {"queueTime": finished, "startTime": finished} | fields)
        return project.builds[-1]

    def running(self, project: Project, status: str = "inProgress", **fields: Any) -> dict[str, Any]:
        return self.build(project, NEVER, **{"status": status, "result": None, "queueTime": iso(self.now)} | fields)

    def finish(self, build: dict[str, Any], result: str = "succeeded") -> None:
        build |= {"status": "completed", "result": result, "finishTime": iso(self.now)}

    def deploy(self, project: Project, build: dict[str, Any], environment: int, **fields: Any) -> dict[str, Any]:
        made = {**deepcopy(example("deployment_record")), "id": next(self._ids), "environmentId": environment}
        made |= {"queueTime": iso(self.now), "startTime": iso(self.now), "finishTime": iso(self.now)}
        made["owner"] |= {"id": build["id"]}
        project.deployments.append(made | fields)
        return project.deployments[-1]

    def pull(self, project: Project, closed: str, **fields: Any) -> dict[str, Any]:
        made = {**deepcopy(example("pull_request")), "pullRequestId": next(self._ids), "closedDate": closed}
        project.pulls.append(made | fields)
        return project.pulls[-1]

    def answer(self, request: Request) -> Reply:
        if request.headers.get("Authorization") != self.authorization:
            return Reply(b"<html>Sign in to your account</html>", 203, {"Content-Type": "text/html"})
        assert request.headers["Accept"] == "application/json;api-version=7.1"
        assert request.headers["X-TFS-FedAuthRedirect"] == "Suppress"
        path = request.path.removeprefix("/acme")
        if path == "/_apis/projects":
            return self._by_token(request, [{"id": each.id, "name": each.name} for each in self.projects])
        inside = re.fullmatch(r"/([^/]+)/_apis/(.+)", path)
        project = next((each for each in self.projects if inside and each.id == inside[1]), None)
        if project is None or inside is None:
            return Reply({"message": "TF200016: The following project does not exist"}, 404)
        return self._project(request, project, inside[2])

    def _project(self, request: Request, project: Project, path: str) -> Reply:
        if path == "build/builds":
            return self._builds(request, project)
        if found := re.fullmatch(r"build/builds/(\d+)", path):
            return _one(project.builds, "id", int(found[1]))
        if found := re.fullmatch(r"build/builds/(\d+)/timeline(?:/(\w+))?", path):
            name = "/".join(part for part in found.groups() if part)
            return Reply(project.timelines[name]) if name in project.timelines else Reply(b"", 204)
        if path == "distributedtask/environments":
            return self._by_token(request, [{"id": key, "name": name} for key, name in project.environments.items()])
        if found := re.fullmatch(r"distributedtask/environments/(\d+)/environmentdeploymentrecords", path):
            records = [each for each in project.deployments if each["environmentId"] == int(found[1])]
            return self._by_token(request, sorted(records, key=lambda each: each["id"], reverse=True))
        if path == "git/repositories":
            return Reply({"count": len(project.repositories), "value": project.repositories})
        if path == "git/pullrequests":
            return self._pulls(request, project)
        if found := re.fullmatch(r"git/pullrequests/(\d+)", path):
            return _one(project.pulls, "pullRequestId", int(found[1]))
        if found := re.fullmatch(r"git/repositories/[^/]+/pullRequests/(\d+)/(commits|threads)", path):
            given = project.commits if found[2] == "commits" else project.threads
            return self._by_token(request, given.get(int(found[1]), example(f"pull_request_{found[2]}")))
        return Reply({"message": "Page not found."}, 404)

    def _builds(self, request: Request, project: Project) -> Reply:
        wanted = request.query.get("statusFilter")
        found = [build for build in project.builds if not wanted or build["status"] in wanted.split(",")]
        if request.query.get("queryOrder"):
            assert request.query["queryOrder"] == "finishTimeAscending"
            found = [build for build in found if build["finishTime"] >= request.query["minTime"]]
            found.sort(key=lambda build: (build["finishTime"], build["id"]))
        return self._by_token(request, found)

    def _pulls(self, request: Request, project: Project) -> Reply:
        """Newest first by number, whatever the search."""
        query, found = request.query, sorted(project.pulls, key=lambda pull: pull["pullRequestId"], reverse=True)
        if "searchCriteria.status" in query:
            assert query["searchCriteria.queryTimeRangeType"] == "closed"
            found = [pull for pull in found if pull["status"] == query["searchCriteria.status"]]
            found = [pull for pull in found if pull["closedDate"] >= query["searchCriteria.minTime"]]
        skip, top = int(query.get("$skip", 0)), int(query["$top"])
        return Reply({"count": top, "value": found[skip : skip + top]})

    def _by_token(self, request: Request, items: Items) -> Reply:
        start, top = int(request.query.get("continuationToken", 0)), int(request.query.get("$top", 100))
        more = {"x-ms-continuationtoken": str(start + top)} if start + top < len(items) else {}
        value = items[start : start + top]
        return Reply({"count": len(value), "value": value}, headers=more)


def _one(items: Items, key: str, number: int) -> Reply:
    found = next((item for item in items if item[key] == number), None)
    return Reply(found) if found else Reply({"message": "not found"}, 404)
