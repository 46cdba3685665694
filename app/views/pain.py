"""Where the users hurt, what the platform plans, and where the two meet."""

from typing import Any

import polars as pl
import streamlit as st

from app import charts, claims, figures, groups, matrix, priorities, quickwins, surveys, words
from app.explain import explain
from app.page import View, current
from app.priorities import MEANINGS, QUADRANTS
from queries.priorities import QUICK_DAYS, replanned
from queries.slice import Slice


def page() -> None:
    view = current()
    held = view.model.table("survey")
    if held.is_empty():
        st.html(surveys.NOBODY)
        return
    survey = surveys.pick(held, view.model.clock.min_group)
    part = Slice(where={"survey_id": (survey,)})
    overlap, index = view.model.ask("pain_overlap", part), view.model.ask("overlap_index", part)
    initiatives = view.model.table("initiative")
    row = held.filter(pl.col("survey_id") == survey).row(0, named=True)
    st.html(
        figures.answers(
            [
                ("Who answered?", surveys.response(row)),
                ("Does the work go where it hurts?", priorities.overlap_in_words(index)),
                ("What next?", priorities.next_move(overlap, initiatives)),
            ]
        )
    )
    # drawn first and filled last: it shows what would be, were the plans others
    drawn = st.container()
    if priorities.has_roadmap(overlap):
        below = (
            f"Users hurt, and unblocked work of up to {QUICK_DAYS} days is planned. The score is reach times severity "
            "times certainty over days of work; move what a factor counts, or what is planned, and the list follows."
        )
        st.html(figures.heading("Quick wins", below))
        initiatives = quickwins.what_if(initiatives)
        overlap = replanned(overlap, initiatives)
        quickwins.table(view, overlap, initiatives, part)
    with drawn:
        _matrix(view, overlap, part)
    _lists(view, overlap, initiatives, index, part)
    _since_before(view, held, survey, overlap)
    _by_group(view, overlap, survey)
    claims.together(view, overlap, part)
    claims.section(view, overlap, part)
    claims.moves(view)


def _matrix(view: View, overlap: pl.DataFrame, part: Slice) -> None:
    if not priorities.has_roadmap(overlap):
        st.html(figures.notice([words.sentence(words.withheld(overlap["withheld"][0]))]))
        return
    hidden = overlap.filter(pl.col("pain_score").is_null())
    felt = overlap.filter(pl.col("quadrant").is_in(["quick_win", "listen"]))
    planned = felt.filter(pl.col("quadrant") == "quick_win")
    title = (
        f"Work is planned for {len(planned)} of {words.plural(len(felt), 'pain')} that hurt a third of the users"
        if len(felt)
        else priorities.too_few(overlap) or "No pain clearly hurts a third of the users"
    )
    unit = (
        "Up: how many are hurt times how badly, 0 to 1, with its 95\u00a0% range. Across: the most urgent work "
        "planned. Grey band: about a third of the users. Hollow: unsure."
    )
    st.html(figures.chart_head(title, unit))
    counts = {name: len(overlap.filter(pl.col("quadrant") == name)) for name in QUADRANTS}
    alt = "; ".join(f"{QUADRANTS[name]}: {count} ({MEANINGS[name]})" for name, count in counts.items() if count)
    fig = matrix.matrix(overlap)
    st.plotly_chart(fig, theme=None, key="chart-matrix", config=charts.CONFIG, alt=f"{title}. {alt}.")
    if len(hidden):
        names = words.listed([f"“{name}”" for name in hidden["title"]])
        st.html(figures.notice([f"Not drawn, since too few people answered: {names}."]))
    explain(view.model, "pain_overlap", part, overlap, key="matrix")


