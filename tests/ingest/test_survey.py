"""The survey source: exports as each tool writes them, through one mapping, into the same records."""

import io
import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ingest.survey_coding import Code, Correction, Rules
from ingest.survey_mapping import Mapping, Pain, Question, Respondent, Scale, Skip, Wave
from tests.ingest.survey_reading import HASH, SurveyReading

RATED = """
    [[wave]]
    id = "w1"
    files = ["*"]
    opened_at = 2026-03-01
    invited_count = 10

    [scales.pain]
    min = 1
    max = 5
    words = { "Never" = 1, "Always" = 5 }

    [[question]]
    id = "slow"
    columns = ["Deploying is slow", "Q1", "How slow?"]
    kind = "rating"
    scale = "pain"
    pain = "slow_deploys"

    [[question]]
    id = "tools"
    columns = {tools}
    kind = "choices"
    {separator}

    [[question]]
    id = "words"
    columns = ["Anything else?", "Q3"]
    kind = "text"

    [[pain]]
    id = "slow_deploys"
    title = "Deploying takes too long"
    theme = "delivery"
    evidence_metric = "lead_time"
"""


@pytest.fixture
def survey(tmp_path: Path) -> SurveyReading:
    return SurveyReading(tmp_path)


def mapping(top: str = "", who: str = "", tools: str = '["Tools"]', separator: str = 'separator = ","') -> str:
    lines = RATED.replace("{tools}", tools).replace("{separator}", separator)
    plain = "\n".join(line.strip() for line in lines.splitlines())
    return f"{top}\n[respondent]\n{who}\n{plain}"


