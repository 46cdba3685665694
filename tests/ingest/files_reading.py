"""Reading with the files source, as its tests do it."""

from typing import Any

from ingest.files import Files
from ingest.source import Fault, Page, Watermark


def hashed(name: str | None) -> str | None:
    return f"#{len(name)}" if name else None


def pages(source: Files, marks: dict[str, Any] | None = None) -> list[Page]:
    found = list(source.fetch(None, Watermark(marks or {})))
    assert [part for part in found if isinstance(part, Fault)] == []
    return [part for part in found if isinstance(part, Page)]


def faults(source: Files) -> list[str]:
    return [part.message for part in source.fetch(None, Watermark()) if isinstance(part, Fault)]
