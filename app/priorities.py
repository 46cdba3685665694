"""What the survey and the roadmap say together, as ranked lists and sentences. Pure: frames in, sentences out."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from app import words
from queries import priorities as roadmap

QUADRANTS = {
    "quick_win": "Quick wins",
    "listen": "Listen",
    "drift": "Drift",
    "later": "Later",
    "unsure": "Unsure",
}
MEANINGS = {
    "quick_win": "users hurt and work is planned",
    "listen": "users hurt, nothing is planned",
    "drift": "work is planned, hardly any pain",
    "later": "hardly any pain, nothing planned",
    "unsure": "too few answers, or too close to call",
}
PRIORITIES = {0: "nothing planned", 5: "lowest", 4: "low", 3: "middle", 2: "high", 1: "highest priority"}


@dataclass(frozen=True)
class Move:
    """One line of a list: the pain in its users' words, and why it stands there."""

    name: str
    why: str


def has_roadmap(overlap: pl.DataFrame) -> bool:
    """Whether a source delivers initiatives; without one there is no priority, not even none."""
    return not overlap["priority_score"].is_null().all()


def hurts(overlap: pl.DataFrame) -> list[Move]:
    """Every pain with enough answers, the worst first."""
    found = overlap.filter(pl.col("pain_score").is_not_null()).sort(["pain_score", "pain_id"], descending=[True, False])
    return [Move(row["title"], f"{_hurts(row)}.") for row in found.iter_rows(named=True)]


def quick_wins(overlap: pl.DataFrame, initiatives: pl.DataFrame) -> list[Move]:
    """Pain that is felt and has quick work planned, most relief per day of work first, each factor shown."""
    ranked = roadmap.quick_wins(overlap, initiatives)
    moves = []
    for row in ranked.unique("pain_id", keep="first", maintain_order=True).iter_rows(named=True):
        others = ranked.filter((pl.col("pain_id") == row["pain_id"]) & (pl.col("rank") > row["rank"]))
        or_else = [f"“{title}”, {words.plural(days, 'day')}" for title, days in others["title", "effort_days"].rows()]
        rest = f"; or {words.listed(or_else)}" if or_else else ""
        felt = _hurts({**row, "affected_ratio": row["reach"], "severity_mean": row["intensity"]})
        moves.append(Move(row["pain_title"], f"{felt}; {_stated(row)}{rest}."))
    return moves


def bigger_wins(overlap: pl.DataFrame, initiatives: pl.DataFrame) -> list[Move]:
    """Pain that is felt and has work planned that is not quick, of unknown effort, or waiting for something."""
    quick = roadmap.quick_wins(overlap, initiatives)["pain_id"].unique()
    found = overlap.filter((pl.col("quadrant") == "quick_win") & ~pl.col("pain_id").is_in(quick.to_list())).sort(
        ["pain_score", "pain_id"], descending=[True, False]
    )
    return [Move(row["title"], f"{_hurts(row)}; {_work(row, initiatives)}.") for row in found.iter_rows(named=True)]


def listen(overlap: pl.DataFrame, initiatives: pl.DataFrame) -> list[Move]:
    """Pain that is felt and for which nothing is planned, the worst first, with what named it and is not planned."""
    moves = []
    for row in roadmap.listen(overlap, initiatives).iter_rows(named=True):
        idle = words.listed([name.replace("_", " ") for name in row["idle_initiatives"]])
        moves.append(Move(row["title"], f"{_hurts(row)}; nothing is planned for it{f', only {idle}' if idle else ''}."))
    return moves


def drift(overlap: pl.DataFrame, initiatives: pl.DataFrame) -> list[Move]:
    """Initiatives planned for what hardly hurts or for no pain at all, what takes most attention first."""
    felt = {row["pain_id"]: row for row in overlap.iter_rows(named=True)}
    moves = []
    for row in roadmap.drift(overlap, initiatives).iter_rows(named=True):
        pains = [f"“{felt[pain]['title']}” {_hurts(felt[pain])}" for pain in row["pain_ids"]]
        why = words.listed(pains) or "it names no pain of the users"
        moves.append(
            Move(row["title"], f"{_facts(row)}, {words.share(row['attention_share'])} of all planned work; {why}.")
        )
    return moves


