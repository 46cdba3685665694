"""No person's name reaches the data folder, whichever way an export is broken; figures work on hashes."""

import gzip
import json
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Site

DEPLOYMENT = (
    "deployment_id,repo,environment,created_at,status,finished_at,actor,product\n"
    "1,acme/x,prod,2025-01-01T10:00:00Z,succeeded,2025-01-01T10:05:00Z,Jane Doe,churn\n"
    "2,acme/x,prod,2025-01-03T10:00:00Z,failed,2025-01-03T10:05:00Z,Joe Bloggs,churn\n"
)


@pytest.fixture
def filled(site: Site) -> Site:
    site.export("deployment.csv", DEPLOYMENT)
    return site


NAMES = ("Jane Doe", "Joe Bloggs", "Ann Other", "Mary Major", "Rich Roe", "Pat Poe", "Tom Toe", "Lou Low", "Moe Moo")


def test_no_name_of_a_person_stands_anywhere_in_the_data_folder(filled: Site) -> None:
    """Good rows, rejected ones, shifted columns, unknown keys, a missing header, broken JSON: no name gets through."""
    header, *rows = DEPLOYMENT.splitlines()
    shifted = "3,acme/x,prod,2025-01-03T10:00:00Z,failed,2025-01-03T10:05:00Z,Ann Other,churn,Ann Other"
    rejected = "4,acme/x,prod,yesterday,failed,,Mary Major,churn"
    filled.export("deployment.csv", "\n".join([header, *rows, shifted, rejected]) + "\n")
    filled.export("change.csv", "c1,acme/x,Rich Roe\nc2,acme/x,Rich Roe\n")
    change = {"change_id": "1", "repo": "acme/x", "merged_at": "2025-01-01"}
    filled.export(
        "change.jsonl",
        "\n".join(
            [
                json.dumps({**change, "author": {"login": "Pat Poe"}}),
                json.dumps({**change, "assignee": "Tom Toe"}),
                json.dumps({**change, "author": "Lou Low"})[:-1],
                json.dumps({**change, "author": "Moe Moo"}),
            ]
        ),
    )
    assert filled.uptake("ingest").exit_code == 1
    filled.config.write_text('[platform]\nactors = ["Jane Doe"]\n' + filled.config.read_text())
    filled.uptake("ingest")
    assert filled.rows("select count(*) from staging.rejected") == [(5,)]

    texts = {path.name: content_of(path) for path in filled.data.rglob("*") if path.is_file()}
    assert {"000000001.jsonl.gz", "warehouse.duckdb", "status.json", "read-000002.duckdb"} <= texts.keys()
    found = [(file, name) for file, text in texts.items() for name in NAMES if name.lower() in text.lower()]
    assert found == []
    # the search finds what is there
    assert "acme/x" in texts["000000001.jsonl.gz"]
    assert "acme/x" in texts["warehouse.duckdb"]


def content_of(path: Path) -> str:
    """The bytes of a file as text; of a database also all values, since it packs them."""
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes()).decode()
    text = path.read_bytes().decode("latin-1")
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as con:
            tables = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
            text += "".join(repr(con.execute(f"from {schema}.{table}").fetchall()) for schema, table in tables)
    return text


def test_actors_of_the_platform_are_matched_by_their_hash(filled: Site) -> None:
    filled.config.write_text('[platform]\nactors = ["Jane Doe"]\n' + filled.config.read_text())
    filled.ingest()
    result = filled.uptake("rows", "deployment", "--format", "json")
    assert [row["path"] for row in json.loads(result.stdout)] == ["platform", "off_platform"]
