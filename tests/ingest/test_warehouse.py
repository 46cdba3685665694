"""The warehouse: what loading raw files does to staging, and that it does all of it or nothing."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import raw
from ingest.errors import LandingError, LockHeld
from ingest.files import Files
from ingest.load import Loaded, _as_text, load
from ingest.records import RECORDS
from ingest.settings import FilesSettings
from ingest.source import Page, Rejected
from ingest.warehouse import LIMITS, Warehouse

NUMBERS = count(1)
FILES, OTHER = (
    Files(FilesSettings(name=name, kind="files", path=Path("nowhere")), lambda person: person)
    for name in ("drop", "gh")
)


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    with Warehouse(tmp_path) as opened:
        yield opened


def take(warehouse: Warehouse, *pages: Page, source: Files = FILES) -> Loaded:
    """Lands the pages as one raw file and loads it."""
    with raw.Landing(warehouse.file.parent, source.name, NUMBERS) as landing:
        for page in pages:
            landing.add(page)
        file = landing.close()
    assert file
    return load(warehouse, source, file, {"drop", "gh"})


def rows(warehouse: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(warehouse.file), config=LIMITS) as con:
        return con.execute(sql).fetchall()


def teams(*rows: tuple[str, str], **more: Any) -> Page:
    return Page("team", "drop/team.csv", [{"team_id": key, "name": name} for key, name in rows], **more)


FULL: dict[str, Any] = {
    "datetime": "2025-01-01T10:00:00Z",
    "bool": "true",
    "float": "0.5",
    "int": "3",
    "list": "a;b",
    "str": "x",
}
HELD = {"datetime": datetime(2025, 1, 1, 10), "bool": True, "float": 0.5, "int": 3, "list": ["a", "b"], "str": "x"}


@pytest.mark.parametrize("noun", RECORDS)
def test_every_column_of_every_record_arrives_and_null_stays_null(warehouse: Warehouse, noun: str) -> None:
    record = RECORDS[noun]
    full, held = {}, {}
    for name, field in record.model_fields.items():
        choices = [value for value in _literals(field.annotation) if isinstance(value, str)]
        kind = next((word for word in FULL if word in str(field.annotation)), "str")
        full[name] = choices[0] if choices else FULL[kind]
        held[name] = choices[0] if choices else HELD[kind]
    if noun == "survey_answer":
        full["scale_max"], held["scale_max"] = "1", 1.0
    bare = {name: f"{full[name]}" for name, field in record.model_fields.items() if field.is_required()}
    key = next(name for name in record.key if record.model_fields[name].annotation is str)
    take(warehouse, Page(noun, "drop/x", [full, {**bare, key: "other"}]))
    first, second = (
        dict(zip(["source", *record.model_fields], row, strict=True))
        for row in rows(warehouse, f"from staging.{noun} order by {key} like '%other'")
    )
    for name in (*record.ids, *record.refs):
        held[name] = [f"drop:{item}" for item in held[name]] if isinstance(held[name], list) else f"drop:{held[name]}"
    assert first == {"source": "drop", **held}
    empty = {name for name, field in record.model_fields.items() if field.default is None}
    assert {name for name, value in second.items() if value is None} == empty


def _literals(annotation: Any) -> Iterator[Any]:
    for part in getattr(annotation, "__args__", ()):
        yield from _literals(part) if hasattr(part, "__args__") else [part]


def test_a_newer_copy_replaces_and_an_equal_one_changes_nothing(warehouse: Warehouse) -> None:
    assert take(warehouse, teams(("a", "Alpha"), ("b", "Beta"))).rows == 2
    assert take(warehouse, teams(("a", "Alpha"), ("b", "Beta"))).rows == 0
    assert take(warehouse, teams(("a", "Alef"), ("b", "Beta"), ("c", "Gamma"))).rows == 2
    assert rows(warehouse, "select team_id, name from staging.team order by 1") == [
        ("drop:a", "Alef"),
        ("drop:b", "Beta"),
        ("drop:c", "Gamma"),
    ]


def test_a_value_that_is_taken_back_becomes_null_again(warehouse: Warehouse) -> None:
    take(warehouse, Page("team", "x", [{"team_id": "a", "name": "A", "headcount": 5}]))
    assert take(warehouse, teams(("a", "A"))).rows == 1
    assert rows(warehouse, "select headcount from staging.team") == [(None,)]


def test_within_one_file_the_last_copy_stands_with_or_without_prefix(warehouse: Warehouse) -> None:
    loaded = take(warehouse, teams(("a", "1"), ("drop:a", "2")), teams(("a", "3"), starts=False))
    assert (loaded.received, loaded.rows) == (3, 1)
    assert rows(warehouse, "select team_id, name from staging.team") == [("drop:a", "3")]


def test_nulls_in_a_key_are_equal(warehouse: Warehouse) -> None:
    owned = {"pattern": "acme/*", "team_id": "a"}
    for _ in range(2):
        take(warehouse, Page("ownership", "x", [owned, {**owned, "product": "p"}, {**owned, "team_id": "b"}]))
    assert rows(warehouse, "select product, team_id from staging.ownership order by 1 nulls first") == [
        (None, "drop:b"),
        ("p", "drop:a"),
    ]


def test_references_keep_the_name_of_any_configured_source(warehouse: Warehouse) -> None:
    given = ["gh:1", "drop:1", "1", "other:1", ":1"]
    jobs = [{"job_id": str(n), "run_id": run, "name": "n"} for n, run in enumerate(given)]
    take(warehouse, Page("ci_job", "x", jobs))
    assert [run for (run,) in rows(warehouse, "select run_id from staging.ci_job order by job_id")] == [
        "gh:1",
        "drop:1",
        "drop:1",
        "drop:other:1",
        "drop::1",
    ]


def test_rejected_rows_are_there_once_and_go_when_their_place_is_read_anew(warehouse: Warehouse) -> None:
    bad = (Rejected("drop/team.csv", 9, "no", None),)
    for _ in range(2):
        take(warehouse, teams(("", "A"), ("b", "B"), rejected=bad, first_row=2))
    later = Rejected("drop/team.csv", 99, "no", {"name": "x"})
    take(warehouse, teams(rejected=(later,), starts=False))
    take(warehouse, Page("survey", "drop/survey.csv", [{}]))
    listed = "select record, file, row_number, content from staging.rejected order by 1, 2, 3"
    assert rows(warehouse, listed) == [
        ("survey", "drop/survey.csv", 1, "{}"),
        ("team", "drop/team.csv", 2, '{"team_id":"","name":"A"}'),
        ("team", "drop/team.csv", 9, None),
        ("team", "drop/team.csv", 99, '{"name":"x"}'),
    ]
    take(warehouse, teams(("a", "A")))
    assert rows(warehouse, listed) == [("survey", "drop/survey.csv", 1, "{}")]


def test_marks_are_set_and_replaced_and_coverage_noted_once(warehouse: Warehouse) -> None:
    take(warehouse, teams(marks={"a": {"size": 1}, "b": [1, "x", None]}))
    take(warehouse, teams(marks={"a": {"size": 2}}))
    assert warehouse.marks("drop") == {"a": {"size": 2}, "b": [1, "x", None]}
    assert warehouse.marks("gh") == {}
    take(warehouse, Page("survey", "drop/survey.csv", []))
    assert rows(warehouse, "from staging.coverage order by all") == [("drop", "survey"), ("drop", "team")]
    assert warehouse.row_counts() == {"drop": {"survey": 0, "team": 0}}


def test_a_row_that_is_rejected_twice_in_one_file_is_there_once(warehouse: Warehouse) -> None:
    bad = Rejected("drop/team.csv", 9, "no", None)
    take(warehouse, teams(rejected=(bad,)), teams(rejected=(bad,), starts=False))
    assert rows(warehouse, "select row_number from staging.rejected") == [(9,)]


def test_within_one_file_a_place_that_is_read_anew_forgets_its_own_rejected_rows_only(warehouse: Warehouse) -> None:
    first, other, again = (
        Page("team", place, [{"name": name}]) for place, name in (("a", "first"), ("b", "other"), ("a", "again"))
    )
    assert take(warehouse, first, other, again).rejected == 2
    assert rows(warehouse, "select file, content from staging.rejected order by 1") == [
        ("a", '{"name":"again"}'),
        ("b", '{"name":"other"}'),
    ]


def test_a_row_number_that_no_column_holds_is_0(warehouse: Warehouse) -> None:
    numbers = (2**63 - 1, 2**63, -(2**63) + 1, -(2**63) - 1)
    take(warehouse, teams(rejected=tuple(Rejected("x", number, str(number), None) for number in numbers)))
    assert rows(warehouse, "select row_number, reason from staging.rejected order by 1, 2") == [
        (-(2**63) + 1, str(-(2**63) + 1)),
        (0, str(-(2**63) - 1)),
        (0, str(2**63)),
        (2**63 - 1, str(2**63 - 1)),
    ]


def test_what_is_forgotten_is_the_named_part_of_the_source_or_all_of_it(warehouse: Warehouse) -> None:
    waves = [{"survey_id": name, "opened_at": "2025-01-01"} for name in ("a", "b", "c")]
    for source in (FILES, OTHER):
        take(warehouse, Page("survey", "x", waves), source=source)
    listed = "select survey_id from staging.survey order by 1"
    take(warehouse, Page("survey", "x", [], forgets=(("survey", "a"),)))
    others = [("gh:a",), ("gh:b",), ("gh:c",)]
    assert rows(warehouse, listed) == [("drop:b",), ("drop:c",), *others]
    take(warehouse, Page("survey", "x", waves[:1], forgets=(("survey", None),)))
    assert rows(warehouse, listed) == [("drop:a",), *others]


def test_an_event_is_the_same_whatever_the_order_of_its_keys() -> None:
    assert _as_text({"b": 1, "a": {"d": 2, "c": "é"}}) == '{"a": {"c": "é", "d": 2}, "b": 1}'


def test_a_record_that_is_retracted_goes_alone(warehouse: Warehouse) -> None:
    take(warehouse, teams(("a", "A"), ("b", "B")))
    take(warehouse, teams(("a", "A")), source=OTHER)
    warehouse.retract("drop", "team", ["drop:a"])
    assert rows(warehouse, "select team_id from staging.team order by 1") == [("drop:b",), ("gh:a",)]


def test_marks_of_one_source_are_not_those_of_another(warehouse: Warehouse) -> None:
    for source in (FILES, OTHER):
        take(warehouse, teams(marks={"a": source.name, "b": source.name}), source=source)
    take(warehouse, teams(marks={"a": "later"}))
    assert warehouse.marks("drop") == {"a": "later", "b": "drop"}
    # the same mark is the same text, whatever the order of its keys
    take(warehouse, teams(marks={"a": {"y": 1, "x": 2}}))
    assert rows(warehouse, "select cast(value as text) from meta.watermark where source = 'drop' and key = 'a'") == [
        ('{"x": 2, "y": 1}',)
    ]
    take(warehouse, teams(marks={"a": "later"}))
    assert take(warehouse, teams(marks={"b": None})).pages == 1
    assert warehouse.marks("drop") == {"a": "later"}
    assert warehouse.marks("gh") == {"a": "gh", "b": "gh"}


def test_a_rename_finds_rows_however_their_name_is_written_and_only_of_its_source(warehouse: Warehouse) -> None:
    made = {"environment": "prod", "created_at": "2025-01-01", "status": "succeeded"}
    places = [{"deployment_id": str(n), "repo": name, **made} for n, name in enumerate(["acme/X", "Acme/x", "acme/y"])]
    for source in (FILES, OTHER):
        take(warehouse, Page("deployment", "x", places), source=source)
        warehouse.rename(source.name, {"1": "ACME/x", "2": "acme/y"})
    warehouse.rename("drop", {"1": "acme/new", "2": "acme/y"})
    assert rows(warehouse, "select source, repo from staging.deployment order by deployment_id") == [
        ("drop", "acme/new"),
        ("drop", "acme/new"),
        ("drop", "acme/y"),
        ("gh", "acme/X"),
        ("gh", "Acme/x"),
        ("gh", "acme/y"),
    ]
    assert rows(warehouse, "from meta.repository order by all") == [
        ("drop", "1", "acme/new"),
        ("drop", "2", "acme/y"),
        ("gh", "1", "ACME/x"),
        ("gh", "2", "acme/y"),
    ]


def test_a_source_refers_to_what_its_own_references_begin_with(warehouse: Warehouse) -> None:
    take(warehouse, Page("ci_job", "x", [{"job_id": "1", "run_id": "plan:7", "name": "n"}]))
    take(warehouse, Page("ci_job", "x", [{"job_id": "1", "run_id": "7", "name": "n"}]), source=OTHER)
    assert warehouse.refers("drop", "drop:plan:")
    assert not warehouse.refers("drop", "drop:other:")
    assert not warehouse.refers("gh", "drop:plan:")


def test_the_log_numbers_runs_and_gives_the_last_ones(warehouse: Warehouse) -> None:
    assert warehouse.next_run() == 1
    counts = {"page_count": 0, "row_count": 0, "rejected_count": 0}
    for number, outcome, message in ((1, "ok", None), (2, "failed", "no"), (3, "failed", "still no")):
        for source in ("drop", "gh"):
            # the clock goes backwards: the number counts
            at = datetime(2025, 1, 10 - number)
            entry = {"source": source, "started_at": at, "finished_at": at, "outcome": outcome, "message": message}
            warehouse.log_run(run_id=number, command="ingest", **entry, **counts)
    assert warehouse.next_run() == 4
    assert [(run["run_id"], run["source"]) for run in warehouse.runs(2)] == [
        (3, "drop"),
        (3, "gh"),
        (2, "drop"),
        (2, "gh"),
    ]
    assert warehouse.last_runs()["gh"] == (datetime(2025, 1, 7), datetime(2025, 1, 9), "still no")


def test_what_a_source_means_is_kept_until_it_means_something_else(warehouse: Warehouse) -> None:
    assert warehouse.meaning("drop") is None
    for meant in ({"b": 1, "a": [2]}, {"a": 3}):
        warehouse.mean("drop", meant)
        warehouse.mean("gh", {})
        assert warehouse.meaning("drop") == meant
    assert rows(warehouse, "select count(*) from meta.meaning") == [(2,)]


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ("alter table staging.team add column later text", "staging.team differs in 'later'"),
        ("alter table staging.ci_run drop column url", "staging.ci_run differs in 'url'"),
        ("alter table meta.run drop column message", "meta.run differs in 'message'"),
        ("alter table staging.team alter column headcount type text", "staging.team differs in 'headcount'"),
        ("drop table meta.event; create table meta.event (source json)", "meta.event differs in 'content'"),
    ],
)
def test_a_warehouse_of_another_version_is_named_and_left_as_it_is(tmp_path: Path, change: str, differs: str) -> None:
    with Warehouse(tmp_path) as made:
        file = made.file
    with duckdb.connect(str(file)) as con:
        con.execute(change)
    line = (
        f"{file}: was made by another version of Uptake ({differs}); run that one, or move the file away, since the "
        "next run makes it anew from raw"
    )
    with pytest.raises(LandingError) as raised:
        Warehouse(tmp_path)
    assert str(raised.value) == line


def test_a_warehouse_that_is_older_than_a_table_or_a_column_gets_it(tmp_path: Path) -> None:
    with Warehouse(tmp_path) as made:
        file = made.file
    with duckdb.connect(str(file)) as con:
        con.execute("drop table staging.deployed_commit")
        con.execute("alter table staging.initiative drop column blocker")
    with Warehouse(tmp_path) as warehouse:
        assert "sha" in warehouse.schemas["deployed_commit"]
        assert "blocker" in warehouse.schemas["initiative"]


def test_a_snapshot_of_an_older_version_lacks_columns_that_stay_null(warehouse: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "older").mkdir()
    with Warehouse(tmp_path / "older") as older:
        take(older, Page("team", "x", [{"team_id": "a", "name": "A", "domain": "d", "headcount": 5}]))
        older._run("alter table staging.team drop column domain")
    warehouse.restore(older.file)
    # and nothing holds on to it
    with duckdb.connect(str(older.file)) as con:
        con.execute("delete from staging.team")
    warehouse.restore(older.file)
    assert rows(warehouse, "select team_id, name, domain, headcount from staging.team") == [("drop:a", "A", None, 5)]
    assert warehouse.sources() == {"drop"}


def test_columns_are_known_by_their_names_not_their_order(warehouse: Warehouse) -> None:
    columns = warehouse.schemas["team"]
    row = dict.fromkeys(columns) | {"source": "drop", "team_id": "drop:a", "name": "A", "domain": "d"}
    for name in ("A", "B"):
        frame = pl.DataFrame([{**row, "name": name}], schema=columns).select(reversed(columns))
        assert warehouse.upsert("team", frame) == 1
        assert rows(warehouse, "select team_id, name, domain from staging.team") == [("drop:a", name, "d")]
    # nothing keeps a batch in memory once it is in
    with pytest.raises(duckdb.CatalogException):
        warehouse._run("from batch")


def test_what_fails_amid_loading_leaves_nothing(warehouse: Warehouse, tmp_path: Path) -> None:
    frame = pl.DataFrame({"source": ["drop"], "team_id": ["drop:a"], "name": ["A"]})
    schema = warehouse.schemas["team"]
    whole = frame.with_columns(pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in frame)
    with pytest.raises(RuntimeError), warehouse.transaction():
        assert warehouse.upsert("team", whole.select(*schema)) == 1
        warehouse.mark("drop", {"a": 1})
        raise RuntimeError
    assert rows(warehouse, "from staging.team") == []
    assert warehouse.marks("drop") == {}
    # and the connection goes on
    take(warehouse, teams(("a", "A")))
    assert rows(warehouse, "select count(*) from staging.team") == [(1,)]


def test_a_warehouse_in_use_elsewhere_is_said(tmp_path: Path) -> None:
    Warehouse(tmp_path).__exit__(None, None, None)
    holder = f"import duckdb, time; con = duckdb.connect({str(tmp_path / 'warehouse.duckdb')!r}); print(1, flush=True)"
    with subprocess.Popen([sys.executable, "-c", f"{holder}; time.sleep(60)"], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        with pytest.raises(LockHeld, match=r"is open in another program; close it and run again"):
            Warehouse(tmp_path)
        process.kill()


def test_what_a_killed_run_left_of_a_new_warehouse_is_no_hindrance(tmp_path: Path) -> None:
    for name in ("warehouse.duckdb.tmp", "warehouse.duckdb.tmp.wal"):
        (tmp_path / name).write_text("half")
    with Warehouse(tmp_path) as warehouse:
        assert warehouse.sources() == set()
    assert [file.name for file in tmp_path.iterdir()] == ["warehouse.duckdb"]


def test_a_closed_warehouse_is_free_for_others(tmp_path: Path) -> None:
    with Warehouse(tmp_path) as warehouse:
        pass
    other = f"import duckdb; duckdb.connect({str(warehouse.file)!r})"
    assert subprocess.run([sys.executable, "-c", other], check=False).returncode == 0


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "warehouse.duckdb").write_text("no database")
    with pytest.raises(LandingError, match="cannot be read or written"):
        Warehouse(tmp_path)


COPIES = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["1", "2", None]), st.sampled_from("xyz")), max_size=12
)


@settings(max_examples=15, deadline=None)
@given(batches=st.lists(COPIES, min_size=1, max_size=4))
def test_any_order_and_any_duplication_ends_with_the_last_copy_of_each_key(
    batches: list[list[tuple[str, str | None, str]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Warehouse(tmp_path_factory.mktemp("property")) as warehouse:
        last: dict[tuple[str, str | None], str] = {}
        for batch in batches:
            items = [{"pattern": pattern, "product": product, "team_id": team} for pattern, product, team in batch]
            before = dict(last)
            last.update({(pattern, product): team for pattern, product, team in batch})
            loaded = take(warehouse, Page("ownership", "x", items[:5]), Page("ownership", "x", items[5:]))
            assert loaded.rows == sum(before.get(key) != team for key, team in last.items())
        assert rows(warehouse, "select pattern, product, team_id from staging.ownership order by all") == sorted(
            ((pattern, product, f"drop:{team}") for (pattern, product), team in last.items()),
            key=lambda row: (row[0], row[1] is None, row[1] or ""),
        )
