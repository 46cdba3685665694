"""What a reader can try on Pain and priorities, and what Listening says where there is little to hear."""

from datetime import datetime
from pathlib import Path

import polars as pl

from app import words
from queries import metrics
from queries.readmodel import open_current
from queries.slice import Slice
from tests.app.organisation import publish, records
from tests.app.reading import Open, seen

NONE = "None: nothing that hurts has quick, unblocked work planned."


def test_another_effort_takes_a_quick_win_from_the_list_and_back(small: Path, read: Open) -> None:
    test = read("pain", small)
    assert NONE not in seen(test)
    change = test.selectbox(key="change")
    change.set_value(next(option for option in change.options if "I1" in option)).run()
    assert test.number_input(key="days").value == 5
    test.number_input(key="days").set_value(12.0).run()
    assert not test.exception and NONE in seen(test)
    test.number_input(key="days").set_value(2.0).run()
    assert NONE not in seen(test)


def test_weights_come_with_the_link(small: Path, read: Open) -> None:
    """Reach 20 of 24 times severity 0.917 is 0.764: over 5 days 0.153, and as it is where effort does not count."""
    assert "0.153" in seen(read("pain", small))
    linked = read("pain", small, {"weight-effort": "0.0"})
    assert linked.slider(key="weight-effort").value == 0
    assert "0.764" in seen(linked)


def test_the_table_of_groups_and_the_earlier_survey_are_summed_up_in_a_sentence(small: Path, read: Open) -> None:
    test = read("pain", small)
    assert "Since the survey before 5 pains show no clear change." in seen(test)
    assert "No role has enough respondents to be shown" in seen(test)
    assert "so that no group of fewer than 5 can be read." in seen(test)
    test.session_state["pain-group"] = "team_id"
    shares = metrics.ask(
        open_current(small / "read"), "pain", Slice(group=("team_id",), where={"survey_id": ("s:S2",)})
    )
    low, high = (
        words.share(end)
        for end in shares.select(pl.min("affected_ratio"), pl.max("affected_ratio").alias("high")).row(0)
    )
    assert f"A pain hurts from {low} to {high} of the respondents of a team" in seen(test.run())


def test_listening_says_what_it_does_not_know(small: Path, read: Open) -> None:
    text = seen(read("listening", small))
    assert "24 people of 40 who were asked" in text
    assert "Groups of fewer than 5 people are hidden." in text
    assert "No free text that could be shown" in text
    assert "Nothing has shipped yet that names a pain of the users." in text


def test_a_response_of_which_the_whole_is_not_known_is_no_column_of_dashes(tmp_path: Path, read: Open) -> None:
    found = records()
    found["survey_answer"] = [{**row, "role": "owner"} for row in found["survey_answer"]]
    publish(tmp_path / "data", found)
    test = read("listening", tmp_path / "data")
    unknown = "How many of each role were asked is not known, so no response is shown."
    assert unknown in seen(test) and "Role Answered owner 24" in seen(test)
    test.session_state["response-group"] = "team_id"
    assert unknown not in seen(test.run()) and "Team Answered Response" in seen(test)


def test_a_survey_that_hardly_anybody_answered_hides_none_before_it(tmp_path: Path, read: Open) -> None:
    """Two people answered the third: it can be chosen, and the pages begin with the second, as the figures do."""
    found = records()
    found["survey"].append({"survey_id": "S3", "title": "Third", "opened_at": datetime(2026, 5, 20)})
    few = [row for row in found["survey_answer"] if row["response_id"] in {"S2-1", "S2-2"}]
    found["survey_answer"] += [
        {**row, "survey_id": "S3", "response_id": row["response_id"].replace("S2", "S3")} for row in few
    ]
    publish(tmp_path / "data", found)
    for page in ("pain", "listening"):
        test = read(page, tmp_path / "data")
        assert not test.exception
        picked = test.selectbox(key="survey")
        assert (picked.value, len(picked.options)) == ("Second, May 2026", 3)
        assert "24 people of 40 who were asked" in seen(test)
    assert "From the survey of May 2026: 24 people answered" in seen(read("overview", tmp_path / "data"))
