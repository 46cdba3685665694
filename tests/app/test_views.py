"""Every page with data, with one team, with none, before the first ingest; and its figures are the metrics'."""

import json
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from app import behind, explain, filters, headline, readmodel, words
from app.filters import Filters
from app.headline import Numbers
from queries import metrics
from queries.clock import clock
from queries.readmodel import open_current
from queries.slice import Slice
from tests.app.organisation import HOSTILE, NOW, publish, records
from tests.app.reading import TITLES, Open, parsed, seen

PAGES = tuple(TITLES)
SPRING = date(2026, 3, 1)
SHORT = records(1, SPRING)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("world", ["small", "one team", "nothing", "absent"])
def test_every_page_comes_in_every_state(page: str, world: str, small: Path, tmp_path: Path, read: Open) -> None:
    data = small if world == "small" else tmp_path / "data"
    if world == "one team":
        publish(data, SHORT)
    if world == "nothing":
        publish(data, {})
    test = read(page, data)
    assert not test.exception, [error.message for error in test.exception]
    assert ("There is no data yet" in seen(test)) == (world == "absent")
    assert ("Simulated data: Acme & <b>Sons</b>" in seen(test)) == (world in {"small", "one team"})


@pytest.mark.parametrize("page", ["overview", "adoption", "delivery"])
@pytest.mark.parametrize(
    "params",
    [
        {"period": "Last 4 weeks", "by": "Months", "team": HOSTILE},
        {"period": "Last 3 months", "path": "Through the platform"},
        {"period": "Last 12 months", "by": "Weeks", "domain": "Risk"},
        {"period": "All data", "path": "Path unknown"},
        {"domain": "Sales", "team": HOSTILE},
    ],
    ids=str,
)
def test_pages_come_for_every_choice_also_where_nothing_fits(
    page: str, params: dict[str, str], small: Path, read: Open
) -> None:
    test = read(page, small, params)
    assert not test.exception, [error.message for error in test.exception]
    assert {name: test.query_params[name] for name in params} == params


@pytest.mark.parametrize(
    ("missing", "pages"),
    [
        ("incident", ("overview", "delivery")),
        ("change", ("overview", "delivery")),
        ("ci_run", ("overview",)),
        ("deployment", ("overview", "adoption", "delivery")),
        ("initiative", ("overview", "pain")),
        ("survey", ("overview", "pain")),
        ("team", ("overview", "delivery")),
    ],
)
def test_what_no_source_delivers_is_refused_in_words(
    missing: str, pages: tuple[str, ...], tmp_path: Path, read: Open
) -> None:
    kinds = {"survey": ("survey", "survey_answer", "pain_point"), "team": ("team", "ownership")}.get(
        missing, (missing,)
    )
    publish(tmp_path / "data", {noun: rows for noun, rows in records(2, SPRING).items() if noun not in kinds})
    for page in pages:
        test = read(page, tmp_path / "data")
        assert not test.exception, [error.message for error in test.exception]
        said = {"survey": "survey", "team": "production"}.get(
            missing, f"no source delivers {missing.replace('_', ' ')}s"
        )
        assert said in seen(test)


def test_the_figures_of_the_first_page_are_those_of_the_metrics(small: Path, read: Open) -> None:
    text = seen(read("overview", small, {"period": "Last 3 months"}))
    con = open_current(small / "read")
    window = filters.window(Filters(period="Last 3 months"), clock(con).today, first_day(con))
    part = Slice(since=window.since, until=window.until)
    rows = {name: metrics.ask(con, name, part).row(0, named=True) for name in ("deployment_count", "adoption_share")}
    rows |= {
        name: metrics.ask(con, name, part).row(0, named=True) for name in ("lead_time", "change_fail_rate", "ci_health")
    }
    assert f"Products live through the platform {rows['deployment_count']['platform_product_count']} " in text
    assert (
        f"Production deployments through the platform {words.number(rows['adoption_share']['platform_count'])} " in text
    )
    assert f"Teams that use it {rows['adoption_share']['active_team_count']}" in text
    assert f"From first commit to production {words.duration(rows['lead_time']['lead_time_hours_median'])} " in text
    assert f"Deployments that had to be repaired {words.share(rows['change_fail_rate']['change_fail_ratio'])}" in text
    assert f"Pipeline runs that pass {words.share(rows['ci_health']['success_ratio'])}" in text


def first_day(con: duckdb.DuckDBPyConnection) -> date:
    found: date = min(row[1] for row in con.sql(readmodel.TABLES["extent"]).fetchall())
    return found


def test_no_zero_is_drawn_before_a_kind_of_record_begins(tmp_path: Path, read: Open) -> None:
    rows = records(2, date(2026, 1, 1))
    rows["deployment"] = [row for row in rows["deployment"] if row["created_at"].month >= 4]
    publish(tmp_path / "data", rows)
    test = read("overview", tmp_path / "data")
    bars = json.loads(test.get("plotly_chart")[0].proto.spec)["data"]
    assert bars[0]["x"][0] == "2026-04-01"
    said = seen(test)
    assert said.index("Production deployments through") < said.index("Pipeline runs that pass")
    assert "in the period before" not in said.split("Teams that use it")[0]


