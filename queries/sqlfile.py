"""SQL files and their headers: a file says its question, what it reads and which columns it gives; code reads that."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
_KEY = re.compile(r"^-- (?P<key>[a-z_]+): (?P<value>.*)$")
_COLUMN = re.compile(r"^--   (?P<name>[a-z0-9_]+) +(?P<text>\S.*)$")


@dataclass(frozen=True)
class SqlFile:
    """One file: `header` holds the `-- key: value` lines, `columns` maps each column to its text, `body` is the SQL."""

    path: Path
    header: dict[str, str]
    columns: dict[str, str]
    body: str

    @property
    def name(self) -> str:
        """The file's name without ending: `deployment` for queries/facts/deployment.sql."""
        return self.path.stem

    @property
    def table(self) -> str:
        """The table that it makes: folder and name, such as facts.deployment."""
        return f"{self.path.parent.name}.{self.path.stem}"

    def listed(self, key: str) -> tuple[str, ...]:
        """The items of a comma-separated header line; empty when the line is not there."""
        return tuple(part.strip() for part in self.header.get(key, "").split(",") if part.strip())


def read(path: Path) -> SqlFile:
    """Splits a file into its header and its SQL."""
    header: dict[str, str] = {}
    columns: dict[str, str] = {}
    lines = path.read_text("utf-8").splitlines()
    start = 0
    for start, line in enumerate(lines):  # noqa: B007  the first line that is no comment is where the SQL starts
        if not line.startswith("--"):
            break
        if match := _KEY.match(line):
            header[match["key"]] = match["value"].strip()
        elif match := _COLUMN.match(line):
            columns[match["name"]] = match["text"].strip()
    return SqlFile(path, header, columns, "\n".join(lines[start:]).strip())


@cache
def folder(name: str) -> dict[str, SqlFile]:
    """All files of a folder (facts, marts or metrics), by name."""
    return {path.stem: read(path) for path in sorted((FOLDER / name).glob("*.sql"))}
