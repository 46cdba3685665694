"""Persons become keyed hashes before anything is written, so that no name ever stands in the data folder."""

import hmac
import os
import secrets
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from ingest.errors import ConfigError, LandingError
from ingest.source import Hasher

VARIABLE = "UPTAKE_PEPPER"
FILE = ".pepper"
FINGERPRINT = ".pepper-fingerprint"
"""Tells the key that the data were hashed with from another one, and nothing else of it."""


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

    Raises LandingError when the file can be neither read nor made, or is empty; ConfigError when the data were hashed
    with another key.
    """
    file = data / FILE
    try:
        _tidy(data)
        found = existing_key(data)
        if found is None:
            found = _make(file, secrets.token_hex(32).encode())
        if _make(data / FINGERPRINT, _fingerprint(found)) != _fingerprint(found):
            raise _other_key(data)
        return found
    except OSError as error:
        raise LandingError(f"{file}: the key for hashing persons cannot be kept here: {error.strerror}") from None


def existing_key(data: Path) -> bytes | None:
    """The key if there is one already; makes nothing. Raises as `key` does."""
    kept = data / FINGERPRINT
    try:
        found = _existing_key(data)
        if kept.exists() and (found is None or kept.read_bytes() != _fingerprint(found)):
            raise _other_key(data)
    except OSError as error:
        raise LandingError(
            f"{error.filename}: the key for hashing persons cannot be read ({error.strerror}); run as the user that "
            "owns the data folder"
        ) from None
    return found


def _existing_key(data: Path) -> bytes | None:
    given = os.environ.get(VARIABLE, "").strip()
    if given:
        return given.encode()
    file = data / FILE
    if not file.exists():
        return None
    kept = file.read_bytes().strip()
    if not kept:
        raise LandingError(f"{file}: is empty; restore it from a backup")
    return kept


def _fingerprint(found: bytes) -> bytes:
    return hmac.digest(found, b"uptake: fingerprint of the key", "sha256").hex().encode()


def _other_key(data: Path) -> ConfigError:
    return ConfigError(
        f"{data}: persons here were hashed with another key, so that old and new rows would not match; set {VARIABLE} "
        f"as it was, or restore {data / FILE}; where that key is lost, begin with an empty data folder"
    )


def _make(file: Path, content: bytes) -> bytes:
    """Writes a small file with mode 0600 unless it is there, whole or not at all; gives what it then holds."""
    if file.exists():
        return file.read_bytes().strip()
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        # a link fails when the name is taken: of two processes at once, one makes the key and both use it
        with suppress(FileExistsError):
            file.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
    return file.read_bytes().strip()


def _tidy(data: Path) -> None:
    """Removes what a killed process left half-written; that of one which is at work stays."""
    for draft in data.glob(f"{FILE}*.tmp"):
        try:
            os.kill(int(draft.name.split(".")[-2]), 0)
        except ProcessLookupError:
            draft.unlink(missing_ok=True)
        except (PermissionError, ValueError, OverflowError):
            continue
