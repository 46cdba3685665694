"""The free text of a survey's exports as it is coded, to look at and to correct; nothing is written."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.errors import SourceError
from ingest.source import Fault, Hasher, Watermark
from ingest.survey import Survey, reading
from ingest.survey_agreement import Agreement, agreement
from ingest.survey_coding import Suggestions
from ingest.survey_settings import SurveySettings


@dataclass(frozen=True, eq=False)
class CodedText:
    """An answer, scrubbed, and the pains that it speaks of, each with the words that say so; not who said it."""

    survey_id: str
    question_id: str
    response_id: str
    text: str
    pains: dict[str, str]


class CodedTexts:
    """All answers to the questions that are coded. `faults` names what could not be read."""

    def __init__(self, settings: SurveySettings, hashed: Hasher) -> None:
        """Raises SourceError when the exports or the mapping cannot be read, or when nothing is coded."""
        by = reading(settings)
        self._coded = {question.id for question in by.mapping.question if question.coded}
        if not by.mapping.coding or not self._coded:
            raise SourceError(f"{settings.name}: {by.name} names no `coding` file, or no question that is `coded`")
        self._waves = [wave.id for wave in by.mapping.wave]
        self._hashed = hashed
        self.pains = by.coding.pains
        self.faults: list[str] = []
        self.texts: list[CodedText] = []
        for part in Survey(settings, hashed).fetch(None, Watermark()):
            if isinstance(part, Fault):
                self.faults.append(part.message)
            elif part.kind == "survey_answer":
                self.texts += [text for item in part.items for text in self._of(item)]
        self._known = {each.response_id for each in self.texts}

    def suggested(self) -> dict[CodedText, dict[str, str]]:
        """For each text that speaks of no pain, the pains that it may speak of and why."""
        said: dict[str, list[str]] = {}
        for each in self.texts:
            for pain in each.pains:
                said.setdefault(pain, []).append(each.text)
        suggest = Suggestions(said)
        return {each: suggest(each.text) for each in self.texts if not each.pains}

    def against(self, file: Path) -> dict[str, Agreement]:
        """The agreement with a person's coding, by `part`: a CSV of question_id, response_id, part, pains.

        Raises SourceError that names the file.
        """
        people: dict[str, dict[str, set[str]]] = {}
        try:
            with file.open(encoding="utf-8-sig", newline="") as stream:
                for row in csv.DictReader(stream):
                    pains = set(row["pains"].split())
                    part = people.setdefault(row.get("part") or "all", {})
                    part[self._key(row["question_id"], row["response_id"])] = pains
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise SourceError(f"{file}: cannot be read ({error}); give a CSV in UTF-8") from None
        except (KeyError, AttributeError):
            raise SourceError(
                f"{file}: needs the columns question_id, response_id and pains, and may have part"
            ) from None
        found = {f"{each.question_id} {each.response_id}": set(each.pains) for each in self.texts}
        every = set(self.pains) | {pain for part in people.values() for said in part.values() for pain in said}
        return {part: agreement(found, coded, every) for part, coded in people.items()}

    def _key(self, question: str, response: str) -> str:
        """As the exports name a response, in whichever wave it is."""
        names = [str(self._hashed(f"{wave}/{response.strip()}")) for wave in self._waves]
        return f"{question} {next((name for name in names if name in self._known), names[0])}"

    def _of(self, item: dict[str, Any]) -> Iterator[CodedText]:
        said: dict[tuple[str, str], dict[str, str]] = {}
        for answer in item["answers"]:
            if answer["question_id"] in self._coded:
                pains = said.setdefault((answer["question_id"], answer["text"]), {})
                pains |= {answer["pain_id"]: answer["choice"]} if "pain_id" in answer else {}
        for (question, text), pains in said.items():
            yield CodedText(item["survey_id"], question, item["response_id"], text, pains)
