"""What is drawn is what the frame says: values, gaps, what is not final, bands, labels that do not touch."""

import re
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import charts, courses, groups, matrix, units, words
from app.charts import Line
from tests.app.organisation import HOSTILE

MONTHS = [date(2026, month, 1) for month in range(1, 7)]
LINE = Line("ratio", "repaired", low="low", high="high")


def rates(ratios: list[float | None], partial: int = 1) -> pl.DataFrame:
    n = len(ratios)
    return pl.DataFrame(
        {
            "period": MONTHS[:n],
            "ratio": ratios,
            "low": [None if r is None else r / 2 for r in ratios],
            "high": [None if r is None else r * 2 for r in ratios],
            "is_partial": [False] * (n - partial) + [True] * partial,
            "is_provisional": [False] * (n - 2) + [True] * 2,
        },
        schema_overrides={"ratio": pl.Float64, "low": pl.Float64, "high": pl.Float64},
    )


def trace(fig: go.Figure, **wanted: Any) -> Any:
    """The only trace with these properties."""
    found = [one for one in fig.data if all(getattr(one, name) == value for name, value in wanted.items())]
    assert len(found) == 1, f"{wanted}: {[(one.name, one.mode) for one in fig.data]}"
    return found[0]


def test_a_line_draws_the_values_of_the_frame_and_says_them() -> None:
    fig = charts.lines(rates([0.1, 0.2, 0.3, 0.4]), "month", [LINE], units.SHARE)
    marks = trace(fig, mode="markers")
    assert list(marks.y) == pytest.approx([10, 20, 30, 40])
    assert [text for _, text in marks.customdata] == [words.share(r) for r in (0.1, 0.2, 0.3, 0.4)]
    assert fig.layout.yaxis.range[0] == 0 and fig.layout.yaxis.range[1] >= 80
    assert fig.layout.yaxis.ticksuffix == words.share(0.8).removeprefix("80"), "ticks and words say it alike"


def test_hours_are_drawn_as_days_once_they_are_many() -> None:
    frame = rates([48, 96, 240])
    fig = charts.lines(frame, "month", [Line("ratio", "half")], units.of_hours(240))
    assert list(trace(fig, mode="markers").y) == [2, 4, 10]
    assert fig.layout.yaxis.ticksuffix == " d"
    assert units.of_hours(24) is units.HOURS and units.of_hours(None) is units.HOURS


def test_the_longest_of_all_series_says_whether_hours_or_days() -> None:
    """A chart whose slower line is withheld had hours at its side and days in its title."""
    frame = pl.DataFrame(
        {"half": [240.0, None], "slow": [None, None]}, schema=dict.fromkeys(("half", "slow"), pl.Float64)
    )
    assert courses.longest(frame, "half", "slow") == 240
    assert courses.longest(frame, "slow") is None


def test_few_things_are_counted_in_whole_ones() -> None:
    frame = rates([1, 0, 2])
    assert charts.lines(frame, "month", [Line("ratio", "teams")], units.COUNT).layout.yaxis.dtick == 1
    assert charts.lines(rates([9, 90, 20]), "month", [Line("ratio", "teams")], units.COUNT).layout.yaxis.dtick is None
    assert charts.lines(frame, "month", [Line("ratio", "half")], units.HOURS).layout.yaxis.dtick is None
    assert groups.counts_by_range({0: (1, 1)}, "over", "open").layout.yaxis.dtick == 1
    many = groups.counts_by_range({0: (2400, 1)}, "over", "open").layout.yaxis
    assert (many.dtick, many.tickformat) == (None, ",")


