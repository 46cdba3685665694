"""What every page shares: the row above it, the filters, and the states in which there is nothing to show yet."""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path

import plotly.graph_objects as go
import polars as pl
import streamlit as st

from app import ahead, charts, figures, filterbar, filters, readmodel, words
from app.explain import explain
from app.filters import Filters, Window
from app.readmodel import STALE_HOURS, Model, Outdated, Vanished
from queries.slice import Slice

_STYLE = Path(__file__).with_name("style.css")
_RETRIES = 3
UNFILTERED = {
    "Pain and priorities": "Survey answers are shown for everyone who answered. Your filters stay as you set them "
    "for the other pages, but do not apply here, so that no single person can be worked out by comparing groups.",
    "Listening": "Survey answers are shown for everyone who answered. Your filters stay as you set them for the other "
    "pages, but do not apply here, so that no single person can be worked out by comparing groups.",
    "Data": "All data that has been read, whatever the filters of the other pages say; they stay as you set them.",
}
"""Pages without filters, and why."""


@dataclass(frozen=True)
class View:
    """What a page works with: the build, what the reader chose, and the days that this means."""

    model: Model
    filters: Filters
    window: Window

    def part(
        self, name: str, *, by: str = "all", group: tuple[str, ...] = (), costly: tuple[str, ...] | None = None
    ) -> Slice:
        """The slice of a metric for the window and the filters that it knows; `costly` columns are those shown."""
        first = self.model.first_day_of(name)
        return filters.part(name, self.filters, self.window, first, by=by, group=group, costly=costly)

    def ask(
        self, name: str, *, by: str = "all", group: tuple[str, ...] = (), costly: tuple[str, ...] | None = None
    ) -> pl.DataFrame:
        """The answer of a metric in the window."""
        return self.model.ask(name, self.part(name, by=by, group=group, costly=costly))

    def ask_before(self, name: str, costly: tuple[str, ...] | None = None) -> pl.DataFrame | None:
        """The answer of a metric in the window before; None where the data does not reach back so far."""
        first = self.model.first_day_of(name)
        part = filters.part_before(name, self.filters, self.window, first, costly)
        return self.model.ask(name, part) if part else None

    def team_link(self, team: str) -> str:
        """Where a click on a team leads: its own page, with the other filters as they are."""
        return filters.address("team", replace(self.filters, team=(team,), domain=()), self._labels)

    @cached_property
    def _labels(self) -> dict[str, str]:
        """team_id -> label; asked once, since a page may link hundreds of teams."""
        return {team: label for label, team in filters.labels(self.model.names()).items()}

    def chart(
        self,
        title: str,
        unit: str,
        fig: go.Figure,
        *,
        name: str,
        part: Slice,
        key: str,
        alt: str,
        opens: Callable[[str], None] | None = None,
    ) -> None:
        """A chart with its sentence above and its explanation below.

        `opens` is told the chart's key when a point of it is clicked.
        """
        st.html(figures.chart_head(title, f"{unit}{self._whatever(name)}"))
        if opens:
            # as Streamlit sets them for a figure that answers to clicks, after it has drawn it
            fig.update_layout(clickmode="event+select", dragmode="pan")
        st.plotly_chart(
            fig,
            theme=None,
            key=f"chart-{key}",
            config=charts.CONFIG,
            alt=f"{title} {alt}",
            on_select=partial(opens, f"chart-{key}") if opens else "ignore",
            selection_mode="points",
        )
        self.explained(name, part, key)

    def _whatever(self, name: str) -> str:
        """Which of the filters that are set a metric does not follow, as a sentence that begins with a blank."""
        unused = filters.unused(name, self.filters)
        if not unused:
            return ""
        return f" The {words.listed(unused)} {'filter does' if len(unused) == 1 else 'filters do'} not apply here."

    def explained(self, name: str, part: Slice, key: str, *, of: str = "") -> None:
        """ "How is this computed?" for a slice that has been asked already."""
        unused = filters.unused(name, self.filters)
        explain(self.model, name, part, self.model.ask(name, part), key=key, unused=unused, of=of)


_VIEW: ContextVar[View] = ContextVar("view")


def current() -> View:
    """The view that the running page works with."""
    return _VIEW.get()


