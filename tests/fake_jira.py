"""Jira on loopback: Cloud's search by token (REST API v3), and that of Server and Data Center by number (v2)."""

import json
import re
from base64 import b64decode, b64encode
from copy import deepcopy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.loopback import Reply, Request

EXAMPLE = json.loads((Path(__file__).parent / "fixtures" / "jira" / "issue.json").read_text("utf-8"))
JQL = re.compile(r"\(labels = (\w+)\)(?: AND updated >= -(\d+)m)? ORDER BY (created|updated) ASC, key ASC")
CATEGORIES = {"To Do": "new", "In Progress": "indeterminate", "Done": "done"}


def text(time: datetime) -> str:
    """As Jira writes it: in the time zone of who asks."""
    return f"{(time + timedelta(hours=2)).isoformat(timespec='milliseconds')}+0200"


class FakeJira:
    """`now` is its clock. `knows` is whether it knows the token: if not, a search is empty, as Jira's is."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.knows = True
        self.most = 100
        self.issues: dict[str, dict[str, Any]] = {}

    def create(self, number: int, at: datetime | None = None, **fields: Any) -> None:
        when = text(at or self.now)
        issue = deepcopy(EXAMPLE) | {"id": str(10_000 + number), "key": f"PLAT-{number}"}
        issue["fields"] |= {"created": when, "updated": when} | fields
        self.issues[issue["id"]] = issue

    def change(self, number: int, at: datetime | None = None, **fields: Any) -> None:
        self.issues[str(10_000 + number)]["fields"] |= {"updated": text(at or self.now)} | fields

    def move(self, number: int, status: str, at: datetime | None = None) -> None:
        when, done = text(at or self.now), CATEGORIES[status] == "done"
        category = {"key": CATEGORIES[status], "name": status}
        ended: dict[str, Any] = {
            "resolution": {"name": "Done"} if done else None,
            "resolutiondate": when if done else None,
        }
        state = {"status": {"name": status, "statusCategory": category}, "statuscategorychangedate": when}
        self.change(number, at, **ended, **state)

    def answer(self, request: Request) -> Reply:
        rest, version, path = re.fullmatch(r"(/rest/api)/(\d)/(.*)", request.path).groups()  # type: ignore[union-attr]
        if path == "myself":
            return Reply(
                {"accountId": "5b10", "displayName": "Mona Lisa"} if self.knows else {}, 200 if self.knows else 401
            )
        if path == "serverInfo":
            return Reply({"version": "9.12.0", "deploymentType": "Server"})
        if path.startswith("issue/"):
            issue = self.issues.get(path.removeprefix("issue/"))
            return Reply(
                self._cut(issue, request) if issue else {"errorMessages": ["Issue does not exist"]},
                200 if issue else 404,
            )
        assert (version, path) in {("3", "search/jql"), ("2", "search")} and rest
        found = self._found(request) if self.knows else []
        return self._by_token(request, found) if version == "3" else self._by_number(request, found)

    def _found(self, request: Request) -> list[dict[str, Any]]:
        label, minutes, order = JQL.fullmatch(request.query["jql"]).groups()  # type: ignore[union-attr]
        found = [issue for issue in self.issues.values() if label in issue["fields"]["labels"]]
        if minutes:
            since = self.now - timedelta(minutes=int(minutes))
            found = [issue for issue in found if issue["fields"]["updated"] >= text(since)]
        return sorted(found, key=lambda issue: (issue["fields"][order], issue["key"]))

    def _by_token(self, request: Request, found: list[dict[str, Any]]) -> Reply:
        """The token tells the last issue that was given, so that none slips off a page."""
        key = b64decode(request.query.get("nextPageToken", "")).decode()
        start = next((index + 1 for index, issue in enumerate(found) if issue["key"] == key), 0)
        page = found[start : start + self._size(request)]
        answer: dict[str, Any] = {"issues": [self._cut(issue, request) for issue in page]}
        more = start + len(page) < len(found)
        token = {"nextPageToken": b64encode(page[-1]["key"].encode()).decode()} if more else {}
        return Reply(answer | token | {"isLast": not more})

    def _by_number(self, request: Request, found: list[dict[str, Any]]) -> Reply:
        start = int(request.query.get("startAt", 0))
        page = [self._cut(issue, request) for issue in found[start : start + self._size(request)]]
        return Reply({"startAt": start, "maxResults": self._size(request), "total": len(found), "issues": page})

    def _size(self, request: Request) -> int:
        return min(int(request.query["maxResults"]), self.most)

    def _cut(self, issue: dict[str, Any], request: Request) -> dict[str, Any]:
        wanted = request.query["fields"].split(",")
        return issue | {"fields": {name: value for name, value in issue["fields"].items() if name in wanted}}
