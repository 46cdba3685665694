"""Real surveys as their tools exported them, through the real commands, against counts made in plain Python from the
same files: no mapping, no SQL."""

import csv
import gzip
import io
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from statistics import mean
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from click.testing import CliRunner, Result

from app.cli import main

SAMPLE = Path(__file__).parent.parent / "data" / "sample"
SURVEYS = SAMPLE / "surveys"
RATED = re.compile(r"\((\d)\)")
IMPORTANCE = ("Not Important", "Slightly Important", "Somewhat important", "Very Important", "Critical")
FEATURE = "Rank these TBD Spack features by importance [{}]"


def raw(name: str) -> list[dict[str, str]]:
    with gzip.open(SURVEYS / name) as file:
        return list(csv.DictReader(io.StringIO(file.read().decode("utf-8-sig"), newline="")))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("surveys")
    done = uptake(folder, "ingest")
    assert done.exit_code == 0, done.output
    return folder


def uptake(data: Path, *words: str) -> Result:
    places = ["--config", str(SAMPLE / "surveys.toml"), "--data", str(data)]
    return CliRunner(env={"UPTAKE_PEPPER": "pepper"}).invoke(main, [*places, *words])


def ask(data: Path, *words: str) -> list[dict[str, Any]]:
    done = uptake(data, *words, "--format", "json")
    assert done.exit_code == 0, done.output
    rows: list[dict[str, Any]] = json.loads(done.output)
    return rows


