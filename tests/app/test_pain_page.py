"""What a reader can try on Pain and priorities, and what Listening says where there is little to hear."""

from datetime import datetime
from pathlib import Path

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


def test_listening_says_what_it_does_not_know(small: Path, read: Open) -> None:
    text = seen(read("listening", small))
    assert "24 people of 40 who were asked" in text
    assert "No free text that could be shown" in text
    assert "Nothing has shipped yet that names a pain of the users." in text


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
