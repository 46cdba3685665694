"""What a server's answer says: its body within limits, its rate limits, and what an error means for a person."""

import email.utils
import json
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import requests
from pydantic_core import from_json

from ingest.errors import NotAllowed, SourceError, SourceStopped

CHUNK = 1 << 16
PASSING = {500, 502, 503, 504}
LONGEST_WAIT = 366 * 86_400.0
"""Seconds; a header that asks for more is damaged, and no date could be named."""
HALF_A_DAY = 43_200.0
"""Seconds; a time that is further off needs its day."""
SECONDARY_WAIT = 60.0
"""Seconds that GitHub asks for when it limits without saying for how long."""


@dataclass(frozen=True)
class Response:
    """What came back. `value` is what the caller's `decode` made of the body of a 200, else None."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    url: str
    value: Any = None

    @property
    def not_modified(self) -> bool:
        return self.status == 304

    @property
    def etag(self) -> str | None:
        return self.headers.get("ETag")

    @property
    def next(self) -> str | None:
        """The address of the next page, from the Link header."""
        for link in requests.utils.parse_header_links(self.headers.get("Link", "")):
            if link.get("rel") == "next":
                return urljoin(self.url, link["url"])
        return None

    @property
    def date(self) -> float | None:
        """The server's clock as epoch seconds, where it tells."""
        return _http_date(self.headers.get("Date"))

    def decoded(self, decode: Callable[[bytes], Any], mend: bool) -> "Response":
        """With its body read by `decode`, whose ValueError means that the answer is damaged; the body itself goes.

        With `mend`, where it will not come any better, it is read past what is no text.
        """
        try:
            return replace(self, value=decode(self.body), body=b"")
        except ValueError as error:
            # what is no text in one item must not cost the others
            with suppress(ValueError, RecursionError):
                if mend:
                    return replace(self, value=decode(_mended(self.body)), body=b"")
            raise Passing(
                f"the answer cannot be read ({short(str(error))})",
                "check that base_url is the API and that no proxy answers in its place",
            ) from None


def _mended(body: bytes) -> bytes:
    """JSON without a byte order mark, bytes that are no UTF-8 and halves of characters. Raises ValueError when it is
    none."""
    return json.dumps(json.loads(body.decode("utf-8-sig", "replace")), ensure_ascii=False).encode("utf-8", "replace")


class Limited(Exception):
    """A 200 whose body tells of a rate limit, as GraphQL's does; its headers say when that ends."""


class Passing(Exception):
    """A fault that may be gone at the next try.

    `wait` is how long the server asked to be left alone, in seconds; `stops` says that every other request to the host
    would fare the same.
    """

    def __init__(
        self, reason: str, remedy: str = "run again later", *, wait: float | None = None, stops: bool = False
    ) -> None:
        super().__init__(reason)
        self.remedy = remedy
        self.wait = wait
        self.stops = stops


@dataclass(frozen=True)
class Asked:
    """What a request was for, in the words of its messages: the place, the token's name, and the permission."""

    place: str
    token_name: str
    has_token: bool
    needs: str
    redact: Callable[[str], str]

    @property
    def who(self) -> str:
        return self.token_name if self.has_token else "a request without a token"

    @property
    def permission(self) -> str:
        return f"the permission {self.needs}" if self.needs else "read access"


def read_body(reply: requests.Response, max_bytes: int, deadline: float) -> bytes:
    """The whole body, decompressed. Raises Passing when it breaks off or takes longer than `deadline` seconds,
    OverflowError when it is larger than `max_bytes`."""
    until = time.monotonic() + deadline
    parts: list[bytes] = []
    size = 0
    for part in _plain(reply, max_bytes):
        size += len(part)
        if size > max_bytes:
            raise OverflowError
        if time.monotonic() > until:
            raise Passing(f"the answer was not complete after {deadline:g} s")
        parts.append(part)
    return b"".join(parts)


def _plain(reply: requests.Response, limit: int) -> Iterator[bytes]:
    """The body in parts, decompressed in steps so small that a decompression bomb stops at the limit."""
    encoding = reply.headers.get("Content-Encoding", "identity").lower()
    # read1 gives what has come: read would wait for a whole chunk, and a drip of bytes would outlast every time limit
    chunks = iter(lambda: reply.raw.read1(CHUNK, decode_content=False) or b"", b"")
    if encoding == "identity":
        yield from chunks
        return
    if encoding != "gzip":
        raise Passing("the answer is compressed in a way that was not asked for", "check what answers at base_url")
    decoder = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    for chunk in chunks:
        yield decoder.decompress(chunk, limit + 1)
    if not decoder.eof and reply.status_code != requests.codes.not_modified:
        raise Passing("the answer broke off")


