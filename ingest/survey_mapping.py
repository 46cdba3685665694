"""The mapping of a survey's exports to records, as a person corrects it: waves, who answers, questions, scales, pains.

`uptake survey inspect` proposes one; docs/survey.md explains every key. Nothing is guessed from it: a question is read
from the columns that it names, and from no other.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from ingest import survey_toml
from ingest.survey_tables import folded
from ingest.tables import Table, Zone

Id = Annotated[str, Field(pattern=r"^\S+$")]
Name = Annotated[str, Field(min_length=1)]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[list[Name], BeforeValidator(_as_list)]


class Wave(Table):
    """One round of the survey. `files` are names or globs of its exports; for Typeform's API, `form` is its id."""

    id: Id
    files: Names = []
    form: str | None = None
    title: str | None = None
    opened_at: datetime | date | None = None
    """Without it, when the first answer came."""
    closed_at: datetime | date | None = None
    invited_count: Annotated[int, Field(ge=0)] | None = None
    header_rows: Annotated[int, Field(ge=1, le=3)] | None = None
    """Where its exports have other header rows than the rest."""

    @property
    def begins(self) -> datetime | None:
        return _moment(self.opened_at)

    @property
    def ends(self) -> datetime | None:
        return _moment(self.closed_at)


class Respondent(Table):
    """The columns that say who answered, and when; several names where waves differ, of which one is enough.

    `names` are read only to take these names out of free text.
    """

    response_id: Names = []
    respondent: Names = []
    submitted_at: Names = []
    time_format: str | None = None
    """As for strptime; without it, ISO 8601."""
    timezone: Zone = "UTC"
    team: Names = []
    role: Names = []
    names: Names = []


class Scale(Table):
    """A scale of numbers, and what words on it mean."""

    min: float
    max: float
    words: dict[str, float] = {}

    @model_validator(mode="after")
    def _within(self) -> Self:
        if self.max <= self.min:
            raise ValueError(f"max ({self.max:g}) is not above min ({self.min:g})")
        for word, number in self.words.items():
            if not self.min <= number <= self.max:
                raise ValueError(f"'{word}' ({number:g}) is outside {self.min:g} to {self.max:g}")
        return self


class Question(Table):
    """A question: where its answers stand, of what kind they are, and which pain they speak of."""

    id: Id
    columns: Annotated[Names, Field(min_length=1)]
    """Its names in the waves; a `*` stands for anything, as for the options of one question."""
    kind: Literal["rating", "choice", "choices", "text"]
    waves: list[str] = []
    """The waves that ask it; without it, all."""
    pain: str | None = None
    scale: str | None = None
    reverse: bool = False
    """The high end of the scale is good: 5 of 1 to 5 becomes 1."""
    options: list[Name] = []
    """Choices that are offered; another is kept as `Other` with its words."""
    pains: dict[str, str] = {}
    """Of choices: option -> the pain that ticking it means."""
    separator: str | None = None
    """What stands between several options in one cell."""
    coded: bool = False
    """Of a text: it may speak of pains, and is coded by the file that `coding` names."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.kind == "rating" and not self.scale:
            raise ValueError(f"question '{self.id}' is a rating and needs a scale")
        if self.kind != "rating" and (self.scale or self.reverse or self.pain):
            raise ValueError(f"question '{self.id}' is no rating: scale, reverse and pain are for ratings")
        if self.kind != "choices" and (self.pains or self.separator):
            raise ValueError(f"question '{self.id}': pains and separator are for kind = \"choices\"")
        if self.coded and self.kind != "text":
            raise ValueError(f"question '{self.id}': coded is for kind = \"text\"")
        return self


class Pain(Table):
    id: Id
    title: Name
    description: str | None = None
    theme: str | None = None
    evidence_metric: str | None = None


class Skip(Table):
    """Rows that are no answers, such as previews: those with one of the values in the column."""

    column: Name
    values: Annotated[list[str], Field(min_length=1)]


class Mapping(Table):
    """The whole mapping."""

    header_rows: Annotated[int, Field(ge=1, le=3)] = 1
    layout: Literal["wide", "long"] = "wide"
    question_column: str | None = None
    answer_column: str | None = None
    no_answer: list[Name] = []
    """Cells that mean no answer, besides the usual spellings of N/A; a `*` at the end stands for anything."""
    coding: Path | None = None
    """The file that tells how free text is coded to pains."""
    respondent: Respondent = Respondent()
    wave: Annotated[list[Wave], Field(min_length=1)]
    question: list[Question] = []
    pain: list[Pain] = []
    scales: dict[str, Scale] = {}
    teams: dict[str, str] = {}
    """A team's name as answered -> its team_id; without any, the answer is the id."""
    roles: dict[str, str] = {}
    """A role as answered -> the role; with any, another is `other`."""
    skip: list[Skip] = []

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for things, what in ((self.wave, "wave"), (self.question, "question"), (self.pain, "pain")):
            ids = [thing.id for thing in things]
            twice = next((each for each in ids if ids.count(each) > 1), None)
            if twice:
                raise ValueError(f"{what} '{twice}' is there twice; ids must be unique")
        waves, pains = {wave.id for wave in self.wave}, {pain.id for pain in self.pain}
        for question in self.question:
            if question.scale and question.scale not in self.scales:
                raise ValueError(f"question '{question.id}' names scale '{question.scale}', which is not in [scales]")
            unknown = next((wave for wave in question.waves if wave not in waves), None)
            if unknown:
                raise ValueError(f"question '{question.id}' names wave '{unknown}', which is no [[wave]]")
            for pain in (*([question.pain] if question.pain else []), *question.pains.values()):
                if pain not in pains and ":" not in pain:
                    raise ValueError(
                        f"question '{question.id}' names pain '{pain}', which is no [[pain]]; "
                        "one of another source is written source:pain"
                    )
        if self.layout == "long" and not (self.question_column and self.answer_column and self.who):
            raise ValueError('layout = "long" needs question_column, answer_column and response_id or respondent')
        return self

    @property
    def who(self) -> list[str]:
        """The columns that tell the responses of a long table apart; the first that is there."""
        return self.respondent.response_id or self.respondent.respondent

    def asked(self, wave: Wave) -> Iterator[Question]:
        """The questions of a wave."""
        return (question for question in self.question if not question.waves or wave.id in question.waves)

    def asks(self, answered: str) -> str:
        """The id of the question behind an answer's: an option that was ticked stands behind a dot."""
        return answered if any(each.id == answered for each in self.question) else answered.rpartition(".")[0]

    def team(self, answer: str) -> str | None:
        """The id of a team as answered; None when [teams] does not know it."""
        known = {folded(name): team for name, team in self.teams.items()}
        return known.get(folded(answer)) if known else answer

    def role(self, answer: str) -> str:
        known = {folded(name): role for name, role in self.roles.items()}
        return known.get(folded(answer), "other") if known else answer


def load(file: Path) -> Mapping:
    """Reads a mapping. Raises SourceError with the first faults in one line."""
    mapping = survey_toml.read(file, Mapping, "`uptake survey inspect FILE --out` proposes one")
    coding = mapping.coding
    return mapping.model_copy(update={"coding": file.parent / coding}) if coding else mapping


def _moment(day: datetime | date | None) -> datetime | None:
    """In naive UTC, as records hold it."""
    if day is None:
        return None
    if not isinstance(day, datetime):
        return datetime(day.year, day.month, day.day)
    return day.astimezone(UTC).replace(tzinfo=None) if day.tzinfo else day
