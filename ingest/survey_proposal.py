"""A mapping for exports that nobody has mapped yet, as TOML for a person to correct. See `uptake survey inspect`."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

from ingest import survey_columns, survey_tables
from ingest.errors import SourceError
from ingest.survey_columns import Guess
from ingest.survey_scales import HURTS, PLEASES, ranked
from ingest.survey_tables import folded, short

ALIKE = 0.7
"""So much alike, two questions of different waves may be the same; a person decides."""
_PAIN = re.compile(
    r"\b(problem|problems|pain|pains|slow|slows|hard|difficult|difficulty|can't|cannot|no|not|lack|lacking|missing|poor|"
    r"unclear|blocked|blocks|too|takes|wait|waiting|broken|flaky|confusing|frustrat\w+|don't|haven't|lost|never)\b"
)
_ABOUT = ("response_id", "respondent", "submitted_at", "team", "role", "names")
_LEFT_OUT = {
    "personal": "names or finds a person",
    "technical": "is about the answering, not the answer",
    "empty": "nobody answered it",
}


@dataclass
class _Wave:
    name: str
    file: str
    rows: int
    header_rows: int
    guesses: list[Guess]


@dataclass
class _Question:
    """A question and the waves that ask it; `alike` names those of later waves that may be the same."""

    id: str
    guess: Guess
    waves: list[str]
    alike: list[tuple[str, str]] = field(default_factory=list)

    @property
    def pain(self) -> bool:
        """Does it seem to rate a pain?"""
        guess = self.guess
        return guess.kind == "rating" and (guess.scale in HURTS | PLEASES or bool(_PAIN.search(folded(guess.said))))


def propose(files: Iterable[Path]) -> str:
    """The mapping of these exports, each a wave, as TOML. Raises SourceError that names the file; OSError."""
    waves, long = [], None
    for file in files:
        try:
            grid = survey_tables.read(file)
            rows = survey_columns.header_rows(grid)
            table = survey_tables.table(grid, rows)
            names = survey_columns.long_columns(table)
            if names:
                kinds = {each.kind: each.name for each in survey_columns.guesses(table)}
                who = [survey_columns.response_column(table) or kinds.get("respondent") or table.columns[0].name]
                long = (*names, who[0])
                table = survey_tables.widened(table, who, [names[0]], [names[1]])
        except SourceError as error:
            raise SourceError(f"{file}: {error}") from None
        name = re.sub(r"[^A-Za-z0-9_.-]+", "-", file.name.partition(".")[0]).strip("-").lower() or "wave"
        waves.append(_Wave(name, file.name, len(table.rows), rows, survey_columns.guesses(table)))
    return "\n".join(_text(waves, long)).rstrip() + "\n"


def _text(waves: list[_Wave], long: tuple[str, str, str] | None) -> Iterator[str]:
    yield f"# Proposed from {', '.join(f'{wave.file} ({wave.rows} rows)' for wave in waves)}."
    yield "# Correct it: what is wrong here is wrong in every figure. docs/survey.md explains the keys."
    yield f"header_rows = {waves[0].header_rows}"
    if long:
        yield f'layout = "long"\nquestion_column = {_quoted(long[0])}\nanswer_column = {_quoted(long[1])}'
    yield from _respondent(waves, long)
    for wave in waves:
        yield f"\n[[wave]]\nid = {_quoted(wave.name)}\ntitle = {_quoted(wave.name)}\nfiles = [{_quoted(wave.file)}]"
        if wave.header_rows != waves[0].header_rows:
            yield f"header_rows = {wave.header_rows}"
        if not any(guess.kind == "submitted_at" for guess in wave.guesses):
            yield "opened_at = 1990-01-01    # when was it? no column tells"
        yield "# invited_count = 100    # how many were asked?"
    questions = _questions(waves)
    yield from _scales(questions)
    for question in questions:
        yield from _question(question, waves)
    for question in questions:
        if question.pain:
            yield f"\n[[pain]]\nid = {_quoted(question.id)}\ntitle = {_quoted(_title(question.guess.said))}"
            yield '# theme = ""\n# evidence_metric = "lead_time"    # the metric that would confirm it'
    skips = {folded(guess.name): guess for wave in waves for guess in wave.guesses if guess.kind == "skip"}
    for guess in skips.values():
        yield "\n[[skip]]    # rows that are no answers"
        yield f"column = {_quoted(guess.name)}\nvalues = [{', '.join(map(_quoted, guess.values))}]"


def _respondent(waves: list[_Wave], long: tuple[str, str, str] | None) -> Iterator[str]:
    found: dict[str, dict[str, Guess]] = {key: {} for key in (*_ABOUT, *_LEFT_OUT)}
    for wave in waves:
        for guess in wave.guesses:
            if guess.kind in found:
                found[guess.kind].setdefault(folded(guess.name), guess)
    for kind, why in _LEFT_OUT.items():
        for guess in found[kind].values():
            yield f"# not read: {_quoted(guess.name)} {why}"
    yield "\n[respondent]"
    for key in _ABOUT:
        named = [name for guess in found[key].values() for name in guess.columns]
        if long and key in ("response_id", "respondent") and long[2] not in named:
            named = [long[2]] if key == "response_id" else named
        if named:
            yield f"{key} = [{', '.join(map(_quoted, dict.fromkeys(named)))}]"
    forms = {guess.form for guess in found["submitted_at"].values() if guess.form}
    if forms:
        ambiguous = any(form.startswith(("%m/%d", "%d/%m")) for form in forms)
        yield f"time_format = {_quoted(min(forms))}" + ("    # is the month first?" if ambiguous else "")
        yield '# timezone = "Europe/Amsterdam"    # of these times; default UTC'
    for key, said in (("team", "    # as answered = the team_id of your teams"), ("role", "")):
        values = list(dict.fromkeys(value for guess in found[key].values() for value in guess.values))
        if values:
            yield f"\n[{key}s]{said}"
            yield from (f"{_quoted(value)} = {_quoted(value)}" for value in values)


def _questions(waves: list[_Wave]) -> list[_Question]:
    """Questions of the same name are one; what is only alike is named to a person."""
    found: dict[str, _Question] = {}
    ids: set[str] = set()
    for wave in waves:
        fresh = []
        for guess in wave.guesses:
            if guess.kind not in ("rating", "choice", "choices", "text"):
                continue
            key = folded(guess.name)
            if key in found:
                if wave.name not in found[key].waves:
                    found[key].waves.append(wave.name)
                    found[key].guess.words.update(guess.words)
                    found[key].guess.is_crowded |= guess.is_crowded
                continue
            fresh.append((key, _Question(_id(guess.said, ids), guess, [wave.name])))
        for key, question in fresh:
            for old_key, old in found.items():
                same_kind = old.guess.kind == question.guess.kind and wave.name not in old.waves
                if same_kind and _alike(old_key, key):
                    old.alike.append((wave.name, question.guess.name))
        found |= dict(fresh)
    return list(found.values())


def _alike(one: str, other: str) -> bool:
    """Much the same words; of two rows of one grid, those that are not of the grid."""
    first, second = (re.fullmatch(r"(.*)\[(.+)\]", each) for each in (one, other))
    if first and second and first[1] == second[1]:
        one, other = first[2], second[2]
    return SequenceMatcher(None, one, other).ratio() >= ALIKE or one in other or other in one


def _scales(questions: list[_Question]) -> Iterator[str]:
    scales: dict[str, Guess] = {}
    for question in questions:
        guess = question.guess
        if guess.scale:
            known = scales.setdefault(guess.scale, guess)
            known.words |= guess.words
            known.is_crowded |= guess.is_crowded
    for name, guess in scales.items():
        yield f"\n[scales.{name}]"
        if guess.is_crowded:
            guess.words = ranked(name, guess.words)
            guess.low, guess.high = 0, max(guess.words.values())
            yield "# numbered by rank among the words that were answered: check their order, and whether one is missing"
        yield f"min = {guess.low:g}\nmax = {guess.high:g}"
        if guess.words:
            words = sorted(guess.words.items(), key=lambda pair: pair[1])
            yield f"words = {{ {', '.join(f'{_quoted(word)} = {number:g}' for word, number in words)} }}"


def _question(question: _Question, waves: list[_Wave]) -> Iterator[str]:
    guess = question.guess
    yield "\n[[question]]"
    yield f"id = {_quoted(question.id)}"
    yield f"columns = [{', '.join(map(_quoted, guess.columns))}]"
    if guess.title:
        yield f"# asks: {short(guess.title, 120)}"
    for wave, name in question.alike:
        yield f"# {wave} has {_quoted(name)}: where it is the same question, add it here and take it out below"
    yield f"kind = {_quoted(guess.kind)}"
    if len(question.waves) < len(waves):
        yield f"waves = [{', '.join(map(_quoted, question.waves))}]"
    if guess.scale:
        yield f"scale = {_quoted(guess.scale)}"
        pain = f"pain = {_quoted(question.id)}"
        yield (
            pain if question.pain else f"# {pain}    # where it asks for one; reverse = true where its high end is good"
        )
        if guess.scale in PLEASES:
            yield "reverse = true"
    if guess.separator:
        yield f"separator = {_quoted(guess.separator)}"
    if guess.kind in ("choice", "choices") and guess.values:
        yield f"options = [{', '.join(map(_quoted, guess.values))}]"
    if guess.kind == "text" and _PAIN.search(folded(guess.said)):
        yield "# coded = true    # where it speaks of pains, and `coding` names a file"


def _title(name: str) -> str:
    """A question as the name of a pain: without its number, and of a grid the row alone."""
    grid = re.search(r"\[([^\[\]]+)\]$", name)
    plain = grid[1] if grid else name.rpartition(" | ")[2]
    return short(re.sub(r"^[A-Za-z]?\d{1,3}[a-z]?\d?[.)] ", "", plain).strip().rstrip("."), 120)


def _id(name: str, taken: set[str]) -> str:
    words = re.findall(r"[a-z0-9]+", folded(_title(name)))
    plain = "_".join(words[:6])[:48] or "question"
    made = next(each for each in (plain, *(f"{plain}_{number}" for number in range(2, 10_000))) if each not in taken)
    taken.add(made)
    return made


def _quoted(text: str) -> str:
    """As a TOML string, which is written as a JSON one is but for what is beyond its 16 bits."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
