"""Files to read from S3-compatible object storage: those directly below a prefix, or a single object."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ingest.errors import SourceError
from ingest.folder import Found, is_named
from ingest.secret import unset
from ingest.settings import FilesSettings, S3Path

CHUNK = 1 << 20
CONNECT_SECONDS = 10

REMEDIES = {
    "ACCESS_DENIED": "let the key list and read it",
    "FORBIDDEN": "let the key list and read it",
    "INVALID_ACCESS_KEY_ID": "correct the variable of access_key_env",
    "SIGNATURE_DOES_NOT_MATCH": "correct the variable of secret_key_env, and region",
    "NO_SUCH_BUCKET": "correct the bucket in `path`, and endpoint",
    "NETWORK_CONNECTION": "check endpoint and proxy",
}


@dataclass(frozen=True)
class StoredObject:
    """An object as the listing showed it; `path` is bucket/key, `store` a pyarrow file system."""

    key: str
    path: str
    size: int
    mtime_ns: int
    store: Any

    def version(self) -> dict[str, Any]:
        return {"size": self.size, "mtime_ns": self.mtime_ns}

    @contextmanager
    def local(self) -> Iterator[Path]:
        """A copy, for as long as it is needed: the readers of some formats jump about in a file."""
        with tempfile.TemporaryDirectory(prefix="uptake-") as folder:
            copy = Path(folder) / Path(self.key).name
            with copy.open("wb") as out:
                self._download(out)
            yield copy

    def _download(self, out: Any) -> None:
        try:
            with self.store.open_input_stream(self.path) as content:
                while part := content.read(CHUNK):
                    out.write(part)
        except OSError as error:
            raise OSError(_cause(error)[0]) from None


@dataclass(frozen=True)
class Bucket:
    settings: FilesSettings
    path: S3Path

    def __str__(self) -> str:
        return str(self.path)

    def files(self, suffixes: tuple[str, ...]) -> list[Found]:
        store = self._store()
        try:
            return sorted(self._found(store, suffixes), key=lambda file: file.key)
        except OSError as error:
            cause, remedy = _cause(error)
            raise SourceError(f"{self.settings.name}: {self}: cannot be listed ({cause}); {remedy}") from None

    def _found(self, store: Any, suffixes: tuple[str, ...]) -> Iterator[Found]:
        from pyarrow import fs

        place = f"{self.path.bucket}/{self.path.prefix}".rstrip("/")
        one = store.get_file_info(place)
        if one.type == fs.FileType.NotFound:
            raise SourceError(f"{self.settings.name}: {self}: no such prefix or object; mend `path`, or fill it")
        listed = [one] if one.is_file else store.get_file_info(fs.FileSelector(place))
        for info in listed:
            if info.is_file and is_named(info.base_name, suffixes):
                yield StoredObject(info.base_name, info.path, info.size, info.mtime_ns, store)

    def _store(self) -> Any:
        """The file system, told everything: what it is not told it would look for in files and on the network."""
        # only here, since it costs memory and time that a run without object storage need not spend
        from pyarrow import fs
        from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies

        endpoint = self.settings.endpoint or f"https://s3.{self.settings.region}.amazonaws.com"
        parts = urlsplit(endpoint)
        access, secret = self._variable("access_key_env"), self._variable("secret_key_env")
        return fs.S3FileSystem(
            access_key=access,
            secret_key=secret,
            anonymous=access is None,
            region=self.settings.region,
            scheme=parts.scheme,
            endpoint_override=parts.netloc if self.settings.endpoint else None,
            proxy_options=get_environ_proxies(endpoint).get(parts.scheme),
            tls_ca_file_path=os.environ.get("REQUESTS_CA_BUNDLE") or DEFAULT_CA_BUNDLE_PATH,
            connect_timeout=CONNECT_SECONDS,
        )

    def _variable(self, key: str) -> str | None:
        name = getattr(self.settings, key)
        if name is None:
            return None
        value = os.environ.get(name, "").strip()
        if not value:
            raise SourceError(f"{self.settings.name}: {unset(name, key)}")
        return value


def _cause(error: OSError) -> tuple[str, str]:
    """What the store said, in one line, and what to do about it."""
    text = " ".join(str(error).split())
    found = re.search(r"AWS Error (\w+)", text)
    code = found[1] if found else ""
    return (text[found.start() :] if found else text)[:200], REMEDIES.get(code, "check endpoint, region and keys")
