"""S3-compatible storage on loopback: lists and gives objects, and checks every signature as S3 does.

The client under test is Amazon's own, so that a signature which is right here is right there.
"""

import hashlib
import hmac
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

ACCESS, SECRET, REGION = "ACCESSKEY", "the/secret+key", "eu-west-1"


@dataclass
class Stored:
    content: bytes
    changed_at: datetime


@dataclass
class FakeS3:
    """`objects` by bucket/key. `asked` lists (method, path) of all requests; a listing shows `page` keys."""

    objects: dict[str, Stored] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    buckets: set[str] = field(default_factory=lambda: {"lake"})
    forbidden: set[str] = field(default_factory=set)
    cut_off: set[str] = field(default_factory=set)
    page: int = 1000
    is_public: bool = False

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def put(self, key: str, content: bytes | str, minute: int = 0) -> None:
        content = content.encode() if isinstance(content, str) else content
        self.objects[key] = Stored(content, datetime(2025, 3, 1, 10, minute, tzinfo=UTC))

    def gets(self) -> list[str]:
        """The objects whose content was asked for since the last call."""
        found = [path for method, path in self.asked if method == "GET" and "?" not in path]
        self.asked.clear()
        return found

    def listing(self, bucket: str, query: dict[str, str]) -> str:
        prefix, after = query.get("prefix", ""), query.get("continuation-token", "")
        keys = sorted(path.partition("/")[2] for path in self.objects if path.startswith(f"{bucket}/"))
        keys = [key for key in keys if key.startswith(prefix) and key > after]
        size = min(self.page, int(query.get("max-keys", "1000")))
        shown, folders = [], dict[str, None]()
        for key in keys[:size]:
            below = key.removeprefix(prefix)
            if "delimiter" in query and "/" in below:
                folders[prefix + below.partition("/")[0] + "/"] = None
            else:
                shown.append(self._entry(bucket, key))
        is_cut = len(keys) > size
        more = f"<NextContinuationToken>{escape(keys[size - 1])}</NextContinuationToken>" if is_cut else ""
        parts = "".join(f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in folders)
        return (
            '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>{bucket}</Name><Prefix>{escape(prefix)}</Prefix><KeyCount>{len(shown) + len(folders)}</KeyCount>"
            f"<IsTruncated>{str(is_cut).lower()}</IsTruncated>{more}{''.join(shown)}{parts}</ListBucketResult>"
        )

    def _entry(self, bucket: str, key: str) -> str:
        stored = self.objects[f"{bucket}/{key}"]
        return (
            f"<Contents><Key>{escape(key)}</Key><Size>{len(stored.content)}</Size>"
            f"<LastModified>{stored.changed_at:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
            f'<ETag>"{hashlib.md5(stored.content).hexdigest()}"</ETag></Contents>'
        )


def signed(method: str, address: str, headers: Any) -> str | None:
    """None when the request bears a right signature (version 4), else the code that S3 answers with."""
    parts = dict(part.strip().split("=", 1) for part in headers["Authorization"].partition(" ")[2].split(","))
    access, day, region, service, _ = parts["Credential"].split("/")
    if access != ACCESS:
        return "InvalidAccessKeyId"
    names = parts["SignedHeaders"].split(";")
    url = urlsplit(address)
    query = sorted((quote(k, safe="~"), quote(v, safe="~")) for k, v in parse_qsl(url.query, keep_blank_values=True))
    request = [
        method,
        quote(unquote(url.path), safe="/~"),
        "&".join(f"{name}={value}" for name, value in query),
        *(f"{name}:{' '.join(headers[name].split())}" for name in names),
        "",
        ";".join(names),
        headers["x-amz-content-sha256"],
    ]
    hashed = hashlib.sha256("\n".join(request).encode()).hexdigest()
    scope = f"{day}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{hashed}"
    key = f"AWS4{SECRET}".encode()
    for part in (day, region, service, "aws4_request", text):
        key = hmac.digest(key, part.encode(), "sha256")
    right = hmac.compare_digest(key.hex(), parts["Signature"]) and (region, service) == (REGION, "s3")
    return None if right else "SignatureDoesNotMatch"


def _handler(store: FakeS3) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            store.asked.append((self.command, self.path))
            # a proxy is asked for whole addresses
            url = urlsplit(self.path)
            path = unquote(url.path).lstrip("/")
            bucket, _, key = path.partition("/")
            wrong = self._wrong(bucket, path)
            if wrong:
                self._fail(403, wrong)
            elif bucket not in store.buckets:
                self._fail(404, "NoSuchBucket")
            elif not key:
                query = dict(parse_qsl(url.query, keep_blank_values=True))
                self._send(200, store.listing(bucket, query).encode(), {"Content-Type": "application/xml"})
            elif path not in store.objects:
                self._fail(404, "NoSuchKey")
            else:
                self._object(path, store.objects[path])

        do_HEAD = do_GET

        def _wrong(self, bucket: str, path: str) -> str | None:
            if bucket in store.forbidden or path in store.forbidden:
                return "AccessDenied"
            if "Authorization" not in self.headers:
                return None if store.is_public else "AccessDenied"
            return signed(self.command, self.path, self.headers)

        def _object(self, path: str, stored: Stored) -> None:
            content, status = stored.content, 200
            headers = {"Last-Modified": format_datetime(stored.changed_at, usegmt=True), "Accept-Ranges": "bytes"}
            wanted = self.headers.get("Range", "")
            if wanted.startswith("bytes=") and self.command == "GET":
                first, _, last = wanted.removeprefix("bytes=").partition("-")
                begin, end = int(first), min(int(last or len(content)), len(content) - 1)
                headers["Content-Range"] = f"bytes {begin}-{end}/{len(content)}"
                content, status = content[begin : end + 1], 206
            self._send(status, content, headers, cut=path in store.cut_off)

        def _fail(self, status: int, code: str) -> None:
            body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>no {code}</Message></Error>'
            self._send(status, body.encode(), {"Content-Type": "application/xml"})

        def _send(self, status: int, body: bytes, headers: dict[str, str], cut: bool = False) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body[: len(body) // 2] if cut else body)
                self.close_connection = cut

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: tests look at `asked`."""

    return Handler
