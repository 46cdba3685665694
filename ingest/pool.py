"""Requests side by side: asked for on a few threads, taken in the order in which they stand.

The order in which answers come in decides nothing: pages and marks are the same with one thread and with many.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from functools import partial
from queue import SimpleQueue
from threading import Thread, current_thread
from typing import Any, TypeVar

from ingest.errors import SourceError

AHEAD = 2
"""So many answers for each thread: they go on asking while who takes them is busy with a batch."""

LOOK_UP = 0.5
"""Seconds after which who waits looks up: a signal that came just before the wait does not interrupt it."""

T = TypeVar("T")
R = TypeVar("R")


class Pool:
    """At most `size` threads, started when there is something to do.

    They are daemons: a signal ends the process at once, whatever a server keeps them waiting for.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._work: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._threads: list[Thread] = []

    def each(self, items: Iterable[T], ask: Callable[[T], R]) -> Iterator[tuple[T, Callable[[], R]]]:
        """Each item, in order, with the call that gives what `ask` made of it or raises what it raised.

        At most AHEAD times `size` items are drawn and asked for ahead of the one that is taken; memory is bounded by
        that. `ask` may read what nobody changes meanwhile, and must change nothing. With a size of one, and within an
        `ask`, it runs when its call is made. What drawing an item raises comes after the items before it.
        """
        if self._size == 1 or current_thread() in self._threads:
            for item in items:
                yield item, partial(ask, item)
            return
        rest, ended = iter(items), None
        asked: deque[tuple[T, Future[R]]] = deque()
        try:
            while asked or not ended:
                if not ended and len(asked) < AHEAD * self._size:
                    try:
                        item = next(rest)
                    except (StopIteration, SourceError) as error:
                        ended = error
                    else:
                        asked.append((item, self._submit(partial(ask, item))))
                    continue
                item, future = asked.popleft()
                yield item, partial(_answer, future)
        finally:
            for _, future in asked:
                future.cancel()
        if isinstance(ended, SourceError):
            raise ended

    def close(self) -> None:
        """Lets the threads go as soon as they have done what they are at."""
        for _ in self._threads:
            self._work.put(None)

    def _submit(self, call: Callable[[], R]) -> Future[R]:
        if len(self._threads) < self._size:
            thread = Thread(target=self._run, daemon=True)
            self._threads.append(thread)
            thread.start()
        future: Future[R] = Future()
        self._work.put((future, call))
        return future

    def _run(self) -> None:
        while work := self._work.get():
            future, call = work
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(call())
                except BaseException as error:  # noqa: BLE001 - it is raised where the answer is taken
                    future.set_exception(error)
            # else the last answer would stay in memory until the next one is there
            del work, future, call


def _answer(future: Future[R]) -> R:
    while not future.done():
        wait([future], LOOK_UP)
    return future.result()
