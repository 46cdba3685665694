"""Free text to pains, by terms and patterns that a person can read, and corrections that a person has made.

Nothing is learnt and nothing is hidden: what a text is coded to comes with the words in it that say so. Of a text that
no term matches, `Suggestions` names the pains whose coded texts share its rarer words; only a person can take them.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from ingest import survey_toml
from ingest.survey_tables import folded
from ingest.tables import Table

CORRECTED = "as corrected"
_WORD = re.compile(r"[a-z][a-z0-9+#-]{2,}")
# they say nothing about what a text is about
_COMMON_WORDS = """
    the and for that this with have has had was were are not but you your its it's would like from they there
    their which when what more some also just very really can could should will into than then them our out
    all any too use using used able about been being because does don't doesn't can't get good great nice
    thanks thank please how why who one two make makes need needs want much many only even still well best
    better
"""
_COMMON = frozenset(_COMMON_WORDS.split())


class Code(Table):
    """The terms (a `*` at the end of a word stands for any ending) and patterns that speak of a pain, in any case."""

    pain: Annotated[str, Field(pattern=r"^\S+$")]
    terms: list[Annotated[str, Field(min_length=2)]] = []
    patterns: list[str] = []
    unless: list[str] = []
    """Terms that take a match back when they stand in the text."""

    @field_validator("patterns")
    @classmethod
    def _valid(cls, value: list[str]) -> list[str]:
        for pattern in value:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"'{pattern}' is no regular expression: {error}") from None
        return value


class Correction(Table):
    """What an answer is coded to whatever the terms say; one that ends in `...` stands for all that begin so."""

    answer: Annotated[str, Field(min_length=1)]
    pains: list[str]


class Rules(Table):
    code: list[Code] = []
    correction: list[Correction] = []


@dataclass(frozen=True)
class _Compiled:
    pain: str
    says: re.Pattern[str]
    unless: re.Pattern[str] | None


class Coding:
    """Codes texts by rules."""

    def __init__(self, rules: Rules) -> None:
        self.pains = sorted({code.pain for code in rules.code} | {p for each in rules.correction for p in each.pains})
        self._codes = [_compiled(code) for code in rules.code if code.terms or code.patterns]
        self._corrections = {folded(each.answer): each.pains for each in rules.correction}
        self._beginnings = {key.removesuffix("..."): key for key in self._corrections if key.endswith("...")}

    def __call__(self, text: str) -> dict[str, str]:
        """The pains that a text speaks of, each with the words that say so."""
        plain = folded(text)
        corrected = self._corrections.get(plain)
        if corrected is None:
            beginning = next((each for each in self._beginnings if plain.startswith(each)), None)
            corrected = self._corrections[self._beginnings[beginning]] if beginning else None
        if corrected is not None:
            return dict.fromkeys(corrected, CORRECTED)
        found: dict[str, list[str]] = {}
        for code in self._codes:
            words = [" ".join(match[0].split()) for match in code.says.finditer(text)]
            if words and not (code.unless and code.unless.search(text)):
                found.setdefault(code.pain, []).extend(words)
        return {pain: "; ".join(dict.fromkeys(words)) for pain, words in found.items()}


def load(file: Path) -> Coding:
    """Reads the rules. Raises SourceError with the first faults in one line."""
    return Coding(survey_toml.read(file, Rules, "mend `coding` in the mapping, or make it"))


class Suggestions:
    """Pains that a text may speak of, by the texts that were coded to each pain."""

    def __init__(self, coded: Mapping[str, Iterable[str]]) -> None:
        self._spoken = {pain: Counter(word for each in texts for word in _words(each)) for pain, texts in coded.items()}
        self._spread = Counter(word for counts in self._spoken.values() for word in counts)
        # a word that is said of many pains tells nothing of one
        most = max(1, len(self._spoken) // 5)
        self._telling = {word for word, pains in self._spread.items() if pains <= most}

    def __call__(self, text: str, most: int = 2) -> dict[str, str]:
        """The likeliest pains, each with the words that the text shares with texts coded to it."""
        words = _words(text) & self._telling
        scores: dict[str, tuple[float, str]] = {}
        for pain, counts in self._spoken.items():
            weights = {word: math.log1p(counts[word]) / self._spread[word] for word in sorted(words & counts.keys())}
            shared = sorted(weights, key=lambda word: weights[word], reverse=True)[:4]
            if len(shared) > 1 or any(counts[word] > 1 for word in shared):
                scores[pain] = sum(weights[word] for word in shared), ", ".join(shared)
        likeliest = sorted(scores, key=lambda pain: (-scores[pain][0], pain))[:most]
        return {pain: scores[pain][1] for pain in likeliest}


def _words(text: str) -> set[str]:
    return set(_WORD.findall(folded(text))) - _COMMON


def _compiled(code: Code) -> _Compiled:
    says = [_term(term) for term in code.terms] + [f"(?:{pattern})" for pattern in code.patterns]
    unless = "|".join(_term(term) for term in code.unless)
    return _Compiled(
        code.pain, re.compile("|".join(says), re.IGNORECASE), re.compile(unless, re.IGNORECASE) if unless else None
    )


def _term(term: str) -> str:
    words = [re.escape(word).replace(r"\*", r"\w*") for word in term.split()]
    between = r"[\s-]+"
    return rf"(?<!\w){between.join(words)}(?!\w)"
