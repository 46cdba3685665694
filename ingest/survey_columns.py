"""What the columns of a survey's export seem to be, for a person to correct: nothing is imported by these guesses."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from ingest.survey_cells import is_nothing, is_other, is_tick, leading_number, moment, tidy
from ingest.survey_scales import SCALES, are_crowded
from ingest.survey_tables import Column, Grid, Table, folded, numbered

FORMATS = (
    None,
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%Y/%m/%d %I:%M:%S %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%d.%m.%Y %H:%M:%S",
    "%d-%m-%Y %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%d.%m.%Y %H:%M",
    "%m/%d/%y %H:%M",
)
"""How survey tools write times; the first that fits all is proposed."""

_IMPORT_ID = re.compile(r'\s*\{\s*"ImportId"')
_QUALTRICS_TIMES = {"startdate", "enddate", "recordeddate"}
_CODE = re.compile(r"Q\w*")
_PERSONAL = re.compile(
    r"\bip ?-?address|\bphone number|\btelephone number|location ?(latitude|longitude|accuracy)|recipient ?e?-?mail|"
    r"^(ip|latitude|longitude|location|phone|telephone|mobile|address|user ?agent|refere?rr?er|network id|emailaddress|"
    r"(v\d+ \| )?external ?(data ?)?reference)$"
)
_TECHNICAL = re.compile(
    r"^(duration.*|status|progress|finished|distribution ?channel|user ?language|"
    r"language|startlanguage|collector ?id|custom data.*|tags|seed|lastpage|last page|response ?set|responseset|"
    r"total points|quiz feedback|points - .*|feedback - .*|response type|score|ending)$"
)
_ID = re.compile(r"^(respondent ?id|response ?id|id\. response id|submission id|_recordid)$")
_NUMBER = re.compile(r"^(id|#|token)$")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_MAIL_NAME = re.compile(r"\b(e-?mail|username|user name|account|login)\b")
_NAME = re.compile(
    r"^((your |full |first |last |sur|family |given |recipient ?)*(first|last)? ?name|vorname|nachname|nom)$"
)
_TIMES = (
    r"submit ?date|submitted ?(at|on)\b|date submitted|completion time|completed at\b|timestamp|zeitstempel",
    r"end ?(date|time)\b",
    r"recorded ?date|date modified|date last action|last modified time|updated at\b",
    r"date created|created at\b",
    r"start ?(date|time)|started at\b",
)
"""When it was answered; of several such columns the first of these tells best."""
_PREVIEWS = ("Survey Preview", "Survey Test")
_TEAM = re.compile(r"\b(team|squad|department|tribe|business unit|abteilung|[ée]quipe)\b")
_ROLE = re.compile(r"\b(role|roles|job title|position|kind of user|profession|rolle)\b")


@dataclass
class Guess:
    """A question, or one of the columns that say who answered: `kind` is that of a mapping's question, else
    response_id, respondent, submitted_at, team, role, names, personal, technical, empty or skip (its values are not of
    answers)."""

    kind: str
    columns: list[str]
    scale: str | None = None
    words: dict[str, float] = field(default_factory=dict)
    low: float = 0
    high: float = 0
    separator: str | None = None
    values: list[str] = field(default_factory=list)
    form: str | None = None
    is_crowded: bool = False
    title: str = ""
    """The question in words, where the column's name is a mere code."""
    group: str = ""
    """What its columns have in common, where they are those of one question and are named by code."""

    @property
    def name(self) -> str:
        return self.columns[0]

    @property
    def said(self) -> str:
        """What it asks, in words as far as there are any."""
        return self.title or self.name


def header_rows(grid: Grid) -> int:
    """How many header rows an export seems to have."""
    rows = [cells for _, cells in grid.rows[:3] if any(cells)]
    for place, cells in enumerate(rows[1:], 2):
        if sum(bool(_IMPORT_ID.match(cell)) for cell in cells) > len(list(filter(None, cells))) // 2:
            return place
    if len(rows) < 2:
        return 1
    if _is_worded(*rows[:2]):
        return 2
    if sum(bool(re.fullmatch(r"V\d+", cell)) for cell in rows[0]) > 5:
        return 2
    below = [folded(cell) for cell in rows[1]]
    continued = any(not top and under for top, under in zip(rows[0], below, strict=False))
    return 2 if continued and {"response", "open-ended response"} & set(below) else 1


def _is_worded(codes: list[str], below: list[str]) -> bool:
    """Do the words of its questions stand below the names that Qualtrics gives, and no answer?"""
    times = [under for code, under in zip(codes, below, strict=False) if folded(code) in _QUALTRICS_TIMES]
    return len(times) > 1 and not any(_fits(cell, form) for cell in times for form in FORMATS) and all(times)


