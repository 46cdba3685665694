"""Surveys that are not as they should be: one clear line for each fault, and the rest is kept."""

import os
from pathlib import Path

import pytest

from ingest import survey_tables
from tests.conftest import Site
from tests.ingest.survey_reading import SurveyReading

MAPPING = """
    [respondent]
    response_id = "id"

    [[wave]]
    id = "w1"
    files = ["w1*.csv"]
    opened_at = 2026-03-01

    [scales.pain]
    min = 1
    max = 5

    [[question]]
    id = "slow"
    columns = ["Deploying is slow"]
    kind = "rating"
    scale = "pain"
    pain = "slow_deploys"

    [[question]]
    id = "words"
    columns = ["Anything else?"]
    kind = "text"

    [[pain]]
    id = "slow_deploys"
    title = "Deploying takes too long"
"""
HEAD = "id,Deploying is slow,Anything else?\n"


@pytest.fixture
def survey(tmp_path: Path) -> SurveyReading:
    reading = SurveyReading(tmp_path)
    reading.mapping(MAPPING)
    return reading


def test_a_column_that_is_not_there_is_named_with_the_closest_and_those_that_are(survey: SurveyReading) -> None:
    survey.export("w1.csv", "id,Deploying is so slow,Anything else?\n1,5,words\n")
    survey.sync()
    assert survey.faults == [
        "s/w1.csv: survey.toml names column 'Deploying is slow' for question 'slow', which is not there; closest is "
        "'Deploying is so slow'; there are 'id', 'Deploying is so slow', 'Anything else?'"
    ]
    assert [answer.text for answer in survey.answers] == ["words"]
    assert list(survey.source().check(None)) == survey.faults
    # nothing is landed again, but who looks on is told again until it is mended
    assert survey.sync().faults != [] and survey.answers == []
    survey.mapping(MAPPING.replace('["Deploying is slow"]', '["Deploying is slow", "Deploying is so slow"]'))
    assert survey.sync().faults == []
    assert [answer.rating for answer in survey.of("slow")] == [5]


def test_an_export_without_its_header_row_shows_nobody(survey: SurveyReading) -> None:
    survey.export("w1.csv", "1,5,call Zelda Quux at home\n2,4,\n")
    survey.sync()
    assert survey.faults == [
        "s/w1.csv: has none of the columns that survey.toml names; is header_rows right? `uptake survey inspect` shows "
        "what it holds"
    ]
    assert "Zelda" not in survey.written
    assert survey.answers == []


def test_a_rating_off_its_scale_and_a_word_on_none_leave_the_row(survey: SurveyReading) -> None:
    survey.export("w1.csv", f"{HEAD}1,7,one\n2,Terrible jane@x.example,two\n3,5,\n")
    survey.sync()
    assert survey.faults == []
    assert [(row.place, row.row, row.reason) for row in survey.rejected] == [
        ("s/w1.csv", 2, "column 'Deploying is slow': 7 is outside its scale of 1 to 5"),
        (
            "s/w1.csv",
            3,
            "column 'Deploying is slow': is no answer on its scale (it knows numbers only); add the word to the scale, "
            "or to no_answer",
        ),
    ]
    assert [answer.text for answer in survey.of("words")] == ["one", "two"]
    assert "Terrible" not in survey.written


def test_a_file_that_breaks_off_is_kept_as_far_as_it_goes(survey: SurveyReading) -> None:
    survey.export("w1.csv", f'{HEAD}1,5,one\n2,4\n3,3,"half of a sen')
    survey.sync()
    assert survey.faults == ["s/w1.csv: row 4: a quote is opened and never closed; what follows was not read"]
    assert [row.reason for row in survey.rejected] == ["has 2 cells where the header has 3; content withheld"]
    assert [answer.rating for answer in survey.of("slow")] == [5]
    survey.export("w1.csv", f"{HEAD}1,5,one\n2,4,two\n")
    survey.sync()
    assert (survey.faults, survey.rejected) == ([], [])
    assert [answer.rating for answer in survey.of("slow")] == [5, 4]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty: expected 1 header row; export it again"),
        (b"\n\n", "is empty: expected 1 header row; export it again"),
        (b"\x1f\x8b", None),
        (b"PK\x03\x04 no workbook", None),
        (b"\xff\xfe\x00", None),
        (b"\x00\x01\x02\x03" * 100, None),
    ],
)
def test_what_is_no_export_is_said_and_ends_nothing(survey: SurveyReading, content: bytes, said: str | None) -> None:
    survey.export("w1.csv", content)
    survey.export("w1 second.csv", f"{HEAD}1,5,one\n")
    survey.sync()
    assert any(fault.startswith("s/w1.csv: ") for fault in survey.faults)
    assert said is None or survey.faults == [f"s/w1.csv: {said}"]
    assert [answer.rating for answer in survey.of("slow")] == [5]


