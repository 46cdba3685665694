"""What a page says in HTML: figures, answers, short tables and lists. Pure: texts in, HTML out.

All text that comes from data passes `words.literal` here or before; arguments named `*_html` are taken as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app import words
from queries.trends import Change

BETTER, WORSE, SAME = "better", "worse", "same"


_NARROW = 6
"""Columns that fit on a narrow screen; a table of more is moved sideways there."""
Cell = tuple[str, str] | tuple[str, str, str]
"""A text, what stands small below it, and the address that a click on it opens, where there is one."""


@dataclass(frozen=True)
class Figure:
    """One number with its meaning. `value` is None where it is refused, and `meaning` then says why.

    `before` and `now` are drawn as two bars on one scale, each with its interval where it has one.
    """

    name: str
    value: str | None
    meaning: str
    unit: str = ""
    trend: str = ""
    mood: str = SAME
    before: "Bar | None" = None
    now: "Bar | None" = None
    parts: Sequence[tuple[str, float]] = ()


@dataclass(frozen=True)
class Bar:
    """A value to draw, with the ends of its 95 % interval."""

    value: float
    low: float | None = None
    high: float | None = None


def figure(shown: Figure) -> str:
    """A figure as a card."""
    head = f"<h3>{words.literal(shown.name)}</h3>"
    if shown.value is None:
        why = f'<p class="refused">Not shown</p><p class="meaning">{words.literal(shown.meaning)}</p>'
        return f'<div class="figure">{head}{why}</div>'
    unit = f" <small>{words.literal(shown.unit)}</small>" if shown.unit else ""
    trend = f'<p class="trend {shown.mood}">{words.literal(shown.trend)}</p>' if shown.trend else ""
    return (
        f'<div class="figure">{head}<p class="value">{words.literal(shown.value)}{unit}</p>{_picture(shown)}{trend}'
        f'<p class="meaning">{words.literal(shown.meaning)}</p></div>'
    )


def key(earlier: str) -> str:
    """What the two bars of a figure are; `earlier` is what this period is compared with."""
    return (
        f'<p class="key"><i class="bar before"></i>{words.literal(earlier)} &ensp; <i class="bar now"></i>this period '
        "&ensp; a thin line across the end of a bar: its 95&nbsp;% range</p>"
    )


def trend(
    change: Change | None, said_before: str, earlier: str, *, good: int, better: str = "", worse: str = ""
) -> tuple[str, str]:
    """A change against the `earlier` window (the period before, a year ago) in words, and its mood.

    `good` is 1 where more is better and -1 where less is; `better` and `worse` say so where up and down do not. What is
    within noise is never called either.
    """
    if change is None:
        return "", SAME
    when = f"in {earlier}" if earlier.startswith("the ") else earlier
    if change.direction == 0:
        return f"the same as {when}", SAME
    arrow = "▲ up" if change.direction > 0 else "▼ down"
    from_before = f"{arrow} from {said_before} {when}"
    if change.is_clear is None:
        return f"{from_before}; too few weeks to tell it from chance", SAME
    if not change.is_clear:
        return f"no clear change: {said_before} {when}", SAME
    is_better = change.direction == good
    comment = better if is_better else worse
    return f"{from_before}{': ' if comment else ''}{comment}", BETTER if is_better else WORSE


def answers(pairs: Sequence[tuple[str, str]]) -> str:
    """The questions of the first screen, each with its answer in a sentence."""
    blocks = [
        f"<section><h2>{words.literal(question)}</h2><p>{words.literal(text)}</p></section>" for question, text in pairs
    ]
    return f'<div class="answers">{"".join(blocks)}</div>'


def heading(text: str, below: str = "") -> str:
    """A part of a page."""
    more = f"<p>{words.literal(below)}</p>" if below else ""
    return f'<div class="part"><h2>{words.literal(text)}</h2>{more}</div>'


def said(text: str) -> str:
    """A sentence of its own."""
    return f"<p>{words.literal(text)}</p>"


def chart_head(title: str, unit: str) -> str:
    """The sentence above a chart and the line that says what is drawn in which unit."""
    return f'<div class="chart"><h3>{words.literal(title)}</h3><p>{words.literal(unit)}</p></div>'


def moves(items: Sequence[Cell], *, ranked: bool = False) -> str:
    """What to do, one line each: a name, the reasons, and where a click on the name leads."""
    lines = [
        f"<li>{f'<span class=rank>{n}</span>' if ranked else ''}<b>{_name(item)}</b>"
        f'<span class="why">{words.literal(item[1])}</span></li>'
        for n, item in enumerate(items, 1)
    ]
    tag = "ol" if ranked else "ul"
    return f'<{tag} class="moves">{"".join(lines)}</{tag}>'


def table(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A short table; each cell is a text, what stands small below it, and where a click on it leads."""
    top = "".join(f'<th scope="col">{words.literal(name)}</th>' if name else "<td></td>" for name in head)
    top = f"<thead><tr>{top}</tr></thead>" if any(head) else ""
    body = "".join(
        "<tr>" + "".join(f"<td>{_name(cell)}{_small(cell[1])}</td>" for cell in row) + "</tr>" for row in rows
    )
    look = "plain wide" if len(head) > _NARROW else "plain"
    return scrolled(f'<table class="{look}">{top}<tbody>{body}</tbody></table>')


