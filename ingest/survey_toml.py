"""A file of a survey that a person writes, as what it says."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from ingest.errors import SourceError
from ingest.reasons import reason
from ingest.tables import Table

T = TypeVar("T", bound=Table)


def read(file: Path, kind: type[T], hint: str) -> T:
    """The file's content. Raises SourceError with the first faults in one line; `hint` says how to come by a file."""
    try:
        return kind.model_validate(tomllib.loads(file.read_text("utf-8-sig")))
    except FileNotFoundError:
        raise SourceError(f"{file.name}: no such file; {hint}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{file.name}: cannot be read ({error}); is it UTF-8, and readable?") from None
    except tomllib.TOMLDecodeError as error:
        raise SourceError(f"{file.name}: is not valid TOML: {error}") from None
    except ValidationError as error:
        raise SourceError(f"{file.name}: {reason(error)}; docs/survey.md explains the keys") from None
