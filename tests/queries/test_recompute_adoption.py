"""The wait for a first deployment and the depth of use, worked out again in plain Python."""

from collections import Counter, defaultdict
from datetime import timedelta
from math import ceil

from queries import metrics
from queries.slice import Slice
from tests.queries.conftest import Simulated


def test_the_curve_is_the_product_of_those_who_stayed(simulated: Simulated) -> None:
    funnel = metrics.ask(simulated.con, "adoption_funnel", Slice(group=("team_id",)))
    first = {row["team_id"]: row["first_deployment_count"] for row in funnel.iter_rows(named=True)}
    deployed, waiting = Counter[int](), Counter[int]()
    facts = simulated.con.sql("select team_id, onboarded_at, first_deployment_at from facts.adoption").fetchall()
    last = simulated.con.sql("select last_at from facts.horizon where record = 'deployment'").fetchall()[0][0]
    for team, onboarded, started in facts:
        if onboarded is None or onboarded > last:
            continue
        counter = deployed if started else waiting
        counter[max(0, ceil(((started or last) - onboarded) / timedelta(days=1)))] += 1
        assert bool(started) == bool(first[team])
    assert deployed and waiting, "this world would test nothing"
    left, share = sum(deployed.values()) + sum(waiting.values()), 1.0
    expected = []
    for day in sorted({*deployed, *waiting}):
        share *= 1 - deployed[day] / left
        expected.append((day, left, deployed[day], waiting[day], round(1 - share, 9)))
        left -= deployed[day] + waiting[day]
    answer = metrics.ask(simulated.con, "first_deployment_curve", Slice())
    columns = ["day_count", "at_risk_count", "deployed_count", "waiting_count", "deployed_ratio"]
    assert [(*row[:4], round(row[4], 9)) for row in answer.select(columns).rows()] == expected
    assert (answer["deployed_ratio_low"] <= answer["deployed_ratio"]).all()
    assert (answer["deployed_ratio_high"] >= answer["deployed_ratio"]).all()


def test_the_newest_word_of_each_team_is_counted(simulated: Simulated) -> None:
    as_of = simulated.con.sql("select as_of from marts.clock").fetchall()[0][0]
    adopters = [row for row in simulated.records["team"] if not row.get("is_platform_team")]
    teams = {row["team_id"] for row in adopters if row.get("eligible_at", as_of) <= as_of}
    newest: dict[tuple[str, str], tuple[object, str]] = {}
    for row in simulated.records["capability"]:
        key = row["team_id"], row["capability"]
        newest[key] = max(newest.get(key, (row["observed_at"], "")), (row["observed_at"], row["level"]))
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for (team, surface), (_, level) in newest.items():
        counts[surface][level] += team in teams
    answer = metrics.ask(simulated.con, "capability_coverage", Slice())
    assert len(answer) == len(counts) > 10
    for row in answer.iter_rows(named=True):
        found = counts[row["capability"]]
        assert [row[f"{name}_count"] for name in ("strategic", "tactical", "missing", "not_required")] == [
            found[name] for name in ("strategic", "tactical", "none", "not_required")
        ]
        needed = found["strategic"] + found["tactical"] + found["none"]
        assert row["strategic_ratio"] == found["strategic"] / needed
