"""Object storage through the files source, against a server on loopback that checks signatures."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from ingest import config
from ingest.errors import ConfigError, SourceError
from ingest.files import Files
from ingest.settings import FilesSettings
from ingest.source import Fault, Page, Watermark
from tests.conftest import Site
from tests.fake_s3 import ACCESS, REGION, SECRET, FakeS3

TEAM = "team_id,name\na,Alpha\nb,Beta\n"
KEYS = {"access_key_env": "TEST_ACCESS", "secret_key_env": "TEST_SECRET"}


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeS3]:
    monkeypatch.setenv("TEST_ACCESS", ACCESS)
    monkeypatch.setenv("TEST_SECRET", SECRET)
    # what the client would find by itself, and must not use
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ANOTHER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    monkeypatch.setenv("AWS_REGION", "mars-north-1")
    with FakeS3() as server:
        yield server


def source(s3: FakeS3, path: str = "s3://lake/ex ports", **more: Any) -> Files:
    entry = {"name": "lake", "kind": "files", "path": path, "endpoint": s3.endpoint, "region": REGION, **KEYS, **more}
    return Files(FilesSettings.model_validate(entry), lambda name: name)


def read(files: Files, marks: dict[str, Any] | None = None) -> tuple[list[Page], list[str]]:
    parts = list(files.fetch(None, Watermark(marks or {})))
    return [part for part in parts if isinstance(part, Page)], [
        part.message for part in parts if isinstance(part, Fault)
    ]


def test_every_format_is_read_from_below_the_prefix(s3: FakeS3) -> None:
    s3.put("lake/ex ports/team+é.csv", TEAM)
    s3.put("lake/ex ports/team.jsonl", '{"team_id": "c", "name": "Gamma"}\n')
    out = pa.BufferOutputStream()
    parquet.write_table(pa.table({"team_id": ["d"], "name": ["Delta"]}), out)
    s3.put("lake/ex ports/team.parquet", bytes(out.getvalue()))
    s3.put("lake/ex ports/older/team.csv", TEAM)
    s3.put("lake/ex ports/README.md", "x")
    s3.put("lake/ex ports/.team.csv", TEAM)
    s3.put("lake/elsewhere/team.csv", TEAM)
    pages, faults = read(source(s3))
    assert faults == []
    assert [(page.place, [item["team_id"] for item in page.items]) for page in pages] == [
        ("lake/team.jsonl", ["c"]),
        ("lake/team.parquet", ["d"]),
        ("lake/team+é.csv", ["a", "b"]),
    ]


def test_only_what_changed_is_fetched(s3: FakeS3) -> None:
    s3.put("lake/ex ports/survey.csv", "survey_id,opened_at\ns,2025-01-01\n")
    s3.put("lake/ex ports/team.csv", TEAM)
    pages, _ = read(source(s3))
    marks = pages[0].marks | pages[1].marks
    assert s3.gets() == ["/lake/ex%20ports/survey.csv", "/lake/ex%20ports/team.csv"]
    assert marks["team.csv"].keys() == {"size", "mtime_ns", "sha256"}
    assert read(source(s3), marks) == ([], [])
    assert s3.gets() == []
    # put there again, the same: fetched, and nothing new
    s3.put("lake/ex ports/team.csv", TEAM, minute=1)
    assert read(source(s3), marks) == ([], [])
    assert s3.gets() == ["/lake/ex%20ports/team.csv"]
    s3.put("lake/ex ports/team.csv", TEAM.replace("Alpha", "Aleph"), minute=2)
    (page,), _ = read(source(s3), marks)
    assert page.items[0]["name"] == "Aleph"


def test_a_long_listing_comes_in_parts(s3: FakeS3) -> None:
    for number in range(25):
        s3.put(f"lake/ex ports/team-{number:02d}.csv", TEAM)
    s3.page = 10
    assert len(read(source(s3))[0]) == 25


def test_the_path_may_be_a_whole_bucket_or_one_object(s3: FakeS3) -> None:
    s3.put("lake/team.csv", TEAM)
    s3.put("lake/deep/survey.csv", "survey_id,opened_at\ns,2025-01-01\n")
    assert [page.place for page in read(source(s3, "s3://lake"))[0]] == ["lake/team.csv"]
    assert [page.place for page in read(source(s3, "s3://lake/deep/survey.csv"))[0]] == ["lake/survey.csv"]


def test_a_public_bucket_needs_no_keys_and_none_are_looked_for(s3: FakeS3) -> None:
    s3.is_public = True
    s3.put("lake/team.csv", TEAM)
    assert len(read(source(s3, "s3://lake", access_key_env=None, secret_key_env=None))[0]) == 1


def test_a_proxy_is_used_where_the_environment_names_one(s3: FakeS3, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.is_public = True
    s3.put("lake/team.csv", TEAM)
    monkeypatch.setenv("http_proxy", s3.endpoint)
    public = {"access_key_env": None, "secret_key_env": None}
    assert len(read(source(s3, "s3://lake", endpoint="http://storage.example", **public))[0]) == 1
    assert all(path.startswith("http://storage.example/lake") for _, path in s3.asked)


def stopped(files: Files) -> str:
    with pytest.raises(SourceError) as raised:
        read(files)
    line = str(raised.value)
    assert list(files.check(None)) == [line]
    assert "\n" not in line
    assert SECRET not in line
    return line


def test_what_cannot_be_listed_is_said_with_its_remedy(s3: FakeS3, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.put("lake/ex ports/team.csv", TEAM)
    place = "lake: s3://lake/ex ports: "
    assert stopped(source(s3, "s3://lake/none")) == (
        "lake: s3://lake/none: no such prefix or object; mend `path`, or fill it"
    )
    line = stopped(source(s3, "s3://pond"))
    assert line.startswith("lake: s3://pond/: ")
    monkeypatch.setenv("TEST_SECRET", "wrong")
    assert stopped(source(s3)).startswith(f"{place}cannot be listed (AWS Error ")
    monkeypatch.setenv("TEST_SECRET", SECRET)
    s3.forbidden.add("lake")
    assert stopped(source(s3)).endswith("; let the key list and read it")
    monkeypatch.delenv("TEST_SECRET")
    assert stopped(source(s3)) == "lake: the environment variable TEST_SECRET of secret_key_env is not set; export it"


def test_an_object_that_cannot_be_read_costs_no_other(s3: FakeS3) -> None:
    s3.put("lake/a/survey.csv", "survey_id,opened_at\ns,2025-01-01\n")
    s3.put("lake/a/team.csv", TEAM)
    s3.forbidden.add("lake/a/survey.csv")
    pages, (fault,) = read(source(s3, "s3://lake/a"))
    assert [page.place for page in pages] == ["lake/team.csv"]
    assert fault.startswith("lake/survey.csv: cannot be read (AWS Error ACCESS_DENIED")
    assert "\n" not in fault


def test_an_object_that_breaks_off_is_not_half_loaded(s3: FakeS3) -> None:
    s3.put("lake/a/team.csv", TEAM * 1000)
    s3.cut_off.add("lake/a/team.csv")
    pages, (fault,) = read(source(s3, "s3://lake/a"))
    assert (pages, fault.startswith("lake/team.csv: cannot be read (")) == ([], True)


def test_a_whole_ingest_keeps_no_secret(s3: FakeS3, site: Site) -> None:
    s3.put("lake/x/team.csv", TEAM)
    site.config.write_text(
        f'[[source]]\nname = "lake"\nkind = "files"\npath = "s3://lake/x"\nendpoint = "{s3.endpoint}"\n'
        f'region = "{REGION}"\naccess_key_env = "TEST_ACCESS"\nsecret_key_env = "TEST_SECRET"\n'
    )
    site.ingest()
    assert site.rows("select team_id from staging.team order by 1") == [("lake:a",), ("lake:b",)]
    kept = b"".join(path.read_bytes() for path in site.data.rglob("*") if path.is_file())
    assert SECRET.encode() not in kept


SOURCE = '[[source]]\nname = "lake"\nkind = "files"\n'


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ('path = "s3://"', "must be s3://bucket/prefix, without wildcards"),
        ('path = "s3://lake/*.csv"', "must be s3://bucket/prefix, without wildcards"),
        ('path = "s3://lake"\nendpoint = "minio:9000"', "must be an http(s) URL"),
        ('path = "s3://lake"\nendpoint = "http://u:p@minio:9000"', "must not hold a user or password"),
        ('path = "s3://lake"\naccess_key_env = "A"', "needs both access_key_env and secret_key_env"),
        ('path = "exports"\nendpoint = "http://minio:9000"', "are for a path such as s3://bucket/prefix"),
    ],
)
def test_what_is_wrong_in_the_config_is_named(tmp_path: Path, keys: str, fault: str) -> None:
    with pytest.raises(ConfigError, match=r"\[\[source\]\] lake") as raised:
        config.parse(tomllib.loads(SOURCE + keys), tmp_path / "uptake.toml")
    assert fault in str(raised.value)
