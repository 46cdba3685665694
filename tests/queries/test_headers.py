"""What a SQL file says of itself is true: columns, grain, what it reads; and what it reads lies one layer below."""

import ast
import re
from datetime import date
from pathlib import Path

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from ingest.records import RECORDS
from queries import metrics, sqlfile
from queries.slice import Slice, keys
from queries.sqlfile import SqlFile
from tests.queries.conftest import Simulated
from tests.queries.world import read_model

ROOT = Path(__file__).parent.parent.parent
BELOW = {"facts": {"staging", "settings", "facts"}, "marts": {"facts", "settings"}, "metrics": {"marts"}}
TABLES = [file for schema in ("facts", "marts") for file in sqlfile.folder(schema).values()]
ANSWERS = list(sqlfile.folder("metrics").values())
ENDS = ("_low", "_high", "_median", "_p75", "_p90")
EVERYWHERE = {"period", "is_partial", "withheld"}
PROMISED = {
    "deployment_count": "deployment_count",
    "deployment_frequency": "days_per_week_median deployments_per_week",
    "lead_time": "change_count unlinked_count lead_time_hours_median lead_time_hours_p75 lead_time_hours_p90"
    " coding_hours_median review_hours_median deploy_hours_median",
    "change_fail_rate": "deployment_count failed_count change_fail_ratio change_fail_ratio_low change_fail_ratio_high",
    "deployment_failure_rate": "attempt_count failed_count failure_ratio failure_ratio_low failure_ratio_high",
    "recovery_time": "recovered_count open_count recovery_hours_median",
    "ci_health": "run_count success_count failure_count cancelled_count rerun_count flaky_count success_ratio"
    " success_ratio_low success_ratio_high queue_seconds_median duration_seconds_median duration_seconds_p90",
    "adoption_share": "platform_count known_path_count platform_ratio platform_ratio_low platform_ratio_high"
    " active_team_count eligible_team_count",
    "pain": "survey_id pain_id answer_count affected_count affected_ratio affected_ratio_low affected_ratio_high"
    " severity_mean severity_mean_low severity_mean_high",
    "pain_overlap": "pain_id pain_score priority_score quadrant",
    "quick_wins": "rank pain_id initiative_id score",
}
PROMISED_FACTS = {
    "lead_time": "change_id deployment_id link_method coding_hours review_hours deploy_hours lead_time_hours",
    "deployment": "deployment_id repo product team_id environment_class path status finished_at previous_deployment_id",
    "deployment_failure": "deployment_id incident_id cause link_method",
}


def name_of(file: SqlFile) -> str:
    return file.table


@pytest.fixture(scope="module")
def empty() -> duckdb.DuckDBPyConnection:
    """Every table, built from nothing: a build must not need data."""
    return read_model({})


@pytest.mark.parametrize("file", TABLES, ids=name_of)
def test_table_header_is_complete(file: SqlFile) -> None:
    assert file.header["question"].endswith("?")
    assert file.header["grain"] and file.header["reads"]
    assert file.listed("grain") == ("one row",) or set(file.listed("grain")) <= set(file.columns)
    assert file.header.get("time", "none") in {*file.columns, "none"}


@pytest.mark.parametrize("file", TABLES, ids=name_of)
def test_header_columns_are_those_of_the_table(file: SqlFile, empty: duckdb.DuckDBPyConnection) -> None:
    built = [(row[0], row[1].lower()) for row in empty.execute(f"describe {file.table}").fetchall()]
    said = [(name, text.split()[0]) for name, text in file.columns.items()]
    assert said == built
    assert all(len(text.split()) > 1 for text in file.columns.values()), "a column without an explanation"


@pytest.mark.parametrize("file", TABLES, ids=name_of)
def test_grain_is_unique(file: SqlFile, simulated: Simulated) -> None:
    rows = simulated.con.sql(f"select count(*) from {file.table}").fetchall()[0][0]
    assert rows > 0, f"the simulated organisation has no row of {file.table}, so this would test nothing"
    if file.listed("grain") == ("one row",):
        assert rows == 1
    else:
        grain = ", ".join(file.listed("grain"))
        distinct = f"select count(*) from (select distinct {grain} from {file.table})"
        assert simulated.con.sql(distinct).fetchall()[0][0] == rows


@pytest.mark.parametrize("file", [*TABLES, *ANSWERS], ids=name_of)
def test_reads_one_layer_below_and_says_what(file: SqlFile) -> None:
    read = tables_in(file)
    layer = file.path.parent.name
    assert {table.partition(".")[0] for table in read} <= BELOW[layer]
    if layer != "metrics":
        assert set(file.listed("reads")) == read
        assert list(file.listed("reads")) == sorted(read)


def tables_in(file: SqlFile) -> set[str]:
    """Tables of a schema that the SQL reads; names without one are its own subqueries."""
    tree = sqlglot.parse_one(file.body, read="duckdb")
    return {f"{table.db}.{table.name}" for table in tree.find_all(exp.Table) if table.db}


def test_every_mart_is_read() -> None:
    code = [path.read_text("utf-8") for folder in ("queries", "app") for path in (ROOT / folder).rglob("*.py")]
    read = {table for file in ANSWERS for table in tables_in(file)}
    read |= {found for text in code for found in re.findall(r"\bmarts\.[a-z_]+", text)}
    assert {file.table for file in sqlfile.folder("marts").values()} <= read