def long_columns(table: Table) -> tuple[str, str] | None:
    """The columns of questions and answers where there is a row per answer, else None."""
    names = {folded(column.name): column.name for column in table.columns}
    question = next((names[name] for name in ("question", "question_id", "item", "frage") if name in names), None)
    answer = next((names[name] for name in ("answer", "response", "value", "antwort") if name in names), None)
    return (question, answer) if question and answer else None


def response_column(long: Table) -> str | None:
    """The column that has a response's id in each of its rows, of a table with a row per answer; a mere `id` that
    never comes again is the answer's own."""
    for pattern in (_ID, _NUMBER):
        for column in long.columns:
            values = _values(long, column)
            if any(map(pattern.fullmatch, _names(column))) and (pattern is _ID or len(set(values)) < len(values)):
                return column.name
    return None


def guesses(table: Table) -> list[Guess]:
    """What each column, or group of columns of one question, seems to be; in their order."""
    found: list[Guess] = []
    columns = [(column, _values(table, column)) for column in table.columns]
    for group, members in groupby(columns, key=lambda each: _option_of(*each)):
        listed = list(members)
        code = numbered(listed[0][0]) if group else None
        earlier = next((each for each in found if each.kind == "choices" and code and each.group == group), None)
        if earlier:
            earlier.columns += [column.name for column, _ in listed]
        elif code and len(listed) > 1 and any(values for _, values in listed):
            kind = "role" if _ROLE.search(folded(code[1])) else "choices"
            names = [column.name for column, _ in listed]
            found.append(Guess(kind, names, title=code[1], group=group or ""))
        elif group is not None and not code and len(listed) > 1:
            kind = "role" if _ROLE.search(folded(group.rstrip("* "))) else "choices"
            # a group without a name of its own is that of its columns
            found.append(Guess(kind, [group] if group else [column.name for column, _ in listed]))
        else:
            # what is not offered belongs to the question that offers the rest
            asked = tuple(
                each.name.removesuffix("*") for each in found if each.kind == "choices" and each.name[-1] == "*"
            )
            for column, values in listed:
                if not (asked and _is_rest(column.name, asked)):
                    found.append(replace(_guess(column, values), title=_worded(column)))
    times = [each for each in found if each.kind == "submitted_at"]
    for other in sorted(times, key=lambda each: each.low)[1:]:
        other.kind = "technical"
    return found


def _worded(column: Column) -> str:
    """The question in words, where they stand below a code; of a grid's row its own words alone."""
    code = numbered(column)
    is_coded = len(column.names) > 2 and _CODE.fullmatch(column.name)
    return (code and code[2]) or (column.names[1].removesuffix(" - Selected Choice") if is_coded else "")


def _names(column: Column) -> list[str]:
    return [re.sub(r"(?<=\w)_(?=\w)", " ", folded(each)) for each in column.names]


def _is_rest(name: str, asked: tuple[str, ...]) -> bool:
    question = next((each for each in asked if name.startswith(each)), None)
    return question is not None and is_other(name.removeprefix(question).rstrip("]"))


def _values(table: Table, column: Column) -> list[str]:
    return [cell for _, row in table.rows if not is_nothing(cell := row[column.place])]


def _option_of(column: Column, values: list[str]) -> str | None:
    """The question that the column is one option of, as a name with `*`; "" where it has none of its own."""
    said = {folded(tidy(value)) for value in values}
    code = numbered(column)
    if code and len(said) < 2 and all(_ticks(each, folded(tidy(code[2]))) for each in said):
        return f"{code[0]}_*"
    if len(said) != 1:
        return None
    (option,) = said
    name = column.name
    if " | " in name and (is_tick(option) or option == folded(tidy(name.rpartition(" | ")[2]))):
        return f"{name.rpartition(' | ')[0]} | *"
    if name.endswith("]") and (is_tick(option) or option in folded(name)):
        return f"{name.rpartition('[')[0]}[*]"
    if folded(tidy(name)) == option and not is_tick(option):
        return ""
    number = re.match(r"([A-Za-z]?\d{1,3}[.)] )", name)
    if number and folded(tidy(name[number.end() :])) == option:
        return f"{number[1]}*"
    return None


def _ticks(said: str, option: str) -> bool:
    """Does the only answer of a column say no more than that it is ticked? Without words any but a number may."""
    return is_tick(said) or said == option or not (option or said.isdigit())


