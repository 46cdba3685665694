"""The delivery page: five figures beside their earlier selves, any split, DORA as context, what is behind a point."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from app import comparison, dora, filters, outcomes, words
from app.filters import Filters
from queries import metrics
from queries.clock import clock
from queries.readmodel import open_current
from queries.slice import Slice
from queries.trends import Change
from tests.app.organisation import publish, records
from tests.app.reading import Open, seen

FIRST = date(2025, 10, 1)


@pytest.mark.parametrize(
    ("compare", "said"),
    [("The period before", "in the period before"), ("A year ago", "a year ago")],
)
def test_the_five_figures_are_those_of_the_metrics_beside_their_earlier_selves(
    compare: str, said: str, tmp_path: Path, read: Open
) -> None:
    data = tmp_path / "data"
    publish(data, records(since=date(2024, 10, 1)))
    text = seen(read("delivery", data, {"period": "Last 3 months", "compare": compare}))
    con = open_current(data / "read")
    chosen = Filters(period="Last 3 months", compare=filters.COMPARED[compare])
    window = filters.window(chosen, clock(con).today, date(2024, 10, 1))
    assert window.before is not None

    def row(name: str, since: date, until: date) -> dict[str, float]:
        return metrics.ask(con, name, Slice(since=since, until=until)).row(0, named=True)

    now, then = (
        {name: row(name, *days) for name in ("deployment_frequency", "lead_time", "change_fail_rate", "rework_rate")}
        for days in ((window.since, window.until), window.before)
    )
    assert f"changes a week {words.number(now['deployment_frequency']['deployments_per_week'])} " in text
    assert f"to production {words.duration(now['lead_time']['lead_time_hours_median'])} " in text
    assert f"repaired afterwards {words.share(now['change_fail_rate']['change_fail_ratio'])} " in text
    assert f"that only repair {words.share(now['rework_rate']['rework_ratio'])} " in text
    assert f"{words.share(then['change_fail_rate']['change_fail_ratio'])} {said}" in text
    assert f"{words.number(then['deployment_frequency']['deployments_per_week'])} {said}" in text
    assert words.days(*window.before) in text


def test_three_sentences_say_how_it_went_where_time_goes_and_what_goes_wrong(small: Path, read: Open) -> None:
    text = seen(read("delivery", small, {"period": "Last 6 months", "compare": "The period before"}))
    con = open_current(small / "read")
    window = filters.window(Filters(period="Last 6 months"), clock(con).today, FIRST)
    part = Slice(since=window.since, until=window.until)
    lead, repairs = (metrics.ask(con, name, part).row(0, named=True) for name in ("lead_time", "change_fail_rate"))
    half = words.duration(lead["lead_time_hours_median"])
    longest = max(outcomes.PARTS, key=lambda column: lead[column])
    assert (
        f"Half of {words.plural(lead['change_count'], 'change')} reach production within {half}; "
        f"most of the time goes into {outcomes.PARTS[longest]}." in text
    )
    share = words.share(repairs["change_fail_ratio"])
    assert f"{share} of {words.plural(repairs['deployment_count'], 'deployment')} had to be repaired" in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "There is no earlier period to compare with"),
        ({"lead_time": Change(9, 5, True)}, "Yes: the time to production improved."),
        (
            {"lead_time": Change(9, 5, True), "deployment_frequency": Change(4, 2, True)},
            "Mixed: the time to production improved, but the number of changes a week got worse.",
        ),
        ({"recovery_time": Change(4, 9, None)}, "No clear change in the time until it works again."),
    ],
)
def test_better_is_less_time_fewer_repairs_and_more_changes(changes: dict[str, Change], said: str) -> None:
    names = ("deployment_frequency", "lead_time", "change_fail_rate", "recovery_time", "rework_rate")
    unknown = {"lead_time_hours_median": None, "change_fail_ratio": None}
    five = dora.Five(dict.fromkeys(names, unknown), dict.fromkeys(names), {**dict.fromkeys(names), **changes})
    (_, better), (_, time), (_, wrong) = outcomes.answers(five)
    assert better.startswith(said)
    assert time == wrong == "Nothing in this period to compute it from."


def test_what_the_data_does_not_reach_is_compared_with_nothing(small: Path, read: Open) -> None:
    text = seen(read("delivery", small, {"compare": "A year ago"}))
    assert "nothing of a year ago to compare with: the data does not reach back so far" in text
    assert "up from" not in text and "no clear change: " not in text


@pytest.mark.parametrize("split", comparison.SPLITS)
def test_every_line_of_a_split_holds_the_values_of_its_group(split: str, small: Path, read: Open) -> None:
    by = comparison.SPLITS[split]
    shown = pl.from_pandas(read("delivery", small, {"period": "All data", "split": split}).dataframe[0].value)
    con = open_current(small / "read")
    named = {
        "team_id": dict(con.sql("select team_id, name from marts.team").fetchall()),
        "path": words.PATHS,
    }.get(by, {})
    answers = {
        name: {
            named.get(row[by], row[by]): row
            for row in metrics.ask(con, name, Slice(group=(by,))).iter_rows(named=True)
            if row[by] is not None
        }
        for name in ("change_fail_rate", "lead_time", "rework_rate", "deployment_frequency")
    }
    lines = {row["name"]: row for row in shown.iter_rows(named=True)}
    assert list(lines) == sorted(lines, key=str.lower)
    assert set(answers["change_fail_rate"]) <= set(lines)
    for name, rate in answers["change_fail_rate"].items():
        line, lead = lines[name], answers["lead_time"].get(name)
        spread = words.share_range(rate["change_fail_ratio_low"], rate["change_fail_ratio_high"])
        assert line["repaired"] == f"{words.number(rate['failed_count'])} ({spread})"
        assert line["deployment_count"] == rate["deployment_count"]
        if lead and lead["review_hours_median"] is not None:
            assert line["review_days"] == pytest.approx(lead["review_hours_median"] / 24, abs=0.051)
            assert line["lead_time_days"] == pytest.approx(lead["lead_time_hours_median"] / 24, abs=0.051)
        frequency = answers["deployment_frequency"].get(name)
        assert line["days_per_week_median"] == (frequency["days_per_week_median"] if frequency else None)


def test_every_refusal_names_what_it_refuses_and_nothing_is_no_empty_table(tmp_path: Path, read: Open) -> None:
    rows = records(2, date(2026, 3, 1))
    rows["team"].append({"team_id": "idle", "name": "Idle", "headcount": 6})
    publish(tmp_path / "data", rows)
    test = read("delivery", tmp_path / "data", {"team": "Idle", "period": "Last 4 weeks"})
    text = seen(test)
    for title in ("Deployments repaired afterwards", "Attempts to deploy that fail", "Deployments that only repair"):
        assert f"{title} Nothing was deployed to production in this period" in text
    assert "Failures, by how long they lasted No deployment of this period led to a failure." in text
    assert "Nothing to compare: no change and no deployment reached production" in text and not test.dataframe


def test_adoption_effects_are_not_shown_without_control_group_interval_or_minimum_n(small: Path, read: Open) -> None:
    """Another mistake of peers: the paths come side by side with ranges, and words against calling it an effect."""
    test = read("delivery", small, {"period": "All data", "split": "Path"})
    assert "a difference is a reason to look, not proof of an effect" in seen(test)
    shown = pl.from_pandas(test.dataframe[0].value)
    assert {words.PATHS["platform"], words.PATHS["off_platform"]} <= set(shown["name"])
    for column in ("repaired", "unplanned"):
        assert shown[column].drop_nulls().str.contains(r"^\d+ \([\d.]+ to [\d.]+\W%\)$").all()
    # of what too little is known of there is nothing but counts
    assert shown.filter(pl.col("change_count") < 6)["lead_time_days"].is_null().all()
    assert shown.filter(pl.col("change_count") >= 6)["lead_time_days"].is_not_null().all()


def test_the_deployments_behind_a_figure_come_only_when_asked_for(small: Path, read: Open) -> None:
    test = read("delivery", small, {"team": "Team C"})
    assert len(test.dataframe) == 1
    test.session_state["behind"] = True
    test.run()
    rows = test.dataframe[1].value
    assert set(rows["team"]) == {"Team C"}
    assert set(rows["status"]) == {"succeeded", "succeeded, repaired afterwards", "failed"}
    assert any(rows["url"].isna()) and all(url.startswith("https://") for url in rows["url"].dropna())


def test_the_deployments_of_one_period_by_choice_and_by_a_click(small: Path, read: Open) -> None:
    """March has 31 days of the window; what a click opens is what the choice shows."""
    test = read("delivery", small)
    test.session_state["behind"] = True
    test.run()
    whole = len(test.dataframe[1].value)
    test.selectbox(key="behind-of").select("March 2026").run()
    chosen = test.dataframe[1].value
    assert 0 < len(chosen) < whole
    assert chosen["finished_at"].min().date() >= date(2026, 3, 1)
    assert chosen["finished_at"].max().date() <= date(2026, 3, 31)
    clicked = read("delivery", small)
    clicked.session_state["clicked period"] = "2026-03-01"
    clicked.run()
    assert clicked.dataframe[1].value["finished_at"].tolist() == chosen["finished_at"].tolist()
    # closed again, it stays closed
    assert len(clicked.run().dataframe) == 1


def test_dora_stands_there_as_context_with_source_and_cautions_and_grades_nobody(small: Path, read: Open) -> None:
    text = seen(read("delivery", small))
    for row in dora.published():
        assert f"{row['year']}, {row['level']}" in text and row["source"] in text
    assert "set no figure of this page against a row as if it were a mark" in text
    assert "No single figure makes a level" in text
    levels = {row["level"] for row in dora.published()}
    assert not any(f"{level} performer" in text.lower() or f"you are {level}" in text.lower() for level in levels)


def test_dora_s_figures_are_those_of_years_with_a_source_that_could_be_read() -> None:
    rows = dora.published()
    assert {row["year"] for row in rows} == {"2021", "2024"}
    for year in ("2021", "2024"):
        of_year = [row for row in rows if row["year"] == year]
        assert [row["level"] for row in of_year] == ["elite", "high", "medium", "low"]
        # as printed, which is rounded
        assert abs(sum(int(row["share"].split()[0]) for row in of_year) - 100) <= 1
    assert all(row["source"] and row["certainty"] and "p. " in row["source"] for row in rows)
    fails = {row["level"]: row["change_fail_rate"] for row in rows if row["year"] == "2024"}
    assert fails == {"elite": "5 %", "high": "20 %", "medium": "10 %", "low": "40 %"}
