"""`uptake receive`: takes CDEvents over HTTP, and answers 202 only when they are on the disk.

POST /<source> with `Authorization: Bearer <secret>`; a single source may also be posted to at /. A request is taken
whole or not at all, and one whose answer was lost may be sent again.
"""

import hmac
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from pydantic_core import to_json

from ingest import people
from ingest.cdevents_fields import cut
from ingest.cloudevents import events
from ingest.config import Settings
from ingest.errors import ConfigError, SourceError
from ingest.secret import secret
from ingest.settings import CdeventsSettings
from ingest.source import Hasher
from ingest.spool import Spool, SpoolFull

MAX_BYTES = 1_000_000
"""Of a body."""
MAX_EVENTS = 1_000
"""In a body."""
CONNECTIONS = 64
"""At once; further ones wait in the queue of the system."""
IDLE = 10.0
"""Seconds without a byte, after which a connection is closed."""
DEADLINE = 30.0
"""Seconds that a body may take."""

Say = Callable[[str], None]


class Refused(Exception):
    """A request that is not taken, with the status and the reason that its sender gets."""

    def __init__(self, status: HTTPStatus, reason: str, **headers: str) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = headers


@dataclass(frozen=True)
class Inbox:
    """Takes the events of one source."""

    spool: Spool
    secret: bytes
    hashed: Hasher

    def admit(self, authorization: str) -> None:
        # compared in full whatever the first difference, so that the time it takes says nothing
        if not hmac.compare_digest(authorization.encode("latin-1", "replace"), b"Bearer " + self.secret):
            raise Refused(HTTPStatus.UNAUTHORIZED, "the secret is missing or wrong", **{"WWW-Authenticate": "Bearer"})

    def take(self, body: bytes, headers: "Message[str, str]") -> int:
        """Puts the events of a request on the disk; gives how many of them are kept. Raises Refused."""
        try:
            found = events(body, headers)
        except ValueError as error:
            raise Refused(HTTPStatus.BAD_REQUEST, str(error)) from None
        if len(found) > MAX_EVENTS:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {MAX_EVENTS:,} events; send fewer at once")
        items = [item for number, event in enumerate(found, 1) if (item := self._cut(event, number))]
        try:
            if items:
                self.spool.add(items)
        except SpoolFull:
            later = {"Retry-After": "600"}
            raise Refused(
                HTTPStatus.SERVICE_UNAVAILABLE, "too much waits to be loaded; send it later", **later
            ) from None
        except OSError as error:
            reason = f"cannot be written ({error.strerror or error}); send it again"
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, reason, **{"Retry-After": "60"}) from None
        return len(items)

    def _cut(self, event: Any, number: int) -> dict[str, Any] | None:
        try:
            return cut(event, self.hashed)
        except ValueError as error:
            raise Refused(HTTPStatus.BAD_REQUEST, f"event {number}: {error}") from None


class Receiver(ThreadingHTTPServer):
    """Listens at once; `serve_forever` takes requests. `say` hears of each that is refused."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], inboxes: Mapping[str, Inbox], say: Say) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.inboxes, self.say = inboxes, say
        self._free = BoundedSemaphore(CONNECTIONS)
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._free.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke off is its sender's affair: what was not answered is sent again."""


def receiver(settings: Settings, data: Path, host: str, port: int, say: Say) -> Receiver:
    """A receiver for all sources that name a secret. Raises ConfigError when there is none, or it cannot listen."""
    hashed = people.hasher(people.key(data))
    sources = [
        entry
        for entry in settings.source
        if isinstance(entry, CdeventsSettings) and (entry.token_env or entry.token_file)
    ]
    if not sources:
        raise ConfigError("no [[source]] of kind cdevents names a token_env, so that nothing can be received")
    inboxes = {entry.name: Inbox(Spool(data, entry.name), _secret(entry), hashed) for entry in sources}
    try:
        listening = Receiver((host, port), inboxes, say)
    except OSError as error:
        raise ConfigError(f"cannot listen on {host}:{port} ({error.strerror or error}); choose another") from None
    for inbox in inboxes.values():
        inbox.spool.tidy()
    return listening


def _secret(entry: CdeventsSettings) -> bytes:
    try:
        return (secret(entry.name, "token", entry.token_env, entry.token_file) or "").encode()
    except SourceError as error:
        raise ConfigError(str(error)) from None


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"
    timeout = IDLE
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        left = 0
        try:
            left = self._length()
            inbox = self._inbox()
            inbox.admit(self.headers.get("Authorization", ""))
            if left > MAX_BYTES:
                raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {MAX_BYTES:,} bytes")
            body, left = self._body(left), 0
            self._answer(HTTPStatus.ACCEPTED, {"accepted": inbox.take(body, self.headers)})
        except Refused as refused:
            # a connection that is closed on unread bytes loses the answer too
            self._body(min(left, 4 * MAX_BYTES))
            self.close_connection = True
            self.server.say(f"{self.path[:100]!r}: refused ({refused.status}): {refused}")
            self._answer(refused.status, {"message": str(refused)}, refused.headers | {"Connection": "close"})

    def do_GET(self) -> None:
        """Whether it is alive, for who watches over it."""
        self._answer(HTTPStatus.OK, {"message": "post CDEvents here"})

    def _inbox(self) -> Inbox:
        inboxes = self.server.inboxes
        name = self.path.partition("?")[0].strip("/")
        found = inboxes.get(name) or (next(iter(inboxes.values())) if not name and len(inboxes) == 1 else None)
        if found is None:
            raise Refused(HTTPStatus.NOT_FOUND, "no source is called so; post to /<source>")
        return found

    def _length(self) -> int:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or len(length) > 15:
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "Content-Length is missing or no number of bytes")
        if self.headers.get("Content-Encoding", "identity") != "identity":
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body is compressed; send it plain")
        return int(length)

    def _body(self, length: int) -> bytes:
        """Raises TimeoutError or ConnectionError where it does not come; then nothing is taken."""
        until = time.monotonic() + DEADLINE
        parts: list[bytes] = []
        while length:
            part = self.rfile.read1(min(length, 1 << 16))
            if not part or time.monotonic() > until:
                raise ConnectionError
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def _answer(self, status: HTTPStatus, content: Any, headers: Mapping[str, str] | None = None) -> None:
        body = to_json(content)
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        return "uptake"

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing of what went well."""
