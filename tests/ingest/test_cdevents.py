"""CDEvents: what becomes of each, that order and repetition make no difference, and that no person or text is kept."""

import gzip
import json
import random
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.cdevents_fields import NOUNS, cut
from ingest.cdevents_records import Story, Teller
from ingest.cloudevents import unwrapped
from ingest.load import load
from ingest.raw import Landing
from ingest.run import _made
from ingest.settings import Belongs, CdeventsSettings
from ingest.source import Page, Source, Watermark
from ingest.warehouse import Warehouse
from tests.cdevents import CONFIG, event, life, pull, replay
from tests.cdevents import tables as staged
from tests.conftest import Site


def hashed(name: str | None) -> str | None:
    return f"#{len(name)}" if name else None


def told(*events: dict[str, Any], belongs: list[Belongs] | None = None) -> dict[str, Any]:
    """The columns that the events of one record give it."""
    items = [item for each in events if (item := cut(each, hashed))]
    ((record, values),) = Teller(belongs or [], None).rows(Story(items))
    return record.model_validate(values).model_dump(exclude_none=True)


def at(minute: int) -> datetime:
    return datetime(2025, 3, 1, 10, minute)


def of(kind: str) -> list[dict[str, Any]]:
    return [each for each in life() if each["context"]["type"].startswith(f"dev.cdevents.{kind}.")]


def test_a_run_is_what_its_events_say_together() -> None:
    assert told(*of("pipelinerun")) == {
        "run_id": "/ci#7",
        "repo": "acme/fraud",
        "workflow": "build",
        "created_at": at(3),
        "status": "completed",
        "attempt": 1,
        "sha": "abc",
        "conclusion": "failure",
        "started_at": at(4),
        "finished_at": at(9),
        "url": "https://ci.example/7",
    }
    queued, started, finished = of("pipelinerun")
    assert (told(queued)["status"], told(started, queued)["status"]) == ("queued", "in_progress")
    assert told(finished) == {
        "run_id": "/ci#7",
        "repo": "pipelines/build",
        "workflow": "build",
        "created_at": at(9),
        "status": "completed",
        "attempt": 1,
        "conclusion": "failure",
        "finished_at": at(9),
    }


def test_a_job_belongs_to_its_run() -> None:
    assert told(*of("taskrun")) == {
        "job_id": "/ci#7/test",
        "run_id": "/ci#7",
        "name": "unit tests",
        "conclusion": "success",
        "created_at": at(5),
        "started_at": at(5),
        "finished_at": at(8),
    }
    elsewhere = event("taskrun.queued", "x", taskName="t", pipelineRun={"id": "9", "source": "/other"})
    assert told(elsewhere)["run_id"] == "/other#9"


def test_a_service_that_is_deployed_is_a_deployment_that_succeeded() -> None:
    deployed, rolled_back = of("service")
    assert told(deployed) == {
        "deployment_id": "/ci#service.deployed-service/fraud-10",
        "repo": "acme/fraud",
        "environment": "production",
        "created_at": at(10),
        "status": "succeeded",
        "product": "service/fraud",
        "sha": "abc",
        "finished_at": at(10),
        "run_id": "/ci#7",
        "artifact": "pkg:oci/fraud@sha256%3A1",
    }
    back = told(rolled_back)
    assert (back["status"], back["cause"], back["environment"]) == ("succeeded", "rollback", "prod-1")
    assert back["repo"] == "services/service/fraud"
    removed = event("service.removed", "service/fraud", 30, environment={"id": "prod"})
    assert told(removed)["status"] == "inactive"
    failed = event("service.upgraded", "s", environment={"id": "prod"}, custom={"deployment.status": "failed"})
    assert told(failed)["status"] == "failed"


def test_a_deployment_may_have_events_of_its_own() -> None:
    prod = {"id": "prod", "name": "Production"}
    begin = event("deployment.started", "d1", 1, environment=prod, artifactId="a", service={"id": "fraud"})
    end = event("deployment.finished", "d1", 3, environment=prod, artifactId="a", outcome="failure")
    values = told(end, begin)
    assert (values["status"], values["started_at"], values["finished_at"]) == ("failed", at(1), at(3))
    assert (values["environment"], values["product"]) == ("Production", "fraud")
    assert told(begin)["status"] == "in_progress"
    named = event("service.deployed", "s", 4, environment=prod, custom={"deployment.id": "d1"})
    assert told(begin, named)["deployment_id"] == "/ci#d1"


