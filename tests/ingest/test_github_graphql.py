"""GraphQL tells the same as REST, in few requests; what it does not tell, REST does."""

import json

import pytest
from pydantic import TypeAdapter

from ingest import github_graphql
from tests import github_graphql as server
from tests.fake_github import FakeGithub
from tests.github_faults import Fault
from tests.github_world import Deployment, Pull, Repo, Status, World, iso
from tests.ingest.github_reading import TOKEN, Reading
from tests.ingest.github_repo import NOW, at, deployed, fraud, merged

STATES = ("waiting", "queued", "in_progress", "success", "inactive")


def fill(github: FakeGithub, count: int = 60) -> None:
    """Requests and deployments with something of all that their details may hold."""
    reviews = [(at(days=9), "renovate[bot]", "Bot"), (at(days=8), "mona-lisa", "User"), (at(days=7), "rita", "User")]
    for number in range(1, count + 1):
        pull = merged(number, days=number)
        pull.commits = [at(days=100 + number), at(days=99)]
        pull.reviews = reviews[number % 3 :]
        fraud(github).pulls.append(pull)
        deployment = deployed(*STATES[: number % 6], number=number, days=number)
        for status in deployment.statuses:
            status.log_url = f"https://github.com/acme/fraud/actions/runs/{number}/job/1?sig=hunter2"
        fraud(github).deployments.append(deployment)
    bot = merged(900, days=2)
    bot.user, bot.user_type = "renovate[bot]", "Bot"
    bot.reviews = [(at(days=9), "renovate[bot]", "Bot"), (at(days=3), "rita", "User")]
    fraud(github).pulls.append(bot)


def both(github: FakeGithub) -> tuple[Reading, Reading]:
    return Reading(github, graphql=True, compare=[]), Reading(github, graphql=False, compare=[])


def details(requests: list[tuple[str, int]]) -> int:
    """Requests for what belongs to one pull request or deployment."""
    return sum(address.split("?")[0].endswith(("/commits", "/reviews", "/statuses")) for address, _ in requests)


def test_both_ways_tell_the_same_in_a_tenth_of_the_requests(github: FakeGithub) -> None:
    fill(github)
    by_graphql, by_rest = both(github)
    few, many = by_graphql.sync(), by_rest.sync()
    assert by_graphql.kept == by_rest.kept and len(by_rest.kept) == 121
    assert (details(few.requests), details(many.requests)) == (0, 60 + 2 * 61)
    assert sum(address == "/graphql" for address, _ in few.requests) == 4
    assert "hunter2" not in by_graphql.written and "node_id" not in by_graphql.written + by_rest.written
    by_graphql.sync()
    assert by_graphql.sync().pages == []


def test_statuses_of_one_second_are_put_in_order(github: FakeGithub) -> None:
    for number in (1, 2):
        deployment = deployed(number=number)
        deployment.statuses = [Status(state, at(hours=1)) for state in ("queued", "in_progress", "failure")]
        fraud(github).deployments.append(deployment)
    by_graphql, by_rest = both(github)
    by_graphql.sync()
    by_rest.sync()
    assert by_graphql.kept == by_rest.kept


def test_what_is_too_long_is_read_page_by_page(github: FakeGithub) -> None:
    """Of more than 100 commits, the oldest may stand anywhere: rebased ones keep their author's date."""
    fill(github, 2)
    long = fraud(github).pulls[0]
    long.commits = [at(days=50)] * 120 + [at(days=300)]
    fraud(github).deployments[0].statuses += [Status("in_progress", at(hours=1))] * 120
    by_graphql, by_rest = both(github)
    found = by_graphql.sync()
    by_rest.sync()
    assert by_graphql.kept == by_rest.kept
    [change] = [each for each in found.of("change") if each.number == 1]
    assert iso(change.first_commit_at) == at(days=300)
    assert details(found.requests) == 2 + 1 + 2


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("graphql_limited", 2),
        ("graphql_forbidden", 2),
        ("missing", 2),
        ("forbidden", 2),
        ("failed", 4),
        ("html", 4),
    ],
)
def test_where_graphql_is_of_no_use_rest_is_asked_and_graphql_no_more(
    github: FakeGithub, kind: str, asked: int
) -> None:
    """One question for each kind of node, with its second try where the fault may pass."""
    fill(github, 40)
    github.faults.append(Fault(kind, match="graphql", times=99))
    by_graphql, by_rest = both(github)
    found = by_graphql.sync()
    by_rest.sync()
    assert found.faults == [] and found.stopped is None
    assert by_graphql.kept == by_rest.kept
    assert sum(address == "/graphql" for address, _ in found.requests) == asked


