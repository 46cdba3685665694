"""Opsgenie on loopback, and Jira Service Management's operations: lists by query, sort and offset."""

import json
import re
from copy import deepcopy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.loopback import Reply, Request

FIXTURES = Path(__file__).parent / "fixtures" / "opsgenie"
TEAM, SERVICE = "63374eee-0000-42d4-bb8c-50d1fa64827c", "daa0d66f-0000-4396-b30d-70f0314c697a"
MOST, REACHABLE = 100, 20_000


def text(time: datetime) -> str:
    return f"{time.isoformat(timespec='milliseconds')}Z"


class FakeOpsgenie:
    """Holds incidents or alerts. With `site`, it answers as the operations of that Jira site do."""

    def __init__(self, now: datetime, kind: str = "incident", site: str = "") -> None:
        self.now = now
        self.reachable = REACHABLE
        self.held: dict[str, dict[str, Any]] = {}
        self._example = json.loads((FIXTURES / f"{kind}.json").read_text("utf-8"))
        self._list = (
            f"/jsm/ops/api/{site}/v1/alerts" if site else f"/v1/{kind}s" if kind == "incident" else "/v2/alerts"
        )
        self._is_jira = bool(site)

    def open(self, name: str, created: datetime | None = None, **changes: Any) -> dict[str, Any]:
        at = created or self.now
        times = {"createdAt": text(at), "updatedAt": text(at)}
        if "impactStartDate" in self._example:
            times["impactStartDate"] = text(at - timedelta(minutes=15))
        self.held[name] = deepcopy(self._example) | {"id": name} | times | changes
        return self.held[name]

    def change(self, name: str, at: datetime | None = None, **changes: Any) -> None:
        self.held[name] |= {"updatedAt": text(at or self.now)} | changes

    def answer(self, request: Request) -> Reply:
        if not request.headers.get("Authorization", "").startswith(("GenieKey ", "Basic ")):
            return Reply({"message": "Key format is not valid!", "took": 0.0, "requestId": "x"}, 422)
        if request.path == "/v2/teams":
            return Reply({"data": [{"id": TEAM, "name": "Risk Models", "description": "Mona's"}], "requestId": "x"})
        if request.path == "/v1/services":
            return Reply({"data": [{"id": SERVICE, "name": "Fraud Scoring", "teamId": TEAM}], "requestId": "x"})
        if request.path == self._list:
            return self._listed(request)
        found = self.held.get(request.path.removeprefix(f"{self._list}/"))
        if found is None:
            return Reply({"message": "No incident exists with the id", "took": 0.0, "requestId": "x"}, 404)
        return Reply(found if self._is_jira else {"data": found, "took": 0.0, "requestId": "x"})

    def _listed(self, request: Request) -> Reply:
        size = "size" if self._is_jira else "limit"
        assert set(request.query) <= {"query", "sort", "order", "offset", size}
        limit, offset = int(request.query.get(size, 20)), int(request.query.get("offset", 0))
        if limit > MOST or offset + limit > self.reachable:
            return Reply({"message": "Sum of offset and limit should be lower than 20000"}, 422)
        wanted = [each for each in self.held.values() if self._matches(each, request.query.get("query", ""))]
        sort, down = request.query.get("sort", "createdAt"), request.query.get("order", "desc") == "desc"
        assert sort == "createdAt" or (sort == "updatedAt" and not self._list.endswith("incidents"))
        found = sorted(wanted, key=lambda each: each[sort], reverse=down)[offset : offset + limit]
        if self._is_jira:
            return Reply({"values": found, "links": {}, "count": len(found)})
        return Reply({"data": found, "paging": {}, "took": 0.0, "requestId": "x"})

    def _matches(self, each: dict[str, Any], query: str) -> bool:
        if created := re.fullmatch(r"createdAt >= (\d{13})", query):
            since = datetime(1970, 1, 1) + timedelta(milliseconds=int(created[1]))
            return bool(each["createdAt"] >= text(since))
        assert query in {"", "status:open"}
        return query == "" or each["status"] == "open"
