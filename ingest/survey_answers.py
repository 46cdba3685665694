"""The rows of an export as responses, by its mapping: persons hashed, free text scrubbed, doubtful cells named.

A response is what a page holds: who, when, and a list of answers, each of which becomes a `survey_answer`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ingest import survey_cells as cells
from ingest.scrub import Scrubber
from ingest.source import Hasher
from ingest.survey_mapping import Mapping, Question, Scale, Wave
from ingest.survey_tables import Column, Table, folded, numbered, short

Answer = dict[str, Any]
Coder = Callable[[str], dict[str, str]]
"""The pains that a text speaks of, each with the words that say so."""

SEVERAL, NONE = "several", "none"
"""The role of who ticked more than one, or none."""


@dataclass
class Response:
    """`who` tells persons apart (their hash, else the response's id); `order` is when it came, in which export and row,
    so that of two the newer is known."""

    item: dict[str, Any]
    who: str
    order: tuple[str, int, int]


@dataclass
class Doubt:
    """A row, or a cell of it, that was left out, and why; its content is withheld."""

    row: int
    reason: str


@dataclass
class Reader:
    """Reads one export of a wave, the one with this `number`.

    `missing` names the columns of the mapping that it lacks, as (key, the names that would do).
    """

    mapping: Mapping
    wave: Wave
    table: Table
    hashed: Hasher
    coder: Coder
    number: int = 0
    missing: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        mapping, who = self.mapping, self.mapping.respondent
        self._nothing = {folded(word) for word in mapping.no_answer}
        self._id = self._one("response_id", who.response_id)
        self._person = self._one("respondent", who.respondent)
        self._time = self._one("submitted_at", who.submitted_at)
        self._team = self._one("team", who.team)
        self._role = self._all("role", who.role)
        self._names = self._all("names", who.names)
        self._skip = [(self._one("skip", [skip.column]), {folded(v) for v in skip.values}) for skip in mapping.skip]
        self._questions = [(question, self._columns(question)) for question in mapping.asked(self.wave)]
        self.scrub = Scrubber()
        self._seen: dict[str, int] = {}

    @property
    def finds_nothing(self) -> bool:
        """Is no column there that the mapping names? Then the first row is perhaps no header row, but an answer."""
        about = (self._id, self._person, self._time, self._team, *self._role, *self._names)
        return not any(about) and not any(columns for _, columns in self._questions)

    @property
    def lacks(self) -> set[str]:
        """The questions of the wave for which this export has no column."""
        return {question.id for question, columns in self._questions if not columns}

    def responses(self) -> Iterator[Response | Doubt]:
        """In the order of the rows; who answered nothing is no response."""
        for number, why in self.table.ragged:
            yield Doubt(number, why)
        for number, row in self.table.rows:
            if any(column and folded(row[column.place]) in values for column, values in self._skip):
                continue
            doubts: list[str] = []
            answers = [
                each for question, columns in self._questions for each in self._read(question, columns, row, doubts)
            ]
            about = self._about(row, doubts)
            yield from (Doubt(number, doubt) for doubt in doubts)
            if answers:
                identity = self._identity(row, number, about["submitted_at"])
                about |= {"survey_id": self.wave.id, **identity, "answers": answers}
                who = about["respondent"] or about["response_id"]
                yield Response(about, who, (about["submitted_at"] or "", self.number, number))

    def _one(self, key: str, wanted: list[str]) -> Column | None:
        found = self._all(key, wanted)
        return found[0] if found else None

    def _all(self, key: str, wanted: list[str]) -> list[Column]:
        """The columns that go by one of these names; none is a thing to mend."""
        found = {column.place: column for name in wanted for column in self.table.find(name)}
        if wanted and not found:
            self.missing.append((key, tuple(wanted)))
        return list(found.values())

    def _columns(self, question: Question) -> list[Column]:
        """Where a question stands, under any of the names that it goes by."""
        return list({each.place: each for name in question.columns for each in self.table.find(name)}.values())

    def known_names(self) -> Iterator[str]:
        """Who answered, as far as the export tells; it is for `scrub` to know."""
        places = [column.place for column in self._names]
        for _, row in self.table.rows:
            for place in places:
                if not cells.is_nothing(row[place]):
                    yield row[place]
        if self._person:
            for _, row in self.table.rows:
                local, at, _ = row[self._person.place].strip().partition("@")
                if at and len(local) >= 5:
                    yield local

    def _identity(self, row: list[str], number: int, submitted_at: str | None) -> dict[str, Any]:
        """Both ids hashed: who sees the survey tool could else look up who gave which answer."""
        person = None if self._person is None else self.hashed(row[self._person.place])
        own = row[self._id.place].strip() if self._id else ""
        if not own and person:
            own = person
        if not own and submitted_at:
            # an export sorted anew must give the same ids, and two people may answer in the same second
            again = self._seen[submitted_at] = self._seen.get(submitted_at, 0) + 1
            own = f"{submitted_at} {again}"
        return {"response_id": self.hashed(f"{self.wave.id}/{own or f'row {number}'}"), "respondent": person}

    def _about(self, row: list[str], doubts: list[str]) -> dict[str, Any]:
        about: dict[str, Any] = {"submitted_at": None, "team_id": None, "role": None}
        if self._time and row[self._time.place].strip():
            who = self.mapping.respondent
            try:
                about["submitted_at"] = cells.moment(row[self._time.place], who.time_format, who.timezone).isoformat()
            except ValueError:
                form = f'time_format = "{who.time_format}"' if who.time_format else "ISO 8601; give a time_format"
                doubts.append(f"{_named(self._time)}: is no time as in {form}; the time is left out")
        if self._team and not self._is_nothing(row[self._team.place]):
            answer = self.scrub(row[self._team.place])
            about["team_id"] = self.mapping.team(answer)
            if about["team_id"] is None:
                doubts.append(f"{_named(self._team)}: '{short(answer)}' is not in [teams]; the team is left out")
        if self._role:
            ticked = [row[column.place] for column in self._role if not self._is_nothing(row[column.place])]
            roles = [cells.tidy(self.scrub(answer)) for answer in ticked]
            about["role"] = self.mapping.role(roles[0]) if len(roles) == 1 else SEVERAL if roles else NONE
        return about

    def _is_nothing(self, cell: str) -> bool:
        return cells.is_nothing(cell, self._nothing)

    def _read(self, question: Question, columns: list[Column], row: list[str], doubts: list[str]) -> Iterator[Answer]:
        answered = [column for column in columns if not self._is_nothing(row[column.place])]
        if question.kind == "choices":
            yield from self._choices(question, [(column, row[column.place]) for column in answered])
        elif answered:
            cell = row[answered[0].place]
            if question.kind == "rating":
                yield from self._rating(question, answered[0], cell, doubts)
            elif question.kind == "choice":
                option, words = cells.chosen(self.scrub(cell), question.options)
                yield {"question_id": question.id, "choice": option, "text": words}
            else:
                yield from self._text(question, cell)

    def _rating(self, question: Question, column: Column, cell: str, doubts: list[str]) -> Iterator[Answer]:
        scale: Scale = self.mapping.scales[question.scale or ""]
        try:
            number = cells.rating(cell, scale)
        except ValueError as error:
            doubts.append(f"{_named(column)}: {error}")
            return
        if question.reverse:
            number = scale.min + scale.max - number
        yield {
            "question_id": question.id,
            "pain_id": question.pain,
            "rating": number,
            "scale_min": scale.min,
            "scale_max": scale.max,
        }

    def _choices(self, question: Question, answered: list[tuple[Column, str]]) -> Iterator[Answer]:
        """One answer per option ticked. Where options mean pains, one per pain: 1 where ticked and 0 where not."""
        options = [*question.options, *(each for each in question.pains if each not in question.options)]
        ticked: dict[str, str | None] = {}
        for column, cell in answered:
            if cells.is_no(cell):
                continue
            said = _option(column) if cells.is_tick(cell) else cell
            if cells.is_other(_option(column)) and not cells.is_other(said):
                # the column of what is not offered holds the words for it
                said = f"{cells.OTHER}: {said}"
            for part in cells.parts(said, question.separator, options) if question.separator else [said]:
                option, words = cells.chosen(self.scrub(part), options)
                ticked[option] = " ".join(filter(None, (ticked.get(option), words))) or None
        pains = {folded(cells.tidy(option)): pain for option, pain in question.pains.items()}
        for option, words in ticked.items():
            if folded(cells.tidy(option)) not in pains:
                yield {"question_id": f"{question.id}.{_slug(option)}", "choice": option, "text": words}
        for option, pain in question.pains.items() if ticked else ():
            rating = {"rating": int(option in ticked), "scale_min": 0, "scale_max": 1}
            yield {"question_id": question.id, "pain_id": pain, "choice": option, **rating}

    def _text(self, question: Question, cell: str) -> Iterator[Answer]:
        text = self.scrub(cell)
        if not text:
            return
        pains = self.coder(text) if question.coded else {}
        for pain, words in pains.items():
            # no rating: that somebody speaks of a pain does not say how bad it is
            yield {"question_id": question.id, "pain_id": pain, "choice": words, "text": text}
        if not pains:
            yield {"question_id": question.id, "text": text}


def _option(column: Column) -> str:
    """The option that a column of its own stands for: `Which tools? | Git` and `G1Q2[Git]` for Git, as does `Q4_1` with
    `Which tools? - Git` below it."""
    code = numbered(column)
    if code and code[2]:
        return code[2]
    bracketed = re.search(r"\[([^\[\]]+)\]$", column.name)
    return bracketed[1] if bracketed else column.name.rpartition(" | ")[2]


def _slug(option: str) -> str:
    plain = "".join(letter if letter.isalnum() else "_" for letter in folded(option))
    return "_".join(part for part in plain.split("_") if part)[:60] or "option"


def _named(column: Column) -> str:
    return f"column '{short(column.name, 60)}'"