@pytest.fixture(scope="module")
def staging(data: Path) -> Callable[[str], list[tuple[Any, ...]]]:
    def rows(sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as con:
            return con.execute(sql).fetchall()

    return rows


def pains(data: Path, survey: str) -> dict[str, dict[str, Any]]:
    rows = ask(data, "metric", "pain", "--where", f"survey_id={survey}")
    return {row["pain_id"].partition(":")[2]: row for row in rows}


def test_jupyter_2020_has_its_respondents_and_ratings(data: Path, staging: Callable[..., Any]) -> None:
    responses = raw("jupyter/all_responses.csv.gz")
    items = [name for name in responses[0] if re.match(r"(10|13|15|19|20)[a-i]\. ", name)]
    assert (len(responses), len(items)) == (1135, 33)
    assert staging("select count(distinct response_id) from staging.survey_answer where source = 'jupyter'") == [
        (1135,)
    ]
    rows = pains(data, "jupyter:jupyter-2020")
    assert len(rows) == 33
    for item in items:
        ratings = [int(found[1]) for row in responses if (found := RATED.match(row[item]))]
        row = rows[f"q{item.partition('.')[0]}"]
        assert row["answer_count"] == len(ratings)
        assert row["affected_count"] == sum(rating in (3, 4) for rating in ratings)
        assert row["affected_ratio"] == pytest.approx(sum(rating in (3, 4) for rating in ratings) / len(ratings))
        assert row["severity_mean"] == pytest.approx(mean(ratings) / 4)
    # counted by hand: the worst of all is missing track changes, 518 of 963
    assert (rows["q19f"]["affected_count"], rows["q19f"]["answer_count"]) == (518, 963)


def test_jupyter_2020_has_its_roles(staging: Callable[..., Any]) -> None:
    counted: Counter[str] = Counter()
    for row in raw("jupyter/all_responses.csv.gz"):
        ticked = [" ".join(v.split()).rstrip(".") for name, v in row.items() if name.startswith("4. ") and v.strip()]
        counted[ticked[0] if len(ticked) == 1 else "several" if ticked else "none"] += 1
    sql = "select role, count(distinct response_id) from staging.survey_answer where source = 'jupyter' group by role"
    # who only wrote has no role beside the writing: both files are one response
    assert dict(staging(sql)) == counted
    assert counted["Data scientist"] == 133


def test_jupyter_2020_has_its_multiple_choices(staging: Callable[..., Any]) -> None:
    responses = raw("jupyter/all_responses.csv.gz")
    sql = "select choice, count(*) from staging.survey_answer where question_id like 'languages.%' group by choice"
    counted = {
        " ".join(name[3:].split()).removesuffix("."): sum(bool(row[name].strip()) for row in responses)
        for name in responses[0]
        if name.startswith("3. ")
    }
    assert dict(staging(sql)) == counted
    assert counted["Python"] == 1122


def test_jupyter_2020_has_its_open_answers_without_addresses(staging: Callable[..., Any]) -> None:
    question = "Open feedback for problems/ pain points you didn't get to share."
    said = [row[question] for row in raw("jupyter/text_fields.csv.gz") if row[question]]
    assert len(said) == 308
    # one that speaks of several pains is there once for each
    sql = "select distinct on (response_id) text from staging.survey_answer where question_id = 'open_feedback'"
    kept = [text for (text,) in staging(sql)]
    empty = [text for text in said if text.strip() in {"NA", "N/A.", "-", "--", "."}]
    assert len(kept) == 308 - len(empty)
    assert sum("@example.com" in text for text in said) == 3
    assert not [text for (text,) in staging("select text from staging.survey_answer where text like '%@example%'")]
    assert any("[e-mail]" in text for text in kept)
    assert not any("http" in text and "://" in text for text in kept)


@pytest.mark.parametrize(("year", "respondents"), [(2020, 170), (2021, 179), (2022, 182)])
def test_spack_has_its_waves(data: Path, staging: Callable[..., Any], year: int, respondents: int) -> None:
    responses = raw(f"spack/{year}.csv.gz")
    sql = f"select count(distinct response_id) from staging.survey_answer where survey_id = 'spack:spack-{year}'"
    assert staging(sql) == [(respondents,)] == [(len(responses),)]
    first = min(datetime.strptime(row["Timestamp"], "%m/%d/%Y %H:%M:%S") for row in responses)
    first = first.replace(tzinfo=ZoneInfo("America/Los_Angeles")).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
    assert staging(f"select opened_at from staging.survey where survey_id = 'spack:spack-{year}'") == [(first,)]
    rows = pains(data, f"spack:spack-{year}")
    features = [name for name in responses[0] if name.startswith(FEATURE.partition("[")[0])]
    assert len(rows) == len(features) + 4
    flags = [IMPORTANCE.index(row[FEATURE.format("Better compiler flag handling")].strip()) for row in responses]
    row = rows["better_compiler_flag_handling"]
    assert (row["answer_count"], row["affected_count"]) == (len(flags), sum(rating >= 3 for rating in flags))
    poor = [row["How would you rate the overall quality of ... [Spack documentation]"] for row in responses]
    assert rows["quality_documentation"]["affected_count"] == sum(word in ("Bad", "Horrible") for word in poor)


def test_spack_shows_a_trend_over_questions_that_were_renamed(data: Path) -> None:
    """2021 asked for autodetection, 2022 for better autodetection: the mapping says that this is one question."""
    counted = []
    for year, name in ((2021, "Autodetection of system packages"), (2022, "Better autodetection of system packages")):
        ratings = [IMPORTANCE.index(row[FEATURE.format(name)].strip()) for row in raw(f"spack/{year}.csv.gz")]
        counted.append((f"spack:spack-{year}", len(ratings), sum(rating >= 3 for rating in ratings)))
    rows = ask(data, "metric", "pain", "--where", "pain_id=spack:better_autodetection_of_system_packages")
    assert [(row["survey_id"], row["answer_count"], row["affected_count"]) for row in rows] == counted
    assert counted == [("spack:spack-2021", 179, 79), ("spack:spack-2022", 182, 91)]


def test_spack_has_its_roles_over_three_waves(staging: Callable[..., Any]) -> None:
    known = {"Software Developer", "Scientist/Researcher", "System Administrator", "User Support Staff", "Manager"}
    known |= {"Research Software Engineer (RSE)", "Computational Scientist"}
    counted: Counter[str] = Counter()
    for year in (2020, 2021, 2022):
        for row in raw(f"spack/{year}.csv.gz"):
            role = row["What kind of user are you?"]
            counted[role.lower().removesuffix(" (rse)") if role in known else "other"] += 1
    sql = "select role, count(distinct response_id) from staging.survey_answer where source = 'spack' group by role"
    assert dict(staging(sql)) == counted


def test_qualtrics_exports_of_both_kinds_say_the_same(staging: Callable[..., Any]) -> None:
    columns = "survey_id, question_id, rating, text, submitted_at"
    sql = f"select {columns} from staging.survey_answer where source = 'qualtrics' order by all"
    at = datetime(2017, 7, 18, 8, 28, 48)
    assert staging(sql) == [
        (f"qualtrics:qualtrics-{wave}", question, rating, text, at)
        for wave in ("2017", "legacy")
        for question, rating, text in (("Q1", 2.0, None), ("Q2", None, "Hello World!"))
    ]


def test_the_import_equals_the_cut_that_was_made_without_it(staging: Callable[..., Any]) -> None:
    """data/sample/survey was cut by another code path: the same ratings of the same pains."""
    with gzip.open(SAMPLE / "survey" / "survey_answer.csv.gz", "rt", encoding="utf-8", newline="") as file:
        cut = [(row["pain_id"], float(row["rating"])) for row in csv.DictReader(file)]
    sql = "select pain_id, rating from staging.survey_answer where source = 'jupyter' and rating is not null"
    assert Counter(cut) == Counter((pain.partition(":")[2], rating) for pain, rating in staging(sql))


def test_no_respondent_is_written_as_exported(data: Path) -> None:
    ids = {row["Respondent ID"] for row in raw("jupyter/all_responses.csv.gz")}
    written = b"".join(gzip.decompress(path.read_bytes()) for path in (data / "raw").rglob("*.gz"))
    assert written
    assert not [name for name in ids if name.encode() in written]
    assert b"192.0.2.1" not in written


def test_again_changes_nothing_and_full_gives_the_same(data: Path, tmp_path: Path) -> None:
    again = uptake(data, "ingest")
    assert again.exit_code == 0
    assert "nothing new" in again.output
    before = rows_of(data)
    copy = tmp_path / "copy"
    shutil.copytree(data, copy)
    assert uptake(copy, "ingest", "--full").exit_code == 0
    assert rows_of(copy) == before
    assert uptake(copy, "replay").exit_code == 0
    assert rows_of(copy) == before


def rows_of(data: Path) -> list[list[tuple[Any, ...]]]:
    tables = ("survey", "survey_answer", "pain_point", "rejected")
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as con:
        return [con.execute(f"from staging.{table} order by all").fetchall() for table in tables]
