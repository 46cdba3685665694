"""The files source: which files it reads, what becomes of their rows, and when it reads them again."""

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from ingest import draft, files
from ingest.errors import SourceError
from ingest.files import Files
from ingest.records import Team
from ingest.source import Fault, Page, Rejected, Watermark
from tests.conftest import Site
from tests.ingest.files_reading import faults, pages

TEAM = "team_id,name\na,Alpha\nb,Beta\n"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("team.csv", "team"),
        ("teams.csv", "team"),
        ("Team-2026.CSV", "team"),
        ("team_2026-11.csv", "team"),
        ("team2.csv", "team"),
        ("team.old.csv", "team"),
        ("team.csv.gz", "team"),
        ("team.jsonl", "team"),
        ("team.jsonl.gz", "team"),
        ("team.parquet", "team"),
        ("survey.csv", "survey"),
        ("surveys-1.csv", "survey"),
        ("survey_answer.csv", "survey_answer"),
        ("survey_answers-2.csv", "survey_answer"),
        ("ci_run.csv", "ci_run"),
        ("ci_job-1.csv", "ci_job"),
        ("teamwork.csv", None),
        ("incidental.csv", None),
        ("my-team.csv", None),
        ("team.csv.zst", "team"),
        ("team.jsonl.zst", "team"),
        ("team.xlsx", "team"),
        ("team.parquet.gz", None),
        ("team.xls", None),
    ],
)
def test_a_name_says_which_record_a_file_holds(name: str, kind: str | None) -> None:
    assert files._noun(Path(name)) == kind


def test_what_is_no_data_is_left_alone(source: Callable[..., Files], tmp_path: Path) -> None:
    for name in (".team.csv", "~$team.xlsx", "README.md", "uptake.toml", "truth.json", "team.csv.part", "notes.txt"):
        (tmp_path / name).write_text("x")
    (tmp_path / "team.csv").write_text(TEAM)
    assert [page.place for page in pages(source())] == ["drop/team.csv"]


def test_files_of_one_moment_come_by_name_each_with_its_mark_on_its_last_page(
    source: Callable[..., Files], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft, "PAGE_ROWS", 2)
    (tmp_path / "team-2.csv").write_text(TEAM + "c,Gamma\nd,Delta\ne,Eps\n")
    (tmp_path / "team-1.csv").write_text(TEAM)
    for name in ("team-1.csv", "team-2.csv"):
        os.utime(tmp_path / name, (1_790_000_000, 1_790_000_000))
    found = pages(source())
    assert [(page.place, len(page.items), page.first_row, page.starts, list(page.marks)) for page in found] == [
        ("drop/team-1.csv", 2, 2, True, []),
        ("drop/team-1.csv", 0, 1, False, ["team-1.csv"]),
        ("drop/team-2.csv", 2, 2, True, []),
        ("drop/team-2.csv", 2, 4, False, []),
        ("drop/team-2.csv", 1, 6, False, ["team-2.csv"]),
    ]
    assert found[0].items == [{"team_id": "a", "name": "Alpha"}, {"team_id": "b", "name": "Beta"}]


def test_the_newest_file_comes_last_whatever_its_name(source: Callable[..., Files], tmp_path: Path) -> None:
    """A full reading must not put an older copy of a record over a newer one."""
    for name, written in (("team.csv", 1_790_000_000), ("team-2.csv", 1_790_000_009), ("team-1.csv", 1_790_000_005)):
        (tmp_path / name).write_text(TEAM)
        os.utime(tmp_path / name, (written, written))
    assert [page.place for page in pages(source())] == ["drop/team.csv", "drop/team-1.csv", "drop/team-2.csv"]


def test_pages_end_before_long_texts_fill_the_memory(source: Callable[..., Files], tmp_path: Path) -> None:
    (tmp_path / "team.csv").write_text("team_id,name\n" + "".join(f"{n},{'x' * 1_500_000}\n" for n in range(6)))
    assert [len(page.items) for page in pages(source())] == [3, 3, 0]


def test_an_unchanged_file_is_not_read_again(source: Callable[..., Files], tmp_path: Path) -> None:
    file = tmp_path / "team.csv"
    file.write_text(TEAM)
    (page,) = pages(source())
    mark = page.marks["team.csv"]
    assert mark.keys() == {"size", "mtime_ns", "sha256"}
    assert pages(source(), page.marks) == []
    # unchanged by size and time: not even opened
    assert pages(source(), {"team.csv": {**mark, "sha256": "another"}}) == []
    # another time, the same content
    os.utime(file, ns=(1, mark["mtime_ns"] + 10**9))
    assert pages(source(), page.marks) == []
    # the same size, another content
    file.write_text(TEAM.replace("Alpha", "Aleph"))
    os.utime(file, ns=(1, mark["mtime_ns"] + 2 * 10**9))
    assert pages(source(), page.marks)[0].items[0]["name"] == "Aleph"


