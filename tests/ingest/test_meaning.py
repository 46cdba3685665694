"""Settings that change what data mean: what they touch is made anew, and one line says so."""

from pathlib import Path
from typing import Any

import pytest

from ingest import raw
from ingest.meaning import FETCHING
from ingest.warehouse import Warehouse
from tests.conftest import Site
from tests.ingest.test_properties import told
from tests.providers import PROVIDERS, TOKEN

EXTRA = '\n[[source]]\nname = "plan"\nkind = "files"\npath = "plan"\n'
DEPLOYMENT = (
    "deployment_id,repo,environment,created_at,status,finished_at\n1,acme/x,{},2025-01-01,succeeded,2025-01-02\n"
)


@pytest.fixture
def filled(site: Site) -> Site:
    site.export("deployment.csv", DEPLOYMENT.format("canary"))
    site.ingest()
    return site


def classes(site: Site) -> str:
    return site.uptake("rows", "deployment", "--format", "csv").output


def test_environments_that_change_rebuild_the_read_model_and_say_so(filled: Site) -> None:
    assert ",production," not in classes(filled)
    filled.config.write_text('[environments]\nproduction = ["canary"]\n' + filled.config.read_text())
    result = filled.ingest()
    assert result.stdout.splitlines()[0] == "environments changed: read model rebuilt"
    assert "published read-000002" in result.stdout
    assert ",production," in classes(filled)
    assert "changed" not in filled.ingest().stdout
    filled.config.write_text('timezone = "Asia/Tokyo"\n[platform]\nrepos = ["x"]\n' + filled.config.read_text())
    lines = filled.uptake("build").stdout.splitlines()
    assert lines[0] == "timezone, platform rules changed: read model rebuilt"


def test_another_key_for_hashing_is_refused_until_it_is_put_back(filled: Site) -> None:
    before = filled.files()
    filled.environment["UPTAKE_PEPPER"] = "other"
    for command in ("ingest", "replay", "check", "ingest --dry-run"):
        result = filled.uptake(*command.split())
        assert result.exit_code == 2, command
        assert result.stderr == (
            f"error: {filled.data}: persons here were hashed with another key, so that old and new rows would not "
            f"match; set UPTAKE_PEPPER as it was, or restore {filled.data}/.pepper; where that key is lost, begin with "
            "an empty data folder\n"
        )
    assert filled.files() == before
    assert b"pepper" not in (filled.data / ".pepper-fingerprint").read_bytes()
    filled.environment["UPTAKE_PEPPER"] = "pepper"
    filled.ingest()


def test_a_made_key_that_is_lost_is_not_replaced_by_another(site: Site) -> None:
    site.environment["UPTAKE_PEPPER"] = ""
    site.export("deployment.csv", DEPLOYMENT.format("canary"))
    site.ingest()
    (site.data / ".pepper").unlink()
    assert site.uptake("check").exit_code == site.uptake("ingest").exit_code == 2


def test_a_source_that_the_config_names_no_more_is_told_of_until_it_is_forgotten(filled: Site) -> None:
    assert filled.uptake("forget", "drop").exit_code == 2
    filled.config.write_text(filled.config.read_text().replace('"drop"', '"fresh"'))
    line = (
        "drop: the config names no such source any more; what was loaded of it stays and counts. `uptake forget drop` "
        "removes it; do so if it was given another name, since its data then come twice"
    )
    assert line in filled.ingest().stdout
    assert line in filled.ingest().stdout
    assert filled.rows("select deployment_id from staging.deployment order by 1") == [("drop:1",), ("fresh:1",)]
    landed = filled.data / "raw" / "drop"
    landed.rename(filled.folder / "aside")
    landed.touch()
    result = filled.uptake("forget", "drop")
    assert result.exit_code == 1
    assert f"{landed}: cannot be removed (Not a directory); mend that, then forget drop again" in result.stderr
    landed.unlink()
    (filled.folder / "aside").rename(landed)
    result = filled.uptake("forget", "drop")
    assert "all of drop is removed" in result.stdout
    assert len(list(filled.data.glob("read/read-*.duckdb"))) == 1, "an older build still holds it"
    assert filled.rows("select deployment_id from staging.deployment") == [("fresh:1",)]
    assert {file.source for file in raw.files(filled.data)} == {"fresh"}
    assert "drop" not in classes(filled) and "drop" not in filled.ingest().stdout
    assert filled.uptake("forget", "drop").exit_code == 2