def test_no_more_than_seven_figures_stand_on_the_first_page(small: Path, read: Open) -> None:
    bodies = [element.proto.body for element in read("overview", small).get("html")]
    assert 1 <= sum('class="figure"' in body for body in bodies) <= 7


def test_markup_in_names_titles_and_rows_is_text(small: Path, read: Open) -> None:
    allowed = {"style", "div", "h1", "h2", "h3", "p", "span", "small", "b", "section", "i", "code"}
    allowed |= {"ol", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "a"}
    for page in PAGES:
        test = read(page, small, {"team": HOSTILE})
        assert parsed(test).tags <= allowed, parsed(test).tags - allowed
        assert all(link.startswith(("team?", "pipelines?")) for link in parsed(test).links)
        assert not test.markdown and not test.caption, "data may only stand in escaped HTML"
    pain = read("pain", small)
    assert HOSTILE in seen(pain) and f"Fast lane {HOSTILE}" in seen(pain)
    assert HOSTILE in seen(read("overview", small, {"team": HOSTILE}))
    assert HOSTILE in set(read("data", small).dataframe[0].value["content"])


def test_only_web_pages_can_be_opened_from_data() -> None:
    urls = pl.Series(
        [
            "https://a.example/1",
            "http://a.example",
            "javascript:alert(1)",
            "JAVASCRIPT:x",
            " https://x",
            "data:x",
            None,
            "",
        ]
    )
    assert behind.linked(urls).to_list() == ["https://a.example/1", "http://a.example", *[None] * 6]


def test_how_is_this_computed_tells_definition_sql_values_and_what_is_left_out(small: Path, read: Open) -> None:
    test = read("overview", small)
    assert not test.code
    test.session_state["explain-figure-1"] = True
    test.run()
    assert metrics.METRICS["adoption_share"].definition in seen(test)
    sql = test.code[0].value
    assert "from marts.deployment" in sql and "-- $since = 2025-12-01" in sql
    assert "whose path to production is not known" in seen(test)
    assert len(test.get("download_button")) == 1


def test_a_chart_says_which_filter_it_does_not_follow(small: Path, read: Open) -> None:
    """Whom a month brought stays is asked of all teams; a page about one showed the 23 of all and did not say so."""
    said = "The team filter does not apply here."
    assert seen(read("adoption", small, {"team": "Team A"})).count(said) == 1
    assert said not in seen(read("adoption", small))
    both = seen(read("pipelines", small, {"team": "Team A", "path": "Through the platform"}))
    assert "The path filter does not apply here." in both and said not in both


def test_a_share_that_is_not_shown_has_a_reason_of_its_own() -> None:
    row = {"platform_count": 0, "platform_ratio": None, "withheld": "people_count needs a headcount of 5"}
    shown = headline.deployments(Numbers({"adoption_share": row}, {}))
    assert shown.meaning == "No share is shown: nothing in this period to compute it from."


WITH_CASES = {"lead_time", "recovery_time", "time_to_green", "time_to_first_deployment"}


def test_the_shown_sql_runs_in_the_read_model_as_it_stands(small: Path) -> None:
    con = open_current(small / "read")
    for name in metrics.METRICS:
        statements = duckdb.extract_statements(metrics.shown_sql(name, Slice("month" if name in WITH_CASES else "all")))
        columns = [[column[0] for column in con.execute(each).description or ()] for each in statements]
        assert len(columns) == 1 + (name in WITH_CASES), name
        if name in WITH_CASES:
            assert {"period", "length", "is_waiting"} <= {*columns[1]}, "without these nobody can redo the median"


def test_counts_left_out_are_said_in_words() -> None:
    frame = pl.DataFrame(
        {"unlinked_count": [3, 4], "negative_count": [0, 0], "withheld": ["lead_time_hours_p90 needs 36, has 7", None]}
    )
    assert explain.left_out(frame) == [
        "7 merged changes for which no production deployment was found",
        "withheld: too few changes: 7, and it takes 36",
    ]


def test_a_link_that_names_what_is_not_there_is_answered_calmly(small: Path, read: Open) -> None:
    test = read("overview", small, {"period": "3y", "team": ["Gone", "Team A"], "survey": "zz"})
    assert not test.exception
    assert "“3y”" in seen(test) and "“Gone”" in seen(test)
    assert test.selectbox(key="period").value == "Last 6 months"
    assert test.multiselect(key="team").value == ["Team A"]
    test.selectbox(key="period").set_value("All data").run()
    assert "“3y”" not in seen(test) and "1 Oct 2025 to" in seen(test)


