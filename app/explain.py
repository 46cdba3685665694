""" "How is this computed?": definition, what is left out, SQL, age of the data, values as CSV."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from app import words
from app.readmodel import Model
from app.render import render
from queries.metrics import METRICS, shown_sql
from queries.slice import Slice

QUESTION = "How is this computed?"
LEFT_OUT = {
    "unknown_path_count": "{} whose path to production is not known: in no share",
    "unlinked_count": "{} merged changes for which no production deployment was found",
    "waiting_count": "{} of these wait in a repository that deploys; they count as longer than they have waited",
    "negative_count": "{} changes of which a part is negative, which is a fault in the data: shown, not dropped",
    "inferred_count": "{} repairs found by time only, since no incident or rollback names the deployment",
    "cancelled_count": "{} cancelled runs: in no share",
}
"""Columns that count what a figure leaves out or is less sure of, and how that is said."""


@st.fragment
def explain(
    model: Model, name: str, part: Slice, frame: pl.DataFrame, *, key: str, unused: Sequence[str] = (), of: str = ""
) -> None:
    """The button below a figure. What it opens is put together when it is opened, and reruns nothing else.

    `unused` names filters that are set and that the metric cannot follow; `of` the figure where several share a table,
    which then asks the question once, before their names.
    """
    label = of or QUESTION
    popover = st.popover(label, type="tertiary", wrap=False, key=f"explain-{key}", on_change="rerun")
    if not popover.open:
        return
    metric = METRICS[name]
    with popover:
        facts = [metric.definition, f"Version {metric.version} of this definition. {_age(model)}"]
        st.html("".join(f"<p>{words.literal(fact)}</p>" for fact in facts))
        notes = [
            *left_out(frame),
            *(f"the {filter_name} filter, which this figure cannot follow" for filter_name in unused),
        ]
        if notes:
            items = "".join(f"<li>{words.literal(note)}</li>" for note in notes)
            st.html(f"<p><b>Left out, or less sure</b></p><ul>{items}</ul>")
        st.code(f"{shown_sql(name, part)}\n\n{bound(part)}".strip(), language="sql", wrap_lines=True)
        download(f"{name}.csv", frame, key=f"csv-{key}")


def left_out(frame: pl.DataFrame) -> list[str]:
    """What the counting columns of an answer say was left out, and why values are withheld."""
    notes = [
        text.format(words.number(int(frame[column].sum())))
        for column, text in LEFT_OUT.items()
        if column in frame.columns and frame[column].sum()
    ]
    if "withheld" in frame.columns:
        reasons = frame["withheld"].drop_nulls().unique().sort()
        notes += [f"withheld: {words.withheld(reason)}" for reason in reasons]
    return notes


def bound(part: Slice) -> str:
    """The values bound to the SQL, as comment lines that a person can copy with it."""
    found = {"since": part.since, "until": part.until, **part.where}
    return "\n".join(
        f"-- ${name} = {', '.join(value) if isinstance(value, tuple) else value}"
        for name, value in found.items()
        if value
    )


def download(name: str, frame: pl.DataFrame, key: str) -> None:
    """A button for the values as CSV, which no spreadsheet computes; the text is made when it is asked for."""
    st.download_button(
        "Download the values (CSV)",
        data=lambda: render(frame, "csv").encode(),
        file_name=name,
        mime="text/csv",
        key=key,
        on_click="ignore",
        icon=":material/download:",
    )


def _age(model: Model) -> str:
    zone = model.clock.timezone
    newest, built = words.instant(model.clock.as_of, zone), words.instant(model.built_at, zone)
    return f"Data up to {newest}; published {built} ({zone})."
