"""The `uptake` command: thin, and quick to start, since each command imports only what it needs.

Exit codes: 0 all well; 1 something failed, named in a line that starts with `error:`; 2 bad usage or config; 3 another
run holds the lock; 143 ended by SIGTERM.
"""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from app.console import Console

if TYPE_CHECKING:
    from ingest.config import Settings
    from ingest.run import SourceResult
    from queries.build import Published
    from queries.definitions import Definitions

DAY = click.DateTime(["%Y-%m-%d"])
FORMATS = click.Choice(["table", "csv", "json"])


class Uptake(click.Group):
    """A group whose failures end as lines on stderr and an exit code, never as a traceback."""

    def main(self, *args: Any, **options: Any) -> NoReturn:
        from ingest.errors import UptakeError
        from queries.errors import QueryError

        signal.signal(signal.SIGTERM, _end)
        given = list(options.pop("args", None) or sys.argv[1:])
        console = Console("json" if "--log=json" in given or _follows(given, "--log", "json") else "text")
        try:
            code = super().main(given, **{**options, "standalone_mode": False})
        except (UptakeError, QueryError) as error:
            console.errors(str(error).splitlines())
            code = error.exit_code
        except click.ClickException as error:
            console.errors([error.format_message()])
            code = error.exit_code
        except click.Abort:
            code = 130
        except BrokenPipeError:
            # whoever read our output has left (`head`, a closed pager): nothing is wrong
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 0
        sys.exit(code)


def _end(number: int, frame: object) -> NoReturn:
    # raised inside whatever is running, so that transactions roll back and temporary files go
    raise SystemExit(128 + number)


def _follows(words: list[str], first: str, second: str) -> bool:
    return (first, second) in zip(words, words[1:], strict=False)


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """--config, --data and --log, which may stand before or after the command's name."""
    options: list[tuple[str, click.ParamType, str]] = [
        ("--log", click.Choice(["text", "json"]), "How to say what happens; json for cron."),
        ("--data", click.Path(path_type=Path), "The data folder; else UPTAKE_DATA, else data."),
        ("--config", click.Path(path_type=Path), "The settings; else UPTAKE_CONFIG, else uptake.toml."),
    ]
    for name, kind, text in options:
        command = click.option(name, type=kind, help=text, expose_value=False, callback=_remember)(command)
    return command


def _remember(context: click.Context, option: click.Parameter, value: Any) -> None:
    if value is not None:
        context.find_root().ensure_object(dict)[option.name] = value


def _given(name: str) -> Any:
    return click.get_current_context().find_root().ensure_object(dict).get(name)


def _data() -> Path:
    return Path(_given("data") or os.environ.get("UPTAKE_DATA") or "data")


def _read() -> Path:
    return _data() / "read"


def _settings() -> "Settings":
    from ingest import config

    return config.load(_given("config"))


def _console() -> Console:
    return Console(_given("log") or "text")


@click.group(cls=Uptake, context_settings={"help_option_names": ["-h", "--help"]})
@common
def main() -> None:
    """Shows whether an internal ML platform is used, what it is worth, and what to fix next."""


@main.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--since", type=DAY, help="Look again at all that changed from this day on (UTC).")
@click.option("--full", is_flag=True, help="Forget where each source left off and read all of it.")
@click.option("--dry-run", is_flag=True, help="Fetch and check only; writes nothing at all.")
@common
def ingest(sources: tuple[str, ...], since: datetime | None, full: bool, dry_run: bool) -> None:
    """Pull what is new, load it, build and publish: what cron runs."""
    from ingest import run, runlog
    from ingest.lock import exclusive

    settings, data, console = _settings(), _data(), _console()
    names = _sources(settings, sources)
    if dry_run:
        _report("dry run", run.rehearse(settings, data, names, since=since, full=full), None)
        return
    with exclusive(data):
        show = _progress(console)
        results = run.ingest(settings, data, names, since=since, full=full, progress=show)
        published = _publish(settings, data)
        runlog.write(settings, data, _build_info(_read()))
    _report("ingest", results, published)


@main.command()
@common
def build() -> None:
    """Compute facts and marts from what is loaded and publish them, without pulling."""
    from ingest import runlog
    from ingest.lock import exclusive

    settings, data = _settings(), _data()
    with exclusive(data):
        published = _publish(settings, data, force=True)
        runlog.write(settings, data, _build_info(_read()))
    _console().info(f"build: published {published.name} in {published.seconds:.1f} s", read_model=published.name)


