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


def test_other_definitions_begin_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    publish(data, {"ci_run": []}, NOW, DEFINITIONS)
    monkeypatch.setattr(Renewal, "__init__", lambda *_: pytest.fail("went on from a build of other definitions"))
    build.build(data / FILE, data / "read", Definitions(timezone="UTC"), now=NOW)