def read(
    response: Response, decode: Callable[[bytes], Any], asked: Asked, now: float, max_wait: float, *, mend: bool
) -> Response:
    """A 200 with its body read. Raises Passing when it is damaged, and what a rate limit means when it tells of one."""
    try:
        return response.decoded(decode, mend)
    except Limited:
        raise _rate_limit(response, asked, response.date or now, max_wait) from None


def judge(response: Response, asked: Asked, now: float, max_wait: float) -> None:
    """Raises what stands against an answer that is neither 200 nor 304.

    `now` is the time in epoch seconds where the server does not tell; a limit that ends within `max_wait` seconds is
    passing, a later one stops the source.
    """
    status, place = response.status, asked.place
    now = response.date or now
    said = _said(response, asked.redact)
    # Azure DevOps answers a token that it does not know with 203 and its page for signing in
    if status in {401, 203}:
        raise SourceStopped(
            f"{place}: {asked.token_name} was refused ({status}{said}); make a new one with {asked.permission}"
            if asked.has_token
            else f"{place}: a token is needed ({status}{said}); name its variable in token_env"
        )
    if status == 429 or (status == 403 and _limited(response)):
        raise _rate_limit(response, asked, now, max_wait)
    if status == 403:
        raise NotAllowed(f"{place}: {asked.who} may not read this (403{said}); {_remedy(response, asked)}")
    if status == 404:
        raise SourceError(
            f"{place}: not found (404): renamed, removed or not visible to {asked.who}; "
            f"correct its name, or give {asked.permission}"
        )
    if status in PASSING:
        wait = _retry_after(response, now)
        if wait is not None and wait > max_wait:
            raise SourceError(f"{place}: the server failed ({status}{said}) and asks for {wait:.0f} s; run again later")
        raise Passing(f"the server failed ({status}{said})", wait=wait)
    raise SourceError(f"{place}: unexpected answer ({status}{said}); check base_url")


def _remedy(response: Response, asked: Asked) -> str:
    if "X-GitHub-SSO" in response.headers:
        return "authorise it for the organisation's single sign-on"
    needed = response.headers.get("X-Accepted-GitHub-Permissions", "").replace("=", ": ")
    return f"give it {asked.permission}" + (f" (GitHub names {short(needed)})" if needed else "")


def _limited(response: Response) -> bool:
    """Whether a 403 is one of GitHub's rate limits and not a missing permission."""
    return (
        response.headers.get("X-RateLimit-Remaining") == "0"
        or "Retry-After" in response.headers
        or b"rate limit" in response.body[:2000].lower()
    )


def _rate_limit(response: Response, asked: Asked, now: float, max_wait: float) -> Passing | SourceStopped:
    """Wait when the limit ends soon, else stop the source and say when it ends."""
    reset = response.headers.get("X-RateLimit-Reset", "")
    wait = _retry_after(response, now)
    if wait is None and response.headers.get("X-RateLimit-Remaining") == "0" and is_number(reset):
        wait = int(reset) - now + 1
    wait = min(max(SECONDARY_WAIT if wait is None else wait, 1.0), LONGEST_WAIT)
    limit = response.headers.get("X-RateLimit-Limit", "")
    what = f"rate limit{f' of {limit} requests an hour' if is_number(limit) else ''} reached"
    ends = datetime.fromtimestamp(now + wait, UTC)
    what += f"; resets at {ends:%H:%MZ}" if wait < HALF_A_DAY else f"; resets at {ends:%Y-%m-%d %H:%MZ}"
    larger = "a token with a larger limit" if asked.has_token else "a token (token_env)"
    remedy = f"run again then or use {larger}; what was read so far is kept"
    if wait > max_wait:
        return SourceStopped(f"{asked.place}: {what}; {remedy}")
    return Passing(what, remedy, wait=wait, stops=True)


def _retry_after(response: Response, now: float) -> float | None:
    """Seconds, given as such or as a date."""
    value = response.headers.get("Retry-After", "").strip()
    if is_number(value):
        return float(value)
    date = _http_date(value)
    return None if date is None else max(date - now, 1.0)


def _said(response: Response, redact: Callable[[str], str]) -> str:
    """The server's own message for a line of ours: short, on one line and without the token."""
    try:
        message = from_json(response.body)["message"]
    except (ValueError, LookupError, TypeError):
        return ""
    return f": {short(redact(str(message)))}"


def _http_date(value: str | None) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(value or "").timestamp()
    except (ValueError, TypeError):
        return None


def is_number(text: str) -> bool:
    """Whether a header holds a whole number, and no more digits than any could mean."""
    return text.isdecimal() and len(text) < 16


def short(text: str) -> str:
    """One printable line of at most 160 characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= 160 else line[:157] + "..."