def test_a_period_without_a_value_is_a_gap_and_no_zero() -> None:
    fig = charts.lines(rates([0.1, None, 0.3, 0.2, 0.2], partial=0), "month", [LINE], units.SHARE)
    line = trace(fig, mode="lines", name="repaired")
    assert list(line.y) == pytest.approx([10, None, 30, 20, 20])
    assert line.connectgaps is None or line.connectgaps is False
    bands = [one for one in fig.data if one.name == "repaired, range"]
    assert [list(band.x)[: len(band.x) // 2] for band in bands] == [[MONTHS[0]], MONTHS[2:5]]


def test_what_is_not_final_hangs_on_dashes_and_stands_hollow() -> None:
    fig = charts.lines(rates([0.1, 0.2, 0.3, 0.4]), "month", [LINE], units.SHARE, "is_provisional")
    assert list(trace(fig, mode="lines", name="repaired").y) == pytest.approx([10, 20, None, None])
    dashed = trace(fig, name="repaired, not final")
    assert list(dashed.y) == pytest.approx([None, 20, 30, 40]) and dashed.line.dash != "solid"
    marks = trace(fig, mode="markers")
    assert list(marks.marker.color) == [charts.ACCENT] * 2 + [charts.PAPER] * 2
    assert [when.endswith("not final") for when, _ in marks.customdata] == [False, False, True, True]


def test_the_band_has_the_ends_of_the_frame() -> None:
    fig = charts.lines(rates([0.1, 0.2, 0.3], partial=0), "month", [LINE], units.SHARE)
    band = trace(fig, name="repaired, range")
    assert list(band.y) == pytest.approx([20, 40, 60, 15, 10, 5])
    assert band.fill == "toself"


def test_several_lines_differ_by_dash_and_mark_and_are_named_beside_their_ends() -> None:
    frame = rates([0.1, 0.2, 0.3]).with_columns(other=pl.lit(0.29))
    series = [Line("ratio", "one"), Line("other", "two", charts.MUTED, "dash", "diamond")]
    fig = charts.lines(frame, "month", series, units.SHARE)
    assert {one.marker.symbol for one in fig.data if one.mode == "markers"} == {"circle", "diamond"}
    labels = {note.text: note.y for note in fig.layout.annotations}
    assert set(labels) == {"one", "two"} and fig.layout.showlegend is False
    assert abs(labels["one"] - labels["two"]) > 1


def test_bars_hold_the_counts_and_hatch_the_running_period() -> None:
    frame = pl.DataFrame(
        {
            "period": [MONTHS[0], MONTHS[0], MONTHS[1], MONTHS[1]],
            "path": ["platform", "off_platform"] * 2,
            "deployment_count": [4, 3, 2, 1],
            "is_partial": [False, False, True, True],
        }
    )
    fig = charts.bars_by_path(frame, "month")
    bars = {one.name: one for one in fig.data}
    assert set(bars) == {"through the platform", "round the platform"}
    assert list(bars["through the platform"].y) == [4, 2]
    assert list(bars["round the platform"].y) == [3, 1]
    assert list(bars["round the platform"].marker.pattern.shape) == ["", "/"]
    assert fig.layout.barmode == "stack"


def test_what_is_of_unknown_path_can_be_seen() -> None:
    frame = pl.DataFrame({"period": [MONTHS[0]], "path": ["unknown"], "deployment_count": [4], "is_partial": [False]})
    (bar,) = charts.bars_by_path(frame, "month").data
    assert bar.marker.color not in {charts.FAINT, charts.SHADE, charts.MUTED} and any(bar.marker.pattern.shape)


def test_a_long_name_in_a_table_of_shares_takes_two_lines() -> None:
    long = "It takes too long before a model works for customers"
    fig = groups.heat([long, "Short"], ["a"], [[0.5], [0.1]], [["50 %"], ["10 %"]])
    assert [text.replace("<br>", " ") for text in fig.layout.yaxis.ticktext] == [long, "Short"]
    assert fig.layout.height > groups.heat(["Short"] * 2, ["a"], [[0.5], [0.1]], [["50 %"], ["10 %"]]).layout.height


def test_nothing_to_draw_is_an_empty_figure() -> None:
    empty = pl.DataFrame(
        schema={"period": pl.Date, "path": pl.String, "deployment_count": pl.Int64, "is_partial": pl.Boolean}
    )
    assert len(charts.bars_by_path(empty, "week").data) == 0


def test_every_team_is_one_dot_and_none_hides_another() -> None:
    values = [(f"Team {n}", float(n % 3)) for n in range(60)]
    fig = groups.teams_as_dots(values, 1.0, name="days a week")
    dots = fig.data[0]
    assert len(dots.x) == 60 and len(set(zip(dots.x, dots.y, strict=True))) == 60
    assert [round(x) for x in dots.x] == sorted(n % 3 for n in range(60))


def test_hundreds_of_teams_become_bars_that_count_them() -> None:
    fig = groups.teams_as_dots([(f"Team {n}", 0.5 * (n % 4)) for n in range(500)], 1.0, name="days a week")
    bars = fig.data[0]
    assert bars.type == "bar"
    assert dict(zip(bars.x, bars.y, strict=True)) == {0: 125, 0.5: 125, 1: 125, 1.5: 125}


def test_long_names_are_cut() -> None:
    assert charts.wrapped("word " * 50, 24, 3)[-1].endswith("…") and len(charts.wrapped("word " * 50, 24, 3)) == 3


def test_cells_go_from_shade_by_tint_to_the_accent() -> None:
    fig = groups.heat(["a"], ["x", "y", "z"], [[0.0, 1 / 3, 1.0]], [["0 %", "33 %", "100 %"]])
    strengths = {
        tint.name: dict(zip(tint.x, (round(value, 6) for value in tint.marker.opacity), strict=True))
        for tint in fig.data[:-1]
    }
    assert strengths == {"ground": {0: 1, 1: 1, 2: 1}, "low": {1: 0.5, 2: 1}, "high": {2: 0.25}}


def test_hidden_cells_have_a_text_and_no_tint() -> None:
    fig = groups.heat(["a"], ["x", "y"], [[0.5, None]], [["50 %", "hidden (<5)"]])
    *tints, texts = fig.data
    assert [tint.name for tint in tints] == ["ground", "low"]
    assert all((list(tint.x), list(tint.base)) == ([0], [-0.5]) for tint in tints)
    assert list(texts.text) == [words.literal("50 %"), words.literal("hidden (<5)")]
    assert list(zip(texts.x, texts.y, strict=True)) == [(0, 0), (1, 0)]
    assert not fig.layout.annotations, "hundreds of annotations stall a browser"


def pains(rows: list[tuple[str, float, float, str]]) -> pl.DataFrame:
    """(title, score, priority, quadrant)."""
    return pl.DataFrame(
        [
            {
                "title": title,
                "pain_score": score,
                "priority_score": priority,
                "quadrant": quadrant,
                "answer_count": 40,
                "affected_ratio": score * 2,
                "affected_ratio_low": score * 1.6,
                "affected_ratio_high": score * 2.4,
                "severity_mean": 0.5,
            }
            for title, score, priority, quadrant in rows
        ]
    )


def test_the_matrix_draws_score_range_and_what_is_unsure_hollow() -> None:
    fig = matrix.matrix(pains([("Approvals", 0.3, 0.8, "quick_win"), ("Flaky", 0.15, 0.4, "unsure")]))
    felt, unsure = trace(fig, name="Approvals"), trace(fig, name="Flaky")
    assert list(felt.y) == [0.3]
    assert felt.error_y.array == pytest.approx([0.06]) and felt.error_y.arrayminus == pytest.approx([0.06])
    assert (felt.marker.color, unsure.marker.color) == (charts.ACCENT, charts.PAPER)
    texts = " ".join(note.text for note in fig.layout.annotations)
    assert all(name in texts for name in ("Quick wins", "Listen", "Drift", "Later"))


def test_pains_without_a_score_are_not_drawn() -> None:
    frame = pains([("Shown", 0.3, 0.8, "quick_win"), ("Hidden", 0.2, 0.8, "unsure")])
    frame = frame.with_columns(pain_score=pl.when(pl.col("title") == "Shown").then(pl.col("pain_score")))
    assert [one.name for one in matrix.matrix(frame).data] == ["Shown"]


def test_twelve_pains_of_equal_priority_and_score_are_named_without_touching() -> None:
    pixels = [(20.0, 300.0 + n) for n in range(4)] + [(420.0, 300.0 + n) for n in range(4)]
    pixels += [(500.0, 40.0 + 3 * n) for n in range(4)]
    texts = [("a name that is long", "enough for two lines")] * 12
    labels = matrix.arranged(pixels, [20.0] * 12, texts)
    boxes = [label.box(at) for label, at in zip(labels, pixels, strict=True)]
    for one, other in combinations(boxes, 2):
        wide, high = min(one[1], other[1]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[2], other[2])
        assert wide <= 0 or high <= 0, "two names touch"
    assert all(box[0] >= 0 and box[1] <= 640 for box in boxes)


def test_marks_that_would_cover_each_other_stand_side_by_side() -> None:
    rows = [(f"Pain {n}", 0.3, 0.8, "quick_win") for n in range(4)]
    places = [one.x[0] for one in matrix.matrix(pains(rows)).data]
    assert len(set(places)) == 4


@pytest.mark.parametrize(
    "fig",
    [
        matrix.matrix(pains([(HOSTILE, 0.3, 0.8, "quick_win")])),
        groups.heat([HOSTILE], [HOSTILE], [[0.5]], [["50 %"]]),
        groups.teams_as_dots([(HOSTILE, 1.0)], 1.0, name="days"),
    ],
    ids=["matrix", "heat", "dots"],
)
def test_markup_in_data_is_drawn_as_text(fig: go.Figure) -> None:
    drawn = fig.to_json()
    assert "<script" not in drawn and "javascript:" not in drawn and "$\\" not in drawn


def test_what_is_said_over_a_point_stands_in_the_letters_of_the_page() -> None:
    layout = charts.blank().layout
    assert layout.hoverlabel.font.family == layout.font.family == '"Source Sans", sans-serif'
    assert layout.hoverlabel.font.size == layout.font.size


def test_the_page_says_for_every_colour_what_it_looks_like_in_dark() -> None:
    style = (Path(charts.__file__).with_name("style.css")).read_text("utf-8")
    for role in ("ACCENT", "INK", "MUTED", "FAINT", "CAUTION", "TINT", "SHADE", "PAPER"):
        colour = getattr(charts, role)
        drawn = f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})"
        for kind in ("fill", "stroke"):
            # Plotly says most colours in the style of an element, and those of a pattern in an attribute
            drawn_so = f'[style*="{kind}: {drawn}"], [{kind}="{drawn}"]'
            found = re.search(rf"{re.escape(drawn_so)}\) {{ {kind}: var\((\S+)\)", style)
            assert found, f"{role} has no rule for its {kind}"
            assert f"{found[1]}: light-dark({colour}, #" in style, f"{role} is another colour in light"


@settings(deadline=None)
@given(st.lists(st.none() | st.floats(0, 1), min_size=2, max_size=6), st.integers(0, 2))
def test_any_series_can_be_drawn(ratios: list[float | None], partial: int) -> None:
    fig = charts.lines(rates(ratios, partial), "month", [LINE], units.SHARE, "is_provisional")
    drawn = trace(fig, mode="markers").y
    assert list(drawn) == [None if ratio is None else 100 * ratio for ratio in ratios]
