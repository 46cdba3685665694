"""Damaged exports of surveys and damaged mappings: both read by the source, and exports by what proposes a mapping."""

import csv
import io
import json
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import openpyxl

from ingest.errors import SourceError
from ingest.source import Fault, Page, Source, Watermark
from ingest.survey import Survey
from ingest.survey_mapping import Mapping
from ingest.survey_proposal import propose
from ingest.survey_settings import SurveySettings
from tests.fuzz.damage import PERSON, broken, wrong
from tests.ingest.reading import HASH

Take = Callable[..., Any]
HEAD = ["Timestamp", "Name", "Mail", "Team", "Role", "Deploying is slow", "Tools", "More?"]
ROWS = [
    [
        f"3/{n}/2026 9:15:00",
        PERSON,
        "quux@x.example",
        "Fraud",
        "Dev",
        str(n % 5 + 1),
        "Git, Docker",
        f"{PERSON} is slow",
    ]
    for n in range(1, 7)
]
MAPPING = """
no_answer = ["skip*"]
coding = "coding.toml"
[respondent]
respondent = "Mail"
submitted_at = "Timestamp"
time_format = "%m/%d/%Y %H:%M:%S"
team = "Team"
role = ["Role"]
names = ["Name"]
[[wave]]
id = "w"
files = ["w.*"]
[scales.slow]
min = 1
max = 5
words = { "Never" = 1 }
[[question]]
id = "slow"
columns = ["Deploying is slow"]
kind = "rating"
scale = "slow"
pain = "slow"
[[question]]
id = "tools"
columns = ["Tools"]
kind = "choices"
separator = ", "
options = ["Git", "Docker"]
[[question]]
id = "more"
columns = ["More?"]
kind = "text"
coded = true
[[pain]]
id = "slow"
title = "Deploying is slow"
"""
CODING = '[[code]]\npain = "slow"\nterms = ["slow*"]\npatterns = ["is (very )?slow"]\n'


def _csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8", "replace")


def _xlsx(rows: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(["".join(char for char in cell if char.isprintable())[:1_000] for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@contextmanager
def surveys(take: Take, folder: Path) -> Iterator[Callable[[Random], None]]:
    """`take` loads the pages of a source, as every target does it."""
    exports, mapping = folder / "exports", folder / "survey.toml"
    exports.mkdir()
    (folder / "coding.toml").write_text(CODING)
    whole: dict[str, Any] = tomllib.loads(MAPPING)

    def trial(random: Random) -> None:
        for file in exports.iterdir():
            file.unlink()
        write = random.choice([_csv, _xlsx])
        # the columns stay: whoever takes the names away cannot expect that they are known
        answers = [[str(cell) for cell in row] for row in wrong(ROWS, random) if isinstance(row, list)]
        structured = random.random() < 0.6
        body = write([HEAD, *answers]) if structured else broken(write([HEAD, *ROWS]), random)
        file = exports / f"w.{'csv' if write is _csv else 'xlsx'}"
        file.write_bytes(body)
        mapping.write_text(MAPPING)
        # a row may have lost a cell, so that the others stand under another's name: then it is refused
        shifted = any(len(row) != len(HEAD) or PERSON not in row[1] for row in answers)
        source = Survey(SurveySettings(name="src", kind="survey", path=exports, mapping=mapping), HASH)
        take(source, source.fetch(None, Watermark()), nameless=structured and not shifted)
        try:
            Mapping.model_validate(tomllib.loads(propose([file])))
        except SourceError as error:
            assert str(error).startswith(str(file))
        damaged = wrong(whole, random) if structured else None
        mapping.write_bytes(_toml(damaged) if isinstance(damaged, dict) else broken(MAPPING.encode(), random))
        said = list(_said(source))
        assert all("\n" not in line for line in said), said

    yield trial


def _said(source: Source) -> Iterator[str]:
    """What a reading says is wrong."""
    try:
        for part in source.fetch(None, Watermark()):  # type: ignore[arg-type]
            if isinstance(part, Page):
                list(source.parse(part))
            elif isinstance(part, Fault):
                yield part.message
    except SourceError as error:
        yield str(error)


def _toml(value: dict[str, Any]) -> bytes:
    """Tables inline, so that whatever they have become can be written."""
    lines = [f"{json.dumps(key)} = {_inline(each)}" for key, each in value.items()]
    return "\n".join(lines).encode("utf-8", "replace")


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {_inline(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value if value is not None else "")