def test_references_are_read_again_once_the_source_that_they_point_into_is_there(site: Site) -> None:
    site.export(
        "initiative.jsonl", '{"initiative_id": "i", "title": "T", "status": "idea", "pain_ids": ["plan:p", "x"]}'
    )
    site.ingest()
    assert site.rows("select pain_ids from staging.initiative") == [(["drop:plan:p", "drop:x"],)]
    (site.folder / "plan").mkdir()
    (site.folder / "plan" / "pain_point.csv").write_text("pain_id,title\np,P\n")
    site.config.write_text(site.config.read_text() + EXTRA)
    result = site.ingest()
    assert result.stdout.splitlines()[0] == (
        "drop: the sources that it refers to changed, so it is loaded again from raw"
    )
    assert site.rows("select pain_ids from staging.initiative") == [(["plan:p", "drop:x"],)]
    assert "changed" not in site.ingest().stdout.replace("new or changed", "")


@pytest.fixture
def pagerduty(site: Site, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TOKEN", TOKEN)
    with PROVIDERS["pagerduty"]() as provider:
        site.config.write_text(provider.table("src", "TOKEN"))
        site.ingest()
        yield site


def test_settings_that_decide_what_a_record_is_load_it_again_from_raw(pagerduty: Site) -> None:
    services = "select product, detected_by from staging.incident"
    assert pagerduty.rows(services) == [(None, None)] * 2
    marks = pagerduty.rows("from meta.watermark")
    more = 'detected_by = "monitoring"\nstale_after_hours = 7\n[[source.belongs]]\nmatch = "*"\nproduct = "fraud"\n'
    pagerduty.config.write_text(pagerduty.config.read_text() + more)
    result = pagerduty.ingest()
    assert result.stdout.splitlines()[0] == "src: belongs, detected_by changed, so it is loaded again from raw"
    assert pagerduty.rows(services) == [("fraud", "monitoring")] * 2
    assert pagerduty.rows("from meta.watermark") == marks
    assert "loaded again" not in pagerduty.ingest().stdout


def test_rows_whose_raw_files_are_gone_stay_as_they_were(pagerduty: Site) -> None:
    for file in raw.files(pagerduty.data):
        file.path.unlink()
    pagerduty.config.write_text(pagerduty.config.read_text() + 'detected_by = "monitoring"\n')
    for _ in range(2):
        assert pagerduty.ingest().stdout.splitlines()[0] == (
            "src: detected_by changed, but 1 raw files that it was loaded from are gone, so its rows stay as they "
            "were; run `uptake ingest src --full`, then `uptake replay src`"
        )
    assert pagerduty.rows("select count(*) from staging.incident") == [(2,)]


def test_a_setting_that_an_older_version_did_not_know_was_as_its_default_is(pagerduty: Site) -> None:
    with Warehouse(pagerduty.data) as warehouse:
        meaning = warehouse.meaning("src")
        assert meaning and "urgencies" in meaning
        older = {key: value for key, value in meaning.items() if key not in {"urgencies", "belongs", "detected_by"}}
        warehouse.mean("src", older | {"of_old": True})
    assert "changed" not in pagerduty.ingest().stdout.replace("new or changed", "")
    with Warehouse(pagerduty.data) as warehouse:
        assert warehouse.meaning("src") == meaning


class Watching:
    """Settings that remember what was asked of them."""

    def __init__(self, settings: Any) -> None:
        self.settings = settings
        self.asked: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.asked.add(name)
        return getattr(self.settings, name)


@pytest.mark.parametrize("kind", PROVIDERS)
def test_what_parsing_asks_of_the_settings_counts_as_meaning(kind: str, tmp_path: Path) -> None:
    source, moments = told(kind)
    settings = source._settings  # type: ignore[attr-defined]
    watching = Watching(settings)
    source._settings = watching  # type: ignore[attr-defined]
    try:
        for page in (page for pages in moments for page in pages):
            assert list(source.parse(page)) or not page.items
    finally:
        source._settings = settings  # type: ignore[attr-defined]
    assert watching.asked & FETCHING <= {"name"}