def test_a_damaged_workbook_or_gzip_is_named(survey: SurveyReading) -> None:
    survey.mapping(MAPPING.replace('"w1*.csv"', '"*"'))
    survey.export("a.xlsx", b"PK\x03\x04 no workbook")
    survey.export("b.csv.gz", b"\x1f\x8b\x08\x00")
    survey.sync()
    assert len(survey.faults) == 2
    assert "a.xlsx: is no intact Excel workbook" in survey.faults[0]
    assert "b.csv.gz: the gzip data is damaged" in survey.faults[1]
    assert survey.answers == []


def test_an_empty_survey_and_a_single_answer(survey: SurveyReading) -> None:
    survey.export("w1.csv", HEAD)
    survey.sync()
    assert (survey.faults, survey.answers) == ([], [])
    assert [kept.survey_id for kept in survey.surveys] == ["w1"]
    survey.mapping(MAPPING.replace("opened_at = 2026-03-01", ""))
    survey.sync()
    assert survey.faults == ["s/w1: there is no answer; give [[wave]] 'w1' an opened_at"]
    survey.export("w1.csv", f"{HEAD}1,5,\n")
    survey.sync()
    assert survey.faults == ["s/w1: no answer has a time; give [[wave]] 'w1' an opened_at"]
    assert len(survey.answers) == 1


def test_a_time_that_is_none_costs_only_the_time(survey: SurveyReading) -> None:
    survey.mapping(MAPPING.replace('response_id = "id"', 'response_id = "id"\nsubmitted_at = "at"'))
    survey.export("w1.csv", "id,at,Deploying is slow,Anything else?\n1,yesterday,5,\n")
    survey.sync()
    assert [row.reason for row in survey.rejected] == [
        "column 'at': is no time as in ISO 8601; give a time_format; the time is left out"
    ]
    assert [answer.rating for answer in survey.of("slow")] == [5]


def test_files_and_waves_that_do_not_meet(survey: SurveyReading) -> None:
    survey.export("other.csv", HEAD)
    survey.sync()
    assert survey.faults[0] == (
        "s/other.csv: belongs to no [[wave]]; add it to `files` of one in survey.toml, or move it away"
    )
    assert survey.faults[1].startswith("s: wave 'w1' has no export in ")
    assert list(survey.source().check(None)) == survey.faults


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('scale = "pain"', "", "question 'slow' is a rating and needs a scale"),
        ('scale = "pain"', 'scale = "paim"', "names scale 'paim', which is not in [scales]"),
        ('pain = "slow_deploys"', 'pain = "slow"', "names pain 'slow', which is no [[pain]]; one of another source"),
        (
            'kind = "text"',
            'kind = "words"',
            "kind: should be 'rating', 'choice', 'choices' or 'text' ('words')",
        ),
        ("max = 5", "max = 1", "max (1) is not above min (1)"),
        ('id = "words"', 'id = "slow"', "question 'slow' is there twice; ids must be unique"),
        ('files = ["w1*.csv"]', 'file = "w1.csv"', "wave.0.file: Extra inputs are not permitted"),
        ("opened_at = 2026-03-01", 'waves = "', "is not valid TOML"),
        ('kind = "text"', 'kind = "text"\n    reverse = true', "is no rating: scale, reverse and pain are for ratings"),
        ('kind = "text"', 'kind = "text"\n    separator = ";"', 'separator are for kind = "choices"'),
        ('scale = "pain"', 'scale = "pain"\n    coded = true', 'coded is for kind = "text"'),
        ('kind = "text"', 'kind = "text"\n    waves = ["w9"]', "names wave 'w9', which is no [[wave]]"),
        ("max = 5", 'max = 5\n    words = { "Never" = 9 }', "'Never' (9) is outside 1 to 5"),
        ("[respondent]", 'layout = "long"\n    [respondent]', 'layout = "long" needs question_column'),
        ('response_id = "id"', 'timezone = "Mars"', "'Mars' is no time zone"),
    ],
)
def test_a_mapping_that_is_wrong_is_said_in_one_line(survey: SurveyReading, old: str, new: str, said: str) -> None:
    survey.export("w1.csv", f"{HEAD}1,5,one\n")
    survey.mapping(MAPPING.replace(old, new))
    survey.sync()
    (fault,) = survey.faults
    assert fault.startswith("s: survey.toml: ") and said in fault
    assert "\n" not in fault
    assert list(survey.source().check(None)) == [fault]


SITE = """
[[source]]
name = "surveys"
kind = "survey"
path = "exports"
mapping = "survey.toml"
"""