def _guess(column: Column, values: list[str]) -> Guess:
    name = column.name
    names = _names(column)
    if any(_PERSONAL.search(each) for each in names):
        return Guess("personal", [name])
    if any(_NAME.fullmatch(each) for each in names):
        return Guess("names", [name])
    is_number = any(_NUMBER.fullmatch(each) for each in names) and len(set(values)) == len(values)
    if is_number or any(_ID.fullmatch(each) for each in names):
        return Guess("response_id", [name])
    if sum(bool(_MAIL.fullmatch(value)) for value in values) > 0.6 * len(values) and values:
        return Guess("respondent", [name])
    if any(_MAIL_NAME.search(each) and len(each) < 30 for each in names):
        return Guess("respondent", [name])
    if "status" in names and {"IP Address", *_PREVIEWS} & set(values):
        return Guess("skip", [name], values=list(_PREVIEWS))
    if any(_TECHNICAL.fullmatch(each) for each in names):
        return Guess("technical", [name])
    best = next((at for at, form in enumerate(_TIMES) if any(re.match(form, each) for each in names)), None)
    # "Start time of our jobs" may ask for something else
    if best is not None and any(_fits(value, form) for value in values[:1] for form in FORMATS):
        return Guess("submitted_at", [name], low=best, form=_form(values))
    if not values:
        return Guess("empty", [name])
    return _question(name, names, values)


def _question(name: str, names: list[str], values: list[str]) -> Guess:
    counted = Counter(tidy(value) for value in values)
    rated = _rated(name, values, counted)
    if rated:
        return rated
    few = len(counted) <= max(12, len(values) // 5) and sum(map(len, counted)) / len(counted) <= 80
    listed = [value for value, _ in counted.most_common()]
    is_short = any(len(each) <= 60 for each in names)
    if is_short and few and any(_TEAM.search(each) for each in names):
        return Guess("team", [name], values=listed)
    if is_short and few and any(_ROLE.search(each) for each in names):
        return Guess("role", [name], values=[value for value in listed if counted[value] > 1])
    for separator in (";", ", ", ","):
        options = _joined(values, separator)
        if options:
            return Guess("choices", [name], separator=separator, values=options)
    repeats = len(counted) < len(values) or all(len(value) <= 20 and " " not in value for value in counted)
    if few and repeats and max(map(len, counted)) <= 120:
        # what one person said alone is perhaps that person's own words
        offered = [value for value in listed if counted[value] > 1] or listed
        return Guess("choice", [name], values=offered[:12])
    return Guess("text", [name])


def _rated(name: str, values: list[str], counted: Counter[str]) -> Guess | None:
    """A rating in words of a common scale, in numbers, or in words with a number before them."""
    words = {folded(value) for value in counted}
    for scale, known in SCALES.items():
        if len(words) > 1 and words <= known.keys():
            spelled = {value: known[folded(value)] for value in sorted(counted, key=lambda each: known[folded(each)])}
            low, high = min(known.values()), max(known.values())
            return Guess("rating", [name], scale, spelled, low, high, is_crowded=are_crowded(scale, counted))
    numbers = [number for value in values if (number := leading_number(value)) is not None]
    if len(numbers) < 0.9 * len(values) or len(set(numbers)) < 2 or not 0 <= min(numbers) <= max(numbers) <= 10:
        return None
    low = 0 if min(numbers) == 0 or max(numbers) > 7 else 1
    high = 10 if max(numbers) > 7 else max(low + 4, *numbers)
    return Guess("rating", [name], f"{low:g}_to_{high:g}", {}, low, high)


def _joined(values: list[str], separator: str) -> list[str]:
    """The options when cells hold several with the separator between, else none."""
    several = [value for value in values if separator in value.rstrip(separator)]
    if len(several) < max(2, 0.1 * len(values)):
        return []
    counted = Counter(tidy(part) for value in values for part in value.split(separator) if part.strip())
    # a comma may belong to the words of one choice: options are what people put together in different ways
    together = Counter(part for value in set(values) for part in {tidy(each) for each in value.split(separator)})
    mixed = together if "," in separator else counted
    often = [part for part, _ in counted.most_common() if mixed[part] > 1]
    covered = sum(counted[part] for part in often) / sum(counted.values())
    # a comma within brackets belongs to its option
    whole = all(part.count("(") == part.count(")") for part in often)
    return often[:30] if covered > 0.7 and whole and often and max(map(len, often)) <= 80 and len(often) <= 60 else []


def _form(values: Iterable[str]) -> str | None:
    """The first of FORMATS that fits all."""
    listed = list(values)
    return next((form for form in FORMATS if all(_fits(value, form) for value in listed)), None)


def _fits(value: str, form: str | None) -> bool:
    try:
        return datetime(1990, 1, 1) < moment(value, form, "UTC")
    except ValueError:
        return False
