"""The `uptake` command: thin, and quick to start, since each command imports only what it needs.

Exit codes: 0 all well; 1 something failed, named in a line that starts with `error:`; 2 bad usage or config; 3 another
run holds the lock; 143 ended by SIGTERM.
"""

import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app import report
from app.asking import metric, rows
from app.command import DAY, Group, common, console, data_folder, given, needs_named_config, read_folder
from app.survey import survey

if TYPE_CHECKING:
    from ingest.config import Settings
    from queries.build import Published
    from queries.definitions import Definitions


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
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

    settings, data = _settings(), data_folder()
    names = _sources(settings, sources)
    if dry_run:
        report.ended("dry run", run.rehearse(settings, data, names, since=since, full=full), None)
        return
    with exclusive(data):
        results = run.ingest(settings, data, names, since=since, full=full, progress=console().progress())
        published = _publish(settings, data)
        runlog.write(settings, data, _build_info(read_folder()))
        strangers = run.strangers(settings, data)
    report.ended("ingest", results, published, strangers)


@main.command()
@common
def build() -> None:
    """Compute facts and marts from what is loaded and publish them, without pulling."""
    from ingest import runlog
    from ingest.lock import exclusive

    settings, data = _settings(), data_folder()
    with exclusive(data):
        published = _publish(settings, data, force=True)
        runlog.write(settings, data, _build_info(read_folder()))
    report.redefined(published)
    console().info(f"build: published {published.name} in {published.seconds:.1f} s", read_model=published.name)


@main.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@common
def replay(sources: tuple[str, ...]) -> None:
    """Load everything again from raw, then build: the result is the same."""
    from ingest import run, runlog
    from ingest.lock import exclusive

    settings, data = _settings(), data_folder()
    names = _sources(settings, sources)
    with exclusive(data):
        results = run.replay(settings, data, names, progress=console().progress())
        published = _publish(settings, data, force=True)
        runlog.write(settings, data, _build_info(read_folder()))
    report.ended("replay", results, published)


@main.command()
@click.argument("source")
@common
def forget(source: str) -> None:
    """Remove all that was loaded of a source that the config names no more, raw data included, then build."""
    from ingest import run, runlog
    from ingest.lock import exclusive
    from queries.build import retire

    settings, data = _settings(), data_folder()
    with exclusive(data):
        if any(entry.name == source for entry in settings.source):
            raise click.UsageError(f"'{source}' is a source of the config; take it out there first")
        if source not in run.strangers(settings, data):
            raise click.UsageError(f"nothing was ever loaded of a source '{source}'")
        run.forget(data, source)
        published = _publish(settings, data, force=True)
        retire(read_folder())
        runlog.write(settings, data, _build_info(read_folder()))
    console().info(f"forget: all of {source} is removed, published {published.name} in {published.seconds:.1f} s")


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on; 0.0.0.0 for all.")
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True)
@common
def app(host: str, port: int) -> None:
    """Serve the dashboard, to this machine alone unless --host says otherwise: it asks nobody for a password."""
    from ingest import config

    needs_named_config()
    page = Path(__file__).with_name("server.py")
    file = config.find(given("config"))
    places = {"UPTAKE_DATA": str(data_folder().resolve()), "UPTAKE_CONFIG": str(file.resolve())}
    options = {"server.port": port, "server.address": host} | {
        "server.headless": "true",
        "browser.gatherUsageStats": "false",
    }
    arguments = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    console().info(f"Uptake: http://localhost:{port}")
    sys.stdout.flush()
    os.execve(
        sys.executable,
        [sys.executable, "-m", "streamlit", "run", str(page), *arguments],
        {**os.environ, **places},
    )


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8480, show_default=True)
@common
def receive(host: str, port: int) -> None:
    """Take CDEvents over HTTP and keep them for the next ingest."""
    from ingest.receive import receiver

    says = console()
    with receiver(_settings(), data_folder(), host, port, lambda line: says.errors([line])) as server:
        says.info(f"receive: listening on http://{host}:{server.server_port}")
        sys.stdout.flush()
        server.serve_forever()