def test_a_file_that_changes_while_it_is_read_gets_no_mark(
    source: Callable[..., Files], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft, "PAGE_ROWS", 1)
    (tmp_path / "team.csv").write_text(TEAM)
    reading = source().fetch(None, Watermark())
    first = next(reading)
    with (tmp_path / "team.csv").open("a") as out:
        out.write("c,Gamma\n")
    rest = list(reading)
    assert isinstance(first, Page)
    assert rest[-1] == Fault("drop/team.csv: was changed while it was read; it is read again next time")
    assert [part.marks for part in (first, *rest[:-1]) if isinstance(part, Page)] == [{}, {}, {}]


@pytest.mark.parametrize(("path", "keys"), [("*/team.csv", ["a/team.csv", "b/team.csv"]), ("a/team.csv", ["team.csv"])])
def test_the_path_may_be_a_file_or_a_glob(
    source: Callable[..., Files], tmp_path: Path, path: str, keys: list[str]
) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "team.csv").write_text(TEAM)
        (tmp_path / folder / "survey.csv").write_text("x")
    found = pages(source(path))
    assert [key for page in found for key in page.marks] == keys


def test_a_glob_without_a_match_is_said(source: Callable[..., Files], tmp_path: Path) -> None:
    assert faults(source("none/*.csv"))[0].startswith(f"drop: {tmp_path}/none/*.csv holds no file to read; ")


def test_a_glob_that_is_none_is_named(source: Callable[..., Files], tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"drop: .*/\*\*\.csv: is no pattern of files \(.*\); mend `path`"):
        faults(source("**.csv"))


def test_a_link_is_followed(source: Callable[..., Files], tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x.csv").write_text(TEAM)
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "team.csv").symlink_to(tmp_path / "elsewhere" / "x.csv")
    assert len(pages(source("exports"))[0].items) == 2


@pytest.mark.parametrize(
    ("leads_to", "why"), [("gone.csv", "No such file or directory"), ("team.csv", "Too many levels of symbolic links")]
)
def test_a_link_that_leads_nowhere_is_named_and_the_rest_is_read(site: Site, leads_to: str, why: str) -> None:
    site.export("survey.csv", "survey_id,opened_at\ns,2026-01-01\n")
    (site.exports / "team.csv").symlink_to(site.exports / leads_to)
    assert site.load() == [f"drop/team.csv: cannot be read ({why}); make it readable, or remove it"]
    assert site.rows("select survey_id from staging.survey") == [("drop:s",)]


def test_a_name_that_is_no_text_is_shown_by_its_codes(site: Site) -> None:
    for name in (b"team-\xff.csv", b"what\n\xff.csv"):
        Path(os.fsdecode(os.fsencode(site.exports) + b"/" + name)).write_text(TEAM)
    assert [fault.partition(":")[0] for fault in site.load()] == [r"drop/what\n\udcff.csv"]
    assert site.rows("select count(*) from staging.team") == [(2,)]
    site.load()
    assert site.rows("select count(*) from meta.raw_file") == [(1,)]


def test_persons_are_hashed_before_there_is_a_page(source: Callable[..., Files], tmp_path: Path) -> None:
    (tmp_path / "change.csv").write_text(
        "change_id,repo,merged_at,author\n1,r,2025-01-01,Jane\n2,r,never,Joe\n3,r,2025-01-01,\n"
    )
    (tmp_path / "change.jsonl").write_text(
        '{"change_id": "4", "repo": "r", "merged_at": "2025-01-01", "author": 12345, "colour": "Ann"}\n'
        '{"change_id": "5", "repo": "r", "merged_at": "2025-01-01", "author": ["Ann"]}\n'
    )
    first, second = pages(source())
    assert [item.get("author") for item in first.items] == ["#4", "#3", None]
    assert [(row.reason.partition(";")[0], row.content) for row in second.rejected] == [
        ("unknown key 'colour'", {"change_id": "4", "repo": "r", "merged_at": "2025-01-01", "author": "#5"}),
        ("author: is neither text nor number", None),
    ]