def _lists(view: View, overlap: pl.DataFrame, initiatives: pl.DataFrame, index: pl.DataFrame, part: Slice) -> None:
    if not priorities.has_roadmap(overlap):
        # without one nobody can say that nothing is planned: what hurts is all that is known
        none = "Too few people answered to show any pain."
        _list(
            "What hurts most", "The worst first, by how many are hurt and how badly.", priorities.hurts(overlap), none
        )
        return
    if bigger := priorities.bigger_wins(overlap, initiatives):
        below = "Users hurt and work is planned, but it takes longer, is not estimated or waits for something."
        _list("Worth more than a quick win", below, bigger, "")
    with st.container(key="next"):
        left, right = st.columns(2, gap="large")
        with left:
            unplanned = priorities.listen(overlap, initiatives)
            none = "Nothing clearly hurts a third of the users without work planned for it."
            _list("Listen", "Users hurt, and nothing is planned. Worst first.", unplanned, none)
        with right:
            astray = priorities.drift(overlap, initiatives)
            none = "No planned work drifts."
            _list("Drift", "Work is planned that hardly any user needs, or that names no pain.", astray, none)
    explain(view.model, "overlap_index", part, index, key="index")


def _list(name: str, below: str, found: list[priorities.Move], empty: str) -> None:
    st.html(figures.heading(name, below))
    lines = [(move.name, words.sentence(move.why)) for move in found]
    st.html(figures.moves(lines) if lines else figures.said(empty))


def _since_before(view: View, surveys: pl.DataFrame, survey: str, overlap: pl.DataFrame) -> None:
    """Each pain against the survey before, with the test that its counts allow."""
    ids = surveys["survey_id"].to_list()
    place = ids.index(survey)
    if place + 1 >= len(ids):
        first = "This is the first survey, so there is nothing to compare with."
        st.html(figures.heading("Since the survey before", first))
        return
    part = Slice(where={"survey_id": (survey,)})
    frame = view.model.ask("pain_change", part)
    st.html(figures.heading("Since the survey before", _went(frame)))
    titles = dict(zip(overlap["pain_id"], overlap["title"], strict=True))
    rows = [
        [
            (titles.get(row["pain_id"], row["pain_id"]), ""),
            _share(row["affected_now"], row["answer_count"], row["withheld"]),
            _share(row["affected_before"], row["answer_count_before"], row["withheld"]),
            _verdict(row),
        ]
        for row in frame.sort("affected_now", descending=True, nulls_last=True).iter_rows(named=True)
    ]
    st.html(figures.table(["Pain", "Hurts now", "Hurt before", "Change"], rows))
    explain(view.model, "pain_change", part, frame, key="since-before")


def _went(frame: pl.DataFrame) -> str:
    """How many pains clearly grew or eased, in a sentence."""
    known = frame.drop_nulls("verdict")
    if known.is_empty():
        return "No pain was asked about, and answered by enough people, in both."
    fewer, more = (len(known.filter(pl.col("verdict") == verdict)) for verdict in ("fell", "rose"))
    said = [f"{words.plural(fewer, 'pain')} clearly hurt{'s' * (fewer == 1)} fewer people"] * bool(fewer)
    said += [f"{words.plural(more, 'pain')} clearly hurt{'s' * (more == 1)} more"] * bool(more)
    rest = len(known) - fewer - more
    said += [
        f"{words.number(rest) if said else words.plural(rest, 'pain')} show{'s' * (rest == 1)} no clear change"
    ] * bool(rest)
    return words.sentence(words.listed(said))


def _share(ratio: float | None, count: int | None, withheld: str | None) -> tuple[str, str]:
    if ratio is None:
        return "hidden", withheld or ""
    return words.share(ratio), f"of {words.plural(count, 'answer')}"


def _verdict(row: dict[str, Any]) -> tuple[str, str]:
    if row["verdict"] is None:
        return "not compared", ""
    said = {"rose": "▲ clearly more hurt", "fell": "▼ clearly fewer hurt"}.get(row["verdict"], row["verdict"])
    return said, words.points(row["change_low"], row["change_high"])


