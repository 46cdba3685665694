"""A small world behind a real server for each kind of source, ready to be read; and what happens in it afterwards."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import argocd_world, azure_devops_world, fake_typeform, gitlab_world, jenkins_world
from tests.cassette import Cassette
from tests.fake_github import FakeGithub
from tests.fake_jira import FakeJira
from tests.fake_opsgenie import FakeOpsgenie
from tests.fake_pagerduty import FakePagerduty
from tests.fixtures.buildbot import record as buildbot_record
from tests.fixtures.mlflow import record as mlflow_record
from tests.github_world import Deployment, Job, Pull, Repo, Run, Status
from tests.github_world import World as GithubWorld
from tests.loopback import Loopback, Reply, Request

NOW = datetime(2026, 5, 4, 12)
DAY = timedelta(days=1)
TOKEN = "token-0123456789abcdefSECRET"
FIXTURES = Path(__file__).parent / "fixtures"


@dataclass
class Provider:
    """A running server, the `[[source]]` that reads it (but for its name and token), and what happens next in it.
    After `rest` nothing is new."""

    server: Any
    source: dict[str, Any]
    later: Callable[[], None]
    rest: Callable[[], None] = lambda: None

    def table(self, name: str, token_env: str) -> str:
        """The source as TOML; a status page is asked without a token."""
        entry = {"name": name, "token_env": token_env} | self.source
        if self.source["kind"] == "statuspage":
            del entry["token_env"]
        return "\n".join(["[[source]]", *(f"{key} = {_toml(value)}" for key, value in entry.items())]) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return json.dumps(value)


def _served(server: Loopback, later: Callable[[], None], **source: Any) -> Provider:
    return Provider(server, {"base_url": server.base_url} | source, later)


@contextmanager
def github() -> Iterator[Provider]:
    world = GithubWorld(token=TOKEN, now=NOW)
    repo = world.add(Repo("acme/fraud"))
    ago = world.ago
    repo.runs = [Run(n, ago(hours=90 - n), ago(hours=90 - n), jobs=[Job("lint"), Job("test")]) for n in range(1, 4)]
    repo.runs[1].uses = ("acme/ml/.github/workflows/deploy.yml@v1",)
    repo.runs[2].status = "in_progress"
    statuses = [Status("waiting", ago(hours=6)), Status("success", ago(hours=4))]
    repo.deployments = [Deployment(5, ago(hours=7), ago(hours=4), statuses=statuses)]
    reviews = [(ago(days=2, hours=3), "hubot", "User")]
    repo.pulls = [Pull(1, 1, ago(days=3), ago(days=2), ago(days=2), commits=[ago(days=4)], reviews=reviews)]

    def later() -> None:
        world.now = NOW + DAY
        repo.runs[2].status, repo.runs[2].updated = "completed", ago(hours=1)

    with FakeGithub(world) as server:
        yield Provider(server, {"kind": "github", "base_url": server.base_url, "repos": ["acme/*"]}, later)


@contextmanager
def gitlab() -> Iterator[Provider]:
    world = gitlab_world.World(NOW, TOKEN)
    project = world.add("acme/fraud")
    pipeline = world.pipeline(project, world.ago(days=80), status="running", finished_at=None)
    world.job(project, pipeline, "deploy")
    world.deployment(project, world.ago(days=1))["deployable"]["pipeline"]["id"] = pipeline["id"]
    world.request(project, world.ago(days=1))

    def later() -> None:
        world.now += DAY
        pipeline.update(status="success", updated_at=gitlab_world.iso(world.now))

    with world.server as server:
        yield _served(server, later, kind="gitlab", projects=["acme/*"])


@contextmanager
def jenkins() -> Iterator[Provider]:
    world = jenkins_world.World(NOW, TOKEN)
    job = world.add("ml/deploy-fraud")
    world.build(job)
    build = world.build(job, 80 * DAY, building=True, result=None)

    def later() -> None:
        world.now += DAY
        build.update(building=False, result="FAILURE")

    rule = {"job": "deploy-*", "environment": "production"}
    with world.server as server:
        yield _served(server, later, kind="jenkins", user="cron", deployments=[rule])


@contextmanager
def azure_devops() -> Iterator[Provider]:
    world = azure_devops_world.World(NOW, TOKEN)
    project = world.add("ML")
    project.environments = {7: "production"}
    build = world.running(project, queueTime=world.ago(days=80))
    record = world.deploy(project, build, 7, finishTime=None, result=None)
    world.pull(project, world.ago(days=1))

    def later() -> None:
        world.now += DAY
        world.finish(build)
        project.timelines[str(build["id"])] = azure_devops_world.example("timeline")
        record.update(finishTime=azure_devops_world.iso(world.now), result="succeeded")

    with world.server as server:
        yield _served(server, later, kind="azure_devops", base_url=world.base_url)


@contextmanager
def argocd() -> Iterator[Provider]:
    world = argocd_world.World(NOW, TOKEN)
    application = world.add()
    world.sync(application, "1" * 40, "nora-nystrom")

    def later() -> None:
        for number in range(2, 9):
            world.sync(application, f"{number:040d}")
        world.operate(application, "Failed", "9" * 40)

    with world.server as server:
        yield _served(server, later, kind="argocd")


@contextmanager
def mlflow() -> Iterator[Provider]:
    with pytest.MonkeyPatch.context() as patch, Cassette("mlflow") as server:
        patch.setattr("ingest.mlflow.PAGE_SIZE", mlflow_record.PAGE_SIZE)
        server.at = "begun"
        yield _served(server, lambda: setattr(server, "at", "moved on"), kind="mlflow")


@contextmanager
def buildbot() -> Iterator[Provider]:
    with pytest.MonkeyPatch.context() as patch, Cassette("buildbot") as server:
        patch.setattr("ingest.buildbot.PAGE_SIZE", buildbot_record.PAGE_SIZE)
        settings = {key: value for key, value in buildbot_record.SETTINGS.items() if key != "name"}
        rules = {"deploy-*": "production"}
        provider = _served(server, lambda: setattr(server, "at", "gone on"), deployments=rules, **settings)
        provider.rest = lambda: setattr(server, "at", "unchanged")
        yield provider


@contextmanager
def pagerduty() -> Iterator[Provider]:
    fake = FakePagerduty(NOW)
    fake.trigger("Q1", NOW - 20 * DAY)
    fake.trigger("Q2", NOW - 10 * DAY)

    def later() -> None:
        fake.now += DAY
        fake.resolve("Q2")
        fake.trigger("Q3")

    with Loopback(fake.answer, lambda: fake.now) as server:
        yield _served(server, later, kind="pagerduty")


@contextmanager
def opsgenie() -> Iterator[Provider]:
    fake = FakeOpsgenie(NOW)
    fake.open("I1", NOW - 20 * DAY)
    fake.open("I2", NOW - 10 * DAY)

    def later() -> None:
        fake.now += DAY
        fake.change("I1", status="closed")

    with Loopback(fake.answer, lambda: fake.now) as server:
        yield _served(server, later, kind="opsgenie")


@contextmanager
def statuspage() -> Iterator[Provider]:
    page = json.loads((FIXTURES / "statuspage" / "incidents.json").read_text("utf-8"))
    incidents = [deepcopy(each) for each in page["incidents"]]
    opened = deepcopy(incidents[0]) | {"id": "new", "status": "investigating", "resolved_at": None}

    def answer(request: Request) -> Reply:
        is_open = request.path.endswith("unresolved.json")
        return Reply(page | {"incidents": [each for each in incidents if not is_open or each["status"] != "resolved"]})

    with Loopback(answer, lambda: NOW) as server:
        yield _served(server, lambda: incidents.insert(0, opened), kind="statuspage")


@contextmanager
def jira() -> Iterator[Provider]:
    fake = FakeJira(NOW)
    for number in (1, 2):
        fake.create(number, NOW - 200 * DAY)

    def later() -> None:
        fake.now += DAY
        fake.move(1, "Done")

    with Loopback(fake.answer, lambda: fake.now) as server:
        yield _served(server, later, kind="jira", jql="labels = roadmap", effort_field="customfield_10016")


@contextmanager
def typeform() -> Iterator[Provider]:
    with fake_typeform.served(NOW) as (fake, server, mapping):
        for number in range(4):
            fake.respond(
                number, rating=1 + number, tools=["Git", "Other: my own"], words="slow", mail=f"{number}@x.example"
            )

        def later() -> None:
            fake.respond(4, rating=2, wish="Speed", on_call=False)

        yield _served(server, later, kind="typeform", mapping=str(mapping))


PROVIDERS: dict[str, Callable[[], AbstractContextManager[Provider]]] = {
    made.__name__: made
    for made in (
        github,
        gitlab,
        jenkins,
        azure_devops,
        argocd,
        mlflow,
        buildbot,
        pagerduty,
        opsgenie,
        statuspage,
        jira,
        typeform,
    )
}
"""kind -> what serves it; a new source adds its own."""
