"""The figures of delivery split by path, team, product or environment, with the links of the lead time."""

from typing import Any

import polars as pl
import streamlit as st

from app import figures, words
from app.explain import QUESTION, download
from app.page import View

SHOWN_ROWS = 500
"""Lines that the table shows; the download holds all of them."""

_LONG, _WIDEST = 36, 260
"""Characters of a name from which its column is held at so many pixels, or it would leave no room for the figures."""
SPLITS = {
    "Path": "path",
    "Team": "team_id",
    "Product": "product",
    "Environment": "environment",
    "Domain": "domain",
}
"""By what the figures can be split, and the column that this is."""
_OF_DEPLOYMENTS = ("path", "product", "environment")
_NOT_YET = (
    "A change that still waits has no path, product or environment yet: it counts as longer in the days above and by "
    "team, but not here. "
)
_NO_PROOF = (
    "Through the platform and round it are two groups of teams and products that chose their path themselves: "
    "a difference is a reason to look, not proof of an effect."
)
_PARTS = tuple(f"{part}_hours_median" for part in ("lead_time", "coding", "review", "deploy"))
_ASKED: dict[str, tuple[str, tuple[str, ...]]] = {
    "change_fail_rate": ("Repaired", ()),
    "deployment_frequency": ("Days a week", ("days_per_week_median",)),
    "lead_time": ("Days to production", _PARTS),
    "recovery_time": ("Hours until it works", ("recovery_hours_median",)),
    "rework_rate": ("Unplanned", ()),
}
"""Metric -> what its columns in the table are called, and the costly ones among them."""


def split(view: View) -> None:
    """The five figures, and where the time to production goes, of each team, product, path or environment."""
    st.html(
        figures.heading(
            "How do paths, teams and products differ?",
            "In the order of their names. Small numbers jump: read a rate together with the number of cases beside it. "
            "An empty cell has too few: half of anything takes six.",
        )
    )
    chosen = st.segmented_control(
        "Split by",
        list(SPLITS),
        default="Path",
        required=True,
        key="split",
        bind="query-params",
        label_visibility="collapsed",
    )
    by = SPLITS[chosen or "Path"]
    parts = {name: view.part(name, group=(by,), costly=costly) for name, (_, costly) in _ASKED.items()}
    shown = _named(view, by, _joined({name: view.model.ask(name, part) for name, part in parts.items()}, by))
    if shown.is_empty():
        st.html(figures.said("Nothing to compare: no change and no deployment reached production in this period."))
        return
    st.dataframe(
        shown.head(SHOWN_ROWS),
        hide_index=True,
        height=460 if len(shown) > 12 else "auto",
        placeholder="",
        column_config={
            "name": st.column_config.TextColumn(
                chosen, pinned=True, width=_WIDEST if any(len(name) > _LONG for name in shown["name"]) else None
            ),
            "deployment_count": st.column_config.NumberColumn("Deployments", help="Succeeded, to production"),
            "days_per_week_median": st.column_config.NumberColumn(
                "Days a week", format="%.1f", help="Days with a production change, in the middle week"
            ),
            "lead_time_days": _days("Days to production", "Half of the changes take less, from first commit on"),
            "coding_days": _days("of it writing", "Days from first commit to opened for review, in the middle"),
            "review_days": _days("in review", "Days from opened to merged, in the middle"),
            "deploy_days": _days("from merge on", "Days from merged to live, in the middle"),
            "change_count": st.column_config.NumberColumn("Changes", help="Shipped; the days speak of these"),
            "repaired": st.column_config.TextColumn("Repaired", help="Repaired afterwards, and its 95 % range"),
            "recovery_hours_median": st.column_config.NumberColumn(
                "Hours until it works", format="%.1f", help="Half of the failures are over sooner"
            ),
            "unplanned": st.column_config.TextColumn(
                "Unplanned", help="Only repair what was there, and its 95 % range"
            ),
            "page": st.column_config.LinkColumn("Its page", display_text="open"),
        },
        alt=f"The figures of delivery by {(chosen or 'Path').lower()}, in the order of their names.",
    )
    if by in _OF_DEPLOYMENTS:
        st.html(figures.said(_NOT_YET + (_NO_PROOF if by == "path" else "")))
    download(f"delivery_by_{by}.csv", shown, key="csv-split")
    with st.container(key="explanations", horizontal=True, vertical_alignment="center"):
        st.html(figures.said(QUESTION), width="content")
        for name, (of, _) in _ASKED.items():
            view.explained(name, parts[name], f"split-{name}", of=of)


def _days(label: str, text: str) -> Any:
    return st.column_config.NumberColumn(label, format="%.1f", help=text)


def _joined(answers: dict[str, pl.DataFrame], by: str) -> pl.DataFrame:
    """One row per group with the columns that the table shows, lead times in days and shares in words."""
    safe, often, fast, soon, planned = (answers[name] for name in _ASKED)
    frames = [
        safe.select(by, "deployment_count", _spoken(safe, "failed_count", "change_fail_ratio", "repaired")),
        often.select(by, "days_per_week_median"),
        fast.select(
            by,
            *((pl.col(column) / 24).round(1).alias(column.replace("_hours_median", "_days")) for column in _PARTS),
            "change_count",
        ),
        soon.select(by, "recovery_hours_median"),
        planned.select(by, _spoken(planned, "rework_count", "rework_ratio", "unplanned")),
    ]
    table = frames[0]
    for frame in frames[1:]:
        table = table.join(frame, on=by, how="full", coalesce=True, nulls_equal=True)
    order = [
        "deployment_count",
        "days_per_week_median",
        *(column.replace("_hours_median", "_days") for column in _PARTS),
        "change_count",
        "repaired",
        "recovery_hours_median",
        "unplanned",
    ]
    return table.select(by, *order).with_columns(pl.col("deployment_count", "change_count").fill_null(0))


def _named(view: View, by: str, table: pl.DataFrame) -> pl.DataFrame:
    """The table with names in place of what the data calls them, and of a team the address of its page."""
    names = {"team_id": view.model.names(), "path": words.PATHS}.get(by, {})
    nobody = {"team_id": "no known owner", "domain": "no known owner", "product": "no product named"}
    name = pl.col(by).replace_strict(names, default=pl.col(by)) if names else pl.col(by)
    shown = table.with_columns(name.fill_null(nobody.get(by, "not known")).alias("name"))
    if by == "team_id":
        links = {team: view.team_link(team) for team in names}
        shown = shown.with_columns(page=pl.col(by).replace_strict(links, default=None, return_dtype=pl.String))
    # a group of nothing but changes that wait has no line
    shown = shown.filter(pl.sum_horizontal("deployment_count", "change_count") > 0)
    return shown.drop(by).select("name", pl.exclude("name")).sort(pl.col("name").str.to_lowercase())


def _spoken(frame: pl.DataFrame, count: str, ratio: str, name: str) -> pl.Series:
    """A share as its number of cases and its range: 3 (1 % to 9 %)."""
    texts = [
        None if None in row else f"{words.number(row[0])} ({words.share_range(row[1], row[2])})"
        for row in frame.select(count, f"{ratio}_low", f"{ratio}_high").rows()
    ]
    return pl.Series(name, texts, dtype=pl.String)
