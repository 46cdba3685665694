"""Scales in words, for what `uptake survey inspect` proposes."""

from collections.abc import Iterable

from ingest.survey_tables import folded


def _levels(low: int, *levels: str) -> dict[str, float]:
    """The words of a scale, level by level from its low end."""
    return {word.strip(): float(low + step) for step, words in enumerate(levels) for word in words.split(",")}


SCALES: dict[str, dict[str, float]] = {
    "problem": _levels(
        0,
        "not a problem for me, not a problem, no problem",
        "trivial",
        "minor, moderate",
        "major, serious",
        "critical, severe",
    ),
    "importance": _levels(
        0,
        "not at all important, not important",
        "slightly important",
        "somewhat important, moderately important",
        "important, very important",
        "critical, extremely important",
    ),
    "frequency": _levels(0, "never", "rarely, seldom", "sometimes", "often, frequently, usually", "very often, always"),
    "agreement": _levels(
        1,
        "strongly disagree",
        "disagree, somewhat disagree",
        "neither agree nor disagree, neutral, undecided",
        "somewhat agree, agree",
        "strongly agree",
    ),
    "satisfaction": _levels(
        1,
        "very dissatisfied",
        "dissatisfied, somewhat dissatisfied",
        "neither satisfied nor dissatisfied, neutral",
        "somewhat satisfied, satisfied",
        "very satisfied",
    ),
    "quality": _levels(
        1,
        "horrible, terrible, very bad, very poor",
        "bad, poor",
        "ok, okay, fair, average",
        "good",
        "very good, excellent",
    ),
    "difficulty": _levels(
        1, "very easy", "easy", "neutral, neither easy nor difficult", "difficult, hard", "very difficult, very hard"
    ),
}
"""Scales in words that are commonly used, each from its low end; words of one level, too, the lower first."""
HURTS = {"problem", "importance", "frequency", "difficulty"}
"""Scales whose high end is the bad one."""
PLEASES = {"satisfaction", "quality"}


def are_crowded(scale: str, words: Iterable[str]) -> bool:
    """Would two answers that one question tells apart get the same number?"""
    told_apart = {folded(word) for word in words}
    return len({SCALES[scale][word] for word in told_apart}) < len(told_apart)


def ranked(scale: str, words: Iterable[str]) -> dict[str, float]:
    """The words, numbered from 0 by their order among themselves."""
    listed = list(words)
    seen = {folded(word) for word in listed}
    order = [word for word in SCALES[scale] if word in seen]
    return {
        word: float(order.index(folded(word))) for word in sorted(listed, key=lambda each: order.index(folded(each)))
    }
