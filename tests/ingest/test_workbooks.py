"""Excel workbooks and zstd through the files source: what their cells become, and that none fills memory."""

import resource
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

from ingest import workbooks
from ingest.files import Files
from ingest.settings import FilesSettings
from ingest.source import Fault, Page, Rejected, Watermark

Sheets = dict[str, list[list[Any]]]


def write(file: Path, sheets: Sheets) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(file)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., tuple[list[Page], list[str]]]:
    """Reads the folder once; gives the pages and the faults."""

    def reading(marks: dict[str, Any] | None = None, **more: Any) -> tuple[list[Page], list[str]]:
        source = Files(FilesSettings(name="drop", kind="files", path=tmp_path, **more), lambda name: name and "#")
        parts = list(source.fetch(None, Watermark(marks or {})))
        return [part for part in parts if isinstance(part, Page)], [
            part.message for part in parts if isinstance(part, Fault)
        ]

    return reading


def parsed(page: Page) -> list[Any]:
    source = Files(FilesSettings(name="drop", kind="files", path="."), str)  # type: ignore[arg-type]
    return list(source.parse(page))


def test_a_workbook_named_by_a_record_gives_its_first_sheet(
    read: Callable[..., tuple[list[Page], list[str]]], tmp_path: Path
) -> None:
    at = datetime(2025, 3, 1, 10, 30, 15)
    write(
        tmp_path / "initiative-2025.xlsx",
        {
            "Roadmap": [
                ["initiative_id", " title ", "status", "priority", "effort_days", "shipped_at", "pain_ids", None],
                [7, " Faster builds ", "shipped", 1, 2.5, at, "a; b", None, "a note to the right"],
                [None] * 8,
                [8, "Docs", "idea", None, None, None, None, None],
            ],
            "Notes": [["anything"]],
        },
    )
    (page,), faults = read()
    assert faults == []
    first, second = parsed(page)
    assert first.model_dump(exclude_none=True) == {
        "initiative_id": "7",
        "title": "Faster builds",
        "status": "shipped",
        "priority": 1,
        "effort_days": 2.5,
        "shipped_at": at,
        "pain_ids": ["a", "b"],
    }
    assert (second.initiative_id, page.row(1)) == ("8", 4)
    assert read(page.marks) == ([], [])


def test_else_each_sheet_is_named_by_its_record(
    read: Callable[..., tuple[list[Page], list[str]]], tmp_path: Path
) -> None:
    sheets: Sheets = {
        "Teams": [["team_id", "name"], ["a", "Alpha"]],
        "change": [["change_id", "repo", "merged_at", "author"], [1, "acme/x", datetime(2025, 1, 1), "Jane"]],
    }
    write(tmp_path / "organisation.xlsx", sheets)
    pages, faults = read()
    assert faults == []
    assert [(page.kind, page.place, list(page.marks)) for page in pages] == [
        ("team", "drop/organisation.xlsx/Teams", []),
        ("change", "drop/organisation.xlsx/change", ["organisation.xlsx"]),
    ]
    assert pages[1].items[0]["author"] == "#"
    write(tmp_path / "organisation.xlsx", sheets | {"Notes": [["x"]]})
    assert read() == (
        [],
        [
            "drop/organisation.xlsx: sheet 'Notes' matches no record, nor does the workbook's name; "
            'mend the export, or add ignore = ["Notes"] to the source'
        ],
    )
    assert len(read(ignore=["Notes"])[0]) == 2


def test_a_sheet_that_is_refused_costs_no_other_and_is_named_again(
    read: Callable[..., tuple[list[Page], list[str]]], tmp_path: Path
) -> None:
    write(tmp_path / "all.xlsx", {"survey": [["colour"]], "team": [["team_id", "name"], ["a", "Alpha"]]})
    pages, faults = read()
    assert [(page.kind, page.marks) for page in pages] == [("team", {})]
    assert faults == [
        "drop/all.xlsx/survey: its first line is no header row for survey (survey_id, opened_at, ...); "
        "its columns must be separated by commas"
    ]


def test_a_cell_that_holds_an_error_costs_its_row(
    read: Callable[..., tuple[list[Page], list[str]]], tmp_path: Path
) -> None:
    write(tmp_path / "team.xlsx", {"s": [["team_id", "name"], ["a", "#REF!"], ["b", "Beta"]]})
    (page,), _ = read()
    assert page.rejected == (
        Rejected("drop/team.xlsx", 2, "name: holds the Excel error #REF!; content withheld", None),
    )
    assert page.items == [{"team_id": "b", "name": "Beta"}]