@main.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@common
def replay(sources: tuple[str, ...]) -> None:
    """Load everything again from raw, then build: the result is the same."""
    from ingest import run, runlog
    from ingest.lock import exclusive

    settings, data = _settings(), _data()
    names = _sources(settings, sources)
    with exclusive(data):
        results = run.replay(settings, data, names, progress=_progress(_console()))
        published = _publish(settings, data, force=True)
        runlog.write(settings, data, _build_info(_read()))
    _report("replay", results, published)


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True)
@common
def app(port: int) -> None:
    """Serve the dashboard."""
    from ingest import config

    page = Path(__file__).with_name("main.py")
    file = config.find(_given("config"))
    places = {"UPTAKE_DATA": str(_data().resolve()), "UPTAKE_CONFIG": str(file.resolve())}
    options = {"server.port": port, "server.headless": "true", "browser.gatherUsageStats": "false"}
    arguments = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    _console().info(f"Uptake: http://localhost:{port}")
    sys.stdout.flush()
    os.execve(
        sys.executable,
        [sys.executable, "-m", "streamlit", "run", str(page), *arguments],
        {**os.environ, **places},
    )


@main.command()
@click.argument("name", required=False)
@click.option("--by", default="all", show_default=True, metavar="PERIOD", help="day, week, month, quarter or all.")
@click.option("--group", metavar="COL,...", help="Columns to split by.")
@click.option("--since", type=DAY, help="From this day on.")
@click.option("--until", type=DAY, help="Before this day.")
@click.option("--where", multiple=True, metavar="COL=VALUE", help="Only rows with this value; may be repeated.")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
@click.option("--list", "lists", is_flag=True, help="Name all metrics with their question.")
@common
def metric(
    name: str | None,
    by: str,
    group: str | None,
    since: datetime | None,
    until: datetime | None,
    where: tuple[str, ...],
    form: str,
    lists: bool,
) -> None:
    """Print a metric."""
    from app.render import render
    from queries import metrics, readmodel
    from queries.slice import Slice

    if lists:
        width = max(map(len, metrics.METRICS))
        click.echo("\n".join(f"{name:{width}}  {metrics.METRICS[name].question}" for name in metrics.METRICS))
        return
    if name is None:
        raise click.UsageError("name a metric; `uptake metric --list` shows them all")
    groups = tuple(part.strip() for part in (group or "").split(",") if part.strip())
    part = Slice(by, groups, _day(since), _day(until), _conditions(where))
    with readmodel.open_current(_read()) as con:
        click.echo(render(metrics.ask(con, name, part), form))


@main.command()
@click.argument("fact")
@click.option("--since", type=DAY, help="From this day on.")
@click.option("--until", type=DAY, help="Before this day.")
@click.option("--where", multiple=True, metavar="COL=VALUE", help="Only rows with this value; may be repeated.")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
@common
def rows(fact: str, since: datetime | None, until: datetime | None, where: tuple[str, ...], form: str) -> None:
    """Print the fact rows behind a figure."""
    from app.render import render
    from queries import readmodel
    from queries.rows import fact_rows

    with readmodel.open_current(_read()) as con:
        click.echo(render(fact_rows(con, fact, _day(since), _day(until), _conditions(where)), form))


@main.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@common
def status(form: str) -> None:
    """Freshness, last runs, rejected rows and row counts of each source; exit 1 when one is stale."""
    import json

    from app import status as report
    from ingest import runlog

    now = datetime.now(UTC)
    found = report.status(_settings(), runlog.read(_data()), _build_info(_read()), now)
    click.echo(json.dumps(found, indent=1) if form == "json" else report.text(found, now))
    if report.is_stale(found):
        raise click.exceptions.Exit(1)


@main.command()
@common
def check() -> None:
    """Validate the config and each source's credentials and reachability; writes nothing."""
    from ingest import run

    settings, console = _settings(), _console()
    console.info("config: ok")
    missing = 0
    for name, lines in run.check(settings, _data()):
        console.errors(lines)
        missing += len(lines)
        if not lines:
            console.info(f"{name}: ok")
    if missing:
        raise click.exceptions.Exit(1)


@main.command()
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same organisation.")
@click.option("--teams", type=click.IntRange(1), default=40, show_default=True)
@click.option("--months", type=click.IntRange(1), default=18, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("demo"), show_default=True)
@common
def demo(seed: int, teams: int, months: int, out: Path) -> None:
    """Write a simulated organisation as source files, with its known truth beside them."""
    from app import demo as simulation

    simulation.write(out, seed, teams, months)
    _console().info(f"demo: simulated organisation of {teams} teams over {months} months written to {out}")


