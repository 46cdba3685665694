"""Bad input: each kind gives one exact line and the right exit code, and the good rest is loaded."""

import gzip
import os

import polars as pl
import pytest

from tests.conftest import Site

HEADER = "deployment_id,repo,environment,created_at,status,finished_at,actor\n"
GOOD = "1,acme/x,prod,2025-01-01T10:00:00Z,succeeded,2025-01-01T10:05:00Z,jane\n"
TEAM = "team_id,name\na,Alpha\n"
MANY = "".join(f"{number},acme/x,prod,2025-01-01T10:00:00Z,succeeded,,\n" for number in range(3000))


def lines(site: Site, *arguments: str) -> tuple[int, list[str]]:
    result = site.uptake("ingest", *arguments)
    return result.exit_code, result.stderr.splitlines()


def deployments(site: Site) -> int:
    return int(site.rows("select count(*) from staging.deployment")[0][0])


NO_RECORD = (
    "matches no record; files are named <record>*{.csv,.csv.gz,.csv.zst,.jsonl,.jsonl.gz,.jsonl.zst,.parquet,.xlsx} "
    "with record one of team, ownership, ci_run, ci_job, deployment, deployed_commit, change, incident, model_version, "
    "capability, survey, survey_answer, pain_point, initiative"
)
NO_HEADER = "its first line is no header row for deployment (deployment_id, repo, environment, created_at, status, ...)"

REFUSED: dict[str, tuple[str | bytes, str]] = {
    "deployment-unknown-column.csv": (
        HEADER.replace("\n", ",colour\n") + GOOD.replace("\n", ",red\n"),
        "unknown column 'colour'; mend the export, or add ignore = [\"colour\"] to the source",
    ),
    "deployment-missing-column.csv": (
        HEADER.replace("status,", "") + GOOD.replace("succeeded,", ""),
        "column 'status' is missing; every deployment needs it",
    ),
    "deployment-column-twice.csv": (
        HEADER.replace("actor", "repo") + GOOD,
        "column 'repo' is there twice; keep one of them",
    ),
    "deployment-empty.csv": ("", "is empty: expected a header row; export it again or remove it"),
    "deployment-empty.csv.gz": ("", "is empty: expected a header row; export it again or remove it"),
    "deployment-empty.jsonl": ("", "is empty: expected a JSON object a line; export it again or remove it"),
    "deployment-empty.parquet": (b"", "is empty: expected a Parquet file; export it again or remove it"),
    "deployment-without-header.csv": (GOOD, NO_HEADER),
    "deployment-semicolons.csv": (HEADER.replace(",", ";"), f"{NO_HEADER}; its columns must be separated by commas"),
    "deployment-utf-16.csv": (
        (HEADER + GOOD).encode("utf-16"),
        "line 1 is not UTF-8 (byte 0xff); save it as UTF-8 and export it again",
    ),
    "deployment-not-gzip.csv.gz": (
        (HEADER + GOOD).encode(),
        "the gzip data is damaged (Not a gzipped file (b'de')); export it again",
    ),
    "colour.csv": ("a,b\n", NO_RECORD),
    "deployment.xls": (b"PK", NO_RECORD),
    "deployment-empty.csv.zst": (b"", "is empty: expected a header row; export it again or remove it"),
    "deployment-not-zstd.csv.zst": (
        (HEADER + GOOD).encode(),
        "the zstd data is damaged (ZSTD decompress failed: Unknown frame descriptor); export it again",
    ),
    "deployment-empty.xlsx": (b"", "is empty: expected an Excel workbook; export it again or remove it"),
    "deployment-not-excel.xlsx": (
        b"PK",
        "is no intact Excel workbook (File is not a zip file); save it again as .xlsx, without a password",
    ),
}


def test_a_file_that_is_refused_is_named_and_the_others_are_loaded(site: Site) -> None:
    for name, (content, _) in REFUSED.items():
        site.export(name, content)
    site.export("team.csv", TEAM)
    code, said = lines(site)
    assert code == 1
    assert sorted(said) == sorted(f"error: drop/{name}: {fault}" for name, (_, fault) in REFUSED.items())
    assert site.rows("select team_id from staging.team") == [("drop:a",)]
    assert deployments(site) == 0
    # nothing was read of them, so nothing says that the source delivers deployments
    assert site.rows("select record from staging.coverage") == [("team",)]


