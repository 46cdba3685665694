"""Persons become keyed hashes before anything is written, so that no name ever stands in the data folder."""

import hmac
import os
import secrets
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from ingest.errors import LandingError
from ingest.source import Hasher

VARIABLE = "UPTAKE_PEPPER"
FILE = ".pepper"


def hasher(key: bytes) -> Hasher:
    """The function that sources hash persons with: `p_` and 16 hex digits; None or blank gives None."""

    @lru_cache(maxsize=100_000)
    def digest(name: str) -> str:
        return "p_" + hmac.digest(key, name.encode(), "sha256").hex()[:16]

    def hashed(name: str | None) -> str | None:
        plain = (name or "").strip().lower()
        return digest(plain) if plain else None

    return hashed


def key(data: Path) -> bytes:
    """The key from $UPTAKE_PEPPER, else from the data folder, where it is made on first use with mode 0600.

    Raises LandingError when the file can be neither read nor made, or is empty.
    """
    file = data / FILE
    try:
        found = existing_key(data)
        return found if found is not None else _make(file)
    except OSError as error:
        raise LandingError(f"{file}: the key for hashing persons cannot be kept here: {error.strerror}") from None


def existing_key(data: Path) -> bytes | None:
    """The key if there is one already; makes nothing. Raises as `key` does."""
    given = os.environ.get(VARIABLE, "").strip()
    if given:
        return given.encode()
    file = data / FILE
    if not file.exists():
        return None
    kept = file.read_bytes().strip()
    if not kept:
        raise LandingError(f"{file}: is empty; restore it, or delete it (then all persons get new hashes)")
    return kept


def _make(file: Path) -> bytes:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{FILE}.{os.getpid()}.tmp")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(secrets.token_hex(32).encode())
            out.flush()
            os.fsync(out.fileno())
        # a link fails when the name is taken: of two processes at once, one makes the key and both use it
        with suppress(FileExistsError):
            file.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
    return file.read_bytes().strip()
