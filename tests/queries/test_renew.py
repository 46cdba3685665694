"""A build that goes on from the one before holds the same rows as one that begins with nothing, whatever changed."""

import random
import re
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from app.demo.parameters import Effects
from app.demo.rows import rows
from app.demo.simulation import simulate
from ingest.warehouse import FILE
from queries import build
from queries.definitions import Definitions
from queries.renew import Renewal
from tests.app.organisation import NOW, publish

DEFINITIONS = Definitions(timezone="America/New_York")
CHANGES = re.findall(r"^-- (.+)\n([^;]+);", Path(__file__).with_name("renewals.sql").read_text("utf-8"), re.MULTILINE)


def differing(one: Path, other: Path) -> list[str]:
    """The tables that do not hold the same rows, but for what tells one build from another."""
    con = duckdb.connect()
    con.execute(f"attach '{one}' as one (read_only)")
    con.execute(f"attach '{other}' as other (read_only)")
    found = "select schema_name || '.' || table_name from duckdb_tables() where database_name = '{}' order by all"
    tables, others = ([table for (table,) in con.execute(found.format(name)).fetchall()] for name in ("one", "other"))
    assert tables == others != []
    missing = "(from {0}.{2} except all from {1}.{2})"
    both = f"{missing.format('one', 'other', '{0}')} union all {missing.format('other', 'one', '{0}')}"
    return [table for table in tables if table != "meta.build" and con.execute(both.format(table)).fetchall()]


def test_going_on_gives_what_beginning_anew_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, renewed, renew = tmp_path / "data", list[str](), Renewal.renew
    monkeypatch.setattr(Renewal, "renew", lambda self, file: renew(self, file) and not renewed.append(file.table))
    publish(data, rows(simulate(3, 3, date(2026, 1, 10), date(2026, 3, 15), Effects())), NOW, DEFINITIONS)
    for number, (name, change) in enumerate(random.Random(5).sample(CHANGES, len(CHANGES))):
        with duckdb.connect(str(data / FILE)) as con:
            con.execute(f"select setseed({number / 100})")
            assert con.execute(change).fetchall()[0][0] > 0, f"{name}: changes nothing"
            con.execute("insert into meta.raw_file values (?, 's', 1, 1, 1, 0)", [f"s/{number}.jsonl.gz"])
        now = NOW + timedelta(hours=number)
        gone_on = build.build(data / FILE, data / "read", DEFINITIONS, now=now)
        assert renewed == ["facts.ci_run", "marts.ci_run", "marts.ci_seconds", "marts.ci_week"], (
            "nothing was gone on from"
        )
        renewed.clear()
        anew = build.build(data / FILE, data / "anew", DEFINITIONS, now=now, force=True)
        assert differing(gone_on.path, anew.path) == [], name


def test_a_run_that_is_dated_ahead_counts_once_its_time_has_come(tmp_path: Path) -> None:
    weeks = ", ".join(f"(select sum(run_count) from marts.{name})" for name in ("ci_week", "ci_seconds"))
    data, counted = tmp_path / "data", f"select count(*), {weeks} from marts.ci_run"
    run = {"repo": "acme/x", "workflow": "ci", "status": "completed", "conclusion": "success"}
    moments = {"past": NOW - timedelta(days=2), "ahead": NOW + timedelta(hours=3)}
    runs = [{**run, "run_id": name, "created_at": moment, "finished_at": moment} for name, moment in moments.items()]
    publish(data, {"ci_run": runs}, NOW, DEFINITIONS)
    found = []
    for hours in (1, 5, 2):  # the last is a clock that was set back
        with duckdb.connect(str(data / FILE)) as con:
            con.execute("insert into meta.raw_file values (?, 's', 1, 1, 1, 0)", [f"s/{hours}.jsonl.gz"])
        gone_on = build.build(data / FILE, data / "read", DEFINITIONS, now=NOW + timedelta(hours=hours))
        anew = build.build(data / FILE, data / "anew", DEFINITIONS, now=NOW + timedelta(hours=hours), force=True)
        assert differing(gone_on.path, anew.path) == []
        with duckdb.connect(str(gone_on.path), read_only=True) as con:
            found += con.execute(counted).fetchall()
    assert found == [(1, 1, 1), (2, 2, 2), (1, 1, 1)]


def test_other_definitions_begin_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    publish(data, {"ci_run": []}, NOW, DEFINITIONS)
    monkeypatch.setattr(Renewal, "__init__", lambda *_: pytest.fail("went on from a build of other definitions"))
    build.build(data / FILE, data / "read", Definitions(timezone="UTC"), now=NOW)