def test_a_refused_row_reaches_nobody(site: Site) -> None:
    """A row whose cells are shifted, with and without the column of a person, and one with a key too many."""
    site.export(
        "change.csv",
        "change_id,repo,merged_at,author\n1,acme/x,2025-01-01,Jane\n"
        "2,2025-01-01,jane.doe@acme.example,joe\n3,acme/x,+31 6 1234 5678,joe\n4,acme/x,555-123-4567,joe\n",
    )
    team = {"team_id": "a", "name": "jane.doe@acme.example", "domain": ["0612 345 678"], "colour": "red"}
    site.export("team.jsonl", json.dumps(team) + "\n")
    assert len(site.load()) > 0
    found = {
        row: (reason, json.loads(content))
        for row, reason, content in site.rows(
            "select row_number, reason, content from staging.rejected where file like '%change%'"
        )
    }
    assert [content["merged_at"] for _, content in found.values()] == ["[e-mail]", "[phone]", "[phone]"]
    assert all(content["author"].startswith("p_") for _, content in found.values())
    assert "2025-01-01" in str(found) and "acme/x" in str(found)
    kept = str(site.rows("select * from staging.rejected"))
    raw = b"".join(gzip.decompress(path.read_bytes()) for path in (site.data / "raw").rglob("*.gz")).decode()
    for said in ("jane.doe", "1234 5678", "345 678"):
        assert said not in kept and said not in raw, said
    assert "123-4567" not in kept


def test_a_response_that_is_named_by_an_address_is_hashed_and_a_role_scrubbed(site: Site) -> None:
    head = "survey_id,response_id,question_id,role,rating\n"
    rows = "S1,Jane.Doe@acme.example,q1,Dev (jane.doe@acme.example),4\nS1,r@2,q1,Dev,4\n"
    site.export("survey_answer.csv", head + rows)
    assert site.load() == []
    (jane, other) = site.rows("select response_id, role from staging.survey_answer order by response_id = 'drop:r@2'")
    assert jane[0].startswith("drop:p_") and jane[1] == "Dev ([e-mail])" and other == ("drop:r@2", "Dev")
    raw = b"".join(gzip.decompress(path.read_bytes()) for path in (site.data / "raw").rglob("*.gz"))
    assert b"oe@acme" not in raw


def test_ignored_columns_are_dropped_before_there_is_a_page(source: Callable[..., Files], tmp_path: Path) -> None:
    (tmp_path / "team.csv").write_text("team_id,note,name\na,secret,Alpha\n")
    (tmp_path / "team.jsonl").write_text('{"team_id": "b", "name": "Beta", "note": "secret"}\n')
    pl.DataFrame({"team_id": ["c"], "name": ["Gamma"], "note": ["secret"]}).write_parquet(tmp_path / "team.parquet")
    found = pages(source(ignore=["note"]))
    assert [page.items for page in found] == [
        [{"team_id": "a", "name": "Alpha"}],
        [{"team_id": "b", "name": "Beta"}],
        [{"team_id": "c", "name": "Gamma"}],
    ]
    assert all(page.rejected == () for page in found)


def test_an_empty_folder_is_fine_once_something_has_come(source: Callable[..., Files]) -> None:
    assert len(faults(source())) == 1
    assert pages(source(), {"team.csv": {"size": 1, "mtime_ns": 1, "sha256": "x"}}) == []


def test_check_names_what_is_missing(source: Callable[..., Files], tmp_path: Path) -> None:
    assert list(source("none").check(None)) == [
        f"drop: {tmp_path}/none: no such folder or file; mend `path`, or make it"
    ]
    assert next(iter(source().check(None))).startswith(f"drop: {tmp_path} holds no file to read; files are named")
    (tmp_path / "team.csv").write_text("")
    assert list(source().check(None)) == []
    (tmp_path / "colour.csv").write_text("")
    assert next(iter(source().check(None))).startswith("drop/colour.csv: matches no record; ")


def test_a_missing_folder_stops_the_source(source: Callable[..., Files]) -> None:
    with pytest.raises(SourceError, match="no such folder or file"):
        list(source("none").fetch(None, Watermark()))


def test_a_page_that_is_parsed_again_gives_the_same(source: Callable[..., Files]) -> None:
    page = Page("team", "x", [{"team_id": "a", "name": "A"}, {"team_id": "b"}], first_row=5)
    assert (
        list(source().parse(page))
        == list(source().parse(page))
        == [
            Team(team_id="a", name="A"),
            Rejected("x", 6, "name: is missing", {"team_id": "b"}),
        ]
    )


def test_free_text_of_answers_is_scrubbed_before_it_is_written(site: Site) -> None:
    head = "survey_id,response_id,question_id,choice,text\n"
    site.export("survey_answer.csv", f"{head}S1,r1,q1,ask @jane,mail jane.doe@acme.example or +31 6 1234 5678\n")
    assert site.load() == []
    said = site.rows("select choice, text from staging.survey_answer")
    assert said == [("ask [handle]", "mail [e-mail] or [phone]")]
    written = b"".join(gzip.decompress(path.read_bytes()) for path in (site.data / "raw").rglob("*.gz"))
    assert b"jane" not in written