def test_an_incident_is_open_until_it_is_resolved() -> None:
    detected, reported, resolved = of("incident")
    assert told(resolved, reported, detected) == {
        "incident_id": "/ci#i1",
        "opened_at": at(12),
        "resolved_at": at(25),
        "product": "service/fraud",
        "severity": "high",
        "url": "https://tickets.example/i1",
    }
    assert "resolved_at" not in told(detected)


def test_a_change_counts_once_it_is_merged() -> None:
    created, reviewed, merged = of("change")
    assert told(merged, created, reviewed) == {
        "change_id": "/ci#12",
        "repo": "acme/fraud",
        "merged_at": at(2),
        "number": 12,
        "opened_at": at(0),
        "first_review_at": at(1),
        "author": "#4",
    }
    items = [item for each in (created, reviewed) if (item := cut(each, hashed))]
    assert list(Teller([], None).rows(Story(items))) == []


def test_what_several_events_say_the_newest_says() -> None:
    older = event("pipelinerun.finished", "7", 2, identifier="z", pipelineName="old", outcome="failure")
    newer = event("pipelinerun.finished", "7", 5, identifier="a", pipelineName="new", outcome="success")
    for values in (told(older, newer), told(newer, older)):
        assert (values["workflow"], values["conclusion"], values["finished_at"]) == ("new", "success", at(5))


@pytest.mark.parametrize(
    ("outcome", "custom", "conclusion"),
    [
        ("success", None, "success"),
        ("error", None, "failure"),
        ("cancel", None, "cancelled"),
        ("failure", {"cicd.pipeline.result": "timeout"}, "timed_out"),
        (None, {"cicd.pipeline.result": "skip"}, "skipped"),
        (None, {"cicd.pipeline.result": "Cancellation"}, "cancelled"),
        (None, None, None),
    ],
)
def test_both_vocabularies_say_how_a_run_ended(outcome: str | None, custom: Any, conclusion: str | None) -> None:
    assert told(event("pipelinerun.finished", "7", pipelineName="b", outcome=outcome, custom=custom)).get(
        "conclusion"
    ) == (conclusion)


def test_the_repository_comes_from_the_event_else_from_the_config() -> None:
    def repo(**custom: str) -> str:
        rules = [Belongs(match="build*", repo="acme/ruled")]
        return str(told(event("pipelinerun.queued", "7", pipelineName="Build", custom=custom), belongs=rules)["repo"])

    assert repo() == "acme/ruled"
    assert repo(**{"vcs.repository.name": "x"}) == "x"
    assert repo(**{"vcs.repository.name": "acme/x"}) == "acme/x"
    assert repo(**{"vcs.repository.url.full": "https://git.example/acme/team/x.git"}) == "acme/team/x"
    assert repo(**{"vcs.repository.url.full": "https://git.example/acme/x", "vcs.repository.name": "x"}) == "acme/x"
    assert repo(**{"vcs.repository.url.full": "https://u:p@git.example/acme/x"}) == "acme/ruled"
    assert repo(repo="acme/own", **{"vcs.repository.name": "x"}) == "acme/own"


def test_only_listed_fields_are_kept_and_persons_hashed() -> None:
    custom = {
        "actor": "jane",
        "author": "jane",
        "triggeredBy": "jane",
        "branch": "jane/topic",
        "vcs.ref.head.name": "fix/jane",
        "via_platform": True,
        "product": {"owner": "jane"},
        "cause": "jane" * 200,
    }
    full = event(
        "service.deployed", "s", environment={"id": "p"}, description="jane", errors="jane", uri="https://x/?u=jane"
    )
    item = cut(full | {"customData": custom, "jane": "jane"}, hashed)
    assert item is not None
    assert item["own"] == {"actor": "#4", "via_platform": True}
    assert (item["branch"], "url" in item) == ("fix/#4", False)
    assert "jane" not in json.dumps(item)