def around(title: str, body: Callable[[], None]) -> None:
    """Runs a page: the row above, the filters where they mean something, then `body`; or why there is nothing to show.

    A build that goes away under the page makes it start over on the newest.
    """
    st.html(_STYLE)
    try:
        _around(title, body)
    except Outdated:
        st.html(
            figures.notice(
                [
                    "The published data was made by another version of Uptake than the one that runs now.",
                    "Run “uptake build”, then reload this page; nothing has to be fetched again.",
                ]
            )
        )
    except Vanished:
        tries = st.session_state.get("tries", 0) + 1
        st.session_state["tries"] = tries
        if tries <= _RETRIES:
            st.rerun()
        st.session_state["tries"] = 0
        st.html(figures.notice(["The data was replaced while this page was read. Reload it in a moment."]))
    else:
        st.session_state["tries"] = 0


def _around(title: str, body: Callable[[], None]) -> None:
    model = readmodel.current()
    if model is None:
        st.html(f'<div class="head"><h1>{words.literal(title)}</h1></div>')
        st.html(_empty())
        return
    st.html(_head(title, model))
    unfiltered = UNFILTERED.get(title)
    chosen, notices = filterbar.choose(model, shown=unfiltered is None)
    if stale := _stale(model):
        notices = [stale, *notices]
    if notices:
        st.html(figures.notice(notices))
    view = View(model, chosen, filters.window(chosen, model.clock.today, model.first_day))
    st.html(f'<p class="context">{words.literal(unfiltered) if unfiltered else _context(view)}</p>')
    token = _VIEW.set(view)
    try:
        with ahead.asked(title, ahead.Chosen(model, None if unfiltered else chosen, view.window)):
            body()
    finally:
        _VIEW.reset(token)


def _head(title: str, model: Model) -> str:
    simulated = f'<span class="chip">Simulated data: {words.literal(_bare(model.clock.organisation))}</span>'
    parts = [
        simulated if model.clock.is_simulated else f"<span>{words.literal(model.clock.organisation)}</span>",
        f"<span>Data up to {words.literal(words.instant(model.clock.as_of, model.clock.timezone))};"
        f" published {words.literal(words.ago(model.built_at, readmodel.utc_now()))}</span>",
    ]
    return f'<div class="head"><h1>{words.literal(title)}</h1><div class="status">{"".join(parts)}</div></div>'


def _bare(organisation: str) -> str:
    return organisation.removesuffix(" (simulated)")


def _stale(model: Model) -> str | None:
    """One sentence when the data is too old to be taken for today's."""
    content = readmodel.status()
    last = readmodel.last_success(content) if content else model.built_at
    if last is None:
        return "At least one source has never been read completely; figures may lack data. The Data page names it."
    last = max(last, model.built_at) if content is None else last
    now = readmodel.utc_now()
    if now - last <= timedelta(hours=STALE_HOURS):
        return None
    when = words.instant(last, model.clock.timezone)
    return (
        f"These figures may be out of date: the last complete ingest was {words.ago(last, now)} ({when}). "
        "Run “uptake ingest”, or see on the Data page which source is behind."
    )


def _context(view: View) -> str:
    """What the page speaks of, as HTML; a click on a team opens it."""
    window, chosen = view.window, view.filters
    names = view.model.names()
    parts = [words.days(window.since, window.until), filters.ENVIRONMENT]
    parts.append(words.listed([figures.link(names[team], view.team_link(team)) for team in chosen.team]) or "all teams")
    if chosen.domain:
        parts.append(words.literal(words.listed(chosen.domain)))
    if chosen.path:
        parts.append(words.PATHS[chosen.path])
    against = filters.EARLIER[chosen.compare]
    if window.before:
        length = f"the {window.length.days} days before" if chosen.compare == "before" else against
        parts.append(f"compared with {length} ({words.days(*window.before)})")
    else:
        nothing = "no earlier period" if chosen.compare == "before" else "nothing of a year ago"
        parts.append(f"{nothing} to compare with: the data does not reach back so far")
    return " · ".join(parts)


def _empty() -> str:
    """The page before the first ingest."""
    folder = words.literal(readmodel.folder())
    own: Sequence[str] = (
        "Describe your sources in <code class=command>uptake.toml</code>; "
        "<code class=command>uptake.example.toml</code> explains every key.",
        "Run <code class=command>uptake ingest</code>, then reload this page.",
    )
    simulated: Sequence[str] = (
        "Run <code class=command>uptake demo</code>.",
        "Run <code class=command>uptake --config demo/uptake.toml ingest</code>, then reload this page.",
    )
    return (
        '<div class="empty"><h2>There is no data yet</h2>'
        f"<p>Nothing has been published in <code class=folder>{folder}</code>.</p>"
        f"<p>To see your own organisation:</p>{_steps(own)}"
        f"<p>To look around first, in a simulated one:</p>{_steps(simulated)}</div>"
    )


def _steps(given: Sequence[str]) -> str:
    return f"<ol>{''.join(f'<li>{step}</li>' for step in given)}</ol>"
