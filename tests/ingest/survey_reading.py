"""Reads survey exports as `uptake ingest` does, but keeps what it got in memory."""

import json
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ingest.errors import SourceError
from ingest.people import hasher
from ingest.source import Fault, Page, Rejected, Watermark
from ingest.survey import Survey
from ingest.survey_settings import SurveySettings

HASH = hasher(b"pepper")


class SurveyReading:
    """A folder of exports with a mapping. `answers`, `surveys`, `pains`, `rejected` and `faults` are those of the last
    sync; `written` is all that was ever landed."""

    def __init__(self, folder: Path, name: str = "s") -> None:
        self.name = name
        self.folder = folder
        self.exports = folder / "exports"
        self.exports.mkdir()
        self.marks: dict[str, Any] = {}
        self.written = ""

    def mapping(self, text: str) -> None:
        (self.folder / "survey.toml").write_text(textwrap.dedent(text), "utf-8")

    def export(self, name: str, content: str | bytes) -> None:
        (self.exports / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    def source(self) -> Survey:
        settings = SurveySettings(name=self.name, kind="survey", path=self.exports, mapping=self.folder / "survey.toml")
        return Survey(settings, HASH)

    def sync(self, full: bool = False) -> "SurveyReading":
        self.answers: list[Any] = []
        self.surveys: list[Any] = []
        self.pains: list[Any] = []
        self.rejected: list[Rejected] = []
        self.faults: list[str] = []
        self.forgotten: list[tuple[str, str | None]] = []
        self.pages: list[Page] = []
        source = self.source()
        kinds = {"survey_answer": self.answers, "survey": self.surveys, "pain_point": self.pains}
        try:
            for part in source.fetch(None, Watermark({} if full else dict(self.marks))):
                if isinstance(part, Fault):
                    self.faults.append(part.message)
                    continue
                self.pages.append(part)
                line = json.dumps(asdict(part))
                self.written += line
                self.marks |= json.loads(line)["marks"]
                self.forgotten += part.forgets
                self.rejected += part.rejected
                for parsed in source.parse(part):
                    (self.rejected if isinstance(parsed, Rejected) else kinds[parsed.noun]).append(parsed)  # type: ignore[union-attr]
        except SourceError as error:
            self.faults.append(str(error))
        return self

    def of(self, question: str) -> list[Any]:
        return [answer for answer in self.answers if answer.question_id == question]

    @property
    def people(self) -> set[str]:
        return {answer.response_id for answer in self.answers}
