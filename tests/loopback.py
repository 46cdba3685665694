"""A real HTTP server on loopback that answers as a provider would: with ETags, its own clock, and bad days.

with Loopback(gitlab.answer) as server:
    Http(server.base_url) ...
"""

import hashlib
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass
class Request:
    """`path` without the query, decoded only by who reads it; `query` with the last value of each name; `address` is
    both as they were sent; `content` is the body of a POST."""

    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    address: str = ""
    content: bytes = b""

    def all(self, name: str) -> list[str]:
        """Every value of a name that is given more than once."""
        return parse_qs(urlsplit(self.address).query).get(name, [])


@dataclass
class Reply:
    """`content` goes out as JSON, or as it is when it is bytes."""

    content: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()


@dataclass
class Trouble:
    """What happens at `times` requests whose address matches, after the first `spare`: `action`, and `reply` in the
    place of the usual answer."""

    match: str
    reply: Reply | None = None
    times: int = 1
    spare: int = 0
    action: Callable[[], None] = lambda: None

    def strikes(self, address: str) -> bool:
        if not self.times or not re.search(self.match, address):
            return False
        if self.spare:
            self.spare -= 1
            return False
        self.times -= 1
        return True


class Loopback:
    """Serves `answer`. `requests` lists (address, status) of all that was asked, `sent` the headers of each."""

    def __init__(self, answer: Callable[[Request], Reply], now: Callable[[], datetime]) -> None:
        self.answer = answer
        self.now = now
        self.troubles: list[Trouble] = []
        self.requests: list[tuple[str, int]] = []
        self.sent: list[Mapping[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.base_url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def asked(self) -> list[tuple[str, int]]:
        """All requests since the last call."""
        found, self.requests = self.requests, []
        return found

    def reply(self, request: Request, address: str) -> Reply:
        trouble = next((each for each in self.troubles if each.strikes(address)), None)
        if trouble:
            trouble.action()
        reply = trouble.reply if trouble and trouble.reply else self.answer(request)
        if reply.status == 200:
            etag = f'W/"{hashlib.sha1(reply.body).hexdigest()}"'
            reply.headers = {"ETag": etag} | reply.headers
            if request.headers.get("If-None-Match") == etag:
                return Reply(b"", 304, reply.headers)
        return reply


def _handler(server: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self) -> None:
            self.do_GET(self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self, content: bytes = b"") -> None:
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            reply = server.reply(Request(parts.path, query, dict(self.headers), self.path, content), self.path)
            server.requests.append((self.path, reply.status))
            server.sent.append(dict(self.headers))
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            if reply.status != 304:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if reply.status != 304:
                self.wfile.write(reply.body)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(server.now().replace(tzinfo=UTC), usegmt=True)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: tests look at `requests`."""

    return Handler