def _by_group(view: View, overlap: pl.DataFrame, survey: str) -> None:
    below = "Share of the respondents in each group who rated a pain in the top two boxes of the scale."
    st.html(figures.heading("Who hurts where?", below))
    column = surveys.split("pain-group")
    part = Slice(group=(column,), where={"survey_id": (survey,)})
    frame = view.model.ask("pain", part)
    names = view.model.names() if column == "team_id" else {}
    shown = {group: names.get(group, group) for group in frame[column].drop_nulls().unique()}
    if not shown:
        st.html(figures.said(f"No respondent gave a {surveys.GROUPS[column]}."))
        return
    order = sorted(shown, key=lambda group: shown[group].casefold())
    pains = overlap.filter(pl.col("answer_count").fill_null(1) > 0)
    found = {(row["pain_id"], row[column]): row for row in frame.iter_rows(named=True)}
    cells = [[found.get((pain, group)) for group in order] for pain in pains["pain_id"]]
    places, left_out = _legible(order, cells)
    cells = [[line[place] for place in places.values()] for line in cells]
    rows, columns = pains["title"].to_list(), [shown[group] for group in places]
    if len(columns) > _ACROSS:
        rows, columns, cells = columns, rows, [list(line) for line in zip(*cells, strict=True)]
    least = view.model.clock.min_group
    texts = [[_cell(cell, least) for cell in line] for line in cells]
    values = [[cell["affected_ratio"] if cell else None for cell in line] for line in cells]
    hidden = sum(text.startswith("hidden") for line in texts for text in line)
    unit = f"Pains from the worst on; {surveys.GROUPS[column]}s by name. {_hidden(hidden, least)}{left_out}"
    st.html(figures.chart_head(_heat_title(values, surveys.GROUPS[column]), unit))
    alt = f"Table of {len(pains)} pains by {len(order)} groups; {hidden} cells hidden."
    fig = groups.heat(rows, columns, values, texts)
    st.plotly_chart(fig, theme=None, key="chart-groups", config=charts.CONFIG, alt=alt)
    if column == "team_id":
        known = [(names[group], view.team_link(group)) for group in places if group in names]
        st.html(figures.links("Open a team:", known[:_READABLE]))
    explain(view.model, "pain", part, frame, key="groups")


def _legible(order: list[str], cells: list[list[dict[str, Any] | None]]) -> tuple[dict[str, int], str]:
    """Group -> its place, without those hidden throughout where there are too many to read; and what is gone."""
    places = {group: place for place, group in enumerate(order)}
    if len(order) <= _READABLE:
        return places, ""
    told = {
        group: place
        for group, place in places.items()
        if any(cell and cell["affected_ratio"] is not None for cell in (line[place] for line in cells))
    }
    kept = dict(list(told.items())[:_MOST])
    gone = [f"{len(order) - len(told)} more are hidden throughout"] * (len(told) < len(order))
    gone += [f"{len(told) - len(kept)} more stand in the CSV"] * (len(kept) < len(told))
    return kept, f" {words.sentence('; '.join(gone))}" if gone else ""


_READABLE, _MOST = 40, 100
"""Groups that are all shown, and the most that are."""
_ACROSS = 8
"""Groups that fit side by side; more stand below one another, and the pains across."""


def _heat_title(values: list[list[float | None]], group: str) -> str:
    """How far the shares lie apart; never which is the highest, since of many some are high by chance."""
    known = [value for line in values for value in line if value is not None]
    if not known:
        return f"No {group} has enough respondents to be shown"
    low, high = words.share(min(known)), words.share(max(known))
    return f"A pain hurts {f'from {low} to {high}' if low != high else low} of the respondents of a {group}"


def _hidden(hidden: int, least: int) -> str:
    if not hidden:
        return "Every group is large enough to be shown."
    return f"{words.plural(hidden, 'cell')} hidden, so that no group of fewer than {least} can be read."


def _cell(row: dict[str, Any] | None, least: int) -> str:
    if row is None:
        return ""
    if row["affected_ratio"] is None:
        return f"hidden (<{least})" if str(row["withheld"]).startswith("fewer") else "hidden"
    return words.share(row["affected_ratio"])
