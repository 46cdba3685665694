"""What each page of the app's navigation asks of the read model, and how long that takes with nothing cached."""

import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any
from unittest.mock import patch

import streamlit as st
from streamlit.runtime.caching.cache_data_api import CachedDataFuncInfo
from streamlit.testing.v1 import AppTest

from queries import readmodel

MAIN = Path(__file__).parent.parent / "app" / "main.py"
REPEATS = 7


@dataclass(frozen=True)
class Asked:
    """One question of a page: what it is called, and how to ask it again."""

    name: str
    ask: Callable[[], object]


def views(data: Path) -> dict[str, float]:
    """Per page: questions; milliseconds of all together (warm) side by side, as the page asks them, and one by one, by
    the clock and of CPU; and of the whole page.
    """
    results: dict[str, float] = {}
    for title, asked, page_ms in pages(data):
        name = title.lower().replace(" ", "_")
        results[f"{name}_questions"] = len(asked)
        results[f"{name}_queries_ms"] = median_ms(partial(_side_by_side, asked))
        results[f"{name}_queries_one_by_one_ms"] = median_ms(partial(_one_by_one, asked))
        results[f"{name}_queries_cpu_ms"] = median_ms(partial(_one_by_one, asked), time.process_time)
        results[f"{name}_page_ms"] = page_ms
    return results


def pages(data: Path) -> Iterator[tuple[str, list[Asked], float]]:
    """Title of each page, what it asks of the last twelve months (Team of one team), and the milliseconds it takes."""
    os.environ["UPTAKE_DATA"] = str(data)
    for number, title in enumerate(_titles()):
        yield title, *_asked_by(number, title)


def median_ms(action: Callable[[], object], clock: Callable[[], float] = time.monotonic) -> float:
    """Milliseconds that an action takes: the median of seven, after one that warms up."""
    action()
    times = []
    for _ in range(REPEATS):
        started = clock()
        action()
        times.append(clock() - started)
    return statistics.median(times) * 1000


def _titles() -> list[str]:
    seen: list[str] = []
    with patch.object(st, "navigation", partial(_choose, 0, seen)):
        AppTest.from_file(str(MAIN), default_timeout=120).run()
    return seen


def _choose(number: int, seen: list[str], pages: Any, **_: Any) -> Any:
    """Stands in for st.navigation, which opens a page by its address only."""
    listed = [page for section in pages.values() for page in section] if isinstance(pages, dict) else list(pages)
    seen[:] = [page.title for page in listed]
    listed[number]._can_be_called = True
    return listed[number]


def _asked_by(number: int, title: str) -> tuple[list[Asked], float]:
    from app import readmodel as door  # not before main() has silenced Streamlit, which warns without a browser
    from app.filters import labels

    asked: dict[tuple[object, ...], Asked] = {}
    answers: dict[tuple[object, ...], object] = {}
    locks: defaultdict[tuple[object, ...], Lock] = defaultdict(Lock)

    def recording(name: str, answer: Callable[..., object]) -> Callable[..., object]:
        def record(*question: object) -> object:
            key = (name, *question)
            with locks[key]:
                if key not in asked:
                    asked[key] = Asked(" ".join(str(part) for part in question[1:]), partial(answer, *question))
                    answers[key] = answer(*question)
                return answers[key]

        return record

    page = AppTest.from_file(str(MAIN), default_timeout=120)
    page.query_params["period"] = "Last 12 months"
    if title == "Team" and (model := door.current()):
        page.query_params["team"] = next(iter(labels(model.names())))
    with ExitStack() as stack:
        stack.enter_context(patch.object(st, "navigation", partial(_choose, number, [])))
        page.run()
        for name, cached in vars(door).copy().items():
            if isinstance(getattr(cached, "_info", None), CachedDataFuncInfo):
                stack.enter_context(patch.object(door, name, recording(name, cached.__wrapped__)))
        started = time.monotonic()
        page.run()
        seconds = time.monotonic() - started
    if page.exception:
        raise RuntimeError(f"{title}: {page.exception[0].message}")
    return list(asked.values()), seconds * 1000


def _one_by_one(asked: list[Asked]) -> None:
    readmodel.forget_shared()
    for question in asked:
        question.ask()


def _side_by_side(asked: list[Asked]) -> None:
    from app.ahead import THREADS

    readmodel.forget_shared()
    with ThreadPoolExecutor(THREADS) as pool:
        for answer in [pool.submit(question.ask) for question in asked]:
            answer.result()
