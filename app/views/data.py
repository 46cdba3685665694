"""What the figures stand on: sources, runs, rows that were refused, and what every metric means."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import streamlit as st

from app import figures, readmodel, words
from app.explain import download
from app.page import View, current
from app.readmodel import STALE_HOURS
from queries.metrics import METRICS


def page() -> None:
    view = current()
    content = readmodel.status()
    _sources(view, content)
    _refused(view)
    _runs(view, content)
    _build(view)
    _definitions()


def _sources(view: View, content: Mapping[str, Any] | None) -> None:
    rows = view.model.table("source")
    sources: dict[str, Mapping[str, Any]] = dict(content["sources"]) if content else {}
    names = sorted({*sources, *rows["source"]})
    late = [name for name in names if content and _is_late(sources.get(name, {}))]
    st.html(figures.heading(_freshness(names, late, content)))
    lines = []
    for name in names:
        entry = sources.get(name, {})
        counts = dict(entry.get("rows") or {}) or _counts(rows, name)
        lines.append(
            [
                (name, str(entry.get("kind") or "")),
                _last_success(view, entry) if content else ("not recorded", "there is no status.json"),
                (
                    words.number(sum(counts.values())),
                    ", ".join(f"{record} {words.number(n)}" for record, n in sorted(counts.items())),
                ),
                (words.number(entry.get("rejected")) if content else "–", ""),
            ]
        )
    st.html(figures.table(["Source", "Last complete run", "Rows", "Refused"], lines))
    faults = [f"{name}: {fault}" for name in names for fault in sources.get(name, {}).get("faults") or []]
    if faults:
        st.html(figures.notice(["The last run met these faults; the rest of the data is loaded.", *faults]))


def _freshness(names: list[str], late: list[str], content: Mapping[str, Any] | None) -> str:
    if not names:
        return "No source has delivered anything yet"
    if content is None:
        return f"{words.sentence(words.plural(len(names), 'source')).removesuffix('.')} in the data"
    if late:
        return f"Behind: {words.listed(late)}"
    return "The one source is up to date" if len(names) == 1 else f"All {len(names)} sources are up to date"


def _is_late(entry: Mapping[str, Any]) -> bool:
    last = _instant(entry.get("last_success_at"))
    return last is None or readmodel.utc_now() - last > timedelta(hours=STALE_HOURS)


def _last_success(view: View, entry: Mapping[str, Any]) -> tuple[str, str]:
    last = _instant(entry.get("last_success_at"))
    if last is None:
        return "never", "no run has been complete"
    late = f"; late, since it is more than {STALE_HOURS} hours ago" if _is_late(entry) else ""
    return words.ago(last, readmodel.utc_now()), f"{words.instant(last, view.model.clock.timezone)}{late}"


def _counts(rows: pl.DataFrame, name: str) -> dict[str, int]:
    found = rows.filter(pl.col("source") == name)
    return dict(zip(found["record"], found["row_count"], strict=True))


def _refused(view: View) -> None:
    rejected = view.model.table("rejected")
    counts = view.model.table("rejected_count")
    total = int(counts["rejected_count"].sum())
    if not total:
        st.html(figures.heading("No row was refused", "Every row that the sources delivered fitted its record."))
        return
    st.html(
        figures.heading(
            f"{words.sentence(words.plural(total, 'row')).removesuffix('.')} refused",
            "They are in no figure. The rest of their files is loaded; mended at the source, they are read again.",
        )
    )
    st.dataframe(
        rejected.select("source", "record", "file", "row_number", "reason", "content"),
        hide_index=True,
        column_config={
            "source": "Source",
            "record": "Record",
            "file": "File",
            "row_number": st.column_config.NumberColumn("Row", format="%d"),
            "reason": st.column_config.TextColumn("Why", width=540),
            "content": st.column_config.TextColumn("What it said", width="large"),
        },
        alt="Refused rows with the reason of each.",
    )
    download("refused_rows.csv", rejected, key="csv-rejected")


def _runs(view: View, content: Mapping[str, Any] | None) -> None:
    runs = list((content or {}).get("runs") or [])[:10]
    st.html(figures.heading("The last runs"))
    if not runs:
        st.html("<p>No run has been recorded in this data folder.</p>")
        return
    zone = view.model.clock.timezone
    lines = []
    for run in runs:
        started, finished = _instant(run.get("started_at")), _instant(run.get("finished_at"))
        seconds = f"{(finished - started).total_seconds():.0f} seconds" if started and finished else ""
        lines.append(
            [
                (words.instant(started, zone) if started else "–", seconds),
                (str(run.get("source")), str(run.get("command"))),
                ("complete" if run.get("outcome") == "ok" else "failed", str(run.get("message") or "")),
                (words.number(run.get("row_count")), f"{words.number(run.get('rejected_count'))} refused"),
            ]
        )
    st.html(figures.table(["Started", "Source", "Outcome", "Rows new or changed"], lines))


def _definitions() -> None:
    st.html(
        figures.heading(
            "What every figure means", "The same definitions stand behind the pages, the command line and the deck."
        )
    )
    for metric in METRICS.values():
        with st.expander(metric.question):
            version = f"<p>{_name(metric.name)}, version {metric.version} of its definition.</p>"
            st.html(figures.said(metric.definition) + version)
            st.html(
                figures.table(
                    ["Column", "Meaning"], [[(name, ""), (text, "")] for name, text in metric.columns.items()]
                )
            )


def _name(name: str) -> str:
    return f"<code class=command>uptake metric {words.literal(name)}</code>"


def _build(view: View) -> None:
    row = view.model.table("build").row(0, named=True)
    zone = view.model.clock.timezone
    lines = [
        [("Read model", ""), (view.model.path.stem, "")],
        [("Published", ""), (f"{words.instant(view.model.built_at, zone)} ({zone})", "")],
        [("Newest event in the data", ""), (words.instant(view.model.clock.as_of, zone), "")],
        [("Version of the logic", ""), (str(row.get("logic_version")), "changes with any definition")],
        [("Version of the build", ""), (str(row.get("version")), "logic, configuration and raw files together")],
        [("Groups hidden below", ""), (words.plural(view.model.clock.min_group, "answer"), "")],
    ]
    st.html(figures.heading("This build"))
    st.html(figures.table(["", ""], lines))


def _instant(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    except ValueError:
        return None
