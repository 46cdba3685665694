"""Every figure of a simulated organisation equals one that plain Python counts from the same records."""

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from queries import metrics
from queries.slice import Slice, period_start
from tests.queries.conftest import Simulated
from tests.queries.figures import Answer, adoption, attempts, deployments, failures, health, lead_times, with_waiting
from tests.queries.recount import CHANGES, Changed, Deployed, Ran, Recount
from tests.queries.recount_more import runs_on_platform
from tests.queries.test_statistics import tail_by_integration

SLICES = [
    Slice(),
    Slice(by="month"),
    Slice(by="week"),
    Slice(group=("team_id",)),
    Slice(by="month", group=("team_id",)),
    Slice(group=("domain", "repo")),
    Slice(since=date(2025, 12, 29), until=date(2026, 3, 30)),
]


@pytest.fixture(scope="module")
def recount(simulated: Simulated) -> Recount:
    return Recount(simulated.records, simulated.definitions, simulated.now)


def group_of(recount: Recount, thing: Any, day: date, part: Slice) -> tuple[Any, ...]:
    repo = thing.last["repo"] if isinstance(thing, Ran) else thing.row["repo"]
    values = {"team_id": thing.team_id, "domain": recount.domain.get(thing.team_id), "repo": repo}
    period = [] if part.by == "all" else [period_start(day, part.by)]
    return (*period, *(values[name] for name in part.group))


def compare(
    simulated: Simulated,
    recount: Recount,
    name: str,
    part: Slice,
    *,
    of: Iterable[tuple[Any, date]],
    count: Callable[[list[Any]], Answer],
) -> None:
    """Row by row: the answer has a row for every group that something belongs to, and each says what is counted."""
    groups: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for thing, day in of:
        if (part.since is None or day >= part.since) and (part.until is None or day < part.until):
            groups[group_of(recount, thing, day, part)].append(thing)
    answer = metrics.ask(simulated.con, name, part)
    columns = [] if part.by == "all" else ["period"]
    asked = {tuple(row[column] for column in (*columns, *part.group)): row for row in answer.iter_rows(named=True)}
    assert len(asked) == len(answer)
    assert set(groups) <= set(asked)
    for group, row in asked.items():
        for column, expected in count(groups[group]).items():
            if isinstance(expected, float):
                assert row[column] == pytest.approx(expected, rel=1e-9), (group, column)
            else:
                assert row[column] == expected, (group, column)


def by_slice(part: Slice) -> str:
    return " ".join([part.by, *part.group, *(["window"] if part.since else [])])


every_slice = pytest.mark.parametrize("part", SLICES, ids=by_slice)


def ended_in_production(recount: Recount) -> list[tuple[Deployed, date]]:
    ended = [one for one in recount.deployments if one.finished_at and one.row["status"] in {"succeeded", "failed"}]
    return [(one, recount.day(one.finished_at)) for one in ended if one.environment_class == "production"]


def live(recount: Recount) -> list[tuple[Deployed, date]]:
    return [(one, day) for one, day in ended_in_production(recount) if one.is_live]


@every_slice
def test_deployments(part: Slice, simulated: Simulated, recount: Recount) -> None:
    compare(simulated, recount, "deployment_count", part, of=live(recount), count=deployments)


@every_slice
def test_change_failures(part: Slice, simulated: Simulated, recount: Recount) -> None:
    compare(simulated, recount, "change_fail_rate", part, of=live(recount), count=failures)


@every_slice
def test_failed_attempts(part: Slice, simulated: Simulated, recount: Recount) -> None:
    compare(simulated, recount, "deployment_failure_rate", part, of=ended_in_production(recount), count=attempts)


@every_slice
def test_adoption(part: Slice, simulated: Simulated, recount: Recount) -> None:
    compare(simulated, recount, "adoption_share", part, of=live(recount), count=adoption)


@every_slice
def test_lead_times(part: Slice, simulated: Simulated, recount: Recount) -> None:
    changes = [
        (one, recount.day(one.shipped.finished_at if one.shipped else one.row["merged_at"]))
        for one in recount.changes
        if not one.row.get("is_bot")
    ]

    def count(some: list[Changed]) -> Answer:
        return lead_times(some) | with_waiting(some, recount)

    compare(simulated, recount, "lead_time", part, of=changes, count=count)


@every_slice
def test_spread_of_lead_times(part: Slice, simulated: Simulated, recount: Recount) -> None:
    """Each range holds what took from its lower end up to, not including, that of the next."""
    edges = [0, 1, 24, 168, 720, 4320]
    answer = metrics.ask(simulated.con, "lead_time_distribution", part)
    found: Counter[tuple[Any, ...]] = Counter()
    for one in recount.changes:
        day = recount.day(one.shipped.finished_at if one.shipped else one.row["merged_at"])
        inside = (part.since is None or day >= part.since) and (part.until is None or day < part.until)
        waited = one.hours(one.row.get("first_commit_at"), recount.as_of) if one.is_waiting else None
        hours = one.parts[3] if one.shipped else waited
        if inside and hours is not None and not one.row.get("is_bot"):
            edge = max((edge for edge in edges if edge <= hours), default=0)
            found[(*group_of(recount, one, day, part), edge, one.shipped is not None)] += 1
    columns = [*([] if part.by == "all" else ["period"]), *part.group, "hours_from"]
    asked: Counter[tuple[Any, ...]] = Counter()
    for row in answer.iter_rows(named=True):
        key = tuple(row[column] for column in columns)
        asked[(*key, True)], asked[(*key, False)] = row["change_count"], row["waiting_count"]
    assert +asked == found and len(found) > 5


