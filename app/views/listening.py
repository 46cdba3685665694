"""What users say in their own words, who answers, and what became of what they said."""

from typing import Any

import polars as pl
import streamlit as st

from app import figures, surveys, words
from app.explain import explain
from app.page import View, current
from queries.slice import Slice

QUOTED, LONGEST = 4, 400
"""Quotes of one pain on the page, and characters of each; all of them stand in the CSV."""
_LISTED = 30


def page() -> None:
    view = current()
    held = view.model.table("survey")
    if held.is_empty():
        st.html(surveys.NOBODY)
        return
    survey = surveys.pick(held, view.model.clock.min_group)
    part = Slice(where={"survey_id": (survey,)})
    response = view.model.ask("survey_response", Slice())
    mentions, effects = view.model.ask("mentions", part), view.model.ask("initiative_effect", Slice())
    st.html(
        figures.answers(
            [
                ("Do they answer?", _answered(response, survey)),
                ("What do they speak of?", _spoken(mentions)),
                ("Did it change?", _changed(effects)),
            ]
        )
    )
    _waves(view, held, response)
    _by_group(view, survey)
    _by_size(view, part)
    _own_words(view, part, mentions)
    _said_and_done(view, effects)


def _answered(response: pl.DataFrame, survey: str) -> str:
    row = response.filter(pl.col("survey_id") == survey).row(0, named=True)
    if row["response_count"] is None:
        return "Too few answered to say."
    text = surveys.response(row)
    return f"{text} {words.sentence(row['warning'].split('; ')[0])}" if row["warning"] else text


def _spoken(mentions: pl.DataFrame) -> str:
    known = mentions.drop_nulls("mention_count").sort("mention_count", descending=True)
    if known.is_empty():
        return "No pain is spoken of by enough people in their own words."
    row = known.row(0, named=True)
    of = words.plural(row["writer_count"], "person", "people")
    return f"Most of “{row['title']}”: {words.number(row['mention_count'])} of {of} who wrote."


def _changed(effects: pl.DataFrame) -> str:
    asked = effects.filter(pl.col("pain_verdict").is_in(["eased", "grew", "no clear change"]))
    if asked.is_empty():
        return "Not known yet: nothing shipped between two surveys that asked about its pain."
    eased, named = len(asked.filter(pl.col("pain_verdict") == "eased")), words.plural(len(asked), "pain")
    return f"{words.number(eased) if eased else 'None'} of {named} that shipped work names clearly eased after it."


def _waves(view: View, held: pl.DataFrame, response: pl.DataFrame) -> None:
    titles = {row["survey_id"]: surveys.title(row["title"], row["opened_at"]) for row in held.iter_rows(named=True)}
    st.html(figures.heading("How many answered?", "People who gave any answer, of those who were asked."))
    known = {row["survey_id"]: row for row in response.iter_rows(named=True)}
    rows = []
    for survey, name in titles.items():
        row = known[survey]
        asked = words.number(row["invited_count"]) if row["invited_count"] is not None else "not known"
        ratio = words.share(row["response_ratio"]) if row["response_ratio"] is not None else "–"
        span = words.share_range(row["response_ratio_low"], row["response_ratio_high"]) if ratio != "–" else ""
        count = words.number(row["response_count"]) if row["response_count"] is not None else "hidden"
        rows.append([(name, ""), (asked, ""), (count, ""), (ratio, span), (_warned(row["warning"]), "")])
    st.html(figures.table(["Survey", "Asked", "Answered", "Response", "For whom it speaks"], rows))
    explain(view.model, "survey_response", Slice(), response, key="waves")


def _warned(warning: str | None) -> str:
    return words.sentence(warning) if warning else "Nothing known against it."


def _by_group(view: View, survey: str) -> None:
    st.html(
        figures.heading(
            "Who answered?", f"By name. Groups of fewer than {view.model.clock.min_group} people are hidden."
        )
    )
    column = surveys.split("response-group")
    part = Slice(group=(column,), where={"survey_id": (survey,)})
    frame = view.model.ask("survey_response", part)
    names = view.model.names() if column == "team_id" else {}
    shown = frame.filter(pl.col("withheld").is_null())
    total = shown["response_count"].sum() or 1
    asked = shown["invited_count"].is_not_null().any()
    rows = []
    ordered = sorted(shown.iter_rows(named=True), key=lambda row: str(names.get(row[column], row[column])).casefold())
    for row in ordered[:_LISTED]:
        name = names.get(row[column], row[column]) if row[column] is not None else f"no {surveys.GROUPS[column]} given"
        ratio = words.share(row["response_ratio"]) if row["response_ratio"] is not None else "–"
        of = f"of {words.plural(row['invited_count'], 'person', 'people')} in it" if row["invited_count"] else ""
        share = words.share(row["response_count"] / total)
        counted = words.number(row["response_count"]), f"{share} of those shown"
        rows.append([(name, ""), counted, *([(ratio, of)] if asked else [])])
    if rows:
        st.html(
            figures.table([surveys.GROUPS[column].capitalize(), "Answered", *(["Response"] if asked else [])], rows)
        )
        if not asked:
            st.html(
                figures.said(
                    f"How many of each {surveys.GROUPS[column]} were asked is not known, so no response is shown."
                )
            )
    hidden = [words.plural(len(frame) - len(shown), "group")] if len(frame) > len(shown) else []
    more = [words.plural(len(ordered) - _LISTED, "more group")] if len(ordered) > _LISTED else []
    if hidden or more:
        said = [f"{hidden[0]} hidden, so that no smaller one can be read or derived"] if hidden else []
        said += [f"{more[0]} in the CSV"] if more else []
        st.html(figures.said(words.sentence("; ".join(said))))
    explain(view.model, "survey_response", part, frame, key="response-group")


