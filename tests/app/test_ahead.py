"""Questions asked ahead: they are those that the page then asks, and the page finds their answers in the cache."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app import ahead, readmodel
from app.readmodel import Question
from queries.slice import Slice
from tests.app.organisation import publish, records
from tests.app.reading import TITLES, Open

Params = dict[str, str | list[str]]
START: Params = {"period": "Last 3 months"}
CHANGES: list[Params] = [
    {"period": "Last 4 weeks"},
    {"period": "Last 12 months", "by": "Weeks"},
    {**START, "by": "Months"},
    {**START, "path": "Through the platform"},
    {**START, "compare": "A year ago"},
]
FILTERED = ["overview", "adoption", "delivery", "pipelines"]


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_LAST", {})


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("long") / "data"
    publish(data, records(since=date(2024, 10, 1)))
    return data


@pytest.fixture
def foreseen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[Question]]]:
    """What was expected at each run of a page."""
    runs: list[list[Question]] = []
    expected = ahead.expected

    def noting(title: str, now: ahead.Chosen) -> list[Question]:
        runs.append(expected(title, now))
        return runs[-1]

    monkeypatch.setattr(ahead, "expected", noting)
    yield runs


@pytest.mark.parametrize("change", CHANGES, ids=str)
@pytest.mark.parametrize("page", FILTERED)
def test_a_page_asks_what_was_expected_of_it(
    page: str, change: Params, long: Path, read: Open, foreseen: list[list[Question]]
) -> None:
    assert not read(page, long, START).exception
    assert foreseen == [[]]
    first = ahead._LAST[TITLES[page]][1]
    assert first
    assert not read(page, long, change).exception
    asked = ahead._LAST[TITLES[page]][1]
    missed = [one for one in asked if one not in foreseen[1]]
    # why a chart is not drawn, and the weeks of an earlier year, are questions of their own
    assert len(missed) <= (3 if "compare" in change else 1), missed
    assert len(asked) >= 8


def test_pages_without_filters_ask_the_same_again(long: Path, read: Open, foreseen: list[list[Question]]) -> None:
    for page in ("pain", "listening"):
        for params in (START, CHANGES[0]):
            assert not read(page, long, params).exception
        assert foreseen[-1] == ahead._LAST[TITLES[page]][1] != []


def test_answers_asked_ahead_are_those_that_the_page_shows(
    long: Path, read: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    read("delivery", long, START)
    pool: list[Question] = []

    class AtOnce:
        def submit(self, answer: Any, *question: Any) -> None:
            pool.append(question)  # type: ignore[arg-type]
            answer(*question)

    monkeypatch.setattr(ahead, "_POOL", AtOnce())
    readmodel._answer.clear()
    computed: list[str] = []
    ask = readmodel.metrics.ask

    def counting(con: Any, name: str, part: Any) -> Any:
        computed.append(name)
        return ask(con, name, part)

    monkeypatch.setattr(readmodel.metrics, "ask", counting)
    read("delivery", long, CHANGES[0])
    assert len(computed) == len(pool) > 15  # the page itself computed nothing


def test_a_question_that_fails_ahead_is_not_seen(long: Path, read: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    read("overview", long, START)
    wrong = ("lead_time", Slice(group=("no such column",)))
    monkeypatch.setattr(ahead, "_LAST", {"Overview": (ahead._LAST["Overview"][0], [wrong])})
    assert not read("overview", long, START).exception


def test_a_page_that_is_left_early_leaves_what_was_known(long: Path, read: Open) -> None:
    read("overview", long, START)
    known = ahead._LAST["Overview"]
    with pytest.raises(KeyboardInterrupt), ahead.asked("Overview", known[0]):
        raise KeyboardInterrupt
    assert ahead._LAST["Overview"] is known
