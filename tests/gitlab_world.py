"""A GitLab in memory: what the loopback server answers with, built on GitLab's own example objects."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

from tests.loopback import Loopback, Reply, Request

FIXTURES = Path(__file__).parent / "fixtures" / "gitlab"
API = "/api/v4"


@cache
def example(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))


def iso(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds") + "Z"


@dataclass
class Project:
    """Lists hold objects as the API shows them. `details` maps a path below the project to what it answers with."""

    id: int
    path: str
    levels: dict[str, str] = field(default_factory=dict)
    pipelines: list[dict[str, Any]] = field(default_factory=list)
    jobs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    deployments: list[dict[str, Any]] = field(default_factory=list)
    approvals: dict[int, dict[str, Any]] = field(default_factory=dict)
    environments: list[dict[str, Any]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    commits: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    notes: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        levels = dict.fromkeys(
            ("builds_access_level", "environments_access_level", "merge_requests_access_level"), "enabled"
        )
        return {
            "id": self.id,
            "description": "Words of a person",
            "name": self.path.rsplit("/", 1)[1],
            "path_with_namespace": self.path,
            "default_branch": "main",
            "archived": False,
            **levels,
            **self.levels,
        }


class World:
    """The server's whole state. `now` is its clock; `zone` the offset in which it writes times of change."""

    def __init__(self, now: datetime, token: str) -> None:
        self.now = now
        self.token = token
        self.projects: dict[str, Project] = {}
        self.users: set[str] = set()
        self.server = Loopback(self.answer, lambda: self.now)
        self._ids = iter(range(1, 1_000_000))

    def add(self, path: str) -> Project:
        self.projects[path] = Project(len(self.projects) + 100, path)
        return self.projects[path]

    def ago(self, **span: float) -> str:
        return iso(self.now - timedelta(**span))

    def pipeline(self, project: Project, updated: str, **fields: Any) -> dict[str, Any]:
        made = {**deepcopy(example("pipeline")), "id": next(self._ids), "iid": 1, "project_id": project.id}
        made |= {"source": "push", "name": None, "web_url": f"https://gitlab.example.com/{project.path}/-/pipelines/1"}
        made |= {"created_at": updated, "updated_at": updated, "started_at": updated, "finished_at": updated, **fields}
        project.pipelines.append(made)
        return made

    def job(self, project: Project, pipeline: dict[str, Any], name: str, **fields: Any) -> dict[str, Any]:
        made = {**deepcopy(example("jobs")[0]), "id": next(self._ids), "name": name, "allow_failure": False}
        made |= {"failure_reason": None, "status": "success", "pipeline": {"id": pipeline["id"]}}
        made |= dict.fromkeys(("created_at", "started_at", "finished_at"), pipeline["created_at"]) | fields
        project.jobs.setdefault(pipeline["id"], []).append(made)
        return made

    def deployment(self, project: Project, updated: str, **fields: Any) -> dict[str, Any]:
        made = {**deepcopy(example("deployments")[0]), "id": next(self._ids), "status": "success"}
        made |= {"created_at": updated, "updated_at": updated}
        made["deployable"] |= {"pipeline": {"id": 36, "ref": "main", "status": "success"}, "finished_at": updated}
        made["deployable"] |= {"web_url": f"https://gitlab.example.com/{project.path}/-/jobs/657"}
        made |= fields
        project.deployments.append(made)
        return made

    def request(self, project: Project, merged: str, **fields: Any) -> dict[str, Any]:
        number = next(self._ids)
        made = {**deepcopy(example("merge_requests")[0]), "id": 5_000 + number, "iid": number, "state": "merged"}
        made |= {"target_branch": "main", "created_at": merged, "updated_at": merged, "merged_at": merged}
        made |= {"sha": "a" * 40, "merge_commit_sha": "b" * 40, "squash_commit_sha": None}
        made["author"] |= {"username": "john-smith"}
        project.requests.append(made | fields)
        return project.requests[-1]

    def note(self, project: Project, request: dict[str, Any], created: str, author: str, body: str = "Nice!") -> None:
        system = body.startswith("approved")
        user = {"id": 10, "username": author, "name": "Some Body"}
        made = {"id": 302, "body": body, "author": user, "created_at": created, "system": system, "resolvable": False}
        project.notes.setdefault(request["iid"], []).append(made)

    def answer(self, request: Request) -> Reply:
        if request.headers.get("PRIVATE-TOKEN") != self.token:
            return Reply({"message": "401 Unauthorized"}, 401)
        path = request.path.removeprefix(API)
        if path == "/projects":
            assert request.query["pagination"] == "keyset" and request.query["order_by"] == "id"
            return self._keyset(request, [each.shown() for each in self.projects.values()])
        if owned := re.fullmatch(r"/(groups|users)/([^/]+)/projects", path):
            return self._owned(request, owned[1], unquote(owned[2]))
        if inside := re.fullmatch(r"/projects/([^/]+)(/.*)?", path):
            known = (each for each in self.projects.values() if unquote(inside[1]).lower() in {str(each.id), each.path})
            if project := next(known, None):
                return self._project(request, project, inside[2] or "")
        return Reply(example("error_project_not_found"), 404)

    def _owned(self, request: Request, kind: str, owner: str) -> Reply:
        found = [each.shown() for each in self.projects.values() if each.path.startswith(f"{owner}/")]
        if not found or (owner in self.users) != (kind == "users"):
            return Reply({"message": "404 Group Not Found"}, 404)
        return self._page(request, found)

    def _project(self, request: Request, project: Project, rest: str) -> Reply:
        if rest == "":
            return Reply(project.shown())
        routes: list[tuple[str, Callable[[int], Reply]]] = [
            (r"/pipelines", lambda _: self._changed(request, project.pipelines)),
            (r"/deployments", lambda _: self._changed(request, project.deployments)),
            (r"/merge_requests", lambda _: self._changed(request, _merged(request, project.requests))),
            (r"/environments", lambda _: self._page(request, project.environments)),
            (r"/pipelines/(\d+)", lambda number: _one(project.pipelines, "id", number)),
            (r"/pipelines/(\d+)/jobs", lambda number: self._jobs(request, project.jobs.get(number, []))),
            (
                r"/deployments/(\d+)",
                lambda number: _one(project.deployments, "id", number, project.approvals.get(number)),
            ),
            (r"/merge_requests/(\d+)", lambda number: _one(project.requests, "iid", number)),
            (r"/merge_requests/(\d+)/commits", lambda number: self._page(request, project.commits.get(number, []))),
            (r"/merge_requests/(\d+)/notes", lambda number: self._page(request, project.notes.get(number, []))),
        ]
        for pattern, reply in routes:
            if match := re.fullmatch(pattern, rest):
                return reply(int(match[1]) if match.groups() else 0)
        return Reply({"error": "404 Not Found"}, 404)

    def _changed(self, request: Request, items: list[dict[str, Any]]) -> Reply:
        """A list in the order of change, as `updated_after` and `order_by=updated_at` ask for it."""
        query = request.query
        assert (query["order_by"], query["sort"]) == ("updated_at", "asc")
        after = datetime.fromisoformat(query["updated_after"])
        found = sorted((datetime.fromisoformat(item["updated_at"]), item["id"], item) for item in items)
        shown = [item for changed, _, item in found if changed.replace(tzinfo=changed.tzinfo or UTC) >= after]
        if items and "deployable" in items[0]:
            shown = [{key: value for key, value in item.items() if key != "approvals"} for item in shown]
        return self._page(request, shown)

    def _jobs(self, request: Request, jobs: list[dict[str, Any]]) -> Reply:
        newest = {job["name"]: job for job in jobs}
        return self._page(request, jobs if request.query.get("include_retried") == "true" else [*newest.values()])

    def _page(self, request: Request, items: list[dict[str, Any]]) -> Reply:
        number, size = int(request.query.get("page", 1)), min(int(request.query.get("per_page", 20)), 100)
        headers = {}
        if number * size < len(items):
            query = urlencode(request.query | {"page": str(number + 1)})
            headers["Link"] = f'<{self.server.base_url}{request.path}?{query}>; rel="next"'
        return Reply(items[(number - 1) * size : number * size], headers=headers)

    def _keyset(self, request: Request, items: list[dict[str, Any]]) -> Reply:
        """As GitLab does it, the last page that holds anything has a link to one that holds nothing."""
        size = int(request.query["per_page"])
        shown = [item for item in items if item["id"] > int(request.query.get("id_after", 0))][:size]
        headers = {}
        if shown:
            query = urlencode(request.query | {"id_after": str(shown[-1]["id"])})
            headers["Link"] = f'<{self.server.base_url}{request.path}?{query}>; rel="next"'
        return Reply(shown, headers=headers)


def _merged(request: Request, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    wanted = (request.query["state"], request.query["target_branch"])
    return [item for item in items if (item["state"], item["target_branch"]) == wanted]


def _one(items: list[dict[str, Any]], key: str, number: int, more: dict[str, Any] | None = None) -> Reply:
    found = next((item for item in items if item[key] == number), None)
    return Reply(found | (more or {})) if found else Reply({"message": "404 Not found"}, 404)