def workbook(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


GOOGLE = """\
Timestamp,Email Address,Which team are you in?,Deploying is slow,Tools,Anything else?
2026/03/02 9:15:00 AM GMT+1,ann@acme.example,Fraud,5,"Git, Docker, compose, Other: my own thing","Ask ann@acme.example"
2026/03/02 10:15:00 AM GMT+1,bob@acme.example,Risk,Never,,
"""
GOOGLE_WHO = """
respondent = "Email Address"
submitted_at = "Timestamp"
time_format = "%Y/%m/%d %I:%M:%S %p"
team = "Which team are you in?"
"""


def expected(survey: SurveyReading) -> None:
    """What every tool's export of the same two responses gives."""
    assert survey.faults == []
    assert survey.rejected == []
    assert [(answer.rating, answer.scale_min, answer.scale_max) for answer in survey.of("slow")] == [
        (5, 1, 5),
        (1, 1, 5),
    ]
    assert {answer.pain_id for answer in survey.of("slow")} == {"slow_deploys"}
    assert sorted(answer.choice for answer in survey.answers if answer.question_id.startswith("tools.")) == [
        "Docker",
        "Git",
    ]
    assert len(survey.people) == 2
    (kept,) = survey.surveys
    assert (kept.survey_id, kept.invited_count) == ("w1", 10)
    assert [(pain.pain_id, pain.evidence_metric) for pain in survey.pains] == [("slow_deploys", "lead_time")]


def test_google_forms_joins_options_and_hides_another_among_them(survey: SurveyReading) -> None:
    survey.mapping(
        mapping(who=GOOGLE_WHO).replace('separator = ","', 'separator = ","\noptions = ["Git", "Docker, compose"]')
    )
    survey.export("responses.csv", GOOGLE)
    survey.sync()
    assert (survey.faults, survey.rejected) == ([], [])
    tools = {answer.choice: answer for answer in survey.answers if answer.question_id.startswith("tools.")}
    assert set(tools) == {"Git", "Docker, compose", "Other"}
    assert tools["Other"].text == "my own thing"
    ann, bob = survey.of("slow")
    assert (ann.team_id, bob.team_id) == ("Fraud", "Risk")
    assert ann.respondent == HASH("ann@acme.example")
    assert ann.submitted_at.isoformat() == "2026-03-02T08:15:00"
    assert [answer.text for answer in survey.of("words")] == ["Ask [e-mail]"]
    assert "acme.example" not in survey.written


def test_microsoft_forms_is_a_workbook(survey: SurveyReading) -> None:
    survey.mapping(
        mapping(
            who='respondent = "Email"\nresponse_id = "ID"\nsubmitted_at = "Completion time"',
            separator='separator = ";"',
        )
    )
    head = ["ID", "Start time", "Completion time", "Email", "Name", "Deploying is\u00a0slow", "Tools", "Anything else?"]
    at = datetime(2026, 3, 2, 9, 15)
    rows = [
        head,
        [1, at, at, "ann@x.example", "Ann", 5, "Git;Docker;", None],
        [2, at, at, "b@x.example", "Bob", "never", None, None],
    ]
    survey.export("Pain survey(1-2).xlsx", workbook(rows))
    expected(survey.sync())
    assert {answer.submitted_at for answer in survey.answers} == {at}


def test_qualtrics_has_three_header_rows_and_previews(survey: SurveyReading) -> None:
    skip = '[[skip]]\ncolumn = "Status"\nvalues = ["Survey Preview"]\n'
    who = 'response_id = "ResponseId"\nsubmitted_at = "EndDate"'
    survey.mapping(mapping("header_rows = 3", who, '["Q2"]') + "\n" + skip)
    survey.export(
        "q.csv",
        "EndDate,Status,ResponseId,Q1,Q2,Q3\n"
        "End Date,Response Type,Response ID,How slow?,Which tools?,More?\n"
        '"{""ImportId"":""endDate""}","{""ImportId"":""status""}","{""ImportId"":""_recordId""}",QID1,QID2,QID3\n'
        '2026-03-02 08:00:00,IP Address,R_1,5,"Git,Docker",\n'
        "2026-03-02 09:00:00,Survey Preview,R_0,3,,\n"
        "2026-03-02 10:00:00,IP Address,R_2,1,,\n",
    )
    expected(survey.sync())


def test_surveymonkey_has_two_header_rows_and_a_column_per_option(survey: SurveyReading) -> None:
    survey.mapping(mapping("header_rows = 2", 'response_id = "Respondent ID"', '["Which tools?"]', ""))
    survey.export(
        "sm.csv",
        "Respondent ID,Deploying is slow,Which tools?,,,Anything else?\n"
        ",Response,Git,Docker,Other (please specify),Open-Ended Response\n"
        "11,5,Git,Docker,,\n"
        "12,1,,,,\n",
    )
    survey.sync()
    expected(survey)
    survey.export("sm.csv", (survey.exports / "sm.csv").read_text().replace("12,1,,,,", "12,1,,,a cat of mine,"))
    survey.sync()
    # the column of what was not offered holds somebody's words
    others = [(a.question_id, a.choice, a.text) for a in survey.answers if a.choice == "Other"]
    assert others == [("tools.other", "Other", "a cat of mine")]


def test_limesurvey_has_codes_and_yes_in_a_column_per_option(survey: SurveyReading) -> None:
    survey.mapping(
        mapping("", 'response_id = "id"\nsubmitted_at = "submitdate"', '["G1Q2[*]"]', "").replace('"Q1"', '"G1Q1"')
    )
    survey.export(
        "ls.csv",
        '"id";"submitdate";"G1Q1";"G1Q2[Git]";"G1Q2[Docker]";"Q3"\n'
        '"1";"2026-03-02 08:00:00";"5";"Y";"Y";""\n'
        '"2";"2026-03-02 08:00:00";"1";"N";"";""\n',
    )
    survey.sync()
    assert survey.faults == []
    assert sorted(answer.choice for answer in survey.answers if answer.question_id.startswith("tools")) == [
        "Docker",
        "Git",
    ]
    assert [answer.rating for answer in survey.of("slow")] == [5, 1]


def test_typeform_names_each_option_in_its_column(survey: SurveyReading) -> None:
    who = 'response_id = "#"\nsubmitted_at = "Submit Date (UTC)"'
    survey.mapping(mapping("", who, '["Git", "Docker"]', ""))
    survey.export(
        "tf.csv",
        "#,Deploying is slow,Git,Docker,Anything else?,Start Date (UTC),Submit Date (UTC),Network ID\n"
        "abc1,5,Git,Docker,,2026-03-02 07:58:00,2026-03-02 08:00:00,network-9f\n"
        "abc2,1,,,,2026-03-02 08:58:00,2026-03-02 09:00:00,9e\n",
    )
    expected(survey.sync())
    assert "network-9f" not in survey.written


def test_a_long_table_has_a_row_per_answer(survey: SurveyReading) -> None:
    top = 'layout = "long"\nquestion_column = "question"\nanswer_column = "answer"'
    survey.mapping(mapping(top, 'respondent = "person"\nsubmitted_at = "at"'))
    survey.export(
        "long.csv",
        'person,at,question,answer\nann,2026-03-02T08:00:00Z,Q1,5\nann,2026-03-02T08:00:00Z,Tools,"Git,Docker"\n'
        "bob,2026-03-02T09:00:00Z,How slow?,1\nbob,2026-03-02T09:00:00Z,Q3,-\n",
    )
    survey.sync()
    expected(survey)


PLAIN = 'id,Deploying is slow,Tools,Anything else?\n1,5,"Git,Docker",\n2,1,,\n'


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.encode("utf-16"),
        PLAIN.encode("utf-16-le"),
        PLAIN.encode("utf-16-be"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace("\n", "\r\n", 1).encode(),
        PLAIN.replace(" ", "\u00a0").encode(),
        PLAIN.replace(" ", "\u00a0").encode("cp1252"),
        PLAIN.replace(",", ";").replace("Git;Docker", "Git,Docker").encode(),
        PLAIN.replace('"Git,Docker"', "Git|Docker").replace(",", "\t").replace("|", ",").encode(),
        PLAIN.replace("\n", "\n\n").encode(),
        PLAIN.replace("1,5", "1,\0(5) Always.").encode(),
    ],
)
def test_encodings_line_ends_and_separators_make_no_difference(survey: SurveyReading, content: bytes) -> None:
    survey.mapping(mapping("", 'response_id = "id"'))
    survey.export("x.csv", content)
    expected(survey.sync())


