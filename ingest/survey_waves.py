"""A wave of a survey from all its exports: one response per person, the newest, as pages; and what was wrong.

Exports of one wave may repeat each other, or hold different questions of the same people: answers with the same
response id belong together, and of two to one question the newer counts.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from ingest.reasons import reason
from ingest.records import PainPoint, Record, Survey, SurveyAnswer
from ingest.scrub import Scrubber
from ingest.source import Hasher, Page, Rejected
from ingest.survey_answers import Coder, Doubt, Reader, Response
from ingest.survey_mapping import Mapping, Wave
from ingest.survey_tables import Table, short

PAGE_RESPONSES = 200
IDENTITY = {"response_id", "respondent"}
"""Columns that every export of a wave must have, since without them its answers belong to nobody known."""

_RECORDS: dict[str, type[Record]] = {"survey": Survey, "pain_point": PainPoint, "survey_answer": SurveyAnswer}


@dataclass
class Export:
    """One export of a wave: where it was found, and what it holds."""

    place: str
    table: Table


@dataclass
class WaveReading:
    """Reads a wave; `faults` holds what a person must mend, each in one line, once `pages` has run to its end."""

    source: str
    mapping_name: str
    mapping: Mapping
    wave: Wave
    hashed: Hasher
    coder: Coder
    faults: list[str] = field(default_factory=list)

    def pages(self, exports: list[Export], marks: MappingOf[str, Any], *, is_whole: bool = True) -> Iterator[Page]:
        """The wave's survey, then its responses; the marks stand on the last page.

        With `is_whole`, and when no column is missing, they replace what was loaded of the wave before; else they are
        added to it, so that no figure shrinks by accident.
        """
        readers = [
            Reader(self.mapping, self.wave, each.table, self.hashed, self.coder, number)
            for number, each in enumerate(exports)
        ]
        self._name_missing(list(zip(exports, readers, strict=True)))
        # one export may name people of whom another tells
        scrubber = Scrubber(name for reader in readers for name in reader.known_names())
        for reader in readers:
            reader.scrub = scrubber
        kept: dict[str, Response] = {}
        left_out = [_doubts(each.place, _take(reader, kept)) for each, reader in zip(exports, readers, strict=True)]
        newest = _newest(kept.values())
        place = f"{self.source}/{self.wave.id}"
        forgets = (("survey", self.wave.id), ("survey_answer", self.wave.id))
        is_whole = is_whole and not self.faults
        yield Page("survey", place, self._survey(newest), forgets=forgets if is_whole else ())
        yield from left_out
        items = [response.item for response in newest]
        chunks = [items[start : start + PAGE_RESPONSES] for start in range(0, len(items), PAGE_RESPONSES)] or [[]]
        for number, chunk in enumerate(chunks, 1):
            is_last = number == len(chunks)
            yield Page("survey_answer", place, chunk, marks=dict(marks) if is_last else {}, starts=False)

    def _survey(self, responses: list[Response]) -> list[dict[str, Any]]:
        wave = self.wave
        times = [response.item["submitted_at"] for response in responses if response.item["submitted_at"]]
        opened_at = wave.begins.isoformat() if wave.begins else min(times, default=None)
        if opened_at is None:
            what = "no answer has a time" if responses else "there is no answer"
            self.faults.append(f"{self.source}/{wave.id}: {what}; give [[wave]] '{wave.id}' an opened_at")
            return []
        survey = {"survey_id": wave.id, "opened_at": opened_at, "title": wave.title or wave.id}
        survey |= {"closed_at": wave.ends.isoformat()} if wave.ends else {}
        return [survey | ({} if wave.invited_count is None else {"invited_count": wave.invited_count})]

    def _name_missing(self, readings: list[tuple[Export, Reader]]) -> None:
        """One line for each column that an export should have and has not; one of several exports is enough."""
        said: set[str] = set()
        for export, reader in readings:
            if reader.finds_nothing:
                # the names that are there are not shown: they could be somebody's answers
                hint = "is header_rows right? `uptake survey inspect` shows what it holds"
                self.faults.append(f"{export.place}: has none of the columns that {self.mapping_name} names; {hint}")
        known = [(export, reader) for export, reader in readings if not reader.finds_nothing]
        for export, reader in known:
            for key, names in reader.missing:
                elsewhere = any((key, names) not in other.missing for _, other in known)
                if (key in IDENTITY or not elsewhere) and key not in said:
                    said.add(key)
                    self.faults.append(self._missing(export, names, f"as {key}"))
        for question in self.mapping.asked(self.wave):
            if known and all(question.id in reader.lacks for _, reader in known):
                self.faults.append(self._missing(known[0][0], question.columns, f"for question '{question.id}'"))

    def _missing(self, export: Export, names: Sequence[str], use: str) -> str:
        wanted = " or ".join(f"'{short(name, 80)}'" for name in names)
        hint = export.table.closest(names[0])
        return f"{export.place}: {self.mapping_name} names column {wanted} {use}, which is not there; {hint}"


def _take(reader: Reader, kept: dict[str, Response]) -> Iterator[Doubt]:
    """Puts the responses of an export among those that are kept; gives what was left out."""
    for each in reader.responses():
        if isinstance(each, Doubt):
            yield each
            continue
        name = each.item["response_id"]
        kept[name] = _together(kept[name], each, reader.mapping) if name in kept else each


def _together(one: Response, other: Response, mapping: Mapping) -> Response:
    """Two that are one response: all its answers, of two to one question the newer."""
    older, newer = sorted((one, other), key=lambda each: each.order)
    replaced = {mapping.asks(each["question_id"]) for each in newer.item["answers"]}
    kept = [each for each in older.item["answers"] if mapping.asks(each["question_id"]) not in replaced]
    about = {name: value if value is not None else older.item[name] for name, value in newer.item.items()}
    return Response(about | {"answers": [*kept, *newer.item["answers"]]}, newer.who, newer.order)


def _newest(responses: Iterable[Response]) -> list[Response]:
    """Of each person the newest response, in the order in which persons first came."""
    newest: dict[str, Response] = {}
    for each in responses:
        if each.who not in newest or each.order > newest[each.who].order:
            newest[each.who] = each
    return list(newest.values())


def _doubts(place: str, doubts: Iterable[Doubt]) -> Page:
    """The page that holds what was left out at a place, and says that it was read anew."""
    return Page(
        "survey_answer", place, [], rejected=tuple(Rejected(place, each.row, each.reason, None) for each in doubts)
    )


def mapping_page(source: str, mapping: Mapping, gone: Iterable[str], marks: MappingOf[str, Any]) -> Page:
    """The pain points, and the end of the waves that are `gone` from the mapping."""
    items = [pain.model_dump(exclude_none=True) for pain in mapping.pain]
    items = [{"pain_id": item.pop("id"), **item} for item in items]
    forgets: list[tuple[str, str | None]] = [("pain_point", None)]
    forgets += [(noun, wave) for wave in gone for noun in ("survey", "survey_answer")]
    return Page("pain_point", f"{source}/mapping", items, marks=dict(marks), forgets=tuple(forgets))


def parse(page: Page) -> Iterator[Record | Rejected]:
    """The records of a page; what is none comes as Rejected, without its content, which may be somebody's words."""
    for index, item in enumerate(page.items):
        about = {name: value for name, value in item.items() if name != "answers"}
        for answer in item["answers"] if page.kind == "survey_answer" else [{}]:
            try:
                yield _RECORDS[page.kind].model_validate(about | answer)
            except ValidationError as error:
                yield Rejected(page.place, page.row(index), reason(error), None)
