"""The `survey` source: exports of survey tools in a folder, read by a mapping.

docs/survey.md tells what it reads and what it cannot. A wave is read anew, and replaces what was loaded of it, when one
of its files or the mapping has changed; else it is left alone.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from ingest import survey_coding, survey_mapping, survey_tables
from ingest.errors import SourceError
from ingest.folder import Folder, Found, digest, unchanged
from ingest.records import Record
from ingest.source import Fault, Hasher, Page, Rejected, Watermark
from ingest.survey_mapping import Mapping, Wave
from ingest.survey_settings import SurveySettings
from ingest.survey_waves import Export, WaveReading, mapping_page, parse

if TYPE_CHECKING:
    from ingest.http import Http

MAPPING = "mapping"
WAVE = "wave/"
"""The keys of marks: of the mapping, and of a wave before its id."""


@dataclass(frozen=True)
class Reading:
    """A mapping with its rules for free text, and the checksum of both: another one means other answers."""

    name: str
    mapping: Mapping
    coding: survey_coding.Coding
    sha256: str


def reading(settings: Any) -> Reading:
    """What the settings' `mapping` says. Raises SourceError that names the source."""
    try:
        mapping = survey_mapping.load(settings.mapping)
        coding = survey_coding.load(mapping.coding) if mapping.coding else survey_coding.Coding(survey_coding.Rules())
        said = b"".join(file.read_bytes() for file in (settings.mapping, mapping.coding) if file)
    except (SourceError, OSError) as error:
        raise SourceError(f"{settings.name}: {error}") from None
    return Reading(settings.mapping.name, mapping, coding, hashlib.sha256(said).hexdigest())


class Survey:
    """Its marks are one for the mapping, and one per wave: the mapping's checksum, version and checksum of each file,
    and what a person must mend."""

    def __init__(self, settings: SurveySettings, hasher: Hasher) -> None:
        self.name = settings.name
        self._settings = settings
        self._folder = Folder(settings.name, settings.path)
        self._hash = hasher

    def fetch(self, http: "Http | None", since: Watermark) -> Iterator[Page | Fault]:
        """Pages of the waves that changed. Raises SourceError when folder or mapping cannot be read."""
        by = reading(self._settings)
        files = self._folder.files(survey_tables.ACCEPTED)
        yield from changed_mapping(self.name, by, since)
        yield from (Fault(line) for line in self._strays(by.mapping, files))
        for wave in by.mapping.wave:
            own = [file for file in files if _belongs(file, wave)]
            yield from self._wave(by, wave, own, since.marks.get(f"{WAVE}{wave.id}") or {})

    def parse(self, page: Page) -> Iterator[Record | Rejected]:
        return parse(page)

    def check(self, http: "Http | None") -> Iterator[str]:
        """One line for each thing that does not fit: reads all exports as a first run would."""
        try:
            yield from (part.message for part in self.fetch(http, Watermark()) if isinstance(part, Fault))
        except SourceError as error:
            yield str(error)

    def _wave(self, by: Reading, wave: Wave, files: list[Found], mark: dict[str, Any]) -> Iterator[Page | Fault]:
        if not files:
            yield Fault(self._no_file(wave))
            return
        if mark.get(MAPPING) == by.sha256 and _same(files, mark["files"]):
            yield from (Fault(line) for line in mark["faults"])
            return
        faults: list[str] = []
        states: dict[str, dict[str, Any]] = {}
        exports = [export for file in files if (export := self._export(by, wave, file, states, faults))]
        if not exports:
            # what was loaded before stays: an export that cannot be read says nothing
            yield from (Fault(line) for line in faults)
            return
        # what an export held that is gone or breaks off now stays
        is_whole = not faults and mark.get("files", {}).keys() <= states.keys()
        work = WaveReading(self.name, by.name, by.mapping, wave, self._hash, by.coding, faults)
        marks = {f"{WAVE}{wave.id}": {MAPPING: by.sha256, "files": states, "faults": faults}}
        yield from work.pages(exports, marks, is_whole=is_whole)
        yield from (Fault(line) for line in faults)

    def _export(
        self, by: Reading, wave: Wave, file: Found, states: dict[str, dict[str, Any]], faults: list[str]
    ) -> Export | None:
        """The table of a file, or None with what is wrong among the faults."""
        place = f"{self.name}/{file.key}"
        try:
            version = file.version()
            with file.local() as path:
                state = {**version, "sha256": digest(path)}
                table = tabled(by.mapping, wave, survey_tables.read(path))
            if file.version() != version:
                faults.append(f"{place}: was changed while it was read; it is read again next time")
                return None
        except SourceError as error:
            faults.append(f"{place}: {error}")
            states[file.key] = state
            return None
        except OSError as error:
            faults.append(f"{place}: cannot be read ({error.strerror or error})")
            return None
        states[file.key] = state
        if table.damage:
            faults.append(f"{place}: {table.damage}")
        return Export(place, table)

    def _strays(self, mapping: Mapping, files: list[Found]) -> Iterator[str]:
        for file in files:
            if not any(_belongs(file, wave) for wave in mapping.wave):
                hint = f"add it to `files` of one in {self._settings.mapping.name}, or move it away"
                yield f"{self.name}/{file.key}: belongs to no [[wave]]; {hint}"

    def _no_file(self, wave: Wave) -> str:
        names = ", ".join(wave.files) or "it names none"
        return f"{self.name}: wave '{wave.id}' has no export in {self._folder} ({names}); add it, or mend `files`"


def changed_mapping(source: str, by: Reading, since: Watermark) -> Iterator[Page]:
    """What a new mapping says of pains, and the end of waves that it no longer names."""
    read = {key.removeprefix(WAVE) for key, mark in since.marks.items() if key.startswith(WAVE) and mark}
    gone = sorted(read - {wave.id for wave in by.mapping.wave})
    if gone or since.marks.get(MAPPING) != by.sha256:
        marks = {MAPPING: by.sha256, **{f"{WAVE}{wave}": None for wave in gone}}
        yield mapping_page(source, by.mapping, gone, marks)


def tabled(mapping: Mapping, wave: Wave, grid: survey_tables.Grid) -> survey_tables.Table:
    """A wave's export as its mapping says that it is laid out. Raises SourceError."""
    table = survey_tables.table(grid, wave.header_rows or mapping.header_rows)
    if mapping.layout == "wide":
        return table
    return survey_tables.widened(table, mapping.who, [mapping.question_column or ""], [mapping.answer_column or ""])


def _belongs(file: Found, wave: Wave) -> bool:
    # a name with brackets is no pattern
    return file.key in wave.files or any(fnmatchcase(file.key, pattern) for pattern in wave.files)


def _same(files: list[Found], marks: dict[str, dict[str, Any]]) -> bool:
    """Whether a wave has the same files with the same content as when its mark was set; only what differs in size or
    time is looked into."""
    if {file.key for file in files} != marks.keys():
        return False
    return all(_unchanged(file, marks[file.key]) for file in files)


def _unchanged(file: Found, mark: dict[str, Any]) -> bool:
    try:
        if unchanged(file.version(), mark):
            return True
        with file.local() as path:
            return bool(digest(path) == mark.get("sha256"))
    except OSError:
        return False
