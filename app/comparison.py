"""Tables of the delivery page: path beside path, team by team, and the deployments behind the figures."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl
import streamlit as st

from app import figures, filters, words
from app.explain import download
from app.page import View
from queries.slice import Slice

SHOWN_ROWS = 500
"""Deployments that the table shows; the download holds all of them."""


@dataclass(frozen=True)
class Compared:
    """One line of the comparison of paths: a metric, its value and range, and how many cases stand behind it."""

    name: str
    label: str
    short: str
    value: str
    count: str
    say: Callable[[float | None], str]
    noun: str
    low: str | None = None
    high: str | None = None


_COMPARED = (
    Compared(
        "lead_time",
        "Half of the changes take less than",
        "time",
        "lead_time_hours_median",
        "change_count",
        words.duration,
        "change",
    ),
    Compared(
        "change_fail_rate",
        "Had to be repaired afterwards",
        "repaired",
        "change_fail_ratio",
        "deployment_count",
        words.share,
        "deployment",
        "change_fail_ratio_low",
        "change_fail_ratio_high",
    ),
    Compared(
        "deployment_failure_rate",
        "Failed before going live",
        "failed",
        "failure_ratio",
        "attempt_count",
        words.share,
        "attempt",
        "failure_ratio_low",
        "failure_ratio_high",
    ),
)


def by_path(view: View) -> None:
    """The same measures for both paths, with what a reader must not conclude from them."""
    st.html(
        figures.heading(
            "Through the platform and round it, side by side",
            "Two groups of teams and products that chose their path themselves: a difference is a reason to look, "
            "not proof of an effect.",
        )
    )
    rows = []
    for compared in _COMPARED:
        frame = view.model.ask(compared.name, _by_path(view, compared))
        rows.append([(compared.label, ""), *(_cell(frame, path, compared) for path in ("platform", "off_platform"))])
    st.html(figures.table(["", "Through the platform", "Round the platform"], rows))
    with st.container(horizontal=True):
        for compared in _COMPARED:
            view.explained(compared.name, _by_path(view, compared), f"paths-{compared.name}", of=compared.short)


def _by_path(view: View, compared: Compared) -> Slice:
    shown = (compared.value,) if compared.value.endswith("_median") else ()
    return view.part(compared.name, group=("path",), quantiles=shown)


def _cell(frame: pl.DataFrame, path: str, compared: Compared) -> tuple[str, str]:
    found = frame.filter(pl.col("path") == path)
    if found.is_empty() or not found[compared.count][0]:
        return "–", f"no {compared.noun} in this period"
    row = found.row(0, named=True)
    if row[compared.value] is None:
        return "not shown", words.withheld(row.get("withheld"))
    interval = f"{words.share_range(row[compared.low], row[compared.high])}; " if compared.low and compared.high else ""
    return compared.say(row[compared.value]), f"{interval}{words.plural(row[compared.count], compared.noun)}"


def by_team(view: View) -> None:
    """One line per team, in the order of their names."""
    st.html(
        figures.heading(
            "Team by team",
            "In the order of their names. Small numbers jump: read a rate together with the number of cases beside it.",
        )
    )
    parts = {
        name: view.part(name, group=("team_id",), quantiles=quantiles) for name, (_, quantiles) in _COLUMNS_OF.items()
    }

    def asked(name: str) -> pl.DataFrame:
        return view.model.ask(name, parts[name])

    count = asked("deployment_count").select("team_id", "deployment_count")
    often = asked("deployment_frequency").select("team_id", "days_per_week_median")
    fast = asked("lead_time").select("team_id", "change_count", "lead_time_hours_median", "withheld")
    safe = asked("change_fail_rate").select(
        "team_id", "failed_count", "change_fail_ratio_low", "change_fail_ratio_high"
    )
    table = count
    for frame in (often, fast, safe):
        table = table.join(frame, on="team_id", how="full", coalesce=True, nulls_equal=True)
    names = view.model.names()
    shown = (
        table.with_columns(
            _spoken(table["change_fail_ratio_low"], table["change_fail_ratio_high"]),
            pl.col("team_id")
            .replace_strict(names, default=pl.col("team_id"))
            .fill_null("no known owner")
            .alias("team"),
            pl.col("withheld").map_elements(words.withheld, return_dtype=pl.String),
        )
        .sort(pl.col("team").str.to_lowercase())
        .select(
            "team",
            pl.col("deployment_count").fill_null(0),
            "days_per_week_median",
            (pl.col("lead_time_hours_median") / 24).round(1).alias("lead_time_days"),
            pl.col("change_count").fill_null(0),
            "failed_count",
            "range",
            "withheld",
        )
    )
    if shown["withheld"].is_null().all():
        shown = shown.drop("withheld")
    known = {name: view.team_link(team) for team, name in names.items()}
    st.dataframe(
        shown.with_columns(page=pl.col("team").replace_strict(known, default=None)),
        hide_index=True,
        height=460 if len(shown) > 12 else "auto",
        placeholder="",
        column_config={
            "team": st.column_config.TextColumn("Team", pinned=True),
            "deployment_count": st.column_config.NumberColumn("Deployments", help="Succeeded, to production"),
            "days_per_week_median": st.column_config.NumberColumn(
                "Days a week", format="%.1f", help="Days with a production change, in the team's middle week"
            ),
            "lead_time_days": st.column_config.NumberColumn(
                "Days to production",
                format="%.1f",
                help="Half of the changes take less, from first commit to production",
            ),
            "change_count": st.column_config.NumberColumn(
                "Changes", help="Shipped; the days to production speak of these"
            ),
            "failed_count": st.column_config.NumberColumn("Repaired", help="Deployments repaired afterwards"),
            "range": st.column_config.TextColumn("Repaired, range", help="Share of the deployments, 95 % range"),
            "withheld": st.column_config.TextColumn("Not shown because"),
            "page": st.column_config.LinkColumn("Its page", display_text="open"),
        },
        alt="Deployments, frequency, time to production and repairs by team, in the order of their names.",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        download("delivery_by_team.csv", shown, key="csv-teams")
        for name, (of, _) in _COLUMNS_OF.items():
            view.explained(name, parts[name], f"teams-{name}", of=of)


_COLUMNS_OF: dict[str, tuple[str, tuple[str, ...]]] = {
    "deployment_count": ("deployments", ()),
    "deployment_frequency": ("days a week", ("days_per_week_median",)),
    "lead_time": ("days to production", ("lead_time_hours_median",)),
    "change_fail_rate": ("repaired", ()),
}
"""Metric -> what its columns in the table are called, and the quantiles among them."""


def _spoken(low: pl.Series, high: pl.Series) -> pl.Series:
    texts = [words.share_range(*ends) if None not in ends else None for ends in zip(low, high, strict=True)]
    return pl.Series("range", texts, dtype=pl.String)


def behind(view: View) -> None:
    """The deployments behind the figures; they are read only once somebody opens the list."""
    shown = st.expander("The deployments behind these figures", key="behind", on_change="rerun")
    if not shown.open:
        return
    rows = view.model.rows("deployment", _ended(view))
    newest = rows.reverse().head(SHOWN_ROWS)
    newest_only = f", the newest {SHOWN_ROWS} of them here" if len(rows) > SHOWN_ROWS else ""
    with shown:
        st.html(
            figures.said(
                f"{words.plural(len(rows), 'attempt')} that succeeded or failed{newest_only}. Times are UTC.",
            )
        )
        st.dataframe(
            newest.select(
                "finished_at",
                pl.col("team_id").replace_strict(view.model.names(), default=pl.col("team_id")).alias("team"),
                pl.coalesce("product", "repo").alias("product"),
                "environment",
                pl.col("path").replace_strict(words.PATHS, default=pl.col("path")),
                "status",
                pl.col("cause").replace_strict(words.CAUSES, default=pl.col("cause")),
                linked(newest["url"]),
            ),
            hide_index=True,
            column_config={
                "finished_at": st.column_config.DatetimeColumn("Finished", format="D MMM YYYY, HH:mm"),
                "team": "Team",
                "product": "Product",
                "environment": "Environment",
                "path": "Path",
                "status": "Outcome",
                "cause": "What for",
                "url": st.column_config.LinkColumn("In the tool of record", display_text="open"),
            },
            alt="The newest deployments behind the figures of this page.",
        )
        download("deployments.csv", rows, key="csv-behind")


def _ended(view: View) -> Slice:
    """The slice of the fact: it knows teams and no domains, so a domain is the teams in it."""
    where = {"environment_class": (filters.ENVIRONMENT,), "status": ("succeeded", "failed")}
    if view.filters.path:
        where["path"] = (view.filters.path,)
    teams = view.model.table("team")
    if view.filters.domain:
        teams = teams.filter(pl.col("domain").is_in(view.filters.domain))
    if view.filters.team:
        teams = teams.filter(pl.col("team_id").is_in(view.filters.team))
    if view.filters.domain or view.filters.team:
        # no team in both filters: a value that no team has, so that nothing is found rather than everything
        where["team_id"] = tuple(teams["team_id"]) or ("no team",)
    return Slice("all", (), view.window.since, view.window.until, where)


def linked(urls: pl.Series) -> pl.Series:
    """Addresses that a click may open: web pages only, since an address from data could also be a script."""
    return pl.Series(
        "url", [url if url and url.startswith(("https://", "http://")) else None for url in urls], dtype=pl.String
    )
