"""What a run that takes long says meanwhile: on a terminal, in a log, and as JSON."""

import json
import os
import re
from typing import Any

import pytest

from app.progress import Progress
from ingest.progress import Meter, Reached
from tests.conftest import Site
from tests.fake_github import FakeGithub
from tests.github_world import simulated


class Shown:
    """A progress whose clock stands still until it is set."""

    def __init__(self, is_terminal: bool) -> None:
        self.now = 0.0
        self.messages: list[str] = []
        self.fields: dict[str, Any] = {}
        self.progress = Progress(self._show, is_terminal, lambda: self.now)

    def _show(self, message: str, fields: dict[str, Any]) -> None:
        self.messages.append(message)
        self.fields = fields

    def at(self, now: float, rows: int, share: float | None, what: str = "lists") -> list[str]:
        self.now = now
        self.progress(Reached("gh", rows, what, share))
        found, self.messages = self.messages, []
        return found


def test_a_log_gets_a_line_a_minute_with_what_is_left() -> None:
    shown = Shown(is_terminal=False)
    assert shown.at(0, 0, 0.0) == shown.at(59, 900, 0.1) == []
    assert shown.at(60, 1_000, 0.1) == ["gh: 1,000 rows read, 10% of the lists, about 9 min left"]
    assert shown.fields == {"source": "gh", "rows": 1_000, "what": "lists", "share": 0.1, "seconds_left": 540}
    assert shown.at(100, 1_500, 0.2) == []
    assert shown.at(130, 2_000, None, "") == ["gh: 2,000 rows read"]


def test_what_is_left_is_told_for_each_part_and_not_too_early() -> None:
    shown = Shown(is_terminal=False)
    shown.at(0, 0, 0.0)
    shown.at(600, 10_000, 0.9)
    assert shown.at(661, 10_000, 0.0, "jobs") == ["gh: 10,000 rows read, 0% of the jobs"]
    assert shown.at(761, 12_000, 0.5, "jobs") == ["gh: 12,000 rows read, 50% of the jobs, about 2 min left"]
    assert shown.at(4_000, 12_000, 0.505, "jobs")[0].endswith("about 55 min left")
    assert shown.at(40_000, 12_000, 0.6, "jobs")[0].endswith("about 7.3 h left")


def test_a_terminal_shows_a_bar_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    shown = Shown(is_terminal=True)
    shown.at(0, 0, 0.0)
    assert shown.at(0.05, 1, 0.0) == []
    assert shown.at(10, 68_000, 0.25) == ["gh lists [######..................]  25%  68,000 rows, about 30 s left"]
    monkeypatch.setenv("COLUMNS", "40")
    assert [len(text) for text in shown.at(20, 68_000, 0.5)] == [39]


def test_a_part_counts_by_how_much_of_it_is_done() -> None:
    told: list[float | None] = []
    meter = Meter(lambda: told.append(meter.share))
    meter.part("lists", 1, 4)
    meter.within(0.5)
    meter.within(7)
    assert (meter.what, told) == ("lists", [0.25, 0.375, 0.5])


@pytest.fixture
def far(site: Site) -> Any:
    """Enough runs, far enough away, for a bar to be seen."""
    with FakeGithub(simulated(2_500, repos=2), latency=lambda address: 0.05) as github:
        site.config.write_text(
            f'[[source]]\nname = "gh"\nkind = "github"\nbase_url = "{github.base_url}"\nrepos = ["acme/*"]\n'
            "jobs = false\n"
        )
        yield site


@pytest.mark.slow
def test_a_terminal_sees_the_bar_and_then_only_the_result(far: Site) -> None:
    master, terminal = os.openpty()
    far.environment["COLUMNS"] = "120"
    process = far.start("ingest", "--full", stderr=terminal)
    os.close(terminal)
    output, _ = process.communicate(timeout=60)
    seen = b""
    while True:
        try:
            seen += os.read(master, 4_096)
        except OSError:
            break
    os.close(master)
    bars = re.findall(rb"\r\x1b\[Kgh lists \[#*\.*\] +(\d+)%  [\d,]+ rows", seen)
    assert len(bars) > 2 and bars == sorted(bars, key=int)
    assert seen.endswith(b"\r\x1b[K") and "2,500 rows new or changed" in output


def test_a_log_stays_quiet_where_all_is_quick_and_json_stays_json(far: Site) -> None:
    result = far.ingest("--log", "json")
    assert [json.loads(line)["message"] for line in result.stdout.splitlines()] != [] and result.stderr == ""
    assert len(result.stdout.splitlines()) == 1
