"""`uptake.toml` as typed settings. `uptake.example.toml` explains every key; an unknown one is refused by name."""

import os
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from ingest.errors import ConfigError
from ingest.settings import KINDS, SourceSettings
from ingest.tables import Globs, Table, Zone

DEFAULT_FILE = "uptake.toml"


class Organisation(Table):
    name: str = "Your organisation"


class Environments(Table):
    """Globs, matched without regard to case; production is tried first, then test, then development."""

    production: Globs = ["prod*", "live"]
    test: Globs = ["test*", "staging", "acc*"]
    development: Globs = ["dev*"]


class Platform(Table):
    """How a deployment through the platform is recognised when its record does not say. Any match is enough."""

    uses: Globs = []
    workflows: Globs = []
    environments: Globs = []
    repos: Globs = []
    actors: list[str] = []


class Metrics(Table):
    incident_window_hours: Annotated[float, Field(gt=0, le=8_784)] = 72
    provisional_days: Annotated[int, Field(ge=0, le=366)] = 14
    default_branches: Globs = ["main", "master", "trunk"]
    controls: dict[str, Globs] = {}
    """Control -> globs over job and step names; what is not given keeps its usual names."""


class Cause(Table):
    """How a cause is told: any match is enough. A key that is not given keeps its usual globs."""

    refs: Globs | None = None
    workflows: Globs | None = None
    events: Globs | None = None
    actors: list[str] | None = None


class Causes(Table):
    """What a deployment was for, where its record does not say; the first that fits, in this order."""

    rollback: Cause = Cause()
    hotfix: Cause = Cause()
    retrain: Cause = Cause()
    promotion: Cause = Cause()
    config: Cause = Cause()
    redeploy: Cause = Cause()
    human_change: Cause = Cause()


class WorkingHours(Table):
    """When people are expected to work, in the reporting time zone; from `start` up to, not including, `end`."""

    start: Annotated[int, Field(ge=0, le=23)] = 8
    end: Annotated[int, Field(ge=1, le=24)] = 18
    weekdays: list[Annotated[int, Field(ge=1, le=7)]] = [1, 2, 3, 4, 5]
    holidays: list[date] = []

    @model_validator(mode="after")
    def _in_order(self) -> "WorkingHours":
        if self.end <= self.start:
            raise ValueError(f"end ({self.end}) is not after start ({self.start})")
        return self


class Privacy(Table):
    min_group: Annotated[int, Field(ge=2)] = 5


class Settings(Table):
    """The whole configuration. `folder` is where its file lies; relative paths of sources start there."""

    timezone: Zone = "UTC"
    organisation: Organisation = Organisation()
    environments: Environments = Environments()
    platform: Platform = Platform()
    metrics: Metrics = Metrics()
    causes: Causes = Causes()
    working_hours: WorkingHours = WorkingHours()
    privacy: Privacy = Privacy()
    source: list[SourceSettings] = []

    @model_validator(mode="after")
    def _unique_names(self) -> "Settings":
        names = [source.name for source in self.source]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"source name '{twice[0]}' is given twice; names are prefixes of ids and must be unique")
        return self


def find(path: str | Path | None) -> Path:
    """The config file: the one given, else $UPTAKE_CONFIG, else `uptake.toml` in the working directory."""
    return Path(path or os.environ.get("UPTAKE_CONFIG") or DEFAULT_FILE)


def load(path: str | Path | None = None) -> Settings:
    """Reads and validates the configuration.

    Raises ConfigError with one line per fault, each naming file, key and remedy.
    """
    file = find(path)
    try:
        raw = tomllib.loads(file.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(
            f"{file}: no such file; copy uptake.example.toml to {DEFAULT_FILE}, or name one with --config"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read ({error}); check its permissions and that it is UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: is not valid TOML: {error}") from None
    return parse(raw, file)


def parse(raw: dict[str, Any], file: Path) -> Settings:
    """Validates a decoded configuration; `file` names it in messages and anchors relative source paths."""
    try:
        settings = TypeAdapter(Settings).validate_python(raw)
    except ValidationError as error:
        raise ConfigError("\n".join(_line(file, raw, fault) for fault in error.errors())) from None
    try:
        return settings.model_copy(update={"source": [_anchored(source, file.parent) for source in settings.source]})
    except RuntimeError:
        raise ConfigError(f"{file}: a path begins with ~ and a user that is not known here; write it in full") from None


def _anchored(source: SourceSettings, folder: Path) -> SourceSettings:
    """With paths that start where the config lies, if they are relative."""
    paths = {name: value for name, value in source if isinstance(value, Path)}
    return source.model_copy(update={name: folder / path.expanduser() for name, path in paths.items()})


def _line(file: Path, raw: dict[str, Any], fault: Any) -> str:
    """One fault as `file: place: what is wrong; remedy`."""
    # pydantic puts the union's tag ("github") behind the list index; people know the source by its name instead
    place: list[str] = []
    for part in fault["loc"]:
        if isinstance(part, int) and place == ["source"]:
            entry = raw["source"][part]
            name = entry.get("name") if isinstance(entry, dict) else None
            place = [f"[[source]] {name or f'number {part + 1}'}"]
        elif not (len(place) == 1 and place[0].startswith("[[source]]") and part in KINDS):
            place.append(str(part))
    where = ".".join(place) or "the file"
    kind, message = fault["type"], fault["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return f"{file}: unknown key '{where}'; see uptake.example.toml for the keys that exist"
    if kind == "missing":
        return f"{file}: key '{where}' is missing; see uptake.example.toml"
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        return f"{file}: {where}: kind must be one of {fault['ctx'].get('expected_tags', ', '.join(KINDS))}"
    return f"{file}: {where}: {message} (found {_short(fault.get('input'))})"


def _short(value: Any) -> str:
    # a login in an address is a secret; a table may hold one anywhere
    text = "a table" if isinstance(value, dict) else re.sub(r"//[^/@]*@", "//...@", repr(value))
    return text if len(text) <= 60 else text[:57] + "..."