@pytest.mark.parametrize(
    ("cell", "rating"),
    [
        ("5", 5),
        ("5.0", 5),
        ('"2,5"', 2.5),
        ("always", 5),
        ("ALWAYS.", 5),
        (" Never ", 1),
        ("(4) Critical.", 4),
        ("4 - often", 4),
        ("3: so so", 3),
    ]
    + [
        (word, None)
        for word in (
            "",
            "N/A",
            "n/a.",
            "N/A - skip.",
            "NA",
            "#N/A",
            "-",
            "Don’t know",
            "Does not apply.",
            "Not sure!",
            "keine Angabe",
        )
    ],
)
def test_numbers_words_and_no_answer(survey: SurveyReading, cell: str, rating: float | None) -> None:
    survey.mapping(mapping('no_answer = ["not sure*"]', 'response_id = "id"'))
    survey.export("x.csv", f"id,Deploying is slow,Tools,Anything else?\n1,{cell},Git,\n")
    survey.sync()
    assert (survey.faults, survey.rejected) == ([], [])
    assert [answer.rating for answer in survey.of("slow")] == ([] if rating is None else [rating])


def test_a_good_high_end_is_turned_round(survey: SurveyReading) -> None:
    survey.mapping(
        mapping("", 'response_id = "id"').replace('pain = "slow_deploys"', 'pain = "slow_deploys"\nreverse = true')
    )
    survey.export("x.csv", PLAIN)
    assert [answer.rating for answer in survey.sync().of("slow")] == [1, 5]


def test_options_that_mean_pains_are_rated_ticked_or_not(survey: SurveyReading) -> None:
    pains = 'separator = ","\npains = { "Slow builds" = "slow_deploys", "Flaky tests" = "drop:flaky" }'
    survey.mapping(mapping("", 'response_id = "id"', separator=pains))
    survey.export("x.csv", 'id,Deploying is slow,Tools,Anything else?\n1,,"Slow builds, Food",\n2,,,nothing\n')
    survey.sync()
    said = {(a.response_id, a.pain_id): (a.rating, a.scale_min, a.scale_max) for a in survey.of("tools")}
    one = HASH("w1/1")
    # who ticked nothing was perhaps not asked
    assert said == {(one, "slow_deploys"): (1, 0, 1), (one, "drop:flaky"): (0, 0, 1)}
    # another than those that are offered keeps its words
    assert [(a.choice, a.text) for a in survey.answers if a.question_id == "tools.other"] == [("Other", "Food")]


def test_of_one_person_the_newest_response_counts(survey: SurveyReading) -> None:
    survey.mapping(mapping("", 'respondent = "who"\nresponse_id = "id"\nsubmitted_at = "at"'))
    head = "id,who,at,Deploying is slow,Tools,Anything else?\n"
    survey.export("a.csv", f"{head}1,Ann ,2026-03-02,5,,old\n2,bob,2026-03-02,1,,\n3,ann,2026-03-03,2,,\n")
    survey.sync()
    assert sorted(answer.rating for answer in survey.of("slow")) == [1, 2]
    assert survey.of("words") == []
    assert len(survey.people) == 2
    # a second export of the wave, made later: the same responses, and a newer one
    survey.export("b.csv", f"{head}1,Ann ,2026-03-02,5,,old\n3,ann,2026-03-03,2,,\n4,bob,2026-03-04,4,,\n")
    survey.sync()
    assert sorted(answer.rating for answer in survey.of("slow")) == [2, 4]


def test_two_exports_of_one_wave_may_hold_different_questions(survey: SurveyReading) -> None:
    survey.mapping(mapping("", 'response_id = "id"'))
    survey.export("a.csv", 'id,Deploying is slow,Tools\n1,5,"Git,Docker"\n2,1,\n')
    survey.export("b.csv", "id,Anything else?\n2,words\n")
    expected(survey.sync())
    assert [answer.response_id for answer in survey.of("words")] == [HASH("w1/2")]


