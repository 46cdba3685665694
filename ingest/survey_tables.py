"""Survey exports as tables, whatever tool, encoding or line end: rows of cells as text, with the names of each column.

A column may go by several names: its code, its question, or question and option with ` | ` between them. Names and
words are compared by `folded`, so that spaces, capitals and typographic quotes make no difference.
"""

import csv
import gzip
import io
import re
import unicodedata
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

from ingest import workbooks
from ingest.errors import SourceError

ACCEPTED = (".csv", ".tsv", ".txt", ".csv.gz", ".xlsx")
LARGEST = 200_000_000
"""Bytes of one export, unpacked: no survey has more, and all of it is held in memory."""
WIDEST = 5_000
_DELIMITERS = (",", ";", "\t")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
_NUMBERED = re.compile(r"(Q\w*?)_\d{1,3}")
# what stands below a question that has one column only
_SINGLE = {"", "response", "open-ended response", "antwort", "réponse"}


@lru_cache(maxsize=50_000)
def folded(text: str) -> str:
    """How names and words are compared."""
    plain = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    return " ".join(plain.replace("\0", "").split()).casefold()


@dataclass(frozen=True)
class Column:
    """A column: its place, what it goes by (the plainest name first), and what it is an option of, if anything."""

    place: int
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.names[0]


@dataclass
class Grid:
    """The cells of an export, row by row with the number under which a person finds it; `damage` says where it ends
    before its time."""

    rows: list[tuple[int, list[str]]]
    damage: str | None = None


@dataclass
class Table:
    """An export below its header rows."""

    columns: list[Column]
    rows: list[tuple[int, list[str]]]
    damage: str | None = None
    ragged: list[tuple[int, str]] = field(default_factory=list)
    """Rows with too few or too many cells, and why they were left out."""

    def find(self, wanted: str) -> list[Column]:
        """The columns of that name; a `*` stands for anything, and ` #2` at its end for the second of that name."""
        plain = folded(wanted)
        exact = [column for column in self.columns if plain in map(folded, column.names)]
        if exact:
            return exact
        numbered = re.fullmatch(r"(.+) #(\d{1,3})", plain)
        if numbered:
            return self.find(numbered[1])[int(numbered[2]) - 1 : int(numbered[2])]
        if "*" not in plain:
            return []
        pattern = re.compile(".*".join(re.escape(part) for part in plain.split("*")), re.S)
        return [each for each in self.columns if any(pattern.fullmatch(folded(name)) for name in each.names)]

    def closest(self, wanted: str) -> str:
        """What a person may have meant, as the end of a message."""
        names = {folded(column.name): column.name for column in self.columns}
        near = get_close_matches(folded(wanted), names, n=1, cutoff=0.5)
        listed = ", ".join(repr(short(column.name)) for column in self.columns[:8])
        more = f" and {len(self.columns) - 8} more" if len(self.columns) > 8 else ""
        return (f"closest is '{short(names[near[0]], 120)}'; " if near else "") + f"there are {listed}{more}"


def numbered(column: Column) -> tuple[str, str, str] | None:
    """Of `Q4_2`, which Qualtrics calls the second option or row of Q4: `Q4`, the question and the option in words.

    In its exports the words are `Which tools? - Selected Choice - Git`; without a row of them there are none.
    """
    code = next((match for name in column.names if (match := _NUMBERED.fullmatch(name))), None)
    if code is None:
        return None
    said = [name for name in column.names if name != code[0] and " | " not in name and not name.startswith("{")]
    question, _, option = said[0].rpartition(" - ") if said else ("", "", "")
    return code[1], question.removesuffix(" - Selected Choice"), option


def short(text: str, most: int = 40) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def read(file: Path) -> Grid:
    """All cells of an export. Raises SourceError, without the file's name, when it is none; OSError."""
    if file.name.lower().endswith(".xlsx"):
        return _workbook(file)
    text = _decoded(_content(file))
    return _split(text, _delimiter(text))


