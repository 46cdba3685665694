"""Somebody who asks every question and adds and subtracts the answers learns nothing of a group under the floor."""

import random
from collections.abc import Collection, Mapping
from datetime import date
from fractions import Fraction
from itertools import combinations
from typing import Any

import duckdb

from queries import metrics, rows, sqlfile
from queries.slice import Slice
from tests.queries.world import Rows, read_model

FLOOR = 5
ROLES = ("scientist", "engineer")
VIEWS: list[tuple[str, ...]] = [
    (),
    ("domain",),
    ("team_id",),
    ("role",),
    ("domain", "role"),
    ("team_id", "role"),
]
COLUMNS = ("domain", "team_id", "role")
DOMAIN = {"t0": "risk", "t1": "risk", "t2": "care", "t3": "care"}
KINDS = [(DOMAIN[team], team, role) for team in DOMAIN for role in ROLES]
"""Kinds of people: whom the attacker cannot tell apart further."""
HEADCOUNT = 40
Vector = list[Fraction]


def every_question() -> list[Slice]:
    """All groupings; filters for one value and for two, alone and with each grouping; and a window of days."""
    filters: list[dict[str, tuple[str, ...]]] = [{}]
    for place, name in enumerate(COLUMNS):
        values = sorted({kind[place] for kind in KINDS})
        filters += [{name: (value,)} for value in values]
        filters += [{name: pair} for pair in combinations(values, 2)]
    filters += [{"team_id": (team,), "role": (role,)} for _, team, role in KINDS]
    asked = [Slice(group=view, where=where) for view in VIEWS for where in filters]
    return [*asked, Slice(since=date(2026, 4, 1), until=date(2026, 6, 1)), Slice(by="month", group=("team_id",))]


def ask_everything(con: duckdb.DuckDBPyConnection) -> dict[str, list[Vector]]:
    """Per pain, every answer that is shown as a sum of people."""
    known: dict[str, list[Vector]] = {}
    for part in every_question():
        for row in metrics.ask(con, "pain", part).iter_rows(named=True):
            if row["answer_count"] is not None:
                wanted = {name: (row[name],) for name in part.group}
                known.setdefault(row["pain_id"], []).append(vector(wanted, part.where))
    return known


def vector(*wanted: Mapping[str, Collection[Any]]) -> Vector:
    """1 for each kind of person that has one of the wanted values in every column, else 0."""
    people = [dict(zip(COLUMNS, kind, strict=True)) for kind in KINDS]
    return [
        Fraction(all(one[name] in values for conditions in wanted for name, values in conditions.items()))
        for one in people
    ]


def reduced(basis: list[tuple[int, Vector]], wanted: Vector) -> Vector:
    """What is left of a vector after everything known is taken from it; all 0 when it follows from what is known."""
    for place, one in basis:
        factor = wanted[place]
        wanted = [left - factor * right for left, right in zip(wanted, one, strict=True)]
    return wanted


def basis_of(known: list[Vector]) -> list[tuple[int, Vector]]:
    """Gauss: the known sums in a form in which each has a place of its own."""
    basis: list[tuple[int, Vector]] = []
    for one in known:
        left = reduced(basis, one)
        place = next((n for n, value in enumerate(left) if value), None)
        if place is None:
            continue
        left = [value / left[place] for value in left]
        basis = [(n, [a - other[place] * b for a, b in zip(other, left, strict=True)]) for n, other in basis]
        basis.append((place, left))
    return basis


def weighted(con: duckdb.DuckDBPyConnection, heads_of: dict[str, list[int]]) -> dict[str, Vector]:
    """What the weighted figure of a pain says: each affected person counts by headcount over answers of its stratum."""
    shown: dict[str, set[str]] = {pain: set() for pain in heads_of}
    for row in metrics.ask(con, "pain", Slice(group=("team_id",))).drop_nulls("answer_count").iter_rows(named=True):
        shown[row["pain_id"]].add(row["team_id"])
    found = {}
    for pain, heads in heads_of.items():
        answers = {team: sum(n for n, kind in zip(heads, KINDS, strict=True) if kind[1] == team) for team in DOMAIN}
        rest = [team for team in DOMAIN if team not in shown[pain]]
        left = Fraction(HEADCOUNT * len(rest), max(1, sum(answers[team] for team in rest)))
        weight = {team: Fraction(HEADCOUNT, answers[team]) if team in shown[pain] else left for team in DOMAIN}
        found[pain] = [weight[team] for _, team, _ in KINDS]
    return found