def test_a_response_that_was_corrected_replaces_what_it_said_and_names_are_known_in_every_export(
    survey: SurveyReading,
) -> None:
    survey.mapping(mapping("", 'response_id = "id"\nsubmitted_at = "at"\nnames = "Name"'))
    head = "id,at,Deploying is slow,Tools,Anything else?"
    survey.export("a.csv", f'{head},Name\n1,2026-03-01,5,"Git,Docker",,Zelda Quux\n')
    survey.export("b.csv", f"{head}\n1,2026-03-02,4,Git,\n2,2026-03-02,3,Docker,Zelda told me\n")
    survey.sync()
    assert survey.faults == []
    said = {(answer.response_id, answer.choice) for answer in survey.answers if answer.question_id.startswith("tools.")}
    assert said == {(HASH("w1/1"), "Git"), (HASH("w1/2"), "Docker")}
    assert [answer.rating for answer in survey.of("slow")] == [4, 3]
    assert [answer.text for answer in survey.of("words")] == ["[name] told me"]


def test_without_ids_an_export_that_is_sorted_anew_changes_nothing(survey: SurveyReading) -> None:
    survey.mapping(mapping("", 'submitted_at = "at"'))
    rows = ["2026-03-01,5,,", "2026-03-02,4,,", "2026-03-03,3,,"]
    head = "at,Deploying is slow,Tools,Anything else?\n"
    survey.export("a.csv", head + "\n".join(rows) + "\n")
    before = {(answer.response_id, answer.rating) for answer in survey.sync().answers}
    survey.export("a.csv", head + "\n".join(reversed(rows)) + "\n")
    assert {(answer.response_id, answer.rating) for answer in survey.sync().answers} == before
    assert len(before) == 3


def test_names_and_roles_and_teams(survey: SurveyReading) -> None:
    who = 'response_id = "id"\nnames = "Name"\nteam = "Team"\nrole = ["Role *"]'
    teams = '\n[teams]\n"Fraud detection" = "drop:t1"\n[roles]\n"Data scientist" = "scientist"\n'
    survey.mapping(mapping("", who) + teams)
    survey.export(
        "x.csv",
        "id,Name,Team,Role a,Role b,Deploying is slow,Tools,Anything else?\n"
        "1,Ann Smith,fraud  Detection,Data scientist.,,5,,Smith and Bob Jones told me\n"
        "2,Bob Jones,Ruse,,,5,,\n"
        "3,Cy,,Data scientist.,King of Spain,5,,\n"
        "4,Di,,King of Spain,,5,,\n",
    )
    survey.sync()
    about = [(answer.team_id, answer.role) for answer in survey.of("slow")]
    assert about == [("drop:t1", "scientist"), (None, "none"), (None, "several"), (None, "other")]
    assert [row.reason for row in survey.rejected] == ["column 'Team': 'Ruse' is not in [teams]; the team is left out"]
    assert [answer.text for answer in survey.of("words")] == ["[name] and [name] told me"]
    for name in ("Ann", "Smith", "Bob", "Jones", "Spain"):
        assert name not in survey.written


def test_an_answer_that_means_harm_is_kept_as_harmless_text(survey: SurveyReading) -> None:
    survey.mapping(mapping("", 'response_id = "id"'))
    long = "word " * 250_000
    survey.export(
        "x.csv",
        "id,Deploying is slow,Tools,Anything else?\n"
        '1,,,"=HYPERLINK(""http://evil.example"",""x"")"\n'
        "2,,,<script>alert(1)</script>\n"
        "3,,,a\0b\u202ec\n"
        f"4,,,{long}\n",
    )
    survey.sync()
    texts = [answer.text for answer in survey.of("words")]
    assert texts[0].startswith("=HYPERLINK(") and "evil" not in texts[0]
    assert texts[1:3] == ["<script>alert(1)</script>", "abc"]
    assert len(texts[3]) < 10_100 and texts[3].endswith("[cut]")


DOCS = Path(__file__).parents[2] / "docs" / "survey.md"


def test_the_page_explains_a_mapping_that_works_and_every_key_of_it() -> None:
    page = DOCS.read_text("utf-8")
    blocks = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL)]
    explained = next(block for block in blocks if "question" in block)
    assert len(Mapping.model_validate(explained).question) == 4
    for table in (Mapping, Wave, Respondent, Scale, Question, Pain, Skip):
        for key in table.model_fields:
            assert re.search(rf"(^|[^\w]){key}\b", page), f"docs/survey.md lacks {key}"
    rules = next(block for block in blocks if "code" in block)
    Rules.model_validate(rules)
    for table in (Rules, Code, Correction):
        assert all(f"{key}" in page for key in table.model_fields)
