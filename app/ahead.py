"""What a page asked when it was last shown, asked ahead for what is chosen now: side by side, while the page is drawn.

A page asks one question after the other, and each leaves a core idle. The answers go to the cache where the page finds
them; one that fails is asked again by the page itself, which knows what to say. Shared by all who read: the questions
of a page are the same for everybody, but for what they chose.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

from app import filters, readmodel
from app.filters import Filters, Window
from app.readmodel import Model, Question

THREADS = max(2, os.cpu_count() or 2)
_POOL = ThreadPoolExecutor(THREADS, thread_name_prefix="ahead")


@dataclass(frozen=True)
class Chosen:
    """What a page stands on: the build, and what its reader chose; `filters` are None where none apply."""

    model: Model
    filters: Filters | None
    window: Window


_LAST: dict[str, tuple[Chosen, list[Question]]] = {}


@contextmanager
def asked(title: str, now: Chosen) -> Iterator[None]:
    """Asks ahead for a page, and remembers what it asks itself, unless it is left before its end."""
    for question in expected(title, now):
        _POOL.submit(now.model.answer, *question)
    record: list[Question] = []
    token = readmodel.ASKED.set(record)
    try:
        yield
    finally:
        readmodel.ASKED.reset(token)
    _LAST[title] = now, [one for place, one in enumerate(record) if one not in record[:place]]


def expected(title: str, now: Chosen) -> list[Question]:
    """What a page will ask, as far as it can be told from what it asked last; nothing before it was ever shown."""
    if title not in _LAST:
        return []
    before, questions = _LAST[title]
    return [again for one in questions if (again := _again(one, before, now))]


def _again(question: Question, before: Chosen, now: Chosen) -> Question | None:
    """The same question for what is chosen now; None where there is nothing to compare with any more."""
    name, part = question
    if before.filters is None or now.filters is None:
        return question
    usual = filters.part(name, before.filters, before.window, before.model.first_day_of(name))
    new = filters.part(name, now.filters, now.window, now.model.first_day_of(name))
    # a comparison by weeks reaches further back, and stays one by weeks whatever the page draws
    by = now.window.by if (part.since, part.by) == (usual.since, before.window.by) else part.by
    where = new.where if part.where == usual.where else part.where
    if before.window.before is None or part.since != before.window.before[0]:
        since, until = (new.since, new.until) if part.since == usual.since else (part.since, part.until)
    elif now.window.before is None:
        return None
    else:
        since = now.window.before[0]
        until = now.window.before[1] if part.until == before.window.before[1] else new.until
    return name, replace(part, by=by, since=since, until=until, where=where)