def test_a_chosen_team_that_leaves_the_data_is_no_fault(tmp_path: Path, read: Open) -> None:
    publish(tmp_path / "data", records(3, SPRING))
    test = read("overview", tmp_path / "data", {"team": "Team C"})
    assert "production ·  Team C" in seen(test)
    publish(tmp_path / "data", SHORT)
    test.run()
    assert not test.exception and "production · all teams" in seen(test)


def test_a_survey_is_chosen_by_link_and_by_hand(small: Path, read: Open) -> None:
    test = read("pain", small, {"survey": "First, November 2025"})
    assert "first survey, so there is nothing to compare" in seen(test)
    test.selectbox(key="survey").set_value("Second, May 2026").run()
    assert "Hurt before" in seen(test)


def test_groups_below_the_floor_are_marked_hidden(small: Path, read: Open) -> None:
    drawn = json.loads(read("pain", small).get("plotly_chart")[-1].proto.spec)
    texts = drawn["data"][-1]
    columns = drawn["layout"]["xaxis"]["ticktext"]
    shown = {(columns[x], text) for x, text in zip(texts["x"], texts["text"], strict=True)}
    hidden = {words.literal("hidden (<5)"), words.literal("hidden")}
    assert ("owner", words.literal("hidden (<5)")) in shown
    assert {text for column, text in shown if column == "owner"} <= hidden


def test_every_chart_has_a_text_for_those_who_do_not_see_it(small: Path, read: Open) -> None:
    for page, least in (("overview", 2), ("adoption", 4), ("delivery", 6), ("pain", 2)):
        charts = read(page, small).get("plotly_chart")
        assert len(charts) >= least
        assert all(len(chart.proto.alt) > 20 for chart in charts)


def status(data: Path, hours: float, **entry: object) -> None:
    when = (NOW - timedelta(hours=hours)).isoformat() + "Z"
    source = {
        "kind": "files",
        "last_run_at": when,
        "last_success_at": when,
        "rows": {"team": 4},
        "rejected": 1,
        "faults": [],
    }
    (data / "status.json").write_text(json.dumps({"sources": {"s": source | entry}, "runs": []}))


def test_old_data_is_called_old(own: Path, read: Open) -> None:
    status(own, hours=100)
    old = "These figures may be out of date: the last complete ingest was 4 days ago"
    assert all(old in seen(read(page, own)) for page in ("overview", "pain"))
    assert "Behind: s" in seen(read("data", own))
    status(own, hours=2)
    assert "out of date" not in seen(read("overview", own))
    assert "The one source is up to date" in seen(read("data", own))


def test_a_source_that_never_succeeded_is_said(own: Path, read: Open) -> None:
    status(own, hours=1, last_success_at=None, faults=["s: cannot be reached <b>now</b>"])
    assert "never been read completely" in seen(read("overview", own))
    assert "s: cannot be reached <b>now</b>" in seen(read("data", own))


def test_a_status_that_cannot_be_read_stops_no_page(own: Path, read: Open) -> None:
    for content in ("", "{", "[]", '{"sources": []}', "\ufffd"):
        (own / "status.json").write_text(content)
        assert "No run has been recorded" in seen(read("data", own))


def test_the_newest_build_shows_at_the_next_rerun(tmp_path: Path, read: Open) -> None:
    publish(tmp_path / "data", SHORT)
    test = read("overview", tmp_path / "data")
    assert "1 of 1 team deploy through it" in seen(test)
    for teams in (2, 3):
        publish(tmp_path / "data", records(teams, SPRING))
        assert f"of {teams} teams deploy" in seen(test.run())


def test_a_build_that_vanishes_is_answered_and_a_newer_one_is_found(tmp_path: Path, read: Open) -> None:
    first = publish(tmp_path / "data", SHORT)
    first.path.unlink()
    (tmp_path / "data" / "read" / "current").unlink()
    assert "There is no data yet" in seen(read("overview", tmp_path / "data"))
    publish(tmp_path / "data", records(2, SPRING))
    assert "of 2 teams" in seen(read("overview", tmp_path / "data"))


def test_a_page_on_a_build_that_is_gone_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPTAKE_DATA", str(tmp_path / "data"))
    publish(tmp_path / "data", SHORT)
    first = readmodel.current()
    assert first is not None
    for _ in range(4):
        publish(tmp_path / "data", SHORT)
        newer = readmodel.current()
        assert newer is not None and len(newer.ask("deployment_count", Slice())) == 1
    with pytest.raises(readmodel.Vanished):
        first.ask("deployment_count", Slice())


def test_a_build_of_another_version_says_what_to_run(tmp_path: Path, read: Open) -> None:
    made = publish(tmp_path / "data", SHORT)
    with duckdb.connect(str(made.path)) as con:
        con.execute("alter table marts.deployment drop column path")
    test = read("overview", tmp_path / "data")
    assert not test.exception and "Run “uptake build”" in seen(test)
