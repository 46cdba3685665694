"""How deep the platform is used, surface by surface: what teams said and what the data shows, as a table. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from app import figures, words
from queries.adoption import surface_key

LEVELS = (
    ("strategic_count", "the organisation's way", "piece-0"),
    ("tactical_count", "a stopgap of its own", "piece-1"),
    ("missing_count", "missing", "piece-3"),
    ("undeclared_count", "nobody said", "piece-2"),
)
"""Column, how it is said, and how it is drawn."""
SURFACES = (
    "version control",
    "ci/cd",
    "containerisation",
    "container registry",
    "model registry",
    "experiment tracking",
    "monitoring",
    "compute",
    "serving",
    "package registry",
)
"""The ten surfaces, in the order of the way to production; what the minimal stack adds comes after them."""
Row = Mapping[str, Any]


def in_order(frame: pl.DataFrame) -> pl.DataFrame:
    """The surfaces in the order of the way to production, others after them by name."""
    places = {surface: n for n, surface in enumerate(SURFACES)}
    place = surface_key(pl.col("capability")).replace_strict(places, default=len(places))
    return frame.sort([place, pl.col("capability").str.to_lowercase()])


def table(frame: pl.DataFrame) -> str:
    """One line per surface: a bar, how many teams have what, and how many the data shows using it."""
    lines = "".join(
        f'<tr><th scope="row">{words.literal(row["capability"])}</th><td>{_bar(row)}</td>'
        f"<td>{_said(row)}</td><td>{_seen(row)}</td></tr>"
        for row in frame.iter_rows(named=True)
    )
    top = "".join(
        f'<th scope="col">{name}</th>' for name in ("Surface", "Teams", "What they said", "What the data shows")
    )
    body = f"<thead><tr>{top}</tr></thead><tbody>{lines}</tbody>"
    return figures.scrolled(f'<table class="plain depth">{body}</table>')


def key() -> str:
    """What the pieces of a bar are."""
    parts = " &ensp; ".join(f'<i class="{look}"></i>{words.literal(name)}' for _, name, look in LEVELS)
    return f'<p class="key">{parts}</p>'


def of_one(frame: pl.DataFrame) -> list[list[tuple[str, str]]]:
    """One team's surfaces by what was written down: a line per level with its surfaces, and those seen in use."""
    said = {
        "strategic_count": "The organisation's way",
        "tactical_count": "A stopgap of its own",
        "missing_count": "Missing",
        "not_required_count": "Not needed",
        "undeclared_count": "Nothing was written down",
    }
    lines = []
    for column, text in said.items():
        found = in_order(frame.filter(pl.col(column) > 0))
        seen = found.filter(pl.col("seen_count").fill_null(0) > 0)["capability"].to_list()
        if column == "undeclared_count":
            # what nobody named and nothing shows is nothing to say
            found = found.filter(pl.col("seen_count").fill_null(0) > 0)
        if len(found):
            day = found["declared_day"].min()
            when = f"as of {words.day(day)}" if isinstance(day, date) else ""
            lines.append(
                [(text, when), (words.listed(found["capability"].to_list()), ""), (words.listed(seen) or "–", "")]
            )
    return lines


def _bar(row: Row) -> str:
    total = sum(row[column] for column, *_ in LEVELS) or 1
    pieces = "".join(
        f'<span class="{look}" style="width:{100 * row[column] / total:.2f}%"></span>'
        for column, _, look in LEVELS
        if row[column]
    )
    return f'<div class="pieces" aria-hidden="true">{pieces}</div>'


def _said(row: Row) -> str:
    parts = [f"{name}: {row[column]}" for column, name, _ in LEVELS if row[column]]
    notes = []
    if row["tactical_days_median"] is not None:
        notes.append(f"half of the stopgaps are older than {_age(row['tactical_days_median'])}")
    if row["not_required_count"]:
        notes.append(f"{words.plural(row['not_required_count'], 'team')} more do not need it")
    if row["declared_day"] is not None:
        notes.append(f"as of {words.day(row['declared_day'])}")
    small = f"<small>{words.literal('; '.join(notes))}</small>" if notes else ""
    return f"{words.literal('; '.join(parts)) or 'nobody needs it'}{small}"


def _age(days: float) -> str:
    return words.plural(round(days / 365.25, 1), "year") if days >= 730 else words.plural(round(days), "day")


def _seen(row: Row) -> str:
    if row["seen_count"] is None:
        return "leaves no trace<small>only the teams' word</small>"
    more = row["seen_undeclared_count"]
    small = f"<small>{words.number(more)} of them never said that they have it</small>" if more else ""
    return (
        f"{words.plural(row['seen_count'], 'team')} use it{small}"
        if row["seen_count"] != 1
        else f"1 team uses it{small}"
    )
