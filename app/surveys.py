"""Which survey a page speaks of, and who answered it, in words."""

from collections.abc import Mapping
from datetime import datetime

import polars as pl
import streamlit as st

from app import words

NOBODY = (
    '<div class="empty"><h2>Nobody has been asked yet</h2>'
    "<p>This page compares what hurts the users with what the platform plans. It needs a survey whose questions "
    "name pain points, and initiatives with a priority; the README shows the files.</p></div>"
)

GROUPS = {"role": "role", "team_id": "team", "domain": "domain"}
"""What respondents can be split by, and how that is called."""


def newest(surveys: pl.DataFrame, floor: int) -> int:
    """The place of the one that a page speaks of by itself: as in queries, what too few answered hides none before."""
    places = (surveys["response_count"] >= floor).arg_true()
    return int(places[0]) if len(places) else 0


def pick(surveys: pl.DataFrame, floor: int) -> str:
    """The survey that the reader chose, the newest by default; the same one on every page, in the URL."""
    ids: dict[str, str] = {}
    for row in surveys.iter_rows(named=True):
        name = title(row["title"], row["opened_at"])
        ids[f"{name} ({row['survey_id']})" if name in ids else name] = row["survey_id"]
    return ids[st.selectbox("Survey", list(ids), index=newest(surveys, floor), key="survey", bind="query-params")]


def split(key: str) -> str:
    """The one of GROUPS that the reader chose."""
    return st.segmented_control(
        "Split by",
        list(GROUPS),
        format_func=lambda name: GROUPS[name].capitalize(),
        default="role",
        required=True,
        key=key,
    )


def title(name: str | None, opened: datetime | None) -> str:
    """What a survey is called, with the month that it opened in."""
    if opened is None:
        return name or "Survey without a date"
    return name if name and str(opened.year) in name else f"{name or 'Survey'}, {opened:%B %Y}"


def response(row: Mapping[str, int | None]) -> str:
    """How many answered, of how many."""
    count = words.plural(row["response_count"], "person", "people")
    invited = row["invited_count"]
    if not invited:
        return words.sentence(f"{count} answered; how many were asked is not known")
    ratio = (row["response_count"] or 0) / invited
    return words.sentence(f"{count} of {words.number(invited)} who were asked ({words.share(ratio)})")
