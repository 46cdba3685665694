"""Recovery, rework, broken pipelines, controls, adoption and heroics again, from the definitions in plain Python."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from app.demo.parameters import Effects
from app.demo.rows import rows as rows_of
from app.demo.simulation import simulate
from queries import metrics, rows
from queries.definitions import Definitions
from queries.slice import Slice, period_start
from tests.queries.conftest import Simulated
from tests.queries.figures import Answer, quantiles, share, survival
from tests.queries.recount import CHANGES, Deployed, Recount, Row
from tests.queries.recount_more import (
    Key,
    adopters,
    breaks,
    broken,
    checks,
    hours,
    off_hours,
    runs_on_platform,
    usual_gap,
    via_platform,
)
from tests.queries.world import read_model

START, END = date(2025, 10, 12), date(2026, 6, 12)
"""Both changes of the clock, the turn of the year, and a month that still runs."""


@pytest.fixture(scope="module")
def world() -> Simulated:
    """Sixteen teams over eight months: so many that some stopped, one only retrains and one deployed once."""
    definitions = Definitions(
        timezone="Europe/Amsterdam",
        platform_rules={"uses": ("acme/ml-platform/.github/workflows/*",), "workflows": ("ML deploy*",)},
        holidays=(date(2025, 12, 25), date(2025, 12, 26), date(2026, 1, 1), date(2026, 4, 6), date(2026, 4, 27)),
    )
    records = rows_of(simulate(3, 16, START, END, Effects()))
    records["deployment"] += [left_broken(number)[0] for number in range(5)]
    records["incident"] += [left_broken(number)[1] for number in range(5)]
    now = datetime(2026, 6, 12, 6)
    return Simulated(read_model(records, definitions, now), records, definitions, now)


def left_broken(number: int) -> tuple[Row, Row]:
    """A deployment of a product that nothing follows, and its incident that nobody closed: the simulation has none."""
    made = datetime(2026, 5, 1 + 8 * number % 30, 12) + timedelta(minutes=number)
    deployment = {"deployment_id": f"left-{number}", "repo": f"acme/left-{number}", "environment": "live"}
    deployment |= {"status": "succeeded", "created_at": made, "finished_at": made + timedelta(minutes=5)}
    incident = {"incident_id": f"left-{number}", "opened_at": made + timedelta(hours=1), "repo": f"acme/left-{number}"}
    return deployment, incident


@pytest.fixture(scope="module")
def recount(world: Simulated) -> Recount:
    """A rule for a folder of a shared repository names its product too, which is all that is needed here."""
    ownership = [rule | {"pattern": rule["pattern"].partition(":")[0]} for rule in world.records["ownership"]]
    return Recount(world.records | {"ownership": ownership}, world.definitions, world.now)


def with_waiting(stem: str, lives: list[tuple[float, bool]]) -> Answer:
    """Quantiles of (hours or days, whether it ended); in whole seconds or less, so exactly."""
    exact = [(round(length * 86400), ended) for length, ended in lives]
    return survival(stem, [one for one in exact if one[1]], [one for one in exact if not one[1]], 86400)


def compare(
    world: Simulated, name: str, part: Slice, things: list[tuple[Key, date, Any]], count: Callable[[list[Any]], Answer]
) -> None:
    """Row by row: `things` come with the values that the answer is grouped by, and their day."""
    groups: dict[Key, list[Any]] = defaultdict(list)
    for key, day, thing in things:
        groups[(*([] if part.by == "all" else [period_start(day, part.by)]), *key)].append(thing)
    answer = metrics.ask(world.con, name, part).to_dicts()
    always = [column for column in ("control", "cohort", "month_number") if column in answer[0]]
    columns = [*([] if part.by == "all" else ["period"]), *always, *part.group]
    asked = {tuple(row[column] for column in columns): row for row in answer}
    assert len(asked) == len(answer)
    assert set(groups) <= set(asked)
    for key, row in asked.items():
        for column, expected in count(groups[key]).items():
            if isinstance(expected, float):
                assert row[column] == pytest.approx(expected, rel=1e-6, abs=1e-9), (key, column)
            else:
                assert row[column] == expected, (key, column)


SLICES = [Slice(), Slice(group=("team_id",)), Slice(by="month"), Slice(by="week", group=("domain",))]
every_slice = pytest.mark.parametrize("part", SLICES, ids=lambda part: " ".join([part.by, *part.group]))


def key_of(recount: Recount, team_id: str | None, part: Slice) -> Key:
    values = {"team_id": team_id, "domain": recount.domain.get(team_id or "")}
    return tuple(values[name] for name in part.group)


def recoveries(some: list[tuple[Deployed, float, bool]]) -> Answer:
    lives = [(length, over) for _, length, over in some]
    over = sum(ended for _, ended in lives)
    return {
        "recovered_count": over,
        "open_count": len(lives) - over,
        **with_waiting("recovery_hours", lives),
    }


@every_slice
def test_recoveries(part: Slice, world: Simulated, recount: Recount) -> None:
    found = broken(recount)
    assert len(found) > 60
    things = [(key_of(recount, one[0].team_id, part), recount.day(one[0].finished_at), one) for one in found]
    compare(world, "recovery_time", part, things, recoveries)


def test_spread_of_recoveries(world: Simulated, recount: Recount) -> None:
    edges = [0, 1, 24, 168, 720, 4320]
    found = Counter((max(edge for edge in edges if edge <= length), over) for _, length, over in broken(recount))
    asked: Counter[tuple[int, bool]] = Counter()
    for row in metrics.ask(world.con, "recovery_distribution", Slice()).iter_rows(named=True):
        asked[row["hours_from"], True], asked[row["hours_from"], False] = row["recovered_count"], row["open_count"]
    assert +asked == found and len(found) > 3


def test_open_recoveries_are_there(recount: Recount) -> None:
    """Otherwise nothing above would say anything of what still waits."""
    assert sum(not over for _, _, over in broken(recount)) >= 5


@every_slice
def test_rework(part: Slice, world: Simulated, recount: Recount) -> None:
    def count(some: list[Deployed]) -> Answer:
        rework = sum(one.is_unplanned for one in some)
        return {"deployment_count": len(some), "rework_count": rework, "rework_ratio": share(rework, len(some))}

    things = [(key_of(recount, one.team_id, part), recount.day(one.finished_at), one) for one in recount.live]
    compare(world, "rework_rate", part, things, count)


@pytest.mark.parametrize("part", [*SLICES, Slice(group=("repo", "workflow"))], ids=str)
def test_broken_pipelines(part: Slice, world: Simulated, recount: Recount) -> None:
    def count(some: list[tuple[float, bool, int]]) -> Answer:
        mended = sum(green for _, green, _ in some)
        return {
            "mended_count": mended,
            "open_count": len(some) - mended,
            "failure_count": sum(failures for _, _, failures in some),
            **with_waiting("green_hours", [(length, green) for length, green, _ in some]),
        } | ({"broken_hours": sum(length for length, _, _ in some)} if some else {})

    things = []
    for row, team_id, moment, *rest in breaks(recount):
        by_pipeline = (row["repo"], row["workflow"])
        key = by_pipeline if part.group == ("repo", "workflow") else key_of(recount, team_id, part)
        things.append((key, recount.day(moment), tuple(rest)))
    assert len(things) > 200 and any(not green for _, _, (_, green, _) in things)
    compare(world, "time_to_green", part, things, count)


@pytest.mark.parametrize("group", [(), ("team_id",), ("repo",)], ids=str)
def test_controls(group: tuple[str, ...], world: Simulated, recount: Recount) -> None:
    found = checks(recount)
    first: dict[Key, date] = {}
    for check in found:
        place = check["run"].last["repo"], check["control"]
        check["day"] = recount.day(check["at"])
        first[place] = min(check["day"], first.get(place, check["day"]))

    def count(some: list[Row]) -> Answer:
        blocked = [check for check in some if check["blocked"]]
        waits = [check["hours"] for check in blocked if check["hours"] is not None]
        early = [
            check for check in some if (check["day"] - first[check["run"].last["repo"], check["control"]]).days < 56
        ]
        late = len(some) - len(early)
        early_blocked = sum(check["blocked"] for check in early)
        return {
            "run_count": len(some),
            "blocked_count": len(blocked),
            "blocked_ratio": share(len(blocked), len(some)),
            "passed_count": len(waits),
            "open_count": len(blocked) - len(waits),
            "blocked_hours": float(sum(waits)),
            **quantiles("blocked_hours", waits),
            "early_run_count": len(early),
            "early_blocked_ratio": share(early_blocked, len(early)),
            "late_run_count": late,
            "late_blocked_ratio": share(len(blocked) - early_blocked, late),
        }

    things = []
    for check in found:
        by = {"team_id": check["run"].team_id, "repo": check["run"].last["repo"]}
        things.append(((check["control"], *(by[name] for name in group)), check["day"], check))
    assert {check["control"] for check in found} >= {"lint", "pre-commit", "test", "type check", "security scan"}
    assert sum(check["blocked"] for check in found) > 50
    compare(world, "control_friction", Slice(group=group), things, count)


def test_funnel(world: Simulated, recount: Recount) -> None:
    answer = {
        row["team_id"]: row for row in metrics.ask(world.con, "adoption_funnel", Slice(group=("team_id",))).to_dicts()
    }
    eligible = {
        one: team
        for one, team in adopters(recount).items()
        if team.get("eligible_at", START) is START or team["eligible_at"] <= recount.as_of
    }
    assert set(answer) == set(eligible)
    this_week = period_start(recount.day(recount.as_of), "week")
    totals: Counter[str] = Counter()
    for team_id, team in eligible.items():
        made = via_platform(recount)[team_id]
        changes = [one for one in made if one.cause in CHANGES]
        signs = changes if len({recount.day(one.finished_at) for one in changes}) >= 3 else made
        gap = usual_gap([recount.day(one.finished_at) for one in signs])
        patience = timedelta(hours=int(24 * max(30, 2 * (gap or 0))))
        weeks = {period_start(recount.day(one.finished_at), "week") for one in made}
        habitual = sum(this_week - timedelta(days=7 * n) in weeks for n in range(1, 9)) >= 6
        lapsed = bool(signs) and signs[-1].finished_at + patience < recount.as_of
        runs = [
            run.created_at for run in recount.runs if run.team_id == team_id and runs_on_platform(run.last, recount)
        ]
        runs += [
            one.row["created_at"] for one in recount.deployments if one.team_id == team_id and one.path == "platform"
        ]
        row = answer[team_id]
        assert row["onboarded_count"] == (team.get("onboarded_at") is not None)
        assert row["first_run_day"] == (recount.day(min(runs)) if runs else None), team_id
        assert row["first_deployment_day"] == (recount.day(made[0].finished_at) if made else None)
        assert row["last_deployment_day"] == (recount.day(made[-1].finished_at) if made else None)
        assert row["usual_gap_days"] == gap, team_id
        assert row["habitual_count"] == habitual
        assert row["lapsed_day"] == (recount.day(signs[-1].finished_at + patience) if lapsed else None)
        totals.update(
            onboarded_count="onboarded_at" in team, first_run_count=bool(runs), first_deployment_count=bool(made)
        )
        totals.update(habitual_count=habitual, lapsed_count=lapsed)
    (whole,) = metrics.ask(world.con, "adoption_funnel", Slice()).to_dicts()
    assert {column: whole[column] for column in totals} == totals
    assert all(totals.values()) and whole["eligible_count"] == len(eligible) > whole["first_run_count"]


def test_retention(world: Simulated, recount: Recount) -> None:
    today = recount.day(recount.as_of)
    active: dict[str, set[int]] = {
        team_id: {12 * day.year + day.month for day in (recount.day(one.finished_at) for one in made)}
        for team_id, made in via_platform(recount).items()
        if made
    }
    teams: Counter[Key] = Counter()
    alive: Counter[Key] = Counter()
    for months in active.values():
        first = min(months)
        for month in range(first, 12 * today.year + today.month + 1):
            teams[first, month - first] += 1
            alive[first, month - first] += month in months
    answer = metrics.ask(world.con, "retention", Slice()).to_dicts()
    found = {(12 * row["cohort"].year + row["cohort"].month, row["month_number"]): row for row in answer}
    assert set(found) == set(teams) and len(found) == len(answer) > 20
    for key, row in found.items():
        assert (row["team_count"], row["active_count"]) == (teams[key], alive[key])
        assert row["active_ratio"] == alive[key] / teams[key]
        assert row["is_running"] == (sum(key) == 12 * today.year + today.month)
    assert sum(alive.values()) < sum(teams.values())


def test_time_to_first_deployment(world: Simulated, recount: Recount) -> None:
    made, lives = via_platform(recount), []
    for team_id, team in adopters(recount).items():
        if "onboarded_at" in team:
            ends = made[team_id][0].finished_at if made[team_id] else recount.as_of
            lives.append((hours(team["onboarded_at"], ends) / 24, bool(made[team_id])))
    (row,) = metrics.ask(world.con, "time_to_first_deployment", Slice()).to_dicts()
    assert row["deployed_count"] == sum(ended for _, ended in lives) >= 6
    assert row["waiting_count"] == sum(not ended for _, ended in lives) > 0
    for column, expected in with_waiting("first_days", lives).items():
        assert row[column] == (None if expected is None else pytest.approx(expected)), column
    assert row["first_days_median"] is not None


@every_slice
def test_heroics(part: Slice, world: Simulated, recount: Recount) -> None:
    shipped = Counter(change.shipped.id for change in recount.changes if change.shipped)
    lines: dict[str, list[Deployed]] = defaultdict(list)
    people = [one for one in recount.live if one.cause not in {"retrain", "redeploy"}]
    for one in sorted(people, key=lambda one: (one.finished_at, one.id)):
        if one.team_id:
            lines[one.team_id].append(one)
    gaps = {
        one.id: hours(before.finished_at, one.finished_at) / 24
        for line in lines.values()
        for before, one in pairwise(line)
    }

    def count(some: list[Deployed]) -> Answer:
        fixes = [one for one in some if one.is_unplanned]
        off, fixes_off = (sum(off_hours(one, recount) for one in ones) for ones in (some, fixes))
        hands = Counter(one.row["actor"] for one in some if one.row.get("actor"))
        enough = len(hands) >= 3 and hands.total() >= 13
        return {
            "deployment_count": len(some),
            "off_hours_count": off,
            "off_hours_ratio": share(off, len(some)),
            "fix_count": len(fixes),
            "fix_off_hours_ratio": share(fixes_off, len(fixes)),
            "deployer_count": len(hands),
            "busiest_deployer_ratio": max(hands.values()) / hands.total() if enough else None,
            "changes_per_deployment": sum(shipped[one.id] for one in some) / len(some) if some else None,
            **quantiles("gap_days", [gaps[one.id] for one in some if one.id in gaps]),
        }

    assert sum(off_hours(one, recount) for one in people) > 20
    things = [(key_of(recount, one.team_id, part), recount.day(one.finished_at), one) for one in people]
    compare(world, "heroics", part, things, count)


def test_nothing_that_is_shown_names_a_person(world: Simulated) -> None:
    """In this world the people are not even hashed: no answer and no fact row may hold one of them."""
    people = {
        row.get(column)
        for noun in world.records.values()
        for row in noun
        for column in ("actor", "author", "respondent")
    }
    people -= {None}
    assert len(people) > 100
    shown = [rows.fact_rows(world.con, fact) for fact in rows.FACTS]
    for name, metric in metrics.METRICS.items():
        shown += [metrics.ask(world.con, name, Slice(group=(dimension,))) for dimension in metric.dimensions]
    for frame in shown:
        assert not {"actor", "author", "respondent", "deployer"} & set(frame.columns)
        text = frame.select(column for column, kind in frame.schema.items() if str(kind) == "String")
        assert not people & {value for column in text.columns for value in text[column].unique()}
