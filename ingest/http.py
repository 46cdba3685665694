"""The one HTTP session: pooled, patient with passing faults, and strict about where the token goes.

Every failure ends as a SourceError of one line that names place, cause and remedy. A rate limit is waited for or
raised, so that it can never look like "no data".
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import requests
from pydantic_core import from_json

from ingest.answers import Asked, Passing, Response, judge, read, read_body, short
from ingest.authorization import Authorization, bearer
from ingest.budget import Budget
from ingest.credential import Credential, Renewable
from ingest.errors import SourceError, SourceStopped
from ingest.pool import Pool, R, T
from ingest.transport import connections, in_words

log = logging.getLogger(__name__)

Params = Mapping[str, str | int | list[str] | list[int]]
"""A query; a list gives its name once for each value."""
REDIRECTS = {301, 302, 303, 307, 308}
MAX_REDIRECTS = 5
LONG_WAIT = 30.0
"""Seconds that a person who looks on wants to hear of."""
UNANSWERED = 12
"""So many requests in a row that failed after all tries mean that the host is down."""


class Http:
    """Requests that only read, to one host, `base_url`.

    `timeout` is (connect, read) in seconds, `deadline` the longest that one answer may take, `max_wait` the longest
    wait for a rate limit, `max_bytes` the largest answer after decompression, `parallel` the number of requests at a
    time, `reserve` the share of a rate limit that is left to others. `token_name` stands for the token in messages,
    `authorization` says which header carries it. Proxies and the CA bundle come from the usual environment variables.
    Any thread may ask; each has a connection of its own.
    """

    def __init__(
        self,
        base_url: str,
        token: str | Renewable | None = None,
        *,
        token_name: str = "the token",
        authorization: Authorization = bearer,
        timeout: tuple[float, float] = (10, 60),
        deadline: float = 300,
        retries: int = 4,
        max_wait: float = 900,
        max_bytes: int = 64 << 20,
        parallel: int = 1,
        reserve: float = 0,
        sleep: Callable[[float], object] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._origin = _origin(self.base_url)
        self._auth = Credential(token, token_name, authorization)
        self._token_name = token_name
        self._timeout = timeout
        self._deadline = deadline
        self._retries = retries
        self._max_wait = max_wait
        self._max_bytes = max_bytes
        self._closed = threading.Event()
        self._sleep = sleep or self._closed.wait
        self._now = now
        self._unanswered = 0
        self._budget = Budget(reserve)
        self._pool = Pool(parallel)
        self._own = threading.local()

    def __repr__(self) -> str:
        return f"Http({self.base_url})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._pool.close()

    def each(self, items: Iterable[T], ask: Callable[[T], R]) -> Iterator[tuple[T, Callable[[], R]]]:
        """Each item, in order, with the call that gives what `ask` made of it, or raises: see Pool.each.

        The one way to have several requests under way at a time.
        """
        return self._pool.each(items, ask)

    def get(
        self,
        path: str,
        params: Params | None = None,
        etag: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        ok: Collection[int] = (),
        decode: Callable[[bytes], Any] = from_json,
        place: str | None = None,
        needs: str = "",
    ) -> Response:
        """The answer to a GET of `path` under the base URL, or of an absolute address within its host.

        `decode` turns the body into `Response.value`; its ValueError counts as a damaged answer and is tried again.
        Statuses in `ok` are returned instead of raised. `place` names the thing in messages, `needs` the permission.
        Raises SourceError, or SourceStopped where no other request to this host would fare better.
        """
        asked = Asked(place or path, self._token_name, self._auth.given, needs, self._auth.redact)
        sent = dict(headers or {}) | ({"If-None-Match": etag} if etag else {})
        return self._patiently(path, {"params": params}, sent, asked, ok=ok, decode=decode)

    def post(
        self,
        path: str,
        question: Any,
        *,
        headers: Mapping[str, str] | None = None,
        ok: Collection[int] = (),
        decode: Callable[[bytes], Any] = from_json,
        place: str | None = None,
        needs: str = "",
    ) -> Response:
        """As `get`, for a question that goes as JSON in the body, as GraphQL's do.

        It must change nothing at the server, since it is sent again as a GET is. `decode` raises Limited where a 200
        tells of a rate limit.
        """
        asked = Asked(place or path, self._token_name, self._auth.given, needs, self._auth.redact)
        return self._patiently(path, {"json": question}, headers or {}, asked, ok=ok, decode=decode)

    @property
    def _session(self) -> requests.Session:
        """That of this thread."""
        if not hasattr(self._own, "session"):
            self._own.session = connections(self.base_url)
        session: requests.Session = self._own.session
        return session

    def may_post(self) -> bool:
        """Whether questions may be asked now: they can have a limit of their own, for whose end another way need not
        wait."""
        return self._budget.spent(_kind({"json": None})) is None

    def _patiently(
        self,
        path: str,
        content: Mapping[str, Any],
        headers: Mapping[str, str],
        asked: Asked,
        *,
        ok: Collection[int],
        decode: Callable[[bytes], Any],
    ) -> Response:
        """The answer, after as many tries as it takes. `content` is `params`, or the `json` of a POST."""
        fault, kind = Passing("was not asked for"), _kind(content)
        for attempt in range(self._retries + 1):
            if attempt:
                self._wait(fault, attempt, kind, asked.place)
            else:
                self._heed(kind, asked.place)
            if self._closed.is_set():
                raise SourceStopped(f"{asked.place}: is no longer wanted")
            try:
                response = self._follow(path, content, headers, asked.place)
                if response.status == 200:
                    is_last = attempt == self._retries
                    response = read(response, decode, asked, self._now(), self._max_wait, mend=is_last)
                elif response.status == 401 and not attempt and self._auth.forget():
                    raise Passing("the token has ended", wait=0)
                elif not response.not_modified and response.status not in ok:
                    judge(response, asked, self._now(), self._max_wait)
            except Passing as passing:
                fault = passing
            else:
                self._unanswered = 0
                self._budget.note(kind, response, self._now())
                return response
        self._unanswered += 1
        line = f"{asked.place}: {fault} ({self._retries + 1} tries); {fault.remedy}"
        raise SourceStopped(line) if fault.stops or self._unanswered >= UNANSWERED else SourceError(line)

    def _wait(self, fault: Passing, attempt: int, kind: str, place: str) -> None:
        """As long as the server asked, else longer from try to try. A rate limit keeps the other threads too."""
        wait = fault.wait if fault.wait is not None else 2 ** (attempt - 1) * random.uniform(0.5, 1.5)
        level = logging.WARNING if wait >= LONG_WAIT else logging.INFO
        log.log(level, "%s: %s; waiting %.0f s", place, fault, wait)
        if fault.stops:
            self._budget.hold(kind, str(fault), wait)
        self._sleep(wait)
        self._budget.ease(kind)

    def _heed(self, kind: str, place: str) -> None:
        """Waits where no more may be asked for a while. Raises SourceStopped where that is long."""
        spent = self._budget.spent(kind)
        if spent and spent.wait > self._max_wait:
            raise SourceStopped(f"{place}: {spent.line}; run again then; what was read so far is kept")
        if spent:
            log.log(logging.WARNING if spent.wait >= LONG_WAIT else logging.INFO, "%s: %s", place, spent.line)
            self._sleep(spent.wait)
            self._budget.ease(kind)

    def clock(self, response: Response) -> datetime:
        """When the server says it answered, in naive UTC: marks live in its clock, not in ours."""
        return datetime.fromtimestamp(response.date or self._now(), UTC).replace(tzinfo=None)

    def _follow(self, path: str, content: Mapping[str, Any], headers: Mapping[str, str], place: str) -> Response:
        """Sends the request, and again where it is redirected within the host, as for a renamed repository."""
        url = path if "://" in path else f"{self.base_url}/{path.lstrip('/')}"
        for _ in range(MAX_REDIRECTS + 1):
            self._stay(url, place)
            response = self._send(url, content, headers, place)
            if response.status not in REDIRECTS or "Location" not in response.headers:
                return response
            # the new address brings its own query
            url, content = urljoin(response.url, response.headers["Location"]), {**content, "params": None}
        raise SourceError(f"{place}: is redirected in circles ({short(url)}); check base_url")

    def _stay(self, url: str, place: str) -> None:
        """Raises SourceError for an address outside the configured host."""
        try:
            inside = _origin(url) == self._origin
        except ValueError:
            inside = False
        if not inside:
            raise SourceError(
                f"{place}: the answer leads to {short(url)}, outside {self.base_url}; it was not followed and the "
                "token was not sent there; set base_url to that host if it is the right one"
            )

    def _send(self, url: str, content: Mapping[str, Any], headers: Mapping[str, str], place: str) -> Response:
        """One request with its whole body. Raises Passing for what may be gone at the next try."""
        with (
            in_words(place, self._origin[1], self._timeout[1], self._max_bytes),
            self._session.request(
                _kind(content),
                url,
                **content,
                headers=headers,
                auth=self._auth,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as reply,
        ):
            body = read_body(reply, self._max_bytes, self._deadline)
            return Response(reply.status_code, body, reply.headers, reply.url)


def _kind(content: Mapping[str, Any]) -> str:
    return "POST" if "json" in content else "GET"


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