def definitions(settings: "Settings", data: Path) -> "Definitions":
    """What the settings mean to the numbers; the persons in them hashed as in the data."""
    from ingest import people
    from queries.definitions import Definitions

    platform = settings.platform
    actors = [people.hasher(people.key(data))(actor) for actor in platform.actors] if platform.actors else []
    rules = {
        "uses": platform.uses,
        "workflows": platform.workflows,
        "environments": platform.environments,
        "repos": platform.repos,
        "actors": [actor for actor in actors if actor],
    }
    return Definitions(
        timezone=settings.timezone,
        organisation=settings.organisation.name,
        environments={kind: tuple(globs) for kind, globs in settings.environments.model_dump().items()},
        platform_rules={kind: tuple(globs) for kind, globs in rules.items()},
        hotfix_refs=tuple(settings.metrics.hotfix_refs),
        incident_window_hours=settings.metrics.incident_window_hours,
        provisional_days=settings.metrics.provisional_days,
        min_group=settings.privacy.min_group,
        simulated_sources=tuple(source.name for source in settings.source if source.simulated),
    )


def _publish(settings: "Settings", data: Path, force: bool = False) -> "Published":
    """Builds and publishes. Raises LandingError when the disk does not let it; what was current stays so."""
    import duckdb

    from ingest.errors import LandingError
    from ingest.warehouse import FILE
    from queries.build import build
    from queries.errors import NoReadModel

    if not (data / FILE).exists():
        raise NoReadModel(f"{data}: nothing is loaded yet; run `uptake ingest` first, or name the folder with --data")
    try:
        return build(data / FILE, data / "read", definitions(settings, data), force=force)
    except (duckdb.IOException, duckdb.FatalException, duckdb.OutOfMemoryException, OSError) as error:
        cause = str(error).splitlines()[0]
        raise LandingError(
            f"{data / 'read'}: cannot be built ({cause}); what was published before stays; free space and run again"
        ) from None


def _build_info(read: Path) -> dict[str, Any] | None:
    """The current read model as {name, built_at, ...}, or None."""
    from app.render import plain
    from queries import readmodel

    path = readmodel.current_path(read)
    if path is None:
        return None
    return {"name": path.stem, **{name: plain(value) for name, value in readmodel.build_info(path).items()}}


def _sources(settings: "Settings", named: Sequence[str]) -> list[str]:
    known = [source.name for source in settings.source]
    if not known:
        raise click.UsageError("the config names no [[source]]; uptake.example.toml shows how")
    for name in named:
        if name not in known:
            raise click.UsageError(f"no source is called '{name}'; there are {', '.join(known)}")
    return list(named) or known


def _progress(console: Console) -> Callable[[str, Any], None]:
    return lambda name, loaded: console.progress(f"{name}: {loaded.received:,} rows read, {loaded.rows:,} new")


def _report(command: str, results: "list[SourceResult]", published: "Published | None") -> None:
    """One line for the run and one for each fault; exit 1 when there is one."""
    console = _console()
    faults = [fault for result in results for fault in result.faults]
    console.errors(faults)
    rows, rejected = sum(result.loaded.rows for result in results), sum(result.loaded.rejected for result in results)
    failed = sum(bool(result.faults) for result in results)
    parts = [f"{len(results)} source{'s' if len(results) > 1 else ''}"]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{rows:,} rows new or changed"] if rows else ["nothing new"]
    parts += [f"{rejected:,} rejected"] if rejected else []
    line = ", ".join(parts)
    if published and published.rebuilt:
        line += f", published {published.name} in {published.seconds:.1f} s"
    elif published:
        line += f"; {published.name} stays"
    console.info(
        f"{command}: {line}",
        sources={result.name: vars(result.loaded) | {"faults": len(result.faults)} for result in results},
        read_model=published.name if published else None,
    )
    if faults:
        raise click.exceptions.Exit(1)


def _conditions(where: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for condition in where:
        column, equals, value = condition.partition("=")
        if not equals or not column.strip():
            raise click.UsageError(f"--where {condition}: give it as COL=VALUE")
        found[column.strip()] = (*found.get(column.strip(), ()), value)
    return found


def _day(instant: datetime | None) -> Any:
    return instant.date() if instant else None


if __name__ == "__main__":
    main()
