"""Files into rows: what each format says arrives as it was meant, under the number that a person finds it by."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
from pyarrow import parquet

from ingest.files import Files
from ingest.records import CiRun, Team
from ingest.source import Rejected
from tests.ingest.files_reading import faults, pages


def test_parquet_values_arrive_as_what_they_are(source: Callable[..., Files], tmp_path: Path) -> None:
    at = datetime(2025, 1, 1, 10, 0, 0, 123456)
    columns = {
        "initiative_id": pa.array([7, 8], pa.int64()),
        "title": pa.array(["T", "U"]).dictionary_encode(),
        "status": pa.array([b"idea", b"idea"], pa.binary()),
        "pain_ids": pa.array([["a", "b"], None]),
        "priority": pa.array([1.0, float("nan")]),
        "effort_days": pa.array([Decimal("1.50"), None], pa.decimal128(5, 2)),
        "started_at": pa.array([1735725600123456789, None], pa.timestamp("ns", "Europe/Amsterdam")),
        "shipped_at": pa.array([date(2025, 2, 1), None]),
    }
    parquet.write_table(pa.table(columns), tmp_path / "initiative.parquet")
    (page,) = pages(source())
    first, second = (parsed.model_dump(exclude_none=True) for parsed in source().parse(page))
    assert first == {
        "initiative_id": "7",
        "title": "T",
        "status": "idea",
        "pain_ids": ["a", "b"],
        "priority": 1,
        "effort_days": 1.5,
        "started_at": at,
        "shipped_at": datetime(2025, 2, 1),
    }
    assert second == {"initiative_id": "8", "title": "U", "status": "idea"}


def test_parquet_rows_are_counted_from_one(source: Callable[..., Files], tmp_path: Path) -> None:
    frame = pl.DataFrame({"team_id": ["a", "b", None], "name": ["A", None, "C"]})
    frame.write_parquet(tmp_path / "team.parquet")
    (page,) = pages(source())
    found = list(source().parse(page))
    assert found[0] == Team(team_id="a", name="A")
    assert [(row.row, row.reason) for row in found[1:] if isinstance(row, Rejected)] == [
        (2, "name: is missing"),
        (3, "team_id: is missing"),
    ]


def test_utc_is_what_a_time_without_zone_means(source: Callable[..., Files], tmp_path: Path) -> None:
    naive = pl.DataFrame({"survey_id": ["s"], "opened_at": [datetime(2025, 1, 1, 10)]})
    naive.write_parquet(tmp_path / "survey-1.parquet")
    zoned = pl.DataFrame({"survey_id": ["s"], "opened_at": [datetime(2025, 1, 1, 10, tzinfo=UTC)]})
    zoned.write_parquet(tmp_path / "survey-2.parquet")
    first, second = (parsed for page in pages(source()) for parsed in source().parse(page))
    assert first == second


def test_json_lines_keep_their_types_and_null_and_nan_are_nothing(source: Callable[..., Files], tmp_path: Path) -> None:
    (tmp_path / "initiative.jsonl").write_text(
        '\ufeff{"initiative_id": 7, "title": "T", "status": "idea", "pain_ids": ["a"], '
        '"effort_days": NaN, "url": null}\n'
    )
    (page,) = pages(source())
    assert page.items == [{"initiative_id": 7, "title": "T", "status": "idea", "pain_ids": ["a"]}]


def test_blank_text_is_nothing_in_every_format(source: Callable[..., Files], tmp_path: Path) -> None:
    row = {"run_id": "1", "repo": "acme/x", "workflow": "w", "created_at": "2025-01-01", "status": "queued"}
    blank = {**row, "branch": "", "conclusion": "", "finished_at": " "}
    (tmp_path / "ci_run-1.jsonl").write_text(json.dumps(blank))
    pl.DataFrame([blank]).write_parquet(tmp_path / "ci_run-2.parquet")
    assert [page.items for page in pages(source())] == [[row], [row]]


def test_csv_cells_lose_their_blanks_and_empty_ones_are_nothing(source: Callable[..., Files], tmp_path: Path) -> None:
    (tmp_path / "ci_run.csv").write_text(
        "\ufeff run_id ,repo,workflow,created_at,status,attempt,branch\r\n"
        "1, acme/x ,w, 2025-01-01 ,completed,,  \r\n"
        "\r\n"
        ",,,,,,\r\n"
        '2,acme/x,"a ""b"", c",2025-01-01,queued,2,main\r\n'
    )
    (page,) = pages(source())
    assert page.items == [
        {"run_id": "1", "repo": "acme/x", "workflow": "w", "created_at": "2025-01-01", "status": "completed"},
        {
            "run_id": "2",
            "repo": "acme/x",
            "workflow": 'a "b", c',
            "created_at": "2025-01-01",
            "status": "queued",
            "attempt": "2",
            "branch": "main",
        },
    ]
    first, second = source().parse(page)
    assert isinstance(first, CiRun)
    assert isinstance(second, CiRun)
    assert (first.attempt, first.branch, second.attempt) == (1, None, 2)


def test_a_row_is_found_under_the_line_that_it_begins_in(source: Callable[..., Files], tmp_path: Path) -> None:
    lines = ["team_id,name,domain", 'a,Alpha,"two', 'lines"', "too,few", "", "c,,x", "d,Delta,x", "e,,y"]
    (tmp_path / "team.csv").write_text("\n".join(lines))
    (page,) = pages(source())
    assert [page.row(index) for index in range(len(page.items))] == [2, 6, 7, 8]
    assert [(row.row, row.reason) for row in page.rejected] == [
        (4, "has 2 fields where the header has 3; content withheld")
    ]
    bad = [parsed for parsed in source().parse(page) if isinstance(parsed, Rejected)]
    assert bad == [
        Rejected("drop/team.csv", 6, "name: is missing", {"team_id": "c", "domain": "x"}),
        Rejected("drop/team.csv", 8, "name: is missing", {"team_id": "e", "domain": "y"}),
    ]


def test_a_cell_may_be_a_megabyte_and_hold_anything(source: Callable[..., Files], tmp_path: Path) -> None:
    text = "=1+1\x00<script>\u202e" + "x" * 1_000_000
    (tmp_path / "team.csv").write_text(f"team_id,name\na,{text}\n")
    (page,) = pages(source())
    assert page.items == [{"team_id": "a", "name": text}]


def test_a_line_without_end_is_damage(source: Callable[..., Files], tmp_path: Path) -> None:
    (tmp_path / "team.csv.gz").write_bytes(gzip.compress(b"team_id,name\na,Alpha\nb," + b"x" * 17_000_000))
    assert faults(source()) == ["drop/team.csv.gz: line 3 is longer than 16,000,000 bytes; export it again"]
