"""A written demo, read back the way a file source would: records by noun, and the rows that are none."""

import csv
import gzip
import json
from collections import Counter
from datetime import date, datetime, timedelta
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from pydantic import ValidationError

from app.demo import write
from ingest import config
from ingest.records import RECORDS

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
WINDOW = timedelta(hours=72)
END = date(2026, 11, 23)


class DemoFolder:
    def __init__(self, config_file: Path) -> None:
        self.folder = config_file.parent
        self.settings = config.load(config_file)
        self.truth: dict[str, Any] = json.loads((self.folder / "truth.json").read_text("utf-8"))
        self.records: dict[str, list[Any]] = {noun: [] for noun in RECORDS}
        self.rejected: list[tuple[str, int]] = []
        self.row_counts: Counter[str] = Counter()
        self.rules: dict[tuple[str, str], list[tuple[datetime, str]]] = {}
        for file in sorted((self.folder / "exports").iterdir()):
            for number, row in enumerate(read(file), start=1):
                self._take(file, number, row)

    def _take(self, file: Path, number: int, row: dict[str, Any]) -> None:
        noun = max((noun for noun in RECORDS if file.name.startswith(noun)), key=len)
        self.row_counts[file.name] += 1
        try:
            self.records[noun].append(RECORDS[noun].model_validate(row))
        except ValidationError:
            self.rejected.append((file.name, number))

    def production(self) -> list[Any]:
        globs = self.settings.environments.production
        return [
            made
            for made in self.records["deployment"]
            if any(fnmatch(made.environment.lower(), glob.lower()) for glob in globs)
        ]

    def live(self) -> list[Any]:
        """Succeeded production deployments, oldest first."""
        made = [one for one in self.production() if one.status == "succeeded"]
        return sorted(made, key=lambda one: one.finished_at)

    def path(self, made: Any, uses: dict[str, list[str]]) -> str:
        """The path of a deployment by its flag, else by the rules of the configuration; `uses` by run."""
        if made.via_platform is not None:
            return "platform" if made.via_platform else "off_platform"
        rules = self.settings.platform
        if any(fnmatch(made.workflow or "", glob) for glob in rules.workflows) or any(
            fnmatch(used, glob) for used in uses.get(made.run_id, []) for glob in rules.uses
        ):
            return "platform"
        return "unknown" if made.workflow is None and made.run_id is None else "off_platform"

    def owner(self, made: Any) -> str | None:
        """The team that owned a deployment's product, or a run's repository, when it was created."""
        place = made.repo, self.product(made)
        if place not in self.rules:
            self.rules[place] = [
                (row.since or datetime.min, row.team_id)
                for row in self.records["ownership"]
                if fnmatch(made.repo, row.pattern.partition(":")[0]) and row.product in {None, place[1]}
            ]
        return max((rule for rule in self.rules[place] if rule[0] <= made.created_at), default=(None, None))[1]

    def product(self, made: Any) -> str:
        return getattr(made, "product", None) or made.repo.removeprefix("acme/")


def read(file: Path) -> list[dict[str, Any]]:
    """Rows of a file; an empty cell is an absent value."""
    if file.suffix == ".parquet":
        rows = pl.read_parquet(file).to_dicts()
    elif file.suffix == ".csv":
        with file.open(encoding="utf-8", newline="") as text:
            rows = list(csv.DictReader(text))
    else:
        content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        rows = [json.loads(line) for line in content.decode().splitlines()]
    return [{key: value for key, value in row.items() if value not in ("", None)} for row in rows]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def hours(first: datetime, last: datetime) -> float:
    return (last - first).total_seconds() / 3600


def office_time(instant: datetime) -> datetime:
    return instant.replace(tzinfo=ZoneInfo("UTC")).astimezone(AMSTERDAM)


@cache
def default_demo(base: Path) -> DemoFolder:
    """The default organisation, written once a session; `base` is the session's temporary folder."""
    return DemoFolder(write(base / "default_demo", end=END))