def table(grid: Grid, header_rows: int) -> Table:
    """The grid below that many header rows. Raises SourceError when it has none."""
    rows = [(number, cells) for number, cells in grid.rows if any(cell.strip() for cell in cells)]
    if len(rows) < header_rows:
        raise SourceError(f"is empty: expected {header_rows} header row{'s' * (header_rows > 1)}; export it again")
    heads = [[" ".join(cell.split()) for cell in cells] for _, cells in rows[:header_rows]]
    width = max(map(len, heads))
    if width > WIDEST:
        raise SourceError(f"its first row is no header row: it has more than {WIDEST:,} columns")
    heads = [head + [""] * (width - len(head)) for head in heads]
    found = Table(_columns(heads), [], grid.damage)
    for number, cells in rows[header_rows:]:
        if len(cells) < width or any(cell.strip() for cell in cells[width:]):
            found.ragged.append((number, f"has {len(cells)} cells where the header has {width}; content withheld"))
        else:
            found.rows.append((number, cells[:width]))
    return found


def widened(long: Table, response: list[str], question: list[str], answer: list[str]) -> Table:
    """A table with a row per answer as one with a row per response: its other columns, then one for each question.

    Raises SourceError when one of the three columns is not there.
    """
    places = []
    for wanted in (response, question, answer):
        columns = [column for name in wanted for column in long.find(name)]
        if not columns:
            raise SourceError(f"has no column '{' or '.join(wanted)}'; {long.closest(wanted[0])}")
        places.append(columns[0].place)
    response_at, question_at, answer_at = places
    kept = [column for column in long.columns if column.place not in {question_at, answer_at}]
    questions: dict[str, int] = {}
    answers: dict[str, tuple[int, list[str], dict[int, str]]] = {}
    for number, cells in long.rows:
        at = questions.setdefault(" ".join(cells[question_at].split()), len(kept) + len(questions))
        given = answers.setdefault(cells[response_at].strip(), (number, [cells[each.place] for each in kept], {}))
        given[2][at] = cells[answer_at]
    columns = [Column(place, column.names) for place, column in enumerate(kept)]
    columns += [Column(place, (name,)) for name, place in questions.items() if name]
    width = len(kept) + len(questions)
    rows = [
        (number, base + [said.get(at, "") for at in range(len(kept), width)]) for number, base, said in answers.values()
    ]
    return Table(columns, rows, long.damage, long.ragged)


def _columns(heads: list[list[str]]) -> list[Column]:
    """What each column goes by. Where a question stands over the first of its options only, it counts for all."""
    columns, question = [], ""
    for place in range(len(heads[0])):
        top, *below = (head[place] for head in heads)
        if len(heads) == 2 and not top and below[0]:
            top = question
        question = top
        names = [top, *below]
        if len(heads) == 2 and folded(below[0]) not in _SINGLE:
            names = [f"{top} | {below[0]}", *names] if top else names
        distinct = tuple(dict.fromkeys(name for name in names if name))
        if distinct:
            columns.append(Column(place, distinct))
    return columns


def _content(file: Path) -> bytes:
    try:
        if file.name.lower().endswith(".gz"):
            with gzip.open(file, "rb") as stream:
                content = stream.read(LARGEST + 1)
        else:
            with file.open("rb") as stream:
                content = stream.read(LARGEST + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(f"the gzip data is damaged ({error}); export it again") from None
    if len(content) > LARGEST:
        raise SourceError(f"is larger than {LARGEST:,} bytes; no survey is: check that it is the right file")
    return content


def _decoded(content: bytes) -> str:
    """The text of an export: UTF-16 by its mark or its zeros, else UTF-8, else what Western Windows writes."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", "replace")
    elif content[:200].count(0) > len(content[:200]) // 4:
        text = content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be", "replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            # a file that breaks off amid a character is still UTF-8
            cut = len(content) - error.start < 4 and not content[error.start :].isascii()
            text = content.decode("utf-8-sig" if cut else "cp1252", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _delimiter(text: str) -> str:
    """What stands between the cells of the first line; what stands in quotes does not count."""
    first = re.sub(r'"[^"]*"', "", text[:100_000]).lstrip().partition("\n")[0]
    return max(_DELIMITERS, key=first.count)


def _split(text: str, delimiter: str) -> Grid:
    csv.field_size_limit(LARGEST)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    grid = Grid([])
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return grid
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                grid.damage = f"row {number}: a quote is opened and never closed; what follows was not read"
                return grid
            # shifted cells could put a name where none is looked for
            cells = []
            grid.damage = f"row {number}: is not valid CSV ({error}); it was left out: mend it, or export again"
        grid.rows.append((number, cells))


def _workbook(file: Path) -> Grid:
    return Grid([(number, [_text(cell) for cell in cells]) for number, cells in workbooks.cells(file)])


def _text(cell: Any) -> str:
    if cell is None or cell in workbooks.ERRORS:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