@every_slice
def test_pipelines(part: Slice, simulated: Simulated, recount: Recount) -> None:
    runs = [(run, recount.day(run.created_at)) for run in recount.runs]
    compare(simulated, recount, "ci_health", part, of=runs, count=health)


def test_the_simulation_has_what_it_takes(recount: Recount) -> None:
    """Otherwise the comparisons above would compare nothing."""
    evidence = [one.failures for one in recount.live if one.failures]
    assert sum("named" in found for found in evidence) > 5 and sum("named" not in found for found in evidence) > 5
    assert {one.path for one in recount.live} == {"platform", "off_platform", "unknown"}
    assert {one.cause for one in recount.live} >= CHANGES - {"promotion"} | {"retrain", "rollback"}
    assert sum(one.is_waiting for one in recount.changes) > 5
    assert sum(one.shipped is None and not one.is_waiting for one in recount.changes) > 0
    assert sum(run.is_flaky for run in recount.runs) > 20 and sum(run.attempt_count > 1 for run in recount.runs) > 20
    assert len({one.product for one in recount.live if one.row["repo"] == "acme/next-best-offer"}) == 3
    assert {one.team_id for one in recount.live if one.row["repo"] == "acme/churn-model"} == {"t01", "t08"}
    assert None in {one.team_id for one in recount.live}


