"""Raw files: written once, whole or not at all, in an order that no clock decides."""

import gzip
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from ingest import raw
from ingest.errors import DamagedRaw, LandingError
from ingest.source import Page, Rejected

PAGE = Page(
    kind="team",
    place="drop/team.csv",
    items=[{"team_id": "a", "name": "Ålpha"}, {"team_id": "b", "headcount": 3}],
    first_row=2,
    marks={"team.csv": {"size": 3}},
    rejected=(Rejected("drop/team.csv", 4, "has 3 fields", None), Rejected("drop/team.csv", 5, "no", {"name": "x"})),
    rows=[2, 7],
    starts=False,
)
LARGE = Page("team", "drop/team.csv", [{"name": "x" * 5_000_000}])


def landed(data: Path, *pages: Page, first: int = 1) -> list[raw.RawFile]:
    with raw.Landing(data, "drop", count(first)) as landing:
        files = [landing.add(page) for page in pages]
        return [file for file in (*files, landing.close()) if file]


def test_pages_come_back_as_they_were_landed(tmp_path: Path) -> None:
    (file,) = landed(tmp_path, PAGE, Page("team", "x", []))
    assert list(file.pages()) == [PAGE, Page("team", "x", [])]
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    assert file.name == f"drop/{today}/000000001.jsonl.gz"
    assert file.path == tmp_path / "raw" / file.name
    assert len(gzip.decompress(file.path.read_bytes()).splitlines()) == 2


def test_the_same_pages_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = landed(tmp_path / "a", PAGE)[0], landed(tmp_path / "b", PAGE)[0]
    assert first.path.read_bytes() == second.path.read_bytes()
    # bytes 4 to 8 of gzip are a time; 0 says none
    assert first.path.read_bytes()[4:8] == bytes(4)


def test_a_full_file_is_closed_and_the_next_one_numbered(tmp_path: Path) -> None:
    files = landed(tmp_path, LARGE, LARGE, LARGE, first=7)
    assert [file.number for file in files] == [7, 8]
    assert [len(list(file.pages())) for file in files] == [2, 1]


def test_nothing_is_landed_without_a_page(tmp_path: Path) -> None:
    assert landed(tmp_path) == []
    assert not (tmp_path / "raw").exists()


def test_files_are_listed_by_number(tmp_path: Path) -> None:
    for day, number in (("2999-01-01", 2), ("2025-01-01", 10), ("2025-01-02", 1)):
        file = tmp_path / "raw" / "drop" / day / f"{number:09d}.jsonl.gz"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (tmp_path / "raw" / "drop" / "2025-01-01" / "notes.jsonl.gz").touch()
    assert [file.number for file in raw.files(tmp_path)] == [1, 2, 10]


def test_what_is_not_closed_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), raw.Landing(tmp_path, "drop", count(1)) as landing:
        landing.add(PAGE)
        assert len(list(tmp_path.glob("raw/*/*/*.tmp"))) == 1
        raise RuntimeError
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_signal_right_after_a_file_is_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(*arguments: object, **options: object) -> None:
        raise SystemExit

    monkeypatch.setattr(gzip, "GzipFile", ended)
    with pytest.raises(SystemExit), raw.Landing(tmp_path, "drop", count(1)) as landing:
        landing.add(PAGE)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_tidy_removes_what_is_half_written_and_nothing_else(tmp_path: Path) -> None:
    (file,) = landed(tmp_path, PAGE)
    half = file.path.with_name("000000002.jsonl.gz.tmp")
    half.touch()
    raw.tidy(tmp_path)
    assert not half.exists()
    assert file.path.exists()


def test_a_number_is_never_written_twice(tmp_path: Path) -> None:
    (file,) = landed(tmp_path, PAGE)
    file.path.with_name(f"{file.path.name}.tmp").touch()
    with pytest.raises(LandingError, match=r"raw data of drop cannot be written \(File exists\)"):
        landed(tmp_path, PAGE)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: b"plain text",
        lambda content: gzip.compress(b'{"kind": "team"}\n'),
        lambda content: gzip.compress(b"{half"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, damage: "object") -> None:
    (file,) = landed(tmp_path, PAGE)
    assert callable(damage)
    file.path.write_bytes(damage(file.path.read_bytes()))
    with pytest.raises(DamagedRaw, match="this raw file is damaged") as raised:
        list(file.pages())
    assert str(raised.value).startswith(f"{file.path}: ")
