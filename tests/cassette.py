"""What a real server answered, moment by moment, kept as JSON and served again on loopback.

A moment is a state of the server: its name, and the answer to each address that a source asked for then. The scripts
`tests/fixtures/*/record.py` make the moments anew.
"""

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import requests

from tests.loopback import Loopback, Reply, Request

FIXTURES = Path(__file__).parent / "fixtures"


class Recorder(Loopback):
    """Stands between a source and a real server, and keeps what it answers and what its clock says."""

    def __init__(self, server: str, version: str) -> None:
        super().__init__(self._ask, self._clock)
        self._server_url = server
        self._version = version
        self._moments: list[dict[str, Any]] = []

    def moment(self, name: str) -> None:
        """From here on answers belong to this moment."""
        date = requests.get(self._server_url, timeout=30).headers["Date"]
        at = parsedate_to_datetime(date).astimezone(UTC).replace(tzinfo=None)
        self._moments.append({"name": name, "at": at.isoformat(), "answers": {}})

    def _clock(self) -> datetime:
        return datetime.fromisoformat(self._moments[-1]["at"])

    def _ask(self, request: Request) -> Reply:
        reply = requests.get(self._server_url + request.address, timeout=30)
        kept = {"status": reply.status_code, "body": reply.json()}
        self._moments[-1]["answers"][request.address] = kept
        return Reply(kept["body"], reply.status_code)

    def save(self, kind: str) -> None:
        recorded = {"server": self._version, "moments": self._moments}
        text = json.dumps(recorded, indent=1, ensure_ascii=False)
        (FIXTURES / kind / "moments.json").write_text(text + "\n", "utf-8")


class Cassette(Loopback):
    """Serves the moments of a kind; `at` says which. What was not recorded is not answered."""

    def __init__(self, kind: str) -> None:
        super().__init__(self._recorded, lambda: self.clock)
        self.text = (FIXTURES / kind / "moments.json").read_text("utf-8")
        self._moments = {moment["name"]: moment for moment in json.loads(self.text)["moments"]}
        self.at = next(iter(self._moments))

    @property
    def clock(self) -> datetime:
        """The server's time at this moment."""
        return datetime.fromisoformat(self._moments[self.at]["at"])

    def _recorded(self, request: Request) -> Reply:
        kept = self._moments[self.at]["answers"].get(request.address)
        if kept is None:
            return Reply({"message": f"was not recorded at {self.at}: {request.address}"}, 501)
        return Reply(kept["body"], kept["status"])
