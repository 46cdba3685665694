"""Quick wins, listen and drift again, from the records and the definitions alone, in plain Python."""

import statistics

import pytest

from queries import metrics
from queries.slice import Slice
from tests.queries.conftest import Simulated
from tests.queries.recount import Row
from tests.queries.test_recompute import pains, surely_hurting
from tests.queries.test_statistics import tail_by_integration


def newest(simulated: Simulated) -> dict[str, list[tuple[str | None, float, bool]]]:
    """Pain -> the answers of the newest survey."""
    survey = max(simulated.records["survey"], key=lambda row: row["opened_at"])["survey_id"]
    return {pain: answers for (one, pain), answers in pains(simulated.records).items() if one == survey}


def planned(simulated: Simulated) -> list[Row]:
    return [row for row in simulated.records["initiative"] if row["status"] in {"planned", "in_progress"}]


def test_quick_wins(simulated: Simulated) -> None:
    answers_of = newest(simulated)
    scores = {}
    for work in planned(simulated):
        if work["effort_days"] > 10 or work.get("blocker"):
            continue
        for pain in set(work.get("pain_ids") or ()) & surely_hurting(answers_of):
            answers = answers_of[pain]
            affected = sum(one[2] for one in answers)
            confidence = tail_by_integration(affected, len(answers), 1 / 3)
            severity = statistics.mean(one[1] for one in answers)
            worth = affected / len(answers) * severity * confidence
            scores[pain, work["initiative_id"]] = worth / max(work["effort_days"], 0.5)
    answer = metrics.ask(simulated.con, "quick_wins", Slice())
    assert len(scores) >= 2
    assert list(answer["rank"]) == list(range(1, len(scores) + 1))
    ordered = sorted(scores, key=lambda pair: -scores[pair])
    assert list(answer.select("pain_id", "initiative_id").rows()) == ordered
    for row in answer.iter_rows(named=True):
        assert row["score"] == pytest.approx(scores[row["pain_id"], row["initiative_id"]], rel=1e-4)


def test_listen_and_drift(simulated: Simulated) -> None:
    answers_of, work = newest(simulated), planned(simulated)
    answered = {pain for row in work for pain in row.get("pain_ids") or ()}
    listen = metrics.ask(simulated.con, "listen", Slice())
    assert set(listen["pain_id"]) == surely_hurting(answers_of) - answered != set()
    hardly = {
        pain
        for pain, answers in answers_of.items()
        if tail_by_integration(sum(one[2] for one in answers), len(answers), 1 / 3) <= 0.2
    }
    drift = metrics.ask(simulated.con, "drift", Slice())
    assert set(drift["initiative_id"]) == {
        row["initiative_id"] for row in work if set(row.get("pain_ids") or ()) <= hardly
    }
    assert set(drift["kind"]) == {"names no pain", "hardly any pain"}


def test_survey_response(simulated: Simulated) -> None:
    """Who answered anything, by team; and each pain with teams weighed by headcount, those under five as one."""
    answers_of = newest(simulated)
    survey = max(simulated.records["survey"], key=lambda row: row["opened_at"])
    said = [row for row in simulated.records["survey_answer"] if row["survey_id"] == survey["survey_id"]]
    people = {row["respondent"]: row["team_id"] for row in said}
    heads = {row["team_id"]: row["headcount"] for row in simulated.records["team"] if not row.get("is_platform_team")}
    one = metrics.ask(simulated.con, "survey_response", Slice(where={"survey_id": (survey["survey_id"],)})).to_dicts()[
        0
    ]
    assert (one["response_count"], one["invited_count"]) == (len(people), survey["invited_count"])
    by_team = metrics.ask(simulated.con, "survey_response", Slice(group=("team_id",)))
    shown = by_team.filter((by_team["survey_id"] == survey["survey_id"]) & by_team["withheld"].is_null())
    assert len(shown) >= 3
    for row in shown.iter_rows(named=True):
        assert row["response_count"] == list(people.values()).count(row["team_id"]) >= 5
        assert row["invited_count"] == heads[row["team_id"]]
    for row in metrics.ask(simulated.con, "weighted_pain", Slice()).iter_rows(named=True):
        answers = answers_of[row["pain_id"]]
        pain = metrics.ask(
            simulated.con,
            "pain",
            Slice(group=("team_id",), where={"pain_id": (row["pain_id"],), "survey_id": (row["survey_id"],)}),
        )
        large = set(pain.drop_nulls("answer_count")["team_id"])
        groups = [[one for one in answers if one[0] == team] for team in large]
        sizes = [heads[team] for team in large]
        rest = [one for one in answers if one[0] not in large]
        if rest:
            groups, sizes = [*groups, rest], [*sizes, max(len(rest), sum(heads.values()) - sum(sizes))]
        shares = [sum(one[2] for one in group) / len(group) for group in groups]
        expected = sum(size * share for size, share in zip(sizes, shares, strict=True)) / sum(sizes)
        assert row["weighted_ratio"] == pytest.approx(expected)