def scrolled(table: str) -> str:
    """A table, as HTML, that can be moved sideways where it is too wide, also by keyboard."""
    return f'<div class="scroll" tabindex="0">{table}</div>'


def quotes(title: str, said: Sequence[str], more: int = 0) -> str:
    """What people say of one thing, in their own words, each for itself and in its own direction of writing."""
    lines = "".join(f'<blockquote dir="auto">{words.literal(text)}</blockquote>' for text in said)
    rest = f"<p>{words.literal(words.plural(more, 'more quote'))} in the CSV.</p>" if more > 0 else ""
    return f'<section class="quotes"><h3>{words.literal(title)}</h3>{lines}{rest}</section>'


def empty(title: str, sentences: Sequence[str]) -> str:
    """A page on which there is nothing to show, and what would change that."""
    told = "".join(f"<p>{words.literal(text)}</p>" for text in sentences)
    return f'<div class="empty"><h2>{words.literal(title)}</h2>{told}</div>'


def notice(sentences: Sequence[str]) -> str:
    """Something to know before reading on; calm, since nothing is broken."""
    return f'<div class="notice" role="status">{"".join(f"<p>{words.literal(text)}</p>" for text in sentences)}</div>'


def link(text: str, address: str) -> str:
    """A text that leads somewhere when it is clicked."""
    return f'<a href="{words.literal(address)}">{words.literal(text)}</a>'


def links(lead: str, pairs: Sequence[tuple[str, str]]) -> str:
    """A line of texts that lead somewhere: (text, address)."""
    return f"<p>{words.literal(lead)} {words.listed([link(*pair) for pair in pairs])}.</p>"


def _name(cell: Cell) -> str:
    return link(cell[0], cell[2]) if len(cell) == 3 else words.literal(cell[0])


def _small(text: str) -> str:
    return f"<small>{words.literal(text)}</small>" if text else ""


def _picture(shown: Figure) -> str:
    if shown.parts:
        total = sum(max(value, 0.0) for _, value in shown.parts) or 1.0
        pieces = [
            f'<span class="part-{n}" style="width:{100 * max(value, 0.0) / total:.2f}%"></span>'
            for n, (_, value) in enumerate(shown.parts)
        ]
        return f'<div class="pieces" aria-hidden="true">{"".join(pieces)}</div>'
    if shown.now is None or shown.before is None:
        return ""
    top = max(bar.high if bar.high is not None else bar.value for bar in (shown.now, shown.before)) or 1.0
    return (
        f'<div class="bars" aria-hidden="true">{_bar(shown.before, top, "before")}{_bar(shown.now, top, "now")}</div>'
    )


def _bar(bar: Bar, top: float, kind: str) -> str:
    drawn = f'<span class="bar {kind}" style="width:{100 * bar.value / top:.2f}%"></span>'
    if bar.low is not None and bar.high is not None:
        place = f"left:{100 * bar.low / top:.2f}%;width:{100 * (bar.high - bar.low) / top:.2f}%"
        drawn += f'<span class="whisker" style="{place}"></span>'
    return f"<div>{drawn}</div>"