def broken(content: str) -> bytes:
    whole = gzip.compress(content.encode())
    return whole[: len(whole) // 2]


BROKEN_OFF: dict[str, tuple[str | bytes, str]] = {
    "deployment-1-truncated.csv.gz": (
        broken(HEADER + MANY),
        "the gzip data is damaged (Compressed file ended before the end-of-stream marker was reached); export it again",
    ),
    "deployment-2-bits-flipped.csv.gz": (
        gzip.compress((HEADER + MANY.replace("acme", "bits")).encode())[:-8] + b"\0" * 8,
        "the gzip data is damaged (CRC check failed 0x0 != ",
    ),
    "deployment-3-latin-1.csv": (
        (
            HEADER + "latin,a,prod,2025-01-01,failed,,\n2,café,prod,2025-01-01,failed,,\n3,b,prod,2025-01-01,failed,,\n"
        ).encode("latin-1"),
        "line 3 is not UTF-8 (byte 0xe9); save it as UTF-8 and export it again",
    ),
    "deployment-4-quote.csv": (
        HEADER + 'quote,a,prod,2025-01-01,failed,,\n2,"b,prod,2025-01-01,failed,,\n3,c,prod,2025-01-01,failed,,\n',
        "a quote opened in line 3 is never closed; what follows was not read",
    ),
}


def test_what_stands_before_the_damage_is_loaded_once_and_the_file_is_named_until_it_is_mended(site: Site) -> None:
    for name, (content, _) in BROKEN_OFF.items():
        site.export(name, content)
    site.export("team.csv", TEAM)
    code, said = lines(site)
    assert code == 1
    assert len(said) == len(BROKEN_OFF)
    for line, (name, (_, fault)) in zip(said, BROKEN_OFF.items(), strict=True):
        assert line.startswith(f"error: drop/{name}: {fault}")
    loaded = site.rows("select deployment_id, repo from staging.deployment")
    assert {("drop:0", "bits/x"), ("drop:2999", "bits/x"), ("drop:latin", "a"), ("drop:quote", "a")} <= set(loaded)
    assert len(loaded) == 3002
    assert site.rows("select count(*) from staging.team") == [(1,)]

    # the next run says it again, and lands nothing twice
    landed = site.files()
    assert lines(site) == (1, said)
    assert site.files() == landed

    for name in BROKEN_OFF:
        site.export(name, HEADER + "mended" + GOOD)
    assert lines(site) == (0, [])
    assert deployments(site) == 3003


def test_the_rows_before_half_a_gzip_are_there(site: Site) -> None:
    site.export("deployment.csv.gz", broken(HEADER + MANY))
    assert len(site.load()) == 1
    assert 1000 < deployments(site) < 3000


ROWS = [
    (
        GOOD.replace("2025-01-01T10:00:00Z", "yesterday"),
        "created_at: should be a valid datetime or date, input is too short ('yesterday')",
    ),
    (
        GOOD.replace("succeeded", "done"),
        "status: should be 'waiting', 'pending', 'in_progress', 'succeeded', 'failed', 'cancelled' or 'inactive' "
        "('done')",
    ),
    (GOOD.replace("acme/x", ""), "repo: is missing"),
    (
        GOOD.replace("2025-01-01T10:05", "2024-12-31T10:05"),
        "finished_at (2024-12-31T10:05:00Z) is before created_at (2025-01-01T10:00:00Z)",
    ),
    (
        GOOD.replace("2025-01-01T10:00:00Z", "12"),
        "created_at: is before 1990: not a time that a platform could have recorded ('12')",
    ),
    (
        GOOD.replace("acme/x", "").replace("succeeded", "done").replace("prod", "").replace("2025-01-01T10:00", "x"),
        "repo: is missing; environment: is missing; "
        "created_at: should be a valid datetime or date, input is too short ('x:00Z'); and 1 more",
    ),
    ("2,acme/x,prod\n", "has 3 fields where the header has 7; content withheld"),
    (GOOD.replace("jane", "jane,doe"), "has 8 fields where the header has 7; content withheld"),
    ('"2"x,a,b,c,d,e,f\n', "is not valid CSV (',' expected after '\"'); content withheld"),
]


def test_a_bad_row_stands_alone(site: Site) -> None:
    site.export("deployment.csv", HEADER + MANY + "".join(row for row, _ in ROWS) + GOOD.replace("1,", "good,", 1))
    assert site.load() == []
    assert site.rows("select source, record, file, row_number, reason from staging.rejected order by 4") == [
        ("drop", "deployment", "drop/deployment.csv", 3002 + index, reason) for index, (_, reason) in enumerate(ROWS)
    ]
    assert deployments(site) == 3001


JSON_ROWS: list[tuple[str, str, str | None]] = [
    (
        '{"team_id": "b", "name": "Beta", "colour": "red"}',
        "unknown key 'colour'; mend the export, or add ignore = [\"colour\"] to the source",
        '{"team_id":"b","name":"Beta"}',
    ),
    ('{"team_id": "b", ', "is not valid JSON; content withheld", None),
    ('["b", "Beta"]', "is no JSON object; content withheld", None),
    ('{"team_id": "b"}', "name: is missing", '{"team_id":"b"}'),
    (
        '{"team_id": "b", "name": "Beta", "headcount": "few"}',
        "headcount: should be a valid integer, unable to parse string as an integer ('few')",
        '{"team_id":"b","name":"Beta","headcount":"few"}',
    ),
    (
        '{"team_id": "b", "name": "Beta", "headcount": 3000000000}',
        "headcount: should be less than or equal to 2147483647 (3000000000)",
        '{"team_id":"b","name":"Beta","headcount":3000000000}',
    ),
]


def test_a_bad_json_line_stands_alone(site: Site) -> None:
    first, last = '{"team_id": "a", "name": "Alpha"}', '{"team_id": "c", "name": "Gamma"}'
    site.export("team.jsonl", "\n".join([first, "", *(line for line, _, _ in JSON_ROWS), last]) + "\n")
    assert len(site.load()) == 1
    assert site.rows("select row_number, reason, content from staging.rejected order by 1") == [
        (3 + index, reason, content) for index, (_, reason, content) in enumerate(JSON_ROWS)
    ]
    assert site.rows("select team_id from staging.team order by 1") == [("drop:a",), ("drop:c",)]


def test_more_rejected_than_the_config_bears_fails_the_run(site: Site) -> None:
    site.export("team.csv", TEAM + "b,\n")
    fault = (
        "error: drop: 1 of 2 rows rejected, more than max_rejected_ratio = 0.01; "
        "the Data page lists them with the reasons; mend the export, or raise the limit"
    )
    assert lines(site) == (1, [fault])
    assert site.rows("select count(*) from staging.team") == [(1,)]


def test_as_many_rejected_as_the_config_bears_is_said_and_no_failure(site: Site) -> None:
    site.config.write_text(site.config.read_text() + "max_rejected_ratio = 0.5\n")
    site.export("team.csv", TEAM + "b,\n")
    result = site.ingest()
    assert result.stdout.startswith("ingest: 1 source, 1 rows new or changed, 1 rejected, published read-000001 in ")
    assert result.stderr == ""


def test_a_missing_folder_is_named(site: Site) -> None:
    site.exports.rmdir()
    assert lines(site) == (
        1,
        [f"error: drop: {site.exports}: no such folder or file; mend `path`, or make it"],
    )


def test_an_empty_folder_is_a_fault_until_something_has_come(site: Site) -> None:
    said = site.load()
    assert said[0].startswith(f"drop: {site.exports} holds no file to read; files are named <record>*")
    file = site.export("team.csv", TEAM)
    assert site.load() == []
    file.unlink()
    assert site.load() == []
    assert site.rows("select count(*) from staging.team") == [(1,)]


def test_what_is_no_file_is_left_alone(site: Site) -> None:
    site.export("team.csv", TEAM)
    (site.exports / "change.csv").mkdir()
    os.mkfifo(site.exports / "deployment.csv")
    assert site.load() == []


CONFIGS = {
    "invalid TOML": (
        "[[source]\n",
        "is not valid TOML: Expected ']]' at the end of an array declaration (at line 1, column 9)",
    ),
    "unknown key": ("colour = 1\n", "unknown key 'colour'; see uptake.example.toml for the keys that exist"),
    "unknown key of a source": (
        '[[source]]\nname = "drop"\nkind = "files"\npath = "x"\ncolour = 1\n',
        "unknown key '[[source]] drop.colour'; see uptake.example.toml for the keys that exist",
    ),
}


@pytest.mark.parametrize("case", CONFIGS)
def test_a_bad_config_starts_nothing(site: Site, case: str) -> None:
    content, fault = CONFIGS[case]
    site.config.write_text(content)
    assert lines(site) == (2, [f"error: {site.config}: {fault}"])
    assert not site.data.exists()


def test_no_source_in_the_config_is_said(site: Site) -> None:
    site.config.write_text("")
    assert lines(site) == (2, ["error: the config names no [[source]]; uptake.example.toml shows how"])


def test_parquet_without_its_end_is_named(site: Site) -> None:
    file = site.exports / "team.parquet"
    pl.DataFrame({"team_id": ["a"], "name": ["Alpha"]}).write_parquet(file)
    file.write_bytes(file.read_bytes()[:-9])
    said = site.load()
    assert len(said) == 1
    assert said[0].startswith("drop/team.parquet: is no intact Parquet file (")
    assert site.rows("select count(*) from staging.coverage") == [(0,)]


def test_parquet_is_loaded_up_to_its_damage(site: Site) -> None:
    file = site.exports / "team.parquet"
    frame = pl.DataFrame({"team_id": [f"{n}" for n in range(20_000)], "name": [f"{n * 7919:x}" for n in range(20_000)]})
    frame.write_parquet(file, row_group_size=5_000, compression="zstd")
    content = bytearray(file.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 2000] = b"\0" * 2000
    file.write_bytes(content)
    said = site.load()
    assert said[0].startswith("drop/team.parquet: is no intact Parquet file (")
    assert 0 < site.rows("select count(*) from staging.team")[0][0] < 20_000
