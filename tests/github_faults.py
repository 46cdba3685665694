"""GitHub's bad days, and those of what stands between it and us."""

import gzip
import json
import re
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cache
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.github_world import World


def _whole(out: Any, body: bytes) -> None:
    out.write(body)


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    write: Callable[[Any, bytes], None] = _whole
    closes: bool = False


def message(status: int, text: str, **headers: str) -> Answer:
    body = json.dumps({"message": text, "documentation_url": "https://docs.github.com/rest"}).encode()
    return Answer(status, body, headers)


@dataclass
class Fault:
    """What goes wrong with `times` requests whose address matches, after the first `spare`: a key of KINDS, or only
    `action`."""

    kind: str = "none"
    match: str = ""
    times: int = 1
    spare: int = 0
    wait: int = 30
    action: Callable[[World], None] | None = None

    def spoil(self, answer: Answer, request: BaseHTTPRequestHandler) -> Answer:
        return KINDS[self.kind](self, answer, request)


def _drip(out: Any, body: bytes) -> None:
    for byte in body[:200]:
        out.write(bytes([byte]))
        out.flush()
        time.sleep(0.02)


def _half(out: Any, body: bytes) -> None:
    out.write(body[: len(body) // 2])


def _half_a_chunk(out: Any, body: bytes) -> None:
    out.write(b"%x\r\n" % len(body) + body[: len(body) // 2])


def _reset(out: Any, body: bytes) -> None:
    """The connection is torn down amid the body, as by a firewall."""
    out.write(body[: len(body) // 2])
    out.flush()
    # without lingering, closing sends a reset
    out._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    out._sock.close()


def _bad_utf8(fault: "Fault", answer: Answer, request: BaseHTTPRequestHandler) -> Answer:
    return Answer(200, answer.body.replace(b'"', b'"\xff\xfe', 1), answer.headers)


def _cut_length(fault: "Fault", answer: Answer, request: BaseHTTPRequestHandler) -> Answer:
    """Says that less comes than does: the rest stands before the next answer."""
    return Answer(200, answer.body, {**answer.headers, "Content-Length": str(len(answer.body) // 2)})


def _back(fault: "Fault", answer: Answer, request: BaseHTTPRequestHandler) -> Answer:
    first = re.sub(r"page=\d+$", "page=1", request.path)
    answer.headers["Link"] = f'<http://{request.headers["Host"]}{first}>; rel="next"'
    return answer


def _primary(fault: Fault, answer: Answer, request: BaseHTTPRequestHandler, status: int = 403) -> Answer:
    limited = message(status, "API rate limit exceeded for user ID 1.")
    # the date header is the server's clock, and so is the reset
    reset = time.mktime(time.strptime(request.date_time_string(), "%a, %d %b %Y %H:%M:%S GMT")) - time.timezone
    limited.headers |= {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(reset) + fault.wait)}
    return limited


def _secondary(fault: Fault, answer: Answer, request: BaseHTTPRequestHandler) -> Answer:
    limited = message(403, "You have exceeded a secondary rate limit.")
    limited.headers["Retry-After"] = str(fault.wait)
    return limited


def _too_many(fault: Fault, answer: Answer, request: BaseHTTPRequestHandler) -> Answer:
    limited = message(429, "Too many requests")
    clock = time.mktime(time.strptime(request.date_time_string(), "%a, %d %b %Y %H:%M:%S GMT")) - time.timezone
    limited.headers["Retry-After"] = formatdate(clock + fault.wait, usegmt=True)
    return limited


def _echo(fault: Fault, answer: Answer, request: BaseHTTPRequestHandler) -> Answer:
    return message(403, f"forbidden for {request.headers.get('Authorization')}\nand a second line")


def _endless(fault: Fault, answer: Answer, request: BaseHTTPRequestHandler) -> Answer:
    host, path = request.headers["Host"], request.path
    answer.headers["Link"] = f'<http://{host}{path}{"&" if "?" in path else "?"}again=1>; rel="next"'
    return answer


def _elsewhere(fault: Fault, answer: Answer, request: BaseHTTPRequestHandler) -> Answer:
    answer.headers["Link"] = '<http://127.0.0.2:9/repos/acme/fraud/actions/runs?page=2>; rel="next"'
    return answer


def _packed(fault: Fault, answer: Answer, request: BaseHTTPRequestHandler) -> Answer:
    return Answer(200, gzip.compress(answer.body), {**answer.headers, "Content-Encoding": "gzip"})


def _told(kind: str, text: str, **headers: str) -> Answer:
    """GraphQL says in a good answer that something is bad."""
    fault = {"type": kind, "message": text} if kind else {"message": text}
    return Answer(200, json.dumps({"data": None, "errors": [fault]}).encode(), headers)


def _last(fault: Fault, answer: Answer, request: BaseHTTPRequestHandler) -> Answer:
    """The answer, and that no more may be asked for a while."""
    return Answer(200, answer.body, {**answer.headers, **_primary(fault, answer, request).headers})


def _partial(fault: Fault, answer: Answer, request: BaseHTTPRequestHandler) -> Answer:
    """All but the first node, which is null, as it is where GitHub cannot compute it in time."""
    told = json.loads(answer.body)
    told["data"]["nodes"][0] = None
    told["errors"] = [{"path": ["nodes", 0], "message": "Something went wrong"}]
    return Answer(200, json.dumps(told).encode())


@cache
def bomb() -> bytes:
    """50 MB of blanks in 50 kB."""
    return gzip.compress(b"[" + b" " * 50_000_000)


KINDS: dict[str, Callable[[Fault, Answer, BaseHTTPRequestHandler], Answer]] = {
    "none": lambda fault, answer, request: answer,
    "failed": lambda fault, answer, request: message(500, "Server Error"),
    "unavailable": lambda fault, answer, request: Answer(
        503, b"<html>Unicorn!</html>", {"Retry-After": str(fault.wait)}
    ),
    "refused": lambda fault, answer, request: message(401, "Bad credentials"),
    "forbidden": lambda fault, answer, request: message(403, "Resource not accessible by personal access token"),
    "missing": lambda fault, answer, request: message(404, "Not Found"),
    "primary": _primary,
    "primary_429": lambda fault, answer, request: _primary(fault, answer, request, 429),
    "secondary": _secondary,
    "secondary_bare": lambda fault, answer, request: message(403, "You have exceeded a secondary rate limit."),
    "too_many": _too_many,
    "echo": _echo,
    "html": lambda fault, answer, request: Answer(200, b"<html>Please log in</html>"),
    "invalid": lambda fault, answer, request: Answer(200, answer.body[: len(answer.body) // 2], answer.headers),
    "short": lambda fault, answer, request: Answer(200, answer.body, answer.headers, _half, True),
    "short_chunk": lambda fault, answer, request: Answer(
        200, answer.body, {"Content-Length": "", "Transfer-Encoding": "chunked"}, _half_a_chunk, True
    ),
    "drip": lambda fault, answer, request: Answer(200, answer.body, answer.headers, _drip, True),
    "huge": lambda fault, answer, request: Answer(200, b"[" + b" " * 2_000_000 + b"]"),
    "packed": _packed,
    "bomb": lambda fault, answer, request: Answer(200, bomb(), {"Content-Encoding": "gzip"}),
    "endless": _endless,
    "back": _back,
    # the server makes that answer: see FakeGithub
    "page_before": lambda fault, answer, request: answer,
    "reset": lambda fault, answer, request: Answer(200, answer.body, answer.headers, _reset, True),
    "bad_utf8": _bad_utf8,
    "cut_length": _cut_length,
    "elsewhere": _elsewhere,
    "graphql_last": _last,
    "graphql_limited": lambda fault, answer, request: _told("RATE_LIMITED", "API rate limit exceeded for user ID 1."),
    "graphql_paused": lambda fault, answer, request: _told(
        "", "You have exceeded a secondary rate limit.", **{"Retry-After": str(fault.wait)}
    ),
    "graphql_forbidden": lambda fault, answer, request: _told("FORBIDDEN", "Resource not accessible by integration"),
    "graphql_failed": lambda fault, answer, request: _told("", "Something went wrong while executing your query."),
    "graphql_partial": _partial,
    "away": lambda fault, answer, request: message(302, "Found", Location="http://127.0.0.2:9/login"),
    "circle": lambda fault, answer, request: message(301, "Moved", Location=request.path),
}
