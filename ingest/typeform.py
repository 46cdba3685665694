"""The `typeform` source: responses of Typeform's API, read by a survey's mapping as its exports are.

docs/survey.md tells how. A form whose newest response and number of responses are those of the last reading, and whose
mapping is the same, is left alone; any other is read anew, and replaces what was loaded of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NotRequired
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

# pydantic reads TypedDicts of `typing` from Python 3.12 on only
from typing_extensions import TypedDict

from ingest.errors import SourceError
from ingest.going_on import going_on
from ingest.http import Http
from ingest.marks import Mark
from ingest.records import Record
from ingest.source import Fault, Hasher, Page, Rejected, Watermark
from ingest.survey import WAVE, Reading, changed_mapping, reading
from ingest.survey_mapping import Wave
from ingest.survey_settings import TypeformSettings
from ingest.survey_tables import Column, Table
from ingest.survey_waves import Export, WaveReading, parse

PAGE_SIZE = 1_000
MOST_PAGES = 200
NEEDS = "the scopes forms:read and responses:read"
ABOUT = ("response_id", "submitted_at")
"""The columns that the API gives beside the questions; hidden fields come as `hidden: name`."""


class Choice(TypedDict):
    label: NotRequired[str | None]
    labels: NotRequired[list[str] | None]
    other: NotRequired[str | None]


class FieldName(TypedDict):
    id: str


class Answer(TypedDict):
    field: FieldName
    type: str
    text: NotRequired[str]
    email: NotRequired[str]
    number: NotRequired[float]
    boolean: NotRequired[bool]
    date: NotRequired[str]
    choice: NotRequired[Choice]
    choices: NotRequired[Choice]


class Answered(TypedDict):
    token: str
    submitted_at: NotRequired[str | None]
    hidden: NotRequired[dict[str, Any] | None]
    answers: NotRequired[list[Answer] | None]


class Responses(TypedDict):
    total_items: int
    items: list[Answered]


class Properties(TypedDict):
    fields: NotRequired[list["Question"]]


class Question(TypedDict):
    id: str
    title: str
    ref: NotRequired[str]
    type: str
    properties: NotRequired[Properties]


class Form(TypedDict):
    title: NotRequired[str]
    fields: NotRequired[list[Question]]
    hidden: NotRequired[list[str]]


_RESPONSES: TypeAdapter[Responses] = TypeAdapter(Responses)
_FORM: TypeAdapter[Form] = TypeAdapter(Form)


@dataclass
class FormMark(Mark):
    """What was read of a form: by which mapping, how many responses, the newest (hashed), and what is to be mended."""

    mapping: str = ""
    total: int = -1
    newest: str = ""
    faults: list[str] = field(default_factory=list)


class Typeform:
    """The forms that the waves of a mapping name."""

    def __init__(self, settings: TypeformSettings, hasher: Hasher) -> None:
        self.name = settings.name
        self._settings = settings
        self._hash = hasher

    def fetch(self, http: Http, since: Watermark) -> Iterator[Page | Fault]:
        """Pages of the forms that changed. Raises SourceError when the mapping cannot be read or the host fails."""
        by = reading(self._settings)
        yield from changed_mapping(self.name, by, since)
        for wave in by.mapping.wave:
            if wave.form is None:
                yield Fault(f"{self.name}: wave '{wave.id}' names no form; give it the id in the form's link")
                continue
            mark = FormMark() if since.floor else FormMark.of(since.marks, f"{WAVE}{wave.id}")
            yield from going_on(self._wave(http, by, wave, wave.form, mark))

    def parse(self, page: Page) -> Iterator[Record | Rejected]:
        return parse(page)

    def check(self, http: Http) -> Iterator[str]:
        """One line for each form that cannot be read."""
        try:
            by = reading(self._settings)
        except SourceError as error:
            yield str(error)
            return
        for wave in by.mapping.wave:
            try:
                if wave.form:
                    self._responses(http, wave.form, {"page_size": 1})
            except SourceError as error:
                yield str(error)

    def _wave(self, http: Http, by: Reading, wave: Wave, form: str, mark: FormMark) -> Iterator[Page | Fault]:
        first = self._responses(http, form, {"page_size": PAGE_SIZE})
        newest = self._hash(first["items"][0]["token"]) or "" if first["items"] else ""
        if (mark.mapping, mark.total, mark.newest) == (by.sha256, first["total_items"], newest):
            yield from (Fault(line) for line in mark.faults)
            return
        definition = self._form(http, form)
        items = list(self._all(http, form, first))
        work = WaveReading(self.name, by.name, by.mapping, _titled(wave, definition), self._hash, by.coding)
        seen = FormMark(by.sha256, first["total_items"], newest, work.faults)
        pages = work.pages([Export(f"{self.name}/{form}", tabled(definition, items))], {})
        *before, last = pages
        yield from before
        yield Page(**{**vars(last), "marks": seen.saved(f"{WAVE}{wave.id}")})
        yield from (Fault(line) for line in work.faults)

    def _all(self, http: Http, form: str, first: Responses) -> Iterator[Answered]:
        """All responses, the newest first; each is given once, also where one comes in between two pages."""
        page, seen = first, set[str]()
        for _ in range(MOST_PAGES):
            fresh = [item for item in page["items"] if item["token"] not in seen]
            seen.update(item["token"] for item in fresh)
            yield from fresh
            if len(page["items"]) < PAGE_SIZE:
                return
            if not fresh:
                break
            page = self._responses(http, form, {"page_size": PAGE_SIZE, "before": page["items"][-1]["token"]})
        raise SourceError(f"{self.name}/{form}: its pages do not end; run again later")

    def _responses(self, http: Http, form: str, params: Mapping[str, str | int]) -> Responses:
        path = f"forms/{quote(form, safe='')}/responses"
        return self._get(http, path, form, params, _RESPONSES)  # type: ignore[no-any-return]

    def _form(self, http: Http, form: str) -> Form:
        return self._get(http, f"forms/{quote(form, safe='')}", form, None, _FORM)  # type: ignore[no-any-return]

    def _get(self, http: Http, path: str, form: str, params: Mapping[str, str | int] | None, kind: Any) -> Any:
        return http.get(
            path, params, decode=lambda body: _valid(kind, body), place=f"{self.name}/{form}", needs=NEEDS
        ).value


def tabled(form: Form, items: list[Answered]) -> Table:
    """The responses as an export: a column per question, and one per option of those with several."""
    options: dict[str, list[str]] = {}
    for item in items:
        for answer in item.get("answers") or ():
            if "choices" in answer:
                known = options.setdefault(answer["field"]["id"], [])
                known += [label for label in answer["choices"].get("labels") or () if label not in known]
                if answer["choices"].get("other") and "Other" not in known:
                    known.append("Other")
    places: dict[tuple[str, str], int] = {}
    columns = [Column(place, (name,)) for place, name in enumerate(ABOUT)]
    for name in form.get("hidden") or ():
        places["hidden", name] = len(columns)
        columns.append(Column(len(columns), (f"hidden: {name}",)))
    for question in _flat(form.get("fields") or []):
        title = " ".join(question["title"].split())
        names = (title, question.get("ref") or question["id"], question["id"])
        for option in options.get(question["id"]) or [""]:
            places[question["id"], option] = len(columns)
            columns.append(Column(len(columns), (f"{title} | {option}", *names) if option else names))
    return Table(columns, [(number, _row(item, places, len(columns))) for number, item in enumerate(items, 1)])


def _row(item: Answered, places: dict[tuple[str, str], int], width: int) -> list[str]:
    row = [item["token"], item.get("submitted_at") or ""] + [""] * (width - len(ABOUT))
    for name, value in (item.get("hidden") or {}).items():
        if ("hidden", name) in places:
            row[places["hidden", name]] = str(value)
    for answer in item.get("answers") or ():
        for option, cell in _cells(answer):
            place = places.get((answer["field"]["id"], option))
            if place is not None:
                row[place] = cell
    return row


def _cells(answer: Answer) -> Iterator[tuple[str, str]]:
    """The cells of an answer, each under its option, which is empty where a question has one answer."""
    if "choices" in answer:
        yield from ((label, label) for label in answer["choices"].get("labels") or ())
        if answer["choices"].get("other"):
            yield "Other", f"Other: {answer['choices']['other']}"
    elif "choice" in answer:
        choice = answer["choice"]
        yield "", choice.get("label") or f"Other: {choice.get('other') or ''}"
    elif "boolean" in answer:
        yield "", "Yes" if answer["boolean"] else "No"
    elif "number" in answer:
        yield "", f"{answer['number']:g}"
    else:
        yield "", answer.get("text") or answer.get("email") or answer.get("date") or ""


def _flat(fields: list[Question]) -> Iterator[Question]:
    """Questions in groups and rows of a matrix stand below another."""
    for question in fields:
        inner = question.get("properties", {}).get("fields") or []
        if inner:
            yield from _flat(inner)
        else:
            yield question


def _titled(wave: Wave, form: Form) -> Wave:
    return wave if wave.title else wave.model_copy(update={"title": form.get("title")})


def _valid(kind: TypeAdapter[Any], body: bytes) -> Any:
    """Raises ValueError without what was found there, which may be somebody's words."""
    try:
        return kind.validate_json(body)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the answer"
        raise ValueError(f"{where}: {fault['msg']}") from None
