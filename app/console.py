"""What the commands say: plain lines for people, one JSON object a line for cron, a bar only on a terminal."""

import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import click

from app.progress import Progress


class Console:
    """Says things in one of two ways: `text` or `json`. Errors and notes go to stderr, all else to stdout."""

    def __init__(self, log: str) -> None:
        self._json = log == "json"
        self._shows_bar = not self._json and sys.stderr.isatty()

    def info(self, message: str, **fields: Any) -> None:
        self._say("info", message, fields)

    def errors(self, messages: Iterable[str]) -> None:
        for message in messages:
            self._say("error", message, {})

    def note(self, message: str) -> None:
        """Says what goes with an answer and is no failure, beside it: what prints the answer can be piped on."""
        self._say("note", message, {})

    def progress(self) -> Progress:
        """Says how far something is: on a terminal on a line that the next message overwrites."""
        return Progress(self._overwrite if self._shows_bar else self._note, self._shows_bar)

    def _note(self, message: str, fields: dict[str, Any]) -> None:
        self._say("info", message, fields)

    def _overwrite(self, message: str, fields: dict[str, Any]) -> None:
        click.echo(f"\r\x1b[K{message}", err=True, nl=False)

    def _say(self, level: str, message: str, fields: dict[str, Any]) -> None:
        is_beside = level in {"error", "note"}
        if self._shows_bar:
            click.echo("\r\x1b[K", err=True, nl=False)
        if self._json:
            at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            click.echo(json.dumps({"at": at, "level": level, "message": message, **fields}), err=is_beside)
        else:
            click.echo(f"{level}: {message}" if is_beside else message, err=is_beside)