@pytest.mark.parametrize("group", [(), ("team_id",)])
def test_frequency(group: tuple[str, ...], simulated: Simulated, recount: Recount) -> None:
    since, until = date(2025, 11, 3), date(2026, 3, 30)
    weeks = [since + timedelta(days=7 * n) for n in range((until - since).days // 7)]
    days: dict[Any, list[date]] = defaultdict(list)
    for one, day in live(recount):
        if one.cause in CHANGES and since <= day < until:
            days[one.team_id if group else None].append(day)
    answer = metrics.ask(simulated.con, "deployment_frequency", Slice(group=group, since=since, until=until))
    assert len(answer) == len(days)
    for row in answer.iter_rows(named=True):
        mine = days[row["team_id"] if group else None]
        distinct = [len({day for day in mine if period_start(day, "week") == week}) for week in weeks]
        assert row["days_per_week_median"] == statistics.median(distinct)
        assert row["deployments_per_week"] == pytest.approx(len(mine) / len(weeks))
        assert row["week_count"] == len(weeks)


def test_active_and_eligible_teams(simulated: Simulated, recount: Recount) -> None:
    adopters = {team["team_id"]: team for team in recount.records["team"] if not team.get("is_platform_team")}
    answer = metrics.ask(simulated.con, "adoption_share", Slice(by="month"))
    assert answer["eligible_team_count"].n_unique() > 1
    assert answer["people_count"].n_unique() > 2
    for row in answer.iter_rows(named=True):
        month = row["period"]
        after = (month + timedelta(days=32)).replace(day=1)
        active = {
            one.team_id
            for one, day in live(recount)
            if period_start(day, "month") == month
            and one.path == "platform"
            and one.team_id in adopters
            and adopters[one.team_id].get("eligible_at", one.finished_at) <= one.finished_at
        }
        eligible = [
            team for team in adopters.values() if "eligible_at" not in team or recount.day(team["eligible_at"]) < after
        ]
        people = {
            actor
            for actor, team_id, at in users(recount)
            if period_start(recount.day(at), "month") == month
            and team_id in adopters
            and recount.day(adopters[team_id].get("eligible_at", at)) <= recount.day(at)
        }
        headcount = sum(team["headcount"] for team in eligible)
        assert row["active_team_count"] == len(active)
        assert row["eligible_team_count"] == len(eligible)
        assert (row["people_count"], row["eligible_headcount"]) == (len(people), headcount)
        assert row["people_ratio"] == pytest.approx(len(people) / headcount)


def users(recount: Recount) -> list[tuple[str, str | None, datetime]]:
    """Who started a run or a deployment through the platform, for which team and when; machines left out."""
    bots = {change["author"] for change in recount.records["change"] if change.get("is_bot") and change.get("author")}
    found = [
        (row["actor"], recount.owner(row["repo"], None, row["created_at"])[0], row["created_at"])
        for row in recount.records["ci_run"]
        if row.get("actor") and row.get("event") != "schedule" and runs_on_platform(row, recount)
    ]
    found += [
        (one.row["actor"], one.team_id, one.row["created_at"])
        for one in recount.deployments
        if one.path == "platform" and one.cause not in {"retrain", "redeploy"} and one.row.get("actor")
    ]
    return [one for one in found if one[0] not in bots and one[2] <= recount.as_of]


def pains(records: dict[str, list[dict[str, Any]]]) -> dict[tuple[str, str], list[tuple[str | None, float, bool]]]:
    """Team, severity and whether affected, of each respondent to each pain of each survey; the newest answer counts."""
    answers = [row for row in records["survey_answer"] if row.get("pain_id") and row.get("rating") is not None]
    answers.sort(key=lambda row: (row["submitted_at"], row["response_id"], row["question_id"]))
    newest: dict[tuple[str, str, str], tuple[str | None, float, bool]] = {}
    for row in answers:
        low, high = row["scale_min"], row["scale_max"]
        severity = (row["rating"] - low) / (high - low)
        person = row.get("respondent") or row["response_id"]
        newest[row["survey_id"], row["pain_id"], person] = row.get("team_id"), severity, row["rating"] >= high - 1
    found: dict[tuple[str, str], list[tuple[str | None, float, bool]]] = defaultdict(list)
    for (survey, pain, _), answer in newest.items():
        found[survey, pain].append(answer)
    return found


def test_pain(simulated: Simulated) -> None:
    found = pains(simulated.records)
    answer = metrics.ask(simulated.con, "pain", Slice())
    assert len(answer) == len(found) == 24
    for row in answer.iter_rows(named=True):
        mine = found[row["survey_id"], row["pain_id"]]
        assert row["answer_count"] == len(mine)
        assert row["affected_count"] == sum(affected for _, _, affected in mine)
        assert row["severity_mean"] == pytest.approx(statistics.mean(severity for _, severity, _ in mine))


def test_pain_of_teams_that_are_shown(simulated: Simulated) -> None:
    found = pains(simulated.records)
    answer = metrics.ask(simulated.con, "pain", Slice(group=("team_id",)))
    shown = answer.drop_nulls("answer_count")
    assert 0 < len(shown) < len(answer)
    for row in shown.iter_rows(named=True):
        mine = [one for one in found[row["survey_id"], row["pain_id"]] if one[0] == row["team_id"]]
        assert row["answer_count"] == len(mine) >= 5
        assert row["affected_count"] == sum(affected for _, _, affected in mine)


def surely_hurting(answers_of: dict[str, list[tuple[str | None, float, bool]]]) -> set[str]:
    """Pains in the order of their chance (binomial at a third), until one is above 5 % over those that are left."""
    chance = {}
    for pain, answers in answers_of.items():
        n, affected = len(answers), sum(one[2] for one in answers)
        tails = (math.comb(n, k) * (1 / 3) ** k * (2 / 3) ** (n - k) for k in range(affected, n + 1))
        chance[pain] = math.fsum(tails)
    found = set[str]()
    for place, pain in enumerate(sorted(chance, key=lambda one: chance[one])):
        if chance[pain] > 0.05 / (len(chance) - place):
            break
        found.add(pain)
    return found


def test_pain_against_priorities(simulated: Simulated) -> None:
    found = pains(simulated.records)
    newest = max(simulated.records["survey"], key=lambda row: row["opened_at"])["survey_id"]
    planned = [row for row in simulated.records["initiative"] if row["status"] in {"planned", "in_progress"}]
    weight = {row["initiative_id"]: (6 - row.get("priority", 3)) / 5 for row in planned}
    scores = {}
    for (survey, pain), answers in found.items():
        if survey == newest:
            reach = sum(affected for _, _, affected in answers) / len(answers)
            scores[pain] = reach * statistics.mean(severity for _, severity, _ in answers)
    answer = metrics.ask(simulated.con, "pain_overlap", Slice())
    assert {row["quadrant"] for row in answer.iter_rows(named=True)} >= {"quick_win", "listen", "drift"}
    overlap = 0.0
    hurting = surely_hurting({pain: answers for (survey, pain), answers in found.items() if survey == newest})
    for row in answer.iter_rows(named=True):
        answers = found[newest, row["pain_id"]]
        work = [one for one in planned if row["pain_id"] in one.get("pain_ids", [])]
        attention = sum(weight[one["initiative_id"]] / len(one["pain_ids"]) for one in work) / sum(weight.values())
        pain_share = scores[row["pain_id"]] / sum(scores.values())
        overlap += min(attention, pain_share)
        assert row["survey_id"] == newest
        assert row["pain_score"] == pytest.approx(scores[row["pain_id"]])
        assert row["priority_score"] == max((weight[one["initiative_id"]] for one in work), default=0)
        assert row["attention_share"] == pytest.approx(attention)
        assert row["pain_share"] == pytest.approx(pain_share)
        probability = tail_by_integration(sum(affected for _, _, affected in answers), len(answers), 1 / 3)
        hurts = "yes" if row["pain_id"] in hurting else "no" if probability <= 0.2 else "unsure"
        labels = {("yes", True): "quick_win", ("yes", False): "listen", ("no", True): "drift", ("no", False): "later"}
        assert row["quadrant"] == labels.get((hurts, bool(work)), "unsure")
    index = metrics.ask(simulated.con, "overlap_index", Slice())
    assert index["overlap_index"][0] == pytest.approx(overlap)