def test_every_fact_is_read_or_can_be_asked_for() -> None:
    read = {table for file in TABLES for table in file.listed("reads")}
    asked = {file.table for file in TABLES if "time" in file.header}
    assert {file.table for file in sqlfile.folder("facts").values()} <= read | asked


@pytest.mark.parametrize("path", sorted(sqlfile.FOLDER.rglob("*.sql")), ids=lambda path: path.name)
def test_sql_is_lower_case(path: Path) -> None:
    code = re.sub(r"--[^\n]*|'[^']*'", "", path.read_text("utf-8"))
    assert code == code.lower()


@pytest.mark.parametrize("file", ANSWERS, ids=name_of)
def test_every_metric_file_belongs_to_a_metric(file: SqlFile) -> None:
    assert file.header["question"].endswith("?") and file.header["definition"].endswith(".")
    assert file.listed("dimensions")
    if "part_of" in file.header:
        assert file.header["part_of"] in metrics.METRICS
    else:
        assert file.name in metrics.METRICS
        assert int(file.header["version"]) >= 1
        assert set(file.listed("needs")) <= set(RECORDS)
        assert set(file.listed("uses")) <= set(sqlfile.folder("metrics"))


@pytest.mark.parametrize("name", metrics.METRICS)
def test_metric_answers_with_the_columns_that_it_documents(name: str, simulated: Simulated) -> None:
    file = sqlfile.folder("metrics")[name]
    answer = metrics.ask(simulated.con, name, Slice())
    assert len(answer) > 0, "the simulated organisation gives no answer, so this would test nothing"
    given = [column for column in answer.columns if column not in {*keys(file, Slice()), *EVERYWHERE}]
    assert [column for column in file.columns if column not in EVERYWHERE] == given


@pytest.mark.parametrize("name", metrics.METRICS)
def test_every_ratio_and_mean_has_its_interval_and_every_median_its_spread(name: str) -> None:
    columns = set(metrics.METRICS[name].columns)
    for column in columns:
        if column.endswith(("_ratio", "_mean")) or ("_per_" in column and not column.endswith(ENDS)):
            assert {f"{column}_low", f"{column}_high"} <= columns, column
        if column.endswith("_median"):
            stem = column.removesuffix("_median")
            assert {f"{stem}_p75", f"{stem}_p90"} <= columns, column


@pytest.mark.parametrize("name", metrics.METRICS)
def test_every_dimension_can_be_grouped_and_filtered_by(name: str, simulated: Simulated) -> None:
    for dimension in metrics.METRICS[name].dimensions:
        answer = metrics.ask(simulated.con, name, Slice(group=(dimension,)))
        assert dimension in answer.columns
        value = {"is_bot": "true", "day_count": "1"}.get(dimension, "x")
        metrics.ask(simulated.con, name, Slice(where={dimension: (value,)}))


@pytest.mark.parametrize("name", metrics.METRICS)
def test_a_metric_heeds_periods_and_windows_or_says_that_it_does_not(name: str, simulated: Simulated) -> None:
    """What it says to ignore it does; the days lie so that every metric that heeds them answers otherwise."""
    whole = metrics.ask(simulated.con, name, Slice())
    ignored = sqlfile.folder("metrics")[name].listed("ignores")
    assert set(ignored) <= {"by", "since", "until"}
    for option, value in {"by": "month", "since": date(2026, 4, 1), "until": date(2025, 11, 10)}.items():
        part = Slice(**{option: value})  # type: ignore[arg-type]
        answer = metrics.ask(simulated.con, name, part)
        if option in ignored:
            assert answer.equals(whole), option
            assert f"whatever --{option} says" in str(metrics.unheeded(name, part))
        else:
            assert not answer.equals(whole), f"{name} ignores --{option} and does not say so"
            assert option != "by" or "period" in answer.columns
            assert metrics.unheeded(name, part) is None


@pytest.mark.parametrize("name", metrics.METRICS)
def test_metric_has_a_function_that_says_what_it_gives(name: str) -> None:
    tree = ast.parse(Path(metrics.METRICS[name].answer.__code__.co_filename).read_text("utf-8"))
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    assert ast.get_docstring(function)


@pytest.mark.parametrize("name", PROMISED)
def test_promised_columns_are_there(name: str, simulated: Simulated) -> None:
    assert set(PROMISED[name].split()) <= set(metrics.ask(simulated.con, name, Slice()).columns)


@pytest.mark.parametrize("name", PROMISED_FACTS)
def test_promised_fact_columns_are_there(name: str) -> None:
    assert set(PROMISED_FACTS[name].split()) <= set(sqlfile.folder("facts")[name].columns)


NEWEST = [file for file in ANSWERS if "survey_rank" in file.header.get("defaults", "")]


@pytest.mark.parametrize("file", NEWEST, ids=name_of)
def test_the_newest_survey_of_a_window_is_found_in_the_first_table(file: SqlFile) -> None:
    """The window's newest survey is looked up there, so it must have surveys and their ranks."""
    first = re.findall(r"\bmarts\.(\w+)", file.body)[0]
    assert {"day", "survey_id", "survey_rank"} <= set(sqlfile.folder("marts")[first].columns)
