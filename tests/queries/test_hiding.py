"""Somebody who asks every question and adds and subtracts the answers learns nothing of a group under the floor."""

import random
from fractions import Fraction
from typing import Any

import duckdb

from queries import metrics
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
Vector = list[Fraction]


def ask_everything(con: duckdb.DuckDBPyConnection) -> dict[str, list[Vector]]:
    """Per pain, every answer that is shown as a sum of people: all groupings, and filters for one value."""
    known: dict[str, list[Vector]] = {}
    asked = [Slice(group=view) for view in VIEWS]
    asked += [Slice(where={name: (kind[place],)}) for kind in KINDS for place, name in enumerate(COLUMNS)]
    for part in asked:
        for row in metrics.ask(con, "pain", part).iter_rows(named=True):
            if row["answer_count"] is not None:
                wanted = {name: row[name] for name in part.group} | {name: one for name, (one,) in part.where.items()}
                known.setdefault(row["pain_id"], []).append(vector(wanted))
    return known


def vector(wanted: dict[str, Any]) -> Vector:
    """1 for each kind of person that belongs to a group, else 0."""
    people = [dict(zip(COLUMNS, kind, strict=True)) for kind in KINDS]
    return [Fraction(all(one[name] == value for name, value in wanted.items())) for one in people]


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


def organisation(heads_of: dict[str, list[int]]) -> Rows:
    """Four teams in two domains; of each kind of person so many rated each pain."""
    rated = {"survey_id": "s", "question_id": "q", "scale_min": 1, "scale_max": 5}
    return {
        "team": [{"team_id": team, "name": team, "domain": domain} for team, domain in DOMAIN.items()],
        "survey": [{"survey_id": "s", "opened_at": "2026-05-01"}],
        "survey_answer": [
            {**rated, "pain_id": pain, "response_id": f"{team}-{role}-{n}", "team_id": team, "role": role, "rating": 5}
            for pain, heads in heads_of.items()
            for (_, team, role), count in zip(KINDS, heads, strict=True)
            for n in range(count)
        ],
    }


def test_no_small_group_follows_from_all_that_is_shown() -> None:
    """Two hundred pains that differ in who rated them; where nobody of a kind did, the attacker does not know it."""
    rng = random.Random(5)
    heads_of = {f"p{n}": rng.choices([0, 1, 2, 4, 5, 6, 9], k=len(KINDS)) for n in range(200)}
    known = ask_everything(read_model(organisation(heads_of), only={"marts.pain"}))
    hidden = 0
    for pain, heads in heads_of.items():
        basis = basis_of(known[pain])
        for view in VIEWS:
            for group in {tuple(kind[COLUMNS.index(name)] for name in view) for kind in KINDS}:
                inside = vector(dict(zip(view, group, strict=True)))
                if 0 < sum(count for count, part in zip(heads, inside, strict=True) if part) < FLOOR:
                    hidden += 1
                    assert any(reduced(basis, inside)), f"{group} of {heads} follows by subtraction"
    assert hidden > 100


def test_what_is_large_enough_is_still_shown() -> None:
    """Hiding everything would be safe too; where every group has five, every group is shown."""
    con = read_model(organisation({"p": [5] * len(KINDS)}), only={"marts.pain"})
    for view, groups in zip(VIEWS, (1, 2, 4, 2, 4, 8), strict=True):
        answer = metrics.ask(con, "pain", Slice(group=view))
        assert len(answer) == groups and answer["answer_count"].null_count() == 0