def organisation(heads_of: dict[str, list[int]]) -> Rows:
    """Four teams in two domains; of each kind of person so many rated each pain."""
    rated = {"survey_id": "s", "question_id": "q", "scale_min": 1, "scale_max": 5}
    return {
        "team": [
            {"team_id": team, "name": team, "domain": domain, "headcount": HEADCOUNT} for team, domain in DOMAIN.items()
        ],
        "survey": [{"survey_id": "s", "opened_at": "2026-05-01"}],
        "survey_answer": [
            {**rated, "pain_id": pain, "response_id": f"{team}-{role}-{n}", "team_id": team, "role": role, "rating": 5}
            for pain, heads in heads_of.items()
            for (_, team, role), count in zip(KINDS, heads, strict=True)
            for n in range(count)
        ],
    }


def test_no_small_group_follows_from_all_that_is_shown() -> None:
    """Eighty pains that differ in who rated them; where nobody of a kind did, the attacker does not know it.

    The attacker also knows each pain with its teams weighed by headcount, which is one more sum over all people.
    """
    rng = random.Random(5)
    heads_of = {f"p{n}": rng.choices([0, 1, 2, 4, 5, 6, 9], k=len(KINDS)) for n in range(80)}
    con = read_model(organisation(heads_of), only={"marts.pain", "marts.team"})
    known = ask_everything(con)
    for pain, weights in weighted(con, heads_of).items():
        known[pain].append(weights)
    hidden = 0
    for pain, heads in heads_of.items():
        basis = basis_of(known[pain])
        for view in VIEWS:
            for group in {tuple(kind[COLUMNS.index(name)] for name in view) for kind in KINDS}:
                inside = vector({name: (value,) for name, value in zip(view, group, strict=True)})
                if 0 < sum(count for count, part in zip(heads, inside, strict=True) if part) < FLOOR:
                    hidden += 1
                    assert any(reduced(basis, inside)), f"{group} of {heads} follows by subtraction"
    assert hidden > 60


def test_what_is_large_enough_is_still_shown() -> None:
    """Hiding everything would be safe too; where every group has five, every group is shown."""
    con = read_model(organisation({"p": [5] * len(KINDS)}), only={"marts.pain"})
    for view, groups in zip(VIEWS, (1, 2, 4, 2, 4, 8), strict=True):
        answer = metrics.ask(con, "pain", Slice(group=view))
        assert len(answer) == groups and answer["answer_count"].null_count() == 0


def test_who_answered_at_all_does_not_follow_either() -> None:
    """The same for response: small groups of a survey, by every question that the command line answers."""
    rng = random.Random(8)
    hidden = 0
    for _ in range(6):
        heads = rng.choices([0, 1, 2, 4, 5, 6, 9], k=len(KINDS))
        con = read_model(organisation({"p": heads}), only={"marts.survey_response", "marts.team"})
        known = []
        for part in every_question():
            for row in metrics.ask(con, "survey_response", part).iter_rows(named=True):
                if row["response_count"] is not None:
                    known.append(vector({name: (row[name],) for name in part.group}, part.where))
        basis = basis_of(known)
        for view in VIEWS:
            for group in {tuple(kind[COLUMNS.index(name)] for name in view) for kind in KINDS}:
                inside = vector({name: (value,) for name, value in zip(view, group, strict=True)})
                if 0 < sum(count for count, part in zip(heads, inside, strict=True) if part) < FLOOR:
                    hidden += 1
                    assert any(reduced(basis, inside)), f"{group} of {heads} follows by subtraction"
    assert hidden > 10


def test_the_shares_of_pain_do_not_give_away_a_pain_that_is_hidden() -> None:
    """Four people rated `few`. Score over share is the sum of all scores, and that minus the shown ones is nothing."""
    con = read_model(organisation({"p": [5] * len(KINDS), "q": [6] * len(KINDS), "few": [4, *[0] * 7]}))
    answer = metrics.ask(con, "pain_overlap", Slice())
    shown = answer.filter(answer["pain_score"].is_not_null())
    assert set(shown["pain_id"]) == {"p", "q"}
    total = shown["pain_score"][0] / shown["pain_share"][0]
    assert abs(total - shown["pain_score"].sum()) < 1e-12
    assert abs(shown["pain_share"].sum() - 1) < 1e-12


def test_no_list_of_rows_has_a_respondent() -> None:
    """`uptake rows` prints facts; none of those that it knows holds survey answers."""
    for name, file in rows.FACTS.items():
        assert not {"respondent_id", "rating", "said"} & set(file.columns), name


def test_words_stand_beside_nothing_that_leads_to_a_person() -> None:
    """No table of the read model has free text beside a team, a role or an id of who answered."""
    worded = [file for kind in ("facts", "marts") for file in sqlfile.folder(kind).values() if "said" in file.columns]
    assert {file.table for file in worded} == {"facts.survey_text", "marts.quote"}
    for file in worded:
        assert not {"team_id", "role", "domain", "respondent_id", "response_id"} & set(file.columns), file.table