WRONG: dict[str, tuple[Any, str]] = {
    "no object": ([], "context: is missing"),
    "no context": ({"subject": {}}, "context: is missing"),
    "no subject": ({"context": {}}, "subject: is missing"),
    "no type": (event("x.y", "1") | {"context": {}}, "context.type: is missing"),
    "no id": ({"context": {"type": "dev.cdevents.x.y", "source": "s"}, "subject": {}}, "context.id: is missing"),
    "another type": (
        event("x.y", "1") | {"context": {"type": "com.example.push"}},
        "context.type: is no type of a CDEvent",
    ),
    "no time": (
        {**event("x.y", "1"), "context": {**event("x.y", "1")["context"], "timestamp": "yesterday"}},
        "context.timestamp: is no time",
    ),
    "no subject id": ({**event("x.y", "1"), "subject": {"content": {}}}, "subject.id: is missing"),
    "long id": (event("x.y", "1" * 501, identifier="1"), "subject.id: is missing, empty or longer"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_cdevent_is_refused_by_its_field(wrong: str) -> None:
    content, fault = WRONG[wrong]
    with pytest.raises(ValueError, match=fault):
        cut(content, hashed)


def test_other_kinds_and_old_types_are_known() -> None:
    assert cut(event("environment.created", "e"), hashed) is None
    assert cut(event("testcaserun.finished", "t"), hashed) is None
    old = event("taskrun.started", "t")
    for form in (
        "dev.cdevents.taskrun.started",
        "dev.cdevents.taskrun.started.v1",
        "dev.cdevents.taskRun.started.0.3.0-draft",
    ):
        old["context"]["type"] = form
        assert cut(old, hashed) is not None


def test_a_cloud_event_completes_the_context() -> None:
    whole = event("pipelinerun.queued", "7")
    context = whole["context"]
    cloud = {"specversion": "1.0", "id": context["id"], "source": "/ci", "type": context["type"]}
    cloud |= {"time": context["timestamp"], "data": {"subject": whole["subject"]}}
    assert cut(unwrapped(cloud), hashed) == cut(whole, hashed)


# Properties: events in any order, in any number of readings, some of them twice, end in the same tables.


class Tables:
    """What a source loads into a warehouse of its own, a raw file a reading."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        entry = CdeventsSettings(name="cd", kind="cdevents", token_env="X")
        self.source: Source = _made(entry, hashed, folder)
        self.warehouse = Warehouse(folder)

    def after(self, readings: list[list[dict[str, Any]]]) -> dict[str, list[Any]]:
        """All rows of staging after these readings."""
        items = [[item for each in reading if (item := cut(each, hashed))] for reading in readings]
        self.warehouse.forget(["cd"])
        with Landing(self.folder, "cd", self._numbers()) as landing:
            for reading in items:
                landing.add(Page("event", "cd/x", reading))
                file = landing.close()
                assert file
                load(self.warehouse, self.source, file, {"cd"})
                file.path.unlink()
        con = self.warehouse._con
        nouns = (*sorted(set(NOUNS.values())), "rejected", "coverage")
        return {noun: con.sql(f"from staging.{noun} order by all").fetchall() for noun in nouns}

    def _numbers(self) -> Iterator[int]:
        yield from range(1, 1000)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return Tables(tmp_path_factory.mktemp("tables"))


STRANGE = [
    event("incident.resolved", "i1", 11),
    event("incident.resolved", "only resolved", 3),
    event("pipelinerun.finished", "7", 1, outcome="exploded"),
    event("pipelinerun.finished", "7", 2, pipelineName="renamed", outcome="success"),
    event("service.deployed", "service/fraud", 10, custom={"cause": "no such cause"}, environment={"id": "p"}),
    event("pipelinerun.started", "no name", 3),
    event("taskrun.finished", "no run", 3, taskName="t"),
]


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_neither_order_nor_repetition_makes_a_difference(tables: Tables, data: st.DataObject) -> None:
    events = data.draw(st.lists(st.sampled_from(life() + STRANGE), min_size=1, max_size=24))
    at_once = tables.after([events])
    shuffled = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=5))))
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(shuffled) - 1)), max_size=2)))
    readings = [shuffled[start:end] for start, end in pairwise([0, *cuts, len(shuffled)])]
    assert tables.after([reading for reading in readings if reading]) == at_once


def test_the_whole_life_gives_each_record(tables: Tables) -> None:
    found = tables.after([life()])
    counts = {noun: len(rows) for noun, rows in found.items() if rows}
    assert counts == {"ci_run": 1, "ci_job": 1, "deployment": 2, "change": 1, "incident": 1, "coverage": 5}
    both = tables.after([life(), STRANGE])
    assert [row[2] for row in both["rejected"]] == [
        "cd/ci_job//ci#no run",
        "cd/ci_run//ci#no name",
        "cd/deployment//ci#service.deployed-service/fraud-10",
        "cd/incident//ci#only resolved",
    ]


def test_a_record_that_a_later_event_makes_wrong_goes_until_another_mends_it(tables: Tables) -> None:
    fine = event("pipelinerun.finished", "7", 1, pipelineName="b", outcome="success")
    wrong = event("pipelinerun.finished", "7", 2, pipelineName="b", outcome="exploded")
    mended = event("pipelinerun.finished", "7", 3, pipelineName="b", outcome="failure")
    assert [len(tables.after([[fine]])[noun]) for noun in ("ci_run", "rejected")] == [1, 0]
    assert [len(tables.after([[fine], [wrong]])[noun]) for noun in ("ci_run", "rejected")] == [0, 1]
    assert [len(tables.after([[fine], [wrong], [mended]])[noun]) for noun in ("ci_run", "rejected")] == [1, 0]


def test_a_kind_of_record_is_delivered_once_it_is_heard_of(tables: Tables) -> None:
    found = tables.after([[event("change.created", "12", repository={"id": "acme/fraud"})]])
    assert (found["change"], found["coverage"]) == ([], [("cd", "change")])


@pytest.fixture
def cd(site: Site) -> Site:
    site.config.write_text(CONFIG)
    return site


def lines(events: list[Any]) -> str:
    return "".join(json.dumps(each) + "\n" for each in events)


def counted(site: Site) -> list[tuple[Any, ...]]:
    return site.rows(
        "select (select count(*) from staging.ci_run), (select count(*) from staging.deployment), "
        "(select count(*) from staging.incident), (select count(*) from staging.rejected)"
    )


def test_files_are_read_when_they_change_and_replayed(cd: Site) -> None:
    shuffled = random.Random(3).sample(life(), len(life()))
    cd.export("a.jsonl", lines(shuffled[:6]))
    pull(cd)
    cd.export("b.jsonl.gz", gzip.compress(lines(shuffled[4:]).encode()))
    cd.export("notes.txt", "x")
    assert pull(cd).faults == []
    assert counted(cd) == [(1, 2, 1, 0)]
    before = staged(cd)
    assert pull(cd).loaded.pages == 0
    replay(cd)
    assert staged(cd) == before
    assert pull(cd, full=True).loaded.rows == 0
    assert staged(cd) == before


def test_bad_lines_are_kept_aside_without_their_content(cd: Site) -> None:
    cd.export("a.jsonl", lines([{"jane": 1}, *life()]) + '"text"\n{"half": \n')
    pull(cd)
    assert cd.rows("select row_number, reason, content from staging.rejected order by 1") == [
        (1, "context: is missing; content withheld", None),
        (len(life()) + 2, "is no JSON object; content withheld", None),
        (len(life()) + 3, "is not valid JSON; content withheld", None),
    ]
    assert counted(cd)[0][:3] == (1, 2, 1)
    raw = b"".join(gzip.decompress(path.read_bytes()) for path in cd.data.glob("raw/**/*.gz"))
    assert b"jane" not in raw.lower()


def test_a_damaged_file_is_loaded_as_far_as_it_goes(cd: Site) -> None:
    whole = gzip.compress(lines(life() * 200).encode(), 0)
    cd.export("a.jsonl.gz", whole[: len(whole) // 2])
    (fault,) = pull(cd).faults
    assert fault.startswith("cd/a.jsonl.gz: the gzip data is damaged (")
    assert counted(cd) == [(1, 2, 1, 0)]
    again = pull(cd)
    assert (again.faults, again.loaded.pages) == ([fault], 0)


def test_a_source_without_path_and_secret_is_refused(cd: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    cd.config.write_text('[[source]]\nname = "cd"\nkind = "cdevents"\n')
    result = cd.uptake("check")
    assert (result.exit_code, "needs path, the folder of its files, or token_env" in result.stderr) == (2, True)


def test_a_source_that_only_receives_needs_no_secret_to_be_loaded(cd: Site) -> None:
    cd.config.write_text('[[source]]\nname = "cd"\nkind = "cdevents"\ntoken_env = "NOT_SET"\n')
    assert pull(cd).faults == []
    assert cd.rows("select key from meta.watermark") == []


def test_fetch_names_the_spool_only_when_there_is_one(tmp_path: Path) -> None:
    source = Tables(tmp_path).source
    assert list(source.fetch(None, Watermark())) == []  # type: ignore[arg-type]