def test_what_the_mapping_no_longer_says_is_no_longer_there(site: Site) -> None:
    """A question that was renamed, a response that is gone and a wave that was taken out leave nothing behind."""
    site.config.write_text(SITE)
    mapping = site.folder / "survey.toml"
    second = '\n[[wave]]\nid = "w2"\nfiles = ["w2.csv"]\nopened_at = 2026-06-01\n'
    mapping.write_text(MAPPING + second)
    site.export("w1.csv", f"{HEAD}1,5,one\n2,4,two\n")
    site.export("w2.csv", f"{HEAD}1,3,\n")
    assert site.load() == []
    count = "select survey_id, question_id, count(*) from staging.survey_answer group by all order by all"
    assert site.rows(count) == [("surveys:w1", "slow", 2), ("surveys:w1", "words", 2), ("surveys:w2", "slow", 1)]
    mapping.write_text((MAPPING + second).replace('id = "words"', 'id = "more"'))
    site.export("w1.csv", f"{HEAD}1,5,one\n")
    assert site.load() == []
    assert site.rows(count) == [("surveys:w1", "more", 1), ("surveys:w1", "slow", 1), ("surveys:w2", "slow", 1)]
    mapping.write_text(MAPPING)
    (fault,) = site.load()
    assert fault.startswith("surveys/w2.csv: belongs to no [[wave]]")
    assert site.rows(count) == [("surveys:w1", "slow", 1), ("surveys:w1", "words", 1)]
    assert site.rows("select survey_id from staging.survey") == [("surveys:w1",)]


def test_an_export_that_breaks_off_or_is_gone_takes_no_answer_away(site: Site) -> None:
    site.config.write_text(SITE)
    (site.folder / "survey.toml").write_text(MAPPING)
    ratings = "select response_id, rating from staging.survey_answer where rating is not null"
    site.export("w1.csv", f"{HEAD}1,5,one\n2,4,two\n3,3,three\n")
    site.export("w1-late.csv", f"{HEAD}4,2,\n")
    assert site.load() == []
    before = set(site.rows(ratings))
    site.export("w1.csv", f'{HEAD}1,1,one\n2,4,"tw')
    assert site.load() == ["surveys/w1.csv: row 3: a quote is opened and never closed; what follows was not read"]
    after = set(site.rows(ratings))
    assert len(before) == len(after) == 4
    assert {rating for _, rating in after - before} == {1}
    site.export("w1.csv", "1,1,one\n2,4,two\n")
    assert "has none of the columns" in site.load()[0]
    assert set(site.rows(ratings)) == after
    (site.exports / "w1-late.csv").unlink()
    site.export("w1.csv", f"{HEAD}1,1,one\n2,4,two\n3,3,three\n")
    assert site.load() == []
    assert set(site.rows(ratings)) == after
    # from now on it is whole again: what is deleted is gone
    site.export("w1.csv", f"{HEAD}1,1,one\n")
    assert site.load() == []
    assert len(site.rows(ratings)) == 1


def test_an_export_that_is_changed_while_it_is_read_is_read_again(
    survey: SurveyReading, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey.export("w1.csv", f"{HEAD}1,5,one\n")
    read = survey_tables.read

    def slowly(file: Path) -> survey_tables.Grid:
        grid = read(file)
        with file.open("a") as more:
            more.write("2,4,two\n")
        return grid

    with monkeypatch.context() as patch:
        patch.setattr(survey_tables, "read", slowly)
        survey.sync()
    assert survey.faults == ["s/w1.csv: was changed while it was read; it is read again next time"]
    assert survey.answers == []
    survey.sync()
    assert (survey.faults, [answer.rating for answer in survey.of("slow")]) == ([], [5, 4])


def test_a_file_that_cannot_be_read_is_named_and_tried_again(
    survey: SurveyReading, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey.export("w1.csv", f"{HEAD}1,5,one\n")

    def refused(file: Path) -> survey_tables.Grid:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(survey_tables, "read", refused)
        assert survey.sync().faults == ["s/w1.csv: cannot be read (Permission denied)"]
    assert survey.sync().faults == []
    # with another time and the same content there is nothing to do
    os.utime(survey.exports / "w1.csv", (1, 1))
    assert (survey.sync().faults, survey.answers, survey.surveys) == ([], [], [])


def test_names_of_files_may_hold_what_means_something_in_a_pattern(survey: SurveyReading) -> None:
    survey.mapping(MAPPING.replace('"w1*.csv"', '"w1 [copy] (1).csv"'))
    survey.export("w1 [copy] (1).csv", f"{HEAD}1,5,one\n")
    assert survey.sync().faults == []
    assert len(survey.answers) == 2


def test_a_run_that_is_broken_off_is_finished_by_the_next(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.config.write_text(SITE)
    (site.folder / "survey.toml").write_text(MAPPING)
    site.export("w1.csv", f"{HEAD}1,5,one\n")
    assert site.load() == []
    site.export("w1.csv", f"{HEAD}1,4,one\n2,3,two\n")
    with monkeypatch.context() as patch:
        patch.setattr("ingest.work.load", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            site.load()
    assert site.rows("select rating from staging.survey_answer where rating is not null") == [(5.0,)]
    assert site.load() == []
    assert site.rows("select rating from staging.survey_answer where rating is not null order by 1") == [(3.0,), (4.0,)]
    assert site.rows("select count(*) from staging.survey_answer") == [(4,)]
