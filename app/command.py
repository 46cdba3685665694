"""How every command behaves: the options that all share, and failures that end as lines and an exit code."""

import errno
import itertools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeGuard

import click

from app.console import Console

DAY = click.DateTime(["%Y-%m-%d"])


class Group(click.Group):
    """A group whose failures end as `error:` lines on stderr, never as a traceback.

    Any exception with an `exit_code` is one that was foreseen: those of ingest, of queries and of click.
    """

    def main(self, *args: Any, **options: Any) -> NoReturn:
        words = args[0] if args else options.pop("args", None)
        words = list(sys.argv[1:] if words is None else words)
        wants_json = "--log=json" in words or ("--log", "json") in itertools.pairwise(words)
        with _endings() as ended:
            try:
                code = super().main(words, **{**options, "standalone_mode": False})
            except Exception as error:
                # DuckDB, stopped by a signal amid a query, raises an error of its own in place of ours
                text = error.format_message() if isinstance(error, click.ClickException) else str(error)
                code = ended[0] if ended else getattr(error, "exit_code", None)
                if code is None and _is_full(error):
                    code, text = 1, _unsaid(error)
                if code is None:
                    raise
                if not ended:
                    Console("json" if wants_json else "text").errors(text.splitlines())
        sys.exit(code)


def _is_full(error: Exception) -> TypeGuard[OSError]:
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}


def _unsaid(error: OSError) -> str:
    """Says that a disk is full. Where that keeps the output from being written, its rest is let go: at the end of the
    process, Python would try once more."""
    if error.filename is None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return f"{error.filename or 'the output'}: cannot be written ({error.strerror}); free space and run again"


@contextmanager
def _endings() -> Iterator[list[int]]:
    """SIGTERM and SIGINT end whatever runs by an exception, so that transactions roll back and drafts are removed.

    Gives the list that then holds the exit code, 128 and the signal's number.
    """
    ended: list[int] = []

    def end(number: int, frame: object) -> NoReturn:
        ended.append(128 + number)
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """--config, --data and --log, which may stand before or after the command's name."""
    path = click.Path(path_type=Path)
    for name, kind, text in (
        ("--log", click.Choice(["text", "json"]), "How to say what happens; json for cron."),
        ("--data", path, "The data folder; else UPTAKE_DATA, else data."),
        ("--config", path, "The settings; else UPTAKE_CONFIG, else uptake.toml."),
    ):
        command = click.option(name, type=kind, help=text, expose_value=False, callback=_remember)(command)
    return command


def _remember(context: click.Context, option: click.Parameter, value: Any) -> None:
    if value is not None:
        context.find_root().ensure_object(dict)[option.name] = value


def given(name: str) -> Any:
    """The value of a common option in the command that runs, or None."""
    return click.get_current_context().find_root().ensure_object(dict).get(name)


def needs_named_config() -> None:
    """For a command that does well without settings: raises UsageError where those that were named are not there."""
    for place, file in (("--config", given("config")), ("UPTAKE_CONFIG", os.environ.get("UPTAKE_CONFIG"))):
        if file and not Path(file).is_file():
            raise click.UsageError(f"{file}: no such file; name one that is there with {place}, or leave that out")
        if file:
            return


def data_folder() -> Path:
    return Path(given("data") or os.environ.get("UPTAKE_DATA") or "data")


def read_folder() -> Path:
    """Where the published read models lie."""
    return data_folder() / "read"


def console() -> Console:
    return Console(given("log") or "text")


def window(command: Callable[..., Any]) -> Callable[..., Any]:
    """--since, --until, --where and --format, as every question has them; calls with `since` and `until` as days."""
    formats = click.Choice(["table", "csv", "json"])
    for option in (
        click.option("--format", "form", type=formats, default="table", show_default=True),
        click.option("--where", multiple=True, metavar="COL=VALUE", callback=_conditions, help="May be repeated."),
        click.option("--until", type=DAY, callback=_day, help="Before this day."),
        click.option("--since", type=DAY, callback=_day, help="From this day on."),
    ):
        command = option(command)
    return command


def _conditions(context: click.Context, option: click.Parameter, where: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for condition in where:
        column, equals, value = condition.partition("=")
        if not equals or not column.strip():
            raise click.UsageError(f"--where {condition}: give it as COL=VALUE")
        found[column.strip()] = (*found.get(column.strip(), ()), value.strip())
    return found


def _day(context: click.Context, option: click.Parameter, instant: Any) -> Any:
    return instant.date() if instant else None