def test_hidden_sheets_are_not_read(read: Callable[..., tuple[list[Page], list[str]]], tmp_path: Path) -> None:
    write(tmp_path / "x.xlsx", {"lists": [["x"]], "team": [["team_id", "name"], ["a", "Alpha"]]})
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    book["lists"].sheet_state = "hidden"
    book.save(tmp_path / "x.xlsx")
    book.save(tmp_path / "team.xlsx")
    (first, second), faults = read()
    assert (first.items, faults) == ([{"team_id": "a", "name": "Alpha"}], [])
    assert second.items == first.items


def repacked(file: Path, part: str, content: bytes | Callable[[bytes], bytes]) -> None:
    """Puts other content into one part of a workbook."""
    with zipfile.ZipFile(file) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts[part] = content if isinstance(content, bytes) else content(parts[part])
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name, held in parts.items():
            new.writestr(name, held)


SHEET = "xl/worksheets/sheet1.xml"
BOMBS: dict[str, tuple[str, bytes | Callable[[bytes], bytes], str]] = {
    "texts": ("xl/sharedStrings.xml", b" " * (workbooks.HELD + 1), "unpacks to more than 500,000,000 bytes"),
    "entities": (
        SHEET,
        b'<!DOCTYPE x [<!ENTITY a "'
        + b"a" * 5000
        + b'">'
        + b"".join(b'<!ENTITY b%d "%s">' % (n, b"&%s;" % (b"b%d" % (n - 1) if n else b"a") * 50) for n in range(6))
        + b']><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        b'<c r="A1" t="inlineStr"><is><t>&b5;</t></is></c></row></sheetData></worksheet>',
        "is no intact Excel workbook (limit on input amplification factor",
    ),
    "last row": (
        SHEET,
        lambda xml: xml.replace(b'<row r="2"', b'<row r="999999999"').replace(b'r="A2"', b'r="A999999999"'),
        "has more than 1,048,576 rows",
    ),
    "wide": (
        SHEET,
        lambda xml: xml.replace(b'<c r="B1"', b'<c r="XFD1"'),
        "its first row is no header row: it has more than 1,000 columns",
    ),
    "half": (SHEET, lambda xml: xml[: len(xml) // 2], "is no intact Excel workbook ("),
    "no sheet": ("xl/workbook.xml", b"<x/>", "has no sheet to read"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_one_line_and_fills_no_memory(
    read: Callable[..., tuple[list[Page], list[str]]], tmp_path: Path, bomb: str
) -> None:
    part, content, fault = BOMBS[bomb]
    write(tmp_path / "team.xlsx", {"s": [["team_id", "name"], ["a", "Alpha"]]})
    repacked(tmp_path / "team.xlsx", part, content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pages, (line,) = read()
    assert line.startswith(f"drop/team.xlsx: {fault}")
    assert "\n" not in line
    assert sum(len(page.items) for page in pages) == 0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def zstd(content: bytes) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as stream:
        stream.write(content)
    return bytes(out.getvalue())


def test_zstd_is_read_piece_by_piece(read: Callable[..., tuple[list[Page], list[str]]], tmp_path: Path) -> None:
    # two frames in one file, as `cat` makes it
    (tmp_path / "team.csv.zst").write_bytes(zstd(b"team_id,name\na,Alpha\n") + zstd(b"b,Beta\n"))
    (tmp_path / "team.jsonl.zst").write_bytes(zstd(b'{"team_id": "c", "name": "Gamma"}\n'))
    pages, faults = read()
    assert faults == []
    assert [item["team_id"] for page in pages for item in page.items] == ["a", "b", "c"]


def test_zstd_that_breaks_off_is_loaded_as_far_as_it_goes(
    read: Callable[..., tuple[list[Page], list[str]]], tmp_path: Path
) -> None:
    lines = b"".join(b"%d,%d\n" % (n, n * 7919 % 10007) for n in range(200_000))
    whole = zstd(b"team_id,name\n" + lines)
    (tmp_path / "team.csv.zst").write_bytes(whole[: len(whole) // 2])
    pages, faults = read()
    assert faults == ["drop/team.csv.zst: the zstd data is damaged (Truncated compressed stream); export it again"]
    assert 10_000 < sum(len(page.items) for page in pages) < 200_000
    assert read(pages[-1].marks) == ([], faults)


def test_a_zstd_bomb_is_one_line_and_fills_no_memory(
    read: Callable[..., tuple[list[Page], list[str]]], tmp_path: Path
) -> None:
    (tmp_path / "team.csv.zst").write_bytes(zstd(b"team_id,name\n" + b"x" * 300_000_000))
    assert (tmp_path / "team.csv.zst").stat().st_size < 100_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert read() == ([], ["drop/team.csv.zst: line 2 is longer than 16,000,000 bytes; export it again"])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
