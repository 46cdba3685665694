"""The simulated organisation: its rows are records, its truth is the truth, and the same arguments give the same bytes."""

import csv
import gzip
import json
import statistics
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from pydantic import ValidationError

from app.demo import write
from ingest import config
from ingest.errors import ConfigError
from ingest.records import RECORDS, Record

END = date(2026, 11, 23)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


class Demo:
    """A written organisation, read back as a file source would: records by noun, and the rows that are none."""

    def __init__(self, config_file: Path) -> None:
        self.folder = config_file.parent
        self.truth: dict[str, Any] = json.loads((self.folder / "truth.json").read_text("utf-8"))
        self.records: dict[str, list[Any]] = {noun: [] for noun in RECORDS}
        self.rejected: list[dict[str, Any]] = []
        self.row_counts: Counter[str] = Counter()
        for file in sorted((self.folder / "exports").iterdir()):
            for number, row in enumerate(read(file), start=1):
                self._take(file, number, row)

    def _take(self, file: Path, number: int, row: dict[str, Any]) -> None:
        noun = noun_of(file)
        self.row_counts[file.name] += 1
        try:
            self.records[noun].append(RECORDS[noun].model_validate(row))
        except ValidationError:
            self.rejected.append({"file": file.name, "row": number})


def noun_of(file: Path) -> str:
    return max((noun for noun in RECORDS if file.name.startswith(noun)), key=len)


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


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return Demo(write(tmp_path_factory.mktemp("demo"), end=END))


def production(demo: Demo) -> list[Any]:
    settings = config.load(demo.folder / "uptake.toml")
    patterns = tuple(pattern.rstrip("*") for pattern in settings.environments.production)
    return [made for made in demo.records["deployment"] if made.environment.lower().startswith(patterns)]


def test_only_the_rows_that_truth_names_are_no_records(demo: Demo) -> None:
    rejected = demo.truth["realised"]["rejected"]
    assert sorted((bad["file"], bad["row"]) for bad in rejected["rows"]) == sorted(
        (bad["file"], bad["row"]) for bad in demo.rejected
    )
    assert rejected["by_file"] == dict(Counter(bad["file"] for bad in demo.rejected))
    assert len(demo.rejected) == 7
    for name, bad in rejected["by_file"].items():
        assert bad / demo.row_counts[name] < 0.01
