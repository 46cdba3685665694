"""An Argo CD in memory: what the loopback server answers with. Its history holds ten entries, as the real one's."""

import json
from copy import deepcopy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.loopback import Loopback, Reply, Request

EXAMPLE = json.loads((Path(__file__).parent / "fixtures" / "argocd" / "application.json").read_text("utf-8"))
KEPT = 10


def iso(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def commit(letter: str) -> str:
    return letter * 40


class World:
    """The server's whole state. `now` is its clock."""

    def __init__(self, now: datetime, token: str) -> None:
        self.now = now
        self.token = token
        self.applications: list[dict[str, Any]] = []
        self.server = Loopback(self.answer, lambda: self.now)

    def add(self, name: str = "fraud-prod", namespace: str = "argocd") -> dict[str, Any]:
        """An application that was never synchronised."""
        made = deepcopy(EXAMPLE)
        made["metadata"] |= {"name": name, "namespace": namespace}
        made["status"] = {"sync": {"status": "OutOfSync"}, "health": {"status": "Missing"}}
        self.applications.append(made)
        return made

    def sync(
        self, application: dict[str, Any], revision: str, user: str | None = None, **fields: Any
    ) -> dict[str, Any]:
        """A synchronisation that succeeds; without a user, by Argo CD itself."""
        self.now += timedelta(minutes=10)
        history = application["status"].setdefault("history", [])
        made = {**deepcopy(EXAMPLE["status"]["history"][0]), "revision": revision}
        made |= {"id": history[-1]["id"] + 1 if history else 0}
        made |= {"deployStartedAt": iso(self.now - timedelta(seconds=30)), "deployedAt": iso(self.now)}
        made |= {"initiatedBy": {"username": user} if user else {"automated": True}}
        history.append(made | fields)
        del history[:-KEPT]
        self.operate(application, "Succeeded", revision, user)
        return history[-1]  # type: ignore[no-any-return]

    def operate(self, application: dict[str, Any], phase: str, revision: str, user: str | None = None) -> None:
        """What the last operation came to."""
        self.now += timedelta(minutes=1)
        state = deepcopy(EXAMPLE["status"]["operationState"])
        state |= {"phase": phase, "startedAt": iso(self.now - timedelta(seconds=20))}
        state["syncResult"] |= {"revision": revision}
        state["operation"]["initiatedBy"] = {"username": user} if user else {"automated": True}
        state.pop("finishedAt")
        if phase not in {"Running", "Terminating"}:
            state["finishedAt"] = iso(self.now)
        application["status"]["operationState"] = state

    def answer(self, request: Request) -> Reply:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            said = "no session information"
            return Reply({"error": said, "code": 16, "message": said}, 401)
        if request.path != "/api/v1/applications":
            return Reply({"error": "Not Found", "code": 5, "message": "Not Found"}, 404)
        wanted = [field.removeprefix("items.") for field in request.query["fields"].split(",")]
        assert "status.history" in wanted and "status.resources" not in wanted
        items = [{part: each[part] for part in ("metadata", "spec", "status")} for each in self.applications]
        return Reply({"metadata": {"resourceVersion": "4711"}, "items": items or None})
