"""Secrets, from the environment or from a file that only its owner can read; never from the configuration."""

import os
import re
import stat
from pathlib import Path

from ingest.errors import SourceError

_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def secret(source: str, key: str, variable: str | None, file: Path | None) -> str | None:
    """The secret that `<key>_env` or `<key>_file` of a source names; None where neither is given.

    Raises SourceError, naming the key and what to do, when it is not there or when others can read it.
    """
    if variable:
        found = os.environ.get(variable, "").strip()
        if not found:
            raise SourceError(f"{source}: {unset(variable, f'{key}_env')}")
        return found
    return _read(f"{source}: {file} of {key}_file", file) if file else None


def unset(variable: str, key: str) -> str:
    """Says that the variable that a key names is not there. What looks like no name may be the secret itself."""
    if _NAME.fullmatch(variable):
        return f"the environment variable {variable} of {key} is not set; export it"
    return f"the environment variable that {key} names is not set; export it ({key} takes its name, not the secret)"


def named(variable: str | None, file: Path | None) -> str:
    """What a message calls it."""
    return f"${variable}" if variable else str(file or "no token")


def _read(place: str, file: Path) -> str:
    try:
        mode = file.stat().st_mode
        found = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{place} cannot be read ({getattr(error, 'strerror', None) or 'no text'})") from None
    if mode & OTHERS:
        raise SourceError(f"{place} can be read by others (mode {stat.S_IMODE(mode):04o}); run: chmod 600 {file}")
    if not found:
        raise SourceError(f"{place} is empty; write the secret into it")
    return found
