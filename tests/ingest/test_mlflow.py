"""The mlflow source against what a real MLflow answered at five moments: what a registry tells, and what changed."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.repositories import repository
from tests.cassette import Cassette
from tests.fixtures.mlflow.record import PAGE_SIZE
from tests.ingest.reading import TOKEN, Reading
from tests.ingest.whole_way import WholeWay
from tests.loopback import Reply, Trouble


@pytest.fixture
def mlflow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cassette]:
    monkeypatch.setattr("ingest.mlflow.PAGE_SIZE", PAGE_SIZE)
    with Cassette("mlflow") as server:
        yield server


def reading(mlflow: Cassette, **more: Any) -> Reading:
    return Reading(mlflow, name="ml", kind="mlflow", **more)


def begun(mlflow: Cassette, **more: Any) -> Reading:
    """A source that has read the registry once, when models were in it already."""
    mlflow.at = "begun"
    found = reading(mlflow, **more)
    found.sync()
    mlflow.asked()
    return found


def named(records: list[Any]) -> list[tuple[Any, ...]]:
    return sorted((each.model_name, each.model_version, each.environment) for each in records)


def test_versions_come_with_aliases_stage_commit_data_and_product(mlflow: Cassette) -> None:
    versions = {(each.model_name, each.version): each for each in begun(mlflow).of("model_version")}
    assert sorted(versions) == [("churn", "1"), ("churn", "2"), ("fraud", "1"), ("fraud", "2")]
    first, fraud = versions["churn", "1"], versions["fraud", "1"]
    assert (first.alias, first.stage, first.product) == ("champion, previous", None, "retention")
    assert (first.source_sha, first.data_version) == ("a" * 40, "d1")
    assert len(first.run_id) == 32 and abs((first.created_at - mlflow.clock).total_seconds()) < 5
    assert (fraud.alias, fraud.stage, fraud.source_sha, fraud.run_id) == (None, "Staging", None, None)


def test_what_is_in_production_at_the_first_reading_has_no_date_and_is_no_deployment(mlflow: Cassette) -> None:
    found = begun(mlflow)
    assert found.of("deployment") == []
    assert found.marks["registry"]["named"]["churn/1"] == {"alias champion": "", "alias previous": ""}


def test_the_first_reading_says_that_deployments_are_measured_only_where_an_environment_is_named(
    mlflow: Cassette,
) -> None:
    mlflow.at = "begun"
    assert {page.kind for page in reading(mlflow).sync().pages} == {"model_version", "deployment"}
    assert {page.kind for page in reading(mlflow, environments={}).sync().pages} == {"model_version", "named"}


def test_nothing_new_lands_nothing_and_asks_for_no_run(mlflow: Cassette) -> None:
    found = begun(mlflow)
    mlflow.at = "unchanged"
    again = found.sync()
    assert (again.pages, again.faults) == ([], [])
    assert {address.split("/")[4] for address, _ in again.requests} == {"registered-models", "model-versions"}


def test_what_newly_names_a_version_is_a_deployment_when_it_was_seen(mlflow: Cassette) -> None:
    found = begun(mlflow)
    mlflow.at = "moved on"
    deployments = {each.model_name: each for each in found.sync().of("deployment")}
    assert named(list(deployments.values())) == [
        ("churn", "2", "production"),
        ("fraud", "1", "production"),
        ("pricing", "1", "production"),
    ]
    churn = deployments["churn"]
    assert churn.created_at == churn.finished_at == mlflow.clock
    assert (churn.status, churn.sha, churn.data_version) == ("succeeded", "b" * 40, "d2")
    assert (churn.product, churn.repo, churn.cause, churn.via_platform) == ("retention", "acme/churn", None, None)
    assert churn.url == f"{mlflow.base_url}/#/models/churn/versions/2"
    assert deployments["fraud"].repo == "models/fraud"


def test_a_version_that_lost_its_alias_is_told_without_it(mlflow: Cassette) -> None:
    found = begun(mlflow)
    mlflow.at = "moved on"
    found.sync()
    kept = {(each.model_name, each.version): each for each in found.of("model_version")}
    assert kept["churn", "1"].alias == "previous" and kept["churn", "2"].alias == "challenger, champion"
    assert kept["fraud", "1"].stage == "Production"


def test_an_older_version_in_production_again_takes_the_newer_one_back(mlflow: Cassette) -> None:
    found = begun(mlflow)
    mlflow.at = "moved on"
    moved = {each.model_name: each for each in found.sync().of("deployment")}
    mlflow.at = "gone back"
    [back] = found.sync().of("deployment")
    assert (back.model_name, back.model_version, back.cause) == ("churn", "1", "rollback")
    assert back.rollback_of == moved["churn"].deployment_id != back.deployment_id
    assert back.created_at == mlflow.clock > moved["churn"].created_at


def test_taking_an_alias_away_and_tagging_late_change_versions_and_deploy_nothing(mlflow: Cassette) -> None:
    found = begun(mlflow)
    for mlflow.at in ("moved on", "gone back"):
        found.sync()
    kept = {(each.model_name, each.version): each for each in found.of("model_version")}
    assert kept["pricing", "1"].alias is None and kept["fraud", "1"].data_version == "2026-W48"
    assert "pricing/1" not in found.marks["registry"]["named"]


def test_models_that_come_after_the_first_reading_are_deployed_when_they_are_seen(mlflow: Cassette) -> None:
    found = reading(mlflow, environments={"champion": "production", "Staging": "test"})
    assert found.sync().records == []
    mlflow.at = "begun"
    assert named(found.sync().of("deployment")) == [("churn", "1", "production"), ("fraud", "1", "test")]


def test_a_version_that_says_that_it_changed_in_the_future_hides_no_other(mlflow: Cassette) -> None:
    undisturbed, found = begun(mlflow), begun(mlflow)
    found.marks["registry"]["seen"] = 253_402_300_799_000
    mlflow.at = "moved on"
    changed = found.sync().of("model_version")
    assert changed and changed == undisturbed.sync().of("model_version")
    assert found.marks["registry"]["seen"] <= mlflow.clock.replace(tzinfo=UTC).timestamp() * 1000


def test_an_alias_and_a_stage_that_mean_the_same_are_one_deployment(mlflow: Cassette) -> None:
    found = begun(mlflow, environments={"champion": "live", "CHALLENGER": "live", "production": "live"})
    mlflow.at = "moved on"
    seen = [each.deployment_id for each in found.sync().of("deployment") if each.model_name == "churn"]
    assert len(seen) == 2 and len(set(seen)) == 1


def test_the_config_says_product_repository_and_path(mlflow: Cassette) -> None:
    rules = [{"match": "CH*", "product": "loyalty", "repo": "acme/loyalty"}]
    found = begun(mlflow, belongs=rules, via_platform=True)
    mlflow.at = "moved on"
    found.sync()
    churn = next(each for each in found.of("deployment") if each.model_name == "churn")
    assert (churn.product, churn.repo, churn.via_platform) == ("loyalty", "acme/loyalty", True)
    assert {each.product for each in found.of("model_version") if each.model_name == "churn"} == {"loyalty"}


def test_a_run_that_cannot_be_read_costs_only_its_version_until_it_can(mlflow: Cassette) -> None:
    found = begun(mlflow)
    mlflow.at = "moved on"
    run_id = found.kept["model_version", "churn", "2"].run_id  # type: ignore[attr-defined]
    mlflow.troubles = [Trouble(f"run_id={run_id}", Reply({"message": "database is locked"}, 500), times=2)]
    sync = found.sync()
    assert named(sync.of("deployment")) == [("fraud", "1", "production"), ("pricing", "1", "production")]
    assert [fault.split(" (2 tries)")[0] for fault in sync.faults] == [
        "ml/registry: runs/get: the server failed (500: database is locked)"
    ]
    again = found.sync()
    assert named(again.of("deployment")) == [("churn", "2", "production")] and again.faults == []
    assert found.sync().pages == []


def test_a_version_without_alias_whose_run_failed_is_asked_for_again(mlflow: Cassette) -> None:
    run_id = begun(mlflow).kept["model_version", "churn", "2"].run_id  # type: ignore[attr-defined]
    found = reading(mlflow)
    mlflow.troubles = [Trouble(f"run_id={run_id}", Reply({}, 500), times=2)]
    assert len(found.sync().of("model_version")) == 3
    made = {"creation_timestamp": 1795430307000, "last_updated_timestamp": 1795430307000}
    one = {"model_version": {"name": "churn", "version": "2", **made}}
    mlflow.troubles = [Trouble("model-versions/get.*name=churn&version=2", Reply(one))]
    again = found.sync()
    assert again.faults == [] and [each.version for each in again.of("model_version")] == ["2"]
    assert found.marks["registry"]["due"] == []


def test_a_version_that_is_gone_is_let_go(mlflow: Cassette) -> None:
    found = begun(mlflow)
    mlflow.at = "moved on"
    gone = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Model Version (name=churn, version=1) not found"}
    mlflow.troubles = [Trouble("model-versions/get.*name=churn&version=1", Reply(gone, 404))]
    sync = found.sync()
    assert sync.faults == [] and "churn/1" not in found.marks["registry"]["named"]


def test_without_runs_no_run_is_asked_for(mlflow: Cassette) -> None:
    mlflow.at = "begun"
    sync = reading(mlflow, runs=False).sync()
    assert {each.source_sha for each in sync.of("model_version")} == {None}
    assert not any("runs/" in address for address, _ in sync.requests)


def test_one_bad_version_costs_no_other(mlflow: Cassette) -> None:
    mlflow.at = "begun"
    versions = [
        {"name": "a", "version": "1", "creation_timestamp": "never", "last_updated_timestamp": 1, "user_id": "mona"},
        {"name": "a", "version": "2", "creation_timestamp": 1795430307000, "last_updated_timestamp": 1795430307000},
    ]
    mlflow.troubles = [
        Trouble("model-versions/search", Reply({"model_versions": versions})),
        Trouble("model-versions/get", Reply({}, 404), times=9),
    ]
    found = reading(mlflow)
    sync = found.sync()
    assert [each.version for each in sync.of("model_version")] == ["2"]
    [bad] = sync.rejected
    assert (bad.row, bad.reason[:18]) == (1, "creation_timestamp") and "mona" not in found.written


def test_a_sync_since_a_date_tells_everything_since_again_and_deploys_nothing_twice(mlflow: Cassette) -> None:
    found = begun(mlflow)
    sync = found.sync(floor=datetime(2026, 1, 1))
    assert len(sync.of("model_version")) == 4 and sync.of("deployment") == []


def test_no_person_and_no_secret_is_kept(mlflow: Cassette) -> None:
    found = reading(mlflow)
    for mlflow.at in ("empty", "begun", "unchanged", "moved on", "gone back"):
        assert found.sync().faults == []
    for private in ("mona", "secret-token", "s3://models"):
        assert private in mlflow.text and private not in found.written


@pytest.mark.parametrize(
    ("user", "sent"),
    [(None, f"Bearer {TOKEN}"), ("mona", "Basic " + b64encode(f"mona:{TOKEN}".encode()).decode())],
)
def test_it_is_asked_with_a_token_or_as_a_user(mlflow: Cassette, user: str | None, sent: str) -> None:
    mlflow.troubles = [Trouble("", Reply({}))]
    assert reading(mlflow, user=user).check() == []
    assert [headers["Authorization"] for headers in mlflow.sent] == [sent]


def test_check_says_what_is_missing(mlflow: Cassette) -> None:
    mlflow.troubles = [Trouble("registered-models", Reply({"message": "Permission denied"}, 403))]
    [line] = reading(mlflow).check()
    assert "Permission denied" in line and "to read registered models (READ)" in line


def test_the_whole_way_twice_and_again_from_raw(mlflow: Cassette, tmp_path: Path) -> None:
    way = WholeWay(tmp_path, {"name": "ml", "kind": "mlflow", "base_url": mlflow.base_url})
    mlflow.at = "begun"
    way.ingest()
    for mlflow.at in ("moved on", "gone back"):
        way.ingest()
    staging = way.staging()
    assert {name: len(rows) for name, rows in staging.items()} == {"model_version": 5, "deployment": 4}
    mlflow.at = "empty"
    way.replay()
    assert way.staging() == staging


@pytest.mark.parametrize(
    "address", ["file:///home/mona/churn.git", "C:/Users/mona/churn", "/home/mona/churn", "", None]
)
def test_a_folder_of_somebodys_machine_is_no_repository(address: str | None) -> None:
    assert repository(address) is None


def test_a_key_in_the_query_of_an_address_is_not_part_of_its_name() -> None:
    assert repository("https://git.example/acme/churn.git?token=secret") == "acme/churn"