@main.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@common
def status(form: str) -> None:
    """Freshness, last runs, rejected rows and row counts of each source, slips in plans; exit 1 when one is stale."""
    from app import status as freshness
    from ingest import runlog
    from queries import readmodel

    now = datetime.now(UTC)
    settings, current = _settings(), readmodel.current_path(read_folder())
    strays = readmodel.stray_pains(current) if current else []
    found = freshness.status(settings.source, runlog.read(data_folder()), _build_info(read_folder()), now, strays)
    click.echo(json.dumps(found, indent=1) if form == "json" else freshness.text(found, now))
    if freshness.is_stale(found):
        raise click.exceptions.Exit(1)


@main.command()
@common
def check() -> None:
    """Validate the config and each source's credentials and reachability; writes nothing."""
    from ingest import run

    settings = _settings()
    console().info("config: ok")
    missing = 0
    for name, lines in run.check(settings, data_folder()):
        console().errors(lines)
        missing += len(lines)
        if not lines:
            console().info(f"{name}: ok")
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

    file = simulation.write(out, seed, teams, months)
    console().info(f"demo: simulated organisation written; next: uptake ingest --config {file}")


for command in (metric, rows, survey):
    main.add_command(command)


def _settings() -> "Settings":
    from ingest import config

    return config.load(given("config"))


def definitions(settings: "Settings", data: Path) -> "Definitions":
    """What the settings mean to the numbers; the persons in them hashed as in the data."""
    from ingest import people
    from queries.definitions import CAUSES, CONTROLS, Definitions

    def hashed(actors: Sequence[str]) -> list[str]:
        # the key is made when it is first needed
        return [name for actor in actors if (name := people.hasher(people.key(data))(actor))]

    platform = settings.platform
    causes: dict[str, dict[str, tuple[str, ...]]] = {
        cause: {**CAUSES[cause], **{kind: tuple(globs) for kind, globs in given.items()}}
        for cause, given in settings.causes.model_dump(exclude_none=True).items()
    }
    for signs in causes.values():
        signs["actors"] = tuple(hashed(signs.get("actors", ())))
    rules = {
        "uses": platform.uses,
        "workflows": platform.workflows,
        "environments": platform.environments,
        "repos": platform.repos,
        "actors": hashed(platform.actors),
    }
    return Definitions(
        timezone=settings.timezone,
        organisation=settings.organisation.name,
        environments={kind: tuple(globs) for kind, globs in settings.environments.model_dump().items()},
        platform_rules={kind: tuple(globs) for kind, globs in rules.items()},
        cause_rules=causes,
        default_branches=tuple(settings.metrics.default_branches),
        working_hours=(settings.working_hours.start, settings.working_hours.end),
        working_weekdays=tuple(settings.working_hours.weekdays),
        holidays=tuple(settings.working_hours.holidays),
        controls={**CONTROLS, **{name: tuple(globs) for name, globs in settings.metrics.controls.items()}},
        incident_window_hours=settings.metrics.incident_window_hours,
        provisional_days=settings.metrics.provisional_days,
        min_group=settings.privacy.min_group,
        simulated_sources=tuple(source.name for source in settings.source if source.simulated),
    )


def _publish(settings: "Settings", data: Path, force: bool = False) -> "Published":
    """Builds and publishes. Raises LandingError when the disk does not let it; what was current stays so."""
    from ingest.errors import LandingError
    from ingest.warehouse import DISK_FAILURES, FILE, Warehouse
    from queries.build import build
    from queries.errors import NoReadModel

    if not (data / FILE).exists():
        raise NoReadModel(f"{data}: nothing is loaded yet; run `uptake ingest` first, or name the folder with --data")
    if force:
        with Warehouse(data):
            pass  # opening it makes the tables that a newer version knows
    try:
        return build(data / FILE, data / "read", definitions(settings, data), force=force)
    except (*DISK_FAILURES, OSError) as error:
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


if __name__ == "__main__":
    main()
