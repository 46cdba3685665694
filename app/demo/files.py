"""Rows as files: CSV, JSON lines and Parquet, times as various tools write them; the same rows give the same bytes."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from app.demo.calendar import local
from app.demo.rows import Row
from ingest.records import RECORDS


@dataclass
class ExportFile:
    """One file to be written: its values are already as the file holds them."""

    name: str
    noun: str
    rows: list[Row]

    def content(self) -> bytes:
        if self.name.endswith(".parquet"):
            return _parquet(self.noun, self.rows)
        if self.name.endswith(".csv"):
            return _csv(self.noun, self.rows)
        text = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in self.rows).encode()
        return gzip.compress(text, compresslevel=6, mtime=0) if self.name.endswith(".gz") else text


def export_files(rows: dict[str, list[Row]]) -> list[ExportFile]:
    """The files of all records. An empty record keeps its file, so that "none" is told from "not measured"."""
    files: list[ExportFile] = []
    for noun, every in rows.items():
        template, time = _FORMATS[noun]
        parts: dict[str, list[Row]] = {} if every and "{" in template else {template.format(_PART): []}
        for row in every:
            name = template.format(row["created_at"]) if "{" in template else template
            parts.setdefault(name, []).append({key: _value(value, time) for key, value in row.items()})
        files.extend(ExportFile(name, noun, part) for name, part in sorted(parts.items()))
    return files


def _value(value: Any, time: Callable[[datetime], Any]) -> Any:
    if isinstance(value, datetime):
        return time(value)
    return round(value, 4) if isinstance(value, float) else value


def _iso(at: datetime) -> str:
    return f"{at.isoformat()}Z"


def _with_offset(at: datetime) -> str:
    """Office time with its offset, as ticket systems write it."""
    return local(at).isoformat()


def _epoch(at: datetime) -> int:
    return int(at.replace(tzinfo=UTC).timestamp())


def _native(at: datetime) -> datetime:
    return at


_PART = datetime(2000, 1, 1)
_FORMATS: dict[str, tuple[str, Callable[[datetime], Any]]] = {
    "team": ("team.csv", _iso),
    "ownership": ("ownership.csv", _iso),
    "ci_run": ("ci_run-{:%Y-%m}.jsonl.gz", _iso),
    "ci_job": ("ci_job.parquet", _native),
    "deployment": ("deployment-{:%Y}.csv", _iso),
    "change": ("change.jsonl.gz", _epoch),
    "incident": ("incident.csv", _with_offset),
    "model_version": ("model_version.parquet", _native),
    "capability": ("capability.csv", _iso),
    "survey": ("survey.csv", _iso),
    "survey_answer": ("survey_answer.csv", _iso),
    "pain_point": ("pain_point.csv", _iso),
    "initiative": ("initiative.jsonl", _iso),
}


def _columns(noun: str, rows: list[Row]) -> list[str]:
    """Columns in use, in the record's order."""
    used = {key for row in rows for key in row}
    return [name for name, field in RECORDS[noun].model_fields.items() if name in used or field.is_required()]


def _csv(noun: str, rows: list[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, _columns(noun, rows), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ";".join(value) if isinstance(value, list) else value


def _parquet(noun: str, rows: list[Row]) -> bytes:
    columns = _columns(noun, rows)
    frame = pl.DataFrame(
        {column: [row.get(column) for row in rows] for column in columns},
        schema_overrides={column: pl.Datetime("us") for column in columns if column.endswith("_at")},
    )
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", statistics=False)
    return buffer.getvalue()
