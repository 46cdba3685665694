"""Raw files go when they are old, and nothing else goes with them: a replay gives what it would have given before."""

import json
import random
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from itertools import count
from pathlib import Path

import pytest

from ingest import config, raw, retention, run
from ingest.errors import DamagedRaw
from ingest.load import load
from ingest.warehouse import LOADED, Warehouse
from tests.conftest import Site
from tests.ingest import warm
from tests.ingest.test_properties import told
from tests.providers import PROVIDERS

TEAM = "team_id,name\na,{}\nb,Beta\nc,\n"


class Clock(datetime):
    """Shows so many days less than it should."""

    days = 0

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return datetime.now(tz) - timedelta(days=cls.days)


@pytest.fixture
def landed_ago(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """From here on raw files are landed so many days ago."""
    monkeypatch.setattr(raw, "datetime", Clock)
    return lambda days: monkeypatch.setattr(Clock, "days", days)


@pytest.fixture
def kept(site: Site, landed_ago: Callable[[int], None]) -> Site:
    """A site with raw files of 40, 30, 20 and 5 days ago, none of them folded yet."""
    site.config.write_text(site.config.read_text() + "max_rejected_ratio = 1\n")
    for days in (40, 30, 20, 5):
        landed_ago(days)
        site.export("team.csv", TEAM.format(days))
        site.export(f"survey-{days}.csv", f"survey_id,opened_at\n{days},2025-01-01\n")
        assert site.load() == []
    return site


def keep(site: Site, days: int) -> None:
    lines = [line for line in site.config.read_text().splitlines() if "keep_raw_days" not in line]
    site.config.write_text("\n".join([*lines, f"keep_raw_days = {days}"]) + "\n")


def replay(site: Site) -> None:
    with site.hashing():
        run.replay(config.load(site.config), site.data, ["drop"])


def held(site: Site) -> dict[str, list[tuple[object, ...]]]:
    return {table: site.rows(f"from {table} order by all") for table in LOADED}


def numbers(site: Site) -> tuple[list[int], list[int]]:
    """Of the raw files, and of the snapshots."""
    return [file.number for file in raw.files(site.data)], [s.number for s in retention.snapshots(site.data, "drop")]


def test_what_is_old_is_folded_and_a_replay_gives_the_same(kept: Site) -> None:
    before = held(kept)
    assert len(before["staging.survey"]) == 4 and len(before["staging.rejected"]) == 1
    keep(kept, 25)
    assert kept.load() == []
    assert numbers(kept) == ([3, 4], [2])
    assert held(kept) == before
    replay(kept)
    assert held(kept) == before
    keep(kept, 15)
    assert kept.load() == []
    assert numbers(kept) == ([4], [3])
    assert len(list((kept.data / "raw" / "drop").glob("*/"))) == 1
    replay(kept)
    assert held(kept) == before
    assert kept.load() == [] and held(kept) == before


def test_what_is_not_old_stays_and_without_the_setting_everything_does(kept: Site) -> None:
    assert kept.load() == []
    keep(kept, 40)
    assert kept.load() == []
    assert numbers(kept) == ([1, 2, 3, 4], [])
    keep(kept, 39)
    assert kept.load() == []
    assert numbers(kept) == ([2, 3, 4], [1])


def test_a_lost_warehouse_is_made_anew_and_no_number_is_given_twice(kept: Site) -> None:
    keep(kept, 1)
    assert kept.load() == []
    assert numbers(kept) == ([], [4])
    before = held(kept)
    (kept.data / "warehouse.duckdb").unlink()
    kept.export("team.csv", TEAM.format("newest"))
    keep(kept, 100)
    assert kept.load() == []
    assert numbers(kept) == ([5], [4])
    assert held(kept)["staging.survey"] == before["staging.survey"]
    assert kept.rows("select name from staging.team order by 1") == [("Beta",), ("newest",)]


def test_what_waits_to_be_loaded_is_never_removed_nor_anything_after_it(kept: Site) -> None:
    settings = config.load(kept.config)
    source = run._made(settings.source[0], lambda name: name, kept.data)
    names = [file.name for file in raw.files(kept.data)]
    with Warehouse(kept.data) as warehouse:
        with warehouse.transaction():
            warehouse._run("delete from meta.raw_file where name = $name", {"name": names[1]})
        retention.fold(warehouse, kept.data, source, {"drop"}, 1)
    assert numbers(kept) == ([2, 3, 4], [1])


def test_a_damaged_file_is_named_and_nothing_is_removed(kept: Site) -> None:
    file = raw.files(kept.data)[1]
    whole = file.path.read_bytes()
    file.path.write_bytes(whole[:-9])
    keep(kept, 10)
    [fault] = kept.load()
    assert fault.startswith(f"{file.path}: this raw file is damaged")
    assert numbers(kept) == ([1, 2, 3, 4], [])
    file.path.write_bytes(whole)
    assert kept.load() == []
    assert numbers(kept) == ([4], [3])
    with pytest.raises(DamagedRaw):
        list(raw.RawFile(1, "drop", "x", Path("nowhere")).pages())


def test_a_full_disk_is_a_fault_and_the_run_goes_on(kept: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(folder: Path) -> None:
        raise OSError(28, "No space left on device")

    keep(kept, 10)
    with monkeypatch.context() as patch:
        patch.setattr(raw, "sync_folder", full)
        [fault] = kept.load()
    assert fault == (
        f"{kept.data}/raw/drop: raw data cannot be folded (No space left on device); nothing is lost; "
        "free space or mend permissions and run again"
    )
    assert kept.load() == []
    assert numbers(kept) == ([4], [3])


def test_status_tells_how_much_raw_data_there_is_and_since_when(kept: Site) -> None:
    kept.ingest()
    text = kept.uptake("status").output
    day = f"{datetime.now() - timedelta(days=40):%Y-%m-%d}"
    assert f"raw data: 0.0 MB, the oldest file of {day}" in text
    status = json.loads(kept.uptake("status", "--format", "json").output)["sources"][0]
    assert (status["raw_bytes"], status["raw_since"]) == (
        sum(file.path.stat().st_size for file in raw.files(kept.data)),
        day,
    )


@pytest.mark.slow
def test_killed_at_any_step_of_folding_nothing_is_lost(kept: Site, tmp_path: Path) -> None:
    kept.ingest()
    keep(kept, 10)
    before, data = held(kept), kept.data

    def copied(name: str) -> Site:
        kept.data = tmp_path / name
        shutil.copytree(data, kept.data, symlinks=True)
        return kept

    assert warm.ended(warm.start(copied("whole"), "ingest", dies_at=-1, within="fold")) == 0
    steps, draw = warm.steps(kept), random.Random(7)
    assert numbers(kept) == ([4], [3])
    seen = set()
    # the snapshot gets its name near the end, and then the files go: there the points lie closer
    points = [draw.randrange(steps) for _ in range(3)] + [steps - back for back in (1, 60, 300, 900)]
    for trial, point in enumerate(points):
        process = warm.start(copied(f"trial-{trial}"), "ingest", dies_at=point, within="fold")
        assert warm.ended(process) == -9
        assert held(kept) == before
        seen.add((len(numbers(kept)[0]), len(numbers(kept)[1])))
        replay(kept)
        assert held(kept) == before
        assert kept.load() == []
        assert numbers(kept) == ([4], [3])
        assert not list(kept.data.glob("raw/drop/.*"))
    assert len(seen) > 1, "all killed before or after the folding"


@pytest.mark.parametrize("kind", ["files", "cdevents", *PROVIDERS])
def test_every_source_gives_the_same_from_its_snapshot(
    kind: str, tmp_path: Path, landed_ago: Callable[[int], None]
) -> None:
    source, moments = told(kind)
    pages = [page for moment in moments for page in moment]
    taken = count(1)
    with Warehouse(tmp_path) as warehouse:
        for days, part in ((30, pages[:-1]), (0, pages[-1:])):
            landed_ago(days)
            with raw.Landing(tmp_path, "src", taken) as landing:
                for page in part:
                    landing.add(page)
                if file := landing.close():
                    load(warehouse, source, file, {"src"})
        before = tables(warehouse)
        retention.fold(warehouse, tmp_path, source, {"src"}, 10)
        warehouse.forget(["src"])
        retention.restore(warehouse, tmp_path, "src")
        retention.restore(warehouse, tmp_path, "src")
        for file in raw.files(tmp_path):
            load(warehouse, source, file, {"src"})
        assert tables(warehouse) == before
    assert len(retention.snapshots(tmp_path, "src")) == (len(pages) > 1)


def tables(warehouse: Warehouse) -> dict[str, list[tuple[object, ...]]]:
    return {table: warehouse._run(f"from {table} order by all").fetchall() for table in LOADED}
