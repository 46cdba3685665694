"""What a cell of a survey says: nothing, a number on a scale, a moment, or one option or several."""

import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from ingest.survey_mapping import Scale
from ingest.survey_tables import folded

_NO_ANSWERS = """
    n/a|#n/a|n.a|n.a.|na|not applicable|does not apply|not answered|no answer|prefer not to say|prefer not to answer|
    don't know|do not know|i don't know|null|nan|nil|keine angabe|k.a|k. a|sans objet|-|--|---|.|..|...
"""
NO_ANSWER = frozenset(word.strip() for word in _NO_ANSWERS.split("|"))
"""The usual spellings of N/A, folded, without the full stop at the end."""
# "N/A - skip, don't know."
_SKIPPED = re.compile(r"n/a\W{1,4}(skip|don't know|do not know|not applicable|no opinion|no experience)\b.{0,40}")
OTHER = "Other"
_OTHER = re.compile(r"(?i)(?:other|andere[rs]?|sonstiges|autre)(?: ?\(please specify\))?\s*(?:[:\-]\s*(.*))?", re.S)
_NUMBER = re.compile(r"[+-]?\d{1,6}(?:[.,]\d{1,6})?")
# "(4) Critical.", "4 - Strongly agree", "4: often", "4. Always"
_LEADING = re.compile(r"\(?([+-]?\d{1,3})(?:\)|\s*[-:=.]\s)\s*\D.*", re.S)
# "2/26/2023 14:12:52 PM GMT+1", as newer Google Forms write it
_ZONE = re.compile(r"\s(?:GMT|UTC)\s?([+-]\d{1,2})?(?::?(\d{2}))?$")


def is_nothing(cell: str, more: Collection[str] = ()) -> bool:
    """Empty, or one of the spellings of N/A, or of `more` (folded; a `*` at the end stands for anything)."""
    plain = folded(cell).rstrip(". ")
    if not plain or plain in NO_ANSWER or folded(cell) in NO_ANSWER or _SKIPPED.fullmatch(plain):
        return True
    return any(plain.startswith(word[:-1]) if word.endswith("*") else plain == word.rstrip(". ") for word in more)


def leading_number(cell: str) -> float | None:
    """The number that a cell is, or begins with as `(4) Critical.` does; None without one."""
    plain = folded(cell).rstrip(". ")
    if _NUMBER.fullmatch(plain):
        return float(plain.replace(",", "."))
    leading = _LEADING.fullmatch(plain)
    return float(leading[1]) if leading else None


def rating(cell: str, scale: Scale) -> float:
    """The number that a cell means. Raises ValueError with what is wrong, without quoting more than a number."""
    plain = folded(cell).rstrip(". ")
    words = _words(tuple(scale.words.items()))
    if plain in words:
        return words[plain]
    number = leading_number(cell)
    if number is None:
        known = ", ".join(repr(word) for word in list(scale.words)[:6]) or "it knows numbers only"
        raise ValueError(f"is no answer on its scale ({known}); add the word to the scale, or to no_answer")
    if not scale.min <= number <= scale.max:
        raise ValueError(f"{number:g} is outside its scale of {scale.min:g} to {scale.max:g}")
    return number


def moment(cell: str, form: str | None, zone: str) -> datetime:
    """Naive UTC. Raises ValueError."""
    plain = " ".join(cell.split())
    offset = _ZONE.search(plain) if form and "%z" not in form else None
    if offset:
        plain = plain[: offset.start()]
    if not form and re.fullmatch(r"\d{9,11}(\.\d+)?", plain):
        return datetime.fromtimestamp(float(plain), UTC).replace(tzinfo=None)
    found = datetime.strptime(plain, form) if form else datetime.fromisoformat(plain)
    if offset:
        hours, minutes = int(offset[1] or 0), int(offset[2] or 0)
        sign = "-" if hours < 0 or (offset[1] or "").startswith("-") else "+"
        found = datetime.fromisoformat(f"{found.isoformat()}{sign}{abs(hours):02}:{minutes:02}")
    aware = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
    return aware.astimezone(UTC).replace(tzinfo=None)


def is_tick(cell: str) -> bool:
    """Where the cell says only that the column's option is ticked."""
    return folded(cell) in {"1", "1.0", "yes", "y", "true", "x", "checked", "selected", "quoted", "ja", "oui"}


def is_no(cell: str) -> bool:
    return folded(cell) in {"0", "0.0", "no", "n", "false", "unchecked", "not selected", "not quoted", "nein", "non"}


def parts(cell: str, separator: str, options: Iterable[str]) -> list[str]:
    """The options joined in a cell; a known option that holds the separator itself stays whole."""
    rest, found, edge = cell, [], re.escape(separator)
    for option in sorted((each for each in options if separator in each), key=len, reverse=True):
        pattern = re.compile(rf"(?:^|(?<={edge}))\s*{_spaced(option)}\s*(?={edge}|$)", re.IGNORECASE)
        if pattern.search(rest):
            found.append(option)
            rest = pattern.sub("", rest)
    return found + [plain for part in rest.split(separator) if (plain := tidy(part))]


def tidy(answer: str) -> str:
    """An option without what its form writes round it: spaces and the full stop at its end."""
    return " ".join(answer.split()).removesuffix(".")


def is_other(option: str) -> bool:
    """Is it what forms offer for anything else? `Other`, `Other (please specify)`, `Other: a cat`."""
    return bool(_OTHER.fullmatch(tidy(option)))


def chosen(answer: str, options: Collection[str]) -> tuple[str, str | None]:
    """The option and, where it is another than those offered, the words for it."""
    plain = tidy(answer)
    known = {folded(tidy(option)): option for option in options}
    if folded(plain) in known:
        return known[folded(plain)], None
    other = _OTHER.fullmatch(plain)
    if other:
        return OTHER, other[1] or None
    return (OTHER, plain) if options else (plain, None)


def _spaced(option: str) -> str:
    return r"\s+".join(re.escape(word) for word in option.split())


@lru_cache(maxsize=1_000)
def _words(pairs: tuple[tuple[str, float], ...]) -> dict[str, float]:
    return {folded(word).rstrip(". "): number for word, number in pairs}