@pytest.mark.parametrize("kind", ["graphql_partial", "graphql_failed"])
def test_what_graphql_leaves_out_rest_tells(github: FakeGithub, kind: str) -> None:
    fill(github, 40)
    github.faults.append(Fault(kind, match="graphql", times=2))
    by_graphql, by_rest = both(github)
    found = by_graphql.sync()
    by_rest.sync()
    assert by_graphql.kept == by_rest.kept and found.faults == []
    assert details(found.requests) == (1 + 2 if kind == "graphql_partial" else 40 + 2 * 41)


def test_when_the_limit_of_graphql_is_used_up_rest_goes_on(github: FakeGithub) -> None:
    fill(github, 130)
    github.faults.append(Fault("graphql_last", match="graphql", wait=3_000))
    by_graphql, by_rest = both(github)
    found = by_graphql.sync()
    by_rest.sync()
    assert found.stopped is None and by_graphql.kept == by_rest.kept
    assert sum(address == "/graphql" for address, _ in found.requests) < 3


def test_a_pause_that_graphql_asks_for_is_made(github: FakeGithub) -> None:
    fill(github, 40)
    github.faults.append(Fault("graphql_paused", match="graphql", wait=9))
    found = Reading(github, graphql=True).sync()
    assert details(found.requests) == 0 and len(found.of("change")) == 41


def test_a_token_that_graphql_refuses_stops_the_source(github: FakeGithub) -> None:
    fill(github, 40)
    github.faults.append(Fault("refused", match="graphql"))
    assert "was refused (401" in (Reading(github, graphql=True).sync().stopped or "")


def test_what_is_deleted_meanwhile_is_let_go(github: FakeGithub) -> None:
    fill(github, 40)

    def delete(world: World) -> None:
        world.repos["acme/fraud"].deployments.pop(3)

    github.faults.append(Fault(match="graphql", action=delete))
    found = Reading(github, graphql=True).sync()
    assert found.faults == [] and len(found.of("deployment")) == 39


def test_github_enterprise_has_it_beside_its_rest_api() -> None:
    world = World(token=TOKEN, now=NOW)
    with FakeGithub(world, prefix="/api/v3") as github:
        world.add(small())
        found = Reading(github, graphql=True).sync()
    assert ("/api/graphql", 200) in found.requests and details(found.requests) == 0


def small() -> Repo:
    pulls = [Pull(n, n, at(days=2), at(days=1), at(days=1), commits=[at(days=3)]) for n in (1, 2)]
    deployments = [Deployment(n, at(days=1), statuses=[Status("success", at(hours=1))]) for n in (1, 2)]
    return Repo("acme/fraud", pulls=pulls, deployments=deployments)


@pytest.mark.parametrize("question", [github_graphql.PULLS, github_graphql.DEPLOYMENTS])
def test_a_question_asks_for_documented_fields_only(question: github_graphql.Question) -> None:
    """The fake refuses others, so it must hold what the schema says of each field in use, and no more."""
    names: set[str] = set()

    def walk(selection: server.Selection) -> None:
        for name, _, inner in selection:
            names.add(name.removeprefix("... on "))
            walk(inner or [])

    walk(server.parsed(question.text))
    documented = {field for fields in server.schema().values() for field in fields} | set(server.schema())
    assert names <= documented | {"__typename"}


def test_what_the_schema_does_not_have_the_fake_refuses() -> None:
    asked = {"query": "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Deployment { colour } } }"}
    world = World(now=NOW)
    world.add(small())
    told = server.answer(world, asked | {"variables": {"ids": ["DE_1"]}})
    assert "Field 'colour' doesn't exist on type 'Deployment'" in json.dumps(told)
    assert TypeAdapter(github_graphql.Answer).validate_python(told)