def next_move(overlap: pl.DataFrame, initiatives: pl.DataFrame) -> str:
    """The answer to "what next?" in one or two sentences."""
    if overlap.is_empty() or (overlap["answer_count"].fill_null(1) == 0).all():
        return "Ask first: no survey about what hurts has been answered yet."
    if not has_roadmap(overlap):
        return "Name your plans: no source delivers initiatives, so nobody can say whether work goes where it hurts."
    if refused := too_few(overlap):
        return refused
    wins, unheard = roadmap.quick_wins(overlap, initiatives), listen(overlap, initiatives)
    if len(wins):
        row = wins.row(0, named=True)
        return (
            f"Start with “{row['pain_title']}”: it hurts {words.share(row['reach'])} of the users, "
            f"and {words.plural(row['effort_days'], 'day')} of work would answer it."
        )
    if unheard:
        return f"Listen first: “{unheard[0].name}” hurts, and nothing is planned for it."
    return "No quick win stands out: nothing that clearly hurts a third of the users has quick work planned."


def too_few(overlap: pl.DataFrame) -> str | None:
    """The refusal where no pain was rated by enough people for a label; None where one was."""
    asked = overlap.filter(pl.col("answer_count").fill_null(1) > 0)
    reasons = asked.filter(pl.col("withheld").str.starts_with("a label needs"))
    if asked.is_empty() or len(reasons) < len(asked):
        return None
    needs = reasons["withheld"][0].removeprefix("a label needs ").partition(" ")[0]
    counts = reasons["answer_count"].drop_nulls().to_list()
    had = f"{max(counts)} at most" if counts else "fewer than may be shown"
    return f"Too few answered to call any pain one: it takes {needs} respondents to a question, and there were {had}."


def overlap_in_words(index: pl.DataFrame) -> str:
    """How far the work goes where it hurts, and where the rest goes."""
    if index.is_empty() or index["overlap_index"][0] is None:
        why = "there is no survey, nothing is planned, or too few rated any pain"
        return f"How far the planned work answers the pain cannot be said: {why}."
    row = index.row(0, named=True)
    text = f"{words.share(row['overlap_index'])} of the planned work goes where it hurts, in proportion to the pain."
    rest = []
    if row["misallocated_share"] > 0.005:
        rest.append(f"{words.share(row['misallocated_share'])} goes to pains beyond their share")
    if row["unmapped_share"] > 0.005:
        rest.append(f"{words.share(row['unmapped_share'])} answers no pain that users named")
    return f"{text} {words.listed(rest)}." if rest else text


def ids(found: Sequence[str] | None) -> list[str]:
    """A list column's value as a list, also where it is null."""
    return list(found or [])


def _hurts(row: dict[str, object]) -> str:
    return (
        f"hurts {words.share(row['affected_ratio'])} of {words.plural(row['answer_count'], 'respondent')}"  # type: ignore[arg-type]
        f", mean severity {words.number(_rounded(row['severity_mean']))} of 1"
    )


def _work(row: dict[str, object], initiatives: pl.DataFrame) -> str:
    named = initiatives.filter(pl.col("initiative_id").is_in(ids(row["initiative_ids"]))).unique(  # type: ignore[arg-type]
        "initiative_id", maintain_order=True
    )
    texts = [_stated(found) for found in named.sort("priority", "initiative_id", nulls_last=True).iter_rows(named=True)]
    return words.listed(texts) or "work is planned"


def _stated(initiative: dict[str, object]) -> str:
    return f"“{initiative['title']}” is {_facts(initiative)}"


def _facts(initiative: dict[str, object]) -> str:
    effort = initiative["effort_days"]
    said = f"{words.plural(effort, 'day')} of work" if effort is not None else "effort not estimated"  # type: ignore[arg-type]
    priority = f"priority {initiative['priority']}" if initiative["priority"] is not None else "no priority given"
    blocker = f", waits for {initiative['blocker']}" if initiative.get("blocker") else ""
    return f"{str(initiative['status']).replace('_', ' ')} ({priority}, {said}{blocker})"


def _rounded(value: object) -> float | None:
    return round(value, 1) if isinstance(value, float) else None
