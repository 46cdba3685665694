"""Records: what a column may hold, and what a record says about its own columns."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from ingest.records import RECORDS, Deployment, Initiative, Record, SurveyAnswer, Team

DEPLOYMENT = {"deployment_id": "1", "repo": "r", "environment": "prod", "created_at": 1735725600, "status": "succeeded"}
ANSWER = {"survey_id": "s", "response_id": "r", "question_id": "q"}
TEN = datetime(2025, 1, 1, 10)


@pytest.mark.parametrize(
    "given",
    [
        "2025-01-01T10:00:00Z",
        "2025-01-01T10:00:00",
        "2025-01-01 10:00:00",
        "2025-01-01T12:00:00+02:00",
        "2025-01-01T04:30:00-05:30",
        "2025-01-01 12:00:00+02",
        "20250101T100000Z",
        "2025-W01-3T10:00:00Z",
        "1735725600",
        1735725600,
        1735725600.0,
        TEN,
        datetime(2025, 1, 1, 12, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_times_become_naive_utc(given: object) -> None:
    record = Deployment.model_validate({**DEPLOYMENT, "created_at": given})
    assert record.created_at == TEN
    assert record.created_at.tzinfo is None


def test_a_day_is_its_midnight_utc() -> None:
    record = Deployment.model_validate({**DEPLOYMENT, "created_at": "2025-01-01"})
    assert record.created_at == datetime(2025, 1, 1)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("1970-01-01", "is before 1990"),
        ("9999-12-31T23:59:59Z", "is after 2099"),
        ("2100-01-01", "is after 2099"),
        ("9999-12-31T23:59:59-01:00", "is not in the years 1 to 9999 as UTC"),
        ("0001-01-01T00:00:00+01:00", "is not in the years 1 to 9999 as UTC"),
        ("01/02/2025", "should be a valid datetime"),
        ("2025-02-30", "should be a valid datetime"),
        (True, "should be a valid datetime"),
    ],
)
def test_a_time_that_cannot_be_is_refused(given: object, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Deployment.model_validate({**DEPLOYMENT, "created_at": given})


def test_lists_nested_without_end_are_refused() -> None:
    with pytest.raises(ValidationError, match="recursion limit exceeded"):
        Initiative.model_validate({"initiative_id": "i", "title": "t", "status": "idea", "pain_ids": "[" * 100_000})


def ordered() -> list[tuple[type[Record], str, str]]:
    return [(record, *pair) for record in RECORDS.values() for pair in record.in_order]


@pytest.mark.parametrize(("record", "earlier", "later"), ordered())
def test_times_in_an_impossible_order_are_refused(record: type[Record], earlier: str, later: str) -> None:
    filled: dict[str, Any] = {
        name: "2025-01-01" if name.endswith("_at") else "shipped" if name == "status" else "x"
        for name, field in record.model_fields.items()
        if field.is_required()
    }
    if "status" in filled and record is not Initiative:
        filled["status"] = "succeeded" if record is Deployment else "completed"
    record.model_validate({**filled, earlier: "2025-01-01", later: "2025-01-01"})
    with pytest.raises(ValidationError, match=rf"{later} \(2024-12-31T00:00:00Z\) is before {earlier}"):
        record.model_validate({**filled, earlier: "2025-01-01", later: "2024-12-31"})


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ("a;b", ["a", "b"]),
        ("a, b", ["a", "b"]),
        ("a|b|", ["a", "b"]),
        ("a\nb", ["a", "b"]),
        ('["a;b", "c"]', ["a;b", "c"]),
        (["a"], ["a"]),
        ("", []),
        (None, None),
    ],
)
def test_lists_in_every_spelling(given: object, held: object) -> None:
    record = Initiative.model_validate({"initiative_id": "i", "title": "t", "status": "idea", "pain_ids": given})
    assert record.pain_ids == held


@pytest.mark.parametrize(
    ("record", "row"),
    [
        (Team, {"team_id": "a", "name": "A", "colour": "red"}),
        (Team, {"team_id": "", "name": "A"}),
        (Team, {"team_id": "  ", "name": "A"}),
        (Team, {"team_id": "a", "name": "A", "headcount": -1}),
        (Team, {"team_id": "a", "name": "A", "headcount": 2**31}),
        (Team, {"team_id": "a", "name": "A", "is_platform_team": "perhaps"}),
        (Initiative, {"initiative_id": "i", "title": "t", "status": "idea", "pain_ids": "[broken"}),
        (Initiative, {"initiative_id": "i", "title": "t", "status": "idea", "priority": 6}),
        (Initiative, {"initiative_id": "i", "title": "t", "status": "idea", "effort_days": "inf"}),
        (SurveyAnswer, {**ANSWER, "rating": "nan"}),
        (SurveyAnswer, {**ANSWER, "rating": 6, "scale_max": 5}),
        (SurveyAnswer, {**ANSWER, "rating": 0, "scale_min": 1}),
        (SurveyAnswer, {**ANSWER, "rating": 1, "scale_min": 5, "scale_max": 1}),
        (Deployment, {**DEPLOYMENT, "created_at": "1989-12-31"}),
        (Deployment, {**DEPLOYMENT, "created_at": "31-12-2025"}),
    ],
)
def test_what_no_record_can_hold_is_refused(record: type[Record], row: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        record.model_validate(row)


def test_numbers_serve_as_ids_and_text_is_stripped() -> None:
    record = Team.model_validate({"team_id": 42, "name": "  Alpha "})
    assert (record.team_id, record.name) == ("42", "Alpha")


@pytest.mark.parametrize("noun", RECORDS)
def test_a_record_names_only_columns_of_its_own(noun: str) -> None:
    record = RECORDS[noun]
    named = {
        *record.key,
        *record.ids,
        *record.refs,
        *record.people,
        *(name for pair in record.in_order for name in pair),
    }
    assert record.noun == noun
    assert record.key
    assert named <= record.model_fields.keys()
    assert not set(record.ids) & set(record.refs)
