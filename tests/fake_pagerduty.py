"""PagerDuty on loopback: lists by window and offset, its limits, and a log of what happened to incidents."""

import json
from copy import deepcopy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.loopback import Reply, Request

EXAMPLE = json.loads((Path(__file__).parent / "fixtures" / "pagerduty" / "incident.json").read_text("utf-8"))
DEFAULT_LIMIT, MOST, REACHABLE = 25, 100, 10_000
LONGEST = timedelta(days=183)


def text(time: datetime) -> str:
    return f"{time.isoformat(timespec='seconds')}Z"


class FakePagerduty:
    """`now` is its clock: what is done is done then."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.incidents: dict[str, dict[str, Any]] = {}
        self.log: list[dict[str, Any]] = []
        self.reachable = REACHABLE

    def trigger(self, name: str, created: datetime | None = None, **changes: Any) -> dict[str, Any]:
        at = text(created or self.now)
        incident = deepcopy(EXAMPLE) | {"id": name, "created_at": at, "last_status_change_at": at} | changes
        self.incidents[name] = incident
        self._tell(name, "trigger", at)
        return incident

    def resolve(self, name: str, at: datetime | None = None) -> None:
        self._become(name, "resolved", "resolve", text(at or self.now))
        self.incidents[name]["resolved_at"] = text(at or self.now)

    def reopen(self, name: str) -> None:
        self._become(name, "triggered", "reopen", text(self.now))
        self.incidents[name]["resolved_at"] = None

    def _become(self, name: str, status: str, entry: str, at: str) -> None:
        self.incidents[name] |= {"status": status, "last_status_change_at": at}
        self._tell(name, entry, at)

    def _tell(self, name: str, entry: str, at: str) -> None:
        reference = {"id": name, "type": "incident_reference", "summary": f"[#1] {name}"}
        agent = {"id": "PJCRRLH", "type": "user_reference", "summary": "Mona Lisa"}
        told = {"id": f"R{len(self.log)}", "type": f"{entry}_log_entry", "created_at": at, "incident": reference}
        self.log.append(told | {"agent": agent, "summary": f"{entry} by Mona Lisa"})

    def answer(self, request: Request) -> Reply:
        if not request.headers.get("Authorization", "").startswith("Token token="):
            return Reply({"error": {"message": "Unauthorized", "code": 2006}}, 401)
        assert request.headers["Accept"] == "application/vnd.pagerduty+json;version=2"
        if request.path == "/incidents":
            return self._incidents(request)
        if request.path == "/log_entries":
            return self._page(request, "log_entries", self._within(request, self.log))
        incident = self.incidents.get(request.path.removeprefix("/incidents/"))
        return Reply({"incident": incident}) if incident else Reply({"error": {"message": "Not Found"}}, 404)

    def _incidents(self, request: Request) -> Reply:
        listed = list(self.incidents.values())
        if request.query.get("date_range") != "all":
            listed = self._within(request, listed)
        statuses = request.all("statuses[]")
        listed = [each for each in listed if not statuses or each["status"] in statuses]
        if request.query.get("sort_by") == "created_at:asc":
            listed = sorted(listed, key=lambda each: each["created_at"])
        return self._page(request, "incidents", listed)

    def _within(self, request: Request, listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
        since = datetime.fromisoformat(request.query.get("since", text(self.now - timedelta(days=30))))
        until = datetime.fromisoformat(request.query.get("until", text(self.now)))
        assert until - since <= LONGEST, "PagerDuty refuses windows of more than six months"
        return [each for each in listed if text(since)[:19] <= each["created_at"][:19] <= text(until)[:19]]

    def _page(self, request: Request, key: str, listed: list[dict[str, Any]]) -> Reply:
        limit, offset = int(request.query.get("limit", DEFAULT_LIMIT)), int(request.query.get("offset", 0))
        if limit > MOST or offset + limit > self.reachable:
            return Reply({"error": {"message": "Invalid Input Provided", "errors": ["Offset must be less"]}}, 400)
        total = len(listed) if request.query.get("total") == "true" else None
        more = offset + limit < len(listed)
        found = listed[offset : offset + limit]
        return Reply({key: found, "limit": limit, "offset": offset, "total": total, "more": more})