def _by_size(view: View, part: Slice) -> None:
    frame = view.model.ask("weighted_pain", part)
    known = frame.drop_nulls("weighted_ratio")
    moved = known.filter((pl.col("weighted_ratio") - pl.col("unweighted_share")).abs() >= 0.03)
    titles = _titles(view, part)
    lines = [
        f"“{titles.get(row['pain_id'], row['pain_id'])}”: {words.share(row['weighted_ratio'])} instead of "
        f"{words.share(row['unweighted_share'])}"
        for row in moved.iter_rows(named=True)
    ]
    by_size = "Weighed by headcount, so that a team counts by its size,"
    text = f"{by_size} no share moves by three points: response is even enough."
    if lines:
        text = f"{by_size} these shares move by three points or more: {words.listed(lines)}."
    if not known.is_empty():
        st.html(figures.said(text))
        explain(view.model, "weighted_pain", part, frame, key="weighted", of="How are these shares weighed?")


def _titles(view: View, part: Slice) -> dict[str, str]:
    overlap = view.model.ask("pain_overlap", part)
    return dict(zip(overlap["pain_id"], overlap["title"], strict=True))


def _own_words(view: View, part: Slice, mentions: pl.DataFrame) -> None:
    quotes = view.model.ask("quotes", part)
    below = (
        "Free text, without what could name a person, and never with team or role. Coded to pains by terms that can be "
        "corrected."
    )
    st.html(figures.heading("In their own words", below))
    known = mentions.drop_nulls("mention_count").sort("mention_count", "title", descending=[True, False])
    if len(known):
        rows = [_mention(row) for row in known.iter_rows(named=True)]
        st.html(figures.table(["Pain", "People who speak of it", "Of those who wrote"], rows))
    hidden = len(mentions) - len(known)
    if hidden:
        st.html(figures.said(f"{words.plural(hidden, 'more pain')} spoken of by too few people to be counted here."))
    explain(view.model, "mentions", part, mentions, key="mentions")
    if quotes.is_empty():
        st.html(figures.said("No free text that could be shown: nobody wrote, or too few people did."))
        return
    for group in quotes.partition_by("pain_id", maintain_order=True):
        title = group["title"][0] or "About something else"
        st.html(figures.quotes(title, [shortened(said) for said in group["said"][:QUOTED]], len(group) - QUOTED))
    explain(view.model, "quotes", part, quotes, key="quotes", of="How are these quotes chosen?")


def _mention(row: dict[str, Any]) -> list[tuple[str, str]]:
    span = words.share_range(row["mention_ratio_low"], row["mention_ratio_high"])
    return [(row["title"], ""), (words.number(row["mention_count"]), ""), (words.share(row["mention_ratio"]), span)]


def shortened(said: str) -> str:
    """A quote as the page shows it: whole, or cut where it would fill the page."""
    return said if len(said) <= LONGEST else f"{said[:LONGEST].rstrip()} …"


def _said_and_done(view: View, effects: pl.DataFrame) -> None:
    below = (
        "What shipped, and the pain and the figures before and after it. It proves no cause: whatever else changed in "
        "between is in it."
    )
    st.html(figures.heading("You said, we did", below))
    if effects.is_empty():
        st.html(figures.said("Nothing has shipped yet that names a pain of the users."))
        return
    rows = [_effect(row) for row in effects.sort("shipped_day", descending=True).iter_rows(named=True)]
    st.html(figures.table(["You said", "We did", "It hurts", "It measures"], rows))
    explain(view.model, "initiative_effect", Slice(), effects, key="effects")


def _effect(row: dict[str, Any]) -> list[tuple[str, str]]:
    if row["change"] is None:
        hurt = words.sentence(row["withheld"] or row["pain_verdict"]), ""
    else:
        span = words.points(row["change_low"], row["change_high"])
        ends = f"{words.share(row['affected_before'])} → {words.share(row['affected_after'])}"
        hurt = ends, f"{_verdict(row['pain_verdict'])} ({span})"
    measured = "not measured", ""
    if row["measured_before"] is not None:
        ends = " → ".join(words.amount(row[f"measured_{end}"], row["unit"]) for end in ("before", "after"))
        teams = f"{words.number(row['improved_count'])} of {words.plural(row['team_count'], 'team')} better"
        measured = ends, f"{row['unit']}; {_verdict(row['evidence_verdict'])} ({teams})"
    shipped = f"shipped {words.day(row['shipped_day'])}"
    return [(row["pain_title"] or row["pain_id"], ""), (row["title"], shipped), hurt, measured]


def _verdict(word: str) -> str:
    mark = {"eased": "▼ ", "improved": "▲ ", "grew": "▲ ", "worsened": "▼ "}.get(word, "")
    return f"{mark}{word}"
