"""`uptake survey inspect`: what it proposes is a mapping that works as it stands; what only a person knows it asks."""

import csv
import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli import main
from ingest.survey_columns import guesses
from ingest.survey_mapping import Mapping
from ingest.survey_tables import Grid, table
from tests.ingest.survey_reading import SurveyReading

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "surveys"


def proposed(*files: Path) -> tuple[dict[str, Any], str]:
    done = CliRunner().invoke(main, ["survey", "inspect", *map(str, files)])
    assert done.exit_code == 0, done.output
    content = tomllib.loads(done.output)
    Mapping.model_validate(content)
    return content, done.output


def question(content: dict[str, Any], column: str) -> dict[str, Any]:
    return next(each for each in content["question"] if each["columns"][0] == column)


def imported(folder: Path, *files: Path) -> SurveyReading:
    """The import by the proposal as it stands."""
    survey = SurveyReading(folder)
    for file in files:
        shutil.copy(file, survey.exports)
    survey.mapping(proposed(*files)[1])
    return survey.sync()


def test_jupyter(tmp_path: Path) -> None:
    file = SAMPLE / "jupyter" / "all_responses.csv.gz"
    content, _ = proposed(file)
    assert content["respondent"]["response_id"] == ["Respondent ID"]
    assert question(content, "3. *")["kind"] == "choices"
    rated = question(
        content, '19f. No "track changes;" can\'t figure out what changed between notebook checkpoints/ versions.'
    )
    assert (rated["kind"], rated["scale"]) == ("rating", "0_to_4")
    assert content["scales"]["0_to_4"] == {"min": 0, "max": 4}
    assert sum(each["kind"] == "rating" and each["scale"] == "0_to_4" for each in content["question"]) == 33
    survey = imported(tmp_path, file)
    assert survey.faults == []
    assert len(survey.people) == 1135
    assert survey.rejected == []


def test_spack_names_what_was_renamed_and_joins_nothing_by_guess(tmp_path: Path) -> None:
    files = [SAMPLE / "spack" / f"{year}.csv.gz" for year in (2020, 2021, 2022)]
    content, text = proposed(*files)
    assert [wave["id"] for wave in content["wave"]] == ["2020", "2021", "2022"]
    assert content["respondent"]["time_format"] == "%m/%d/%Y %H:%M:%S"
    assert content["respondent"]["role"] == ["What kind of user are you?"]
    head = "Rank these TBD Spack features by importance [{}]"
    old, new = head.format("Autodetection of system packages"), head.format("Better autodetection of system packages")
    assert question(content, old)["waves"] == ["2021"]
    assert question(content, new)["waves"] == ["2022"]
    assert f'# 2022 has "{new}": where it is the same question, add it here' in text
    assert "waves" not in question(content, head.format("Better compiler flag handling"))
    assert question(content, "How would you rate the overall quality of ... [Spack]")["reverse"] is True
    survey = imported(tmp_path, *files)
    assert (survey.faults, survey.rejected) == ([], [])
    assert len(survey.people) == 170 + 179 + 182


@pytest.mark.parametrize("name", ["sample.csv", "sample_legacy.csv"])
def test_qualtrics_drops_whom_it_names(tmp_path: Path, name: str) -> None:
    content, text = proposed(SAMPLE / "qualtrics" / name)
    assert content["header_rows"] == (3 if name == "sample.csv" else 2)
    read = [column for each in content["question"] for column in each["columns"]]
    for personal in ("IPAddress", "Latitude", "Longitude", "Email"):
        assert not any(personal in column for column in read)
        assert personal in text
    survey = imported(tmp_path, SAMPLE / "qualtrics" / name)
    assert survey.faults == []
    assert "192.0.2.1" not in survey.written
    assert len(survey.people) == 1


TICKED = "Which of these slow you down? - Selected Choice - "
CODES = ["StartDate", "EndDate", "Progress", "RecordedDate", "ResponseId", "Q1", "Q3"]
WORDED = ["Start Date", "End Date", "Progress", "Recorded Date", "Response ID", "Deploying takes too long", "Tools?"]
CODES += ["Q4_1", "Q4_2", "Q4_3", "Q4_3_TEXT", "Q4_4", "Q5_1", "Q5_2"]
WORDED += [f"{TICKED}{option}" for option in ("Slow builds", "Access", "Other", "Other - Text", "Flaky tests")]
WORDED += ["How much do these hurt? - Waiting for data", "How much do these hurt? - Missing logs"]
GIVEN = [
    ["4", "Jenkins, of course", "Slow builds", "", "", "", "Flaky tests", "5", "2"],
    ["2", "GitLab, by choice", "", "", "Other", "Nobody answers", "Flaky tests", "1", "4"],
    ["5", "Jenkins, of course", "Slow builds", "", "", "", "", "3", "3"],
    ["3", "GitLab, by choice", "", "", "", "", "Flaky tests", "2", "1"],
]


@pytest.mark.parametrize(
    "heads", [("codes", "words", "ids"), ("codes", "words"), ("codes", "ids"), ("codes",)], ids=len
)
@pytest.mark.parametrize("tick", [None, "1"], ids=["in words", "as 1"])
def test_options_of_qualtrics_are_one_question_and_its_rows_of_a_grid_are_ratings(
    tmp_path: Path, heads: tuple[str, ...], tick: str | None
) -> None:
    """Q4 offers four options, of which nobody ticks one; Q3 is one choice with a comma in it, Q5 a grid."""
    rows = {"codes": CODES, "words": WORDED, "ids": [json.dumps({"ImportId": f"QID{n}"}) for n in range(len(CODES))]}
    about = [[f"2026-03-0{n} 08:00:00"] * 2 + ["100", f"2026-03-0{n} 08:09:00", f"R_{n}"] for n in range(1, 5)]
    file = tmp_path / "wave.csv"
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerows(rows[head] for head in heads)
        for who, given in zip(about, GIVEN, strict=True):
            ticked = [tick if tick and cell and n in {2, 3, 4, 6} else cell for n, cell in enumerate(given)]
            writer.writerow([*who, *ticked])
    content, _ = proposed(file)
    assert content.get("header_rows") == len(heads)
    found = {re.findall(r"Q\d\w*", each["columns"][0])[0]: each for each in content["question"]}
    assert list(found) == ["Q1", "Q3", "Q4_1", "Q4_3_TEXT", "Q5_1", "Q5_2"]
    assert {name: each["kind"] for name, each in found.items() if name != "Q4_3_TEXT"} == {
        "Q1": "rating",
        "Q3": "choice",
        "Q4_1": "choices",
        "Q5_1": "rating",
        "Q5_2": "rating",
    }
    assert [name.partition(" | ")[0] for name in found["Q4_1"]["columns"]] == ["Q4_1", "Q4_2", "Q4_3", "Q4_4"]
    if "words" in heads:
        assert found["Q1"]["pain"] == "deploying_takes_too_long"
        assert found["Q4_1"]["id"] == "which_of_these_slow_you_down"
        assert found["Q5_1"]["id"] == "waiting_for_data"
    (tmp_path / "site").mkdir()
    survey = imported(tmp_path / "site", file)
    assert survey.faults == [] and len(survey.people) == 4
    if "words" in heads or not tick:
        choices = [each.choice for each in survey.answers if each.question_id.startswith(found["Q4_1"]["id"] + ".")]
        assert sorted(choices) == ["Flaky tests"] * 3 + ["Other"] + ["Slow builds"] * 2


def test_a_comma_within_a_choice_joins_no_options(tmp_path: Path) -> None:
    file = tmp_path / "w.csv"
    said = ["Yes, always", "No, never", "Yes, at times"] * 4
    both = ["Git, Docker", "Docker", "Git, Podman, Docker", "Podman"] * 3
    file.write_text(
        "id,Do you test?,Tools?\n"
        + "".join(f'{n},"{one}","{other}"\n' for n, (one, other) in enumerate(zip(said, both, strict=True)))
    )
    content, _ = proposed(file)
    assert question(content, "Do you test?")["kind"] == "choice"
    assert set(question(content, "Do you test?")["options"]) == set(said)
    assert question(content, "Tools?")["separator"] == ", "
    assert set(question(content, "Tools?")["options"]) == {"Git", "Docker", "Podman"}


HEAD = [
    "Timestamp",
    "Email Address",
    "Your name",
    "Which team are you in?",
    "What is your role?",
    "Deploying is too slow",
]
HEAD += ["Onboarding was easy", "Which tools do you use?", "Which tools do you use? (free)", "Anything else?"]
GOOGLE = "\n".join(
    (
        ",".join(HEAD),
        '13/03/2026 09:15:00,a@x.example,Ann,Fraud,Engineer,Strongly agree,Agree,"Git, Docker",Git and me,"Slow, fine"',
        '13/03/2026 09:16:00,b@x.example,Bob,Risk,Engineer,Disagree,Neutral,"Git, Podman",What a thing,None at all',
        "14/03/2026 09:17:00,c@x.example,Cy,Fraud,Scientist,Agree,Agree,Docker,No idea what you mean,My own words",
        '15/03/2026 09:18:00,d@x.example,Di,Risk,Scientist,Agree,Disagree,"Podman, Docker",Yet another,"Others, too"',
    )
)


def test_google_forms(tmp_path: Path) -> None:
    file = tmp_path / "March wave.csv"
    file.write_text(GOOGLE)
    content, text = proposed(file)
    who = content["respondent"]
    assert who == {
        "respondent": ["Email Address"],
        "submitted_at": ["Timestamp"],
        "team": ["Which team are you in?"],
        "role": ["What is your role?"],
        "names": ["Your name"],
        "time_format": "%d/%m/%Y %H:%M:%S",
    }
    assert set(content["teams"]) == {"Fraud", "Risk"}
    assert content["wave"][0]["id"] == "march-wave"
    kinds = {each["columns"][0]: each["kind"] for each in content["question"]}
    assert kinds == {
        "Deploying is too slow": "rating",
        "Onboarding was easy": "rating",
        "Which tools do you use?": "choices",
        "Which tools do you use? (free)": "text",
        "Anything else?": "text",
    }
    assert question(content, "Deploying is too slow")["pain"] == "deploying_is_too_slow"
    # agreeing may be good or bad: where the words do not tell, a person must
    assert "pain" not in question(content, "Onboarding was easy")
    assert '# pain = "onboarding_was_easy"' in text
    assert question(content, "Which tools do you use?")["separator"] == ", "
    (tmp_path / "site").mkdir()
    survey = imported(tmp_path / "site", file)
    assert survey.faults == []
    assert len(survey.people) == 4


def test_options_in_columns_of_their_own() -> None:
    monkey = Grid(
        [(1, ["Respondent ID", "Which tools?", "", "More?"]), (2, ["", "Git", "Docker", "Open-Ended Response"])]
    )
    monkey.rows += [(3, ["1", "Git", "", "a few words of mine"]), (4, ["2", "Git", "Docker", "and some others"])]
    kinds = [(each.kind, each.columns) for each in guesses(table(monkey, 2))]
    assert kinds == [("response_id", ["Respondent ID"]), ("choices", ["Which tools? | *"]), ("text", ["More?"])]
    lime = Grid([(1, ["id", "G1Q2[Git]", "G1Q2[Docker]"]), (2, ["1", "Y", "Y"]), (3, ["2", "", "Y"])])
    assert [(each.kind, each.columns) for each in guesses(table(lime, 1))][1:] == [("choices", ["G1Q2[*]"])]
    form = Grid([(1, ["#", "Git", "Docker", "Submit Date (UTC)"]), (2, ["a", "Git", "Docker", "2026-03-02 08:00:00"])])
    assert [(each.kind, each.columns) for each in guesses(table(form, 1))] == [
        ("response_id", ["#"]),
        ("choices", ["Git", "Docker"]),
        ("submitted_at", ["Submit Date (UTC)"]),
    ]


def test_a_long_table(tmp_path: Path) -> None:
    file = tmp_path / "long.csv"
    said = [(n, *each) for n in range(4) for each in (("Slow builds", n + 1), ("Role", "Engineer"))]
    rows = [f"p{n},2026-03-02T08:00:00,{question},{answer}" for n, question, answer in said]
    file.write_text("respondent id,submitted at,question,answer\n" + "\n".join(rows) + "\n")
    content, _ = proposed(file)
    assert (content["layout"], content["question_column"], content["answer_column"]) == ("long", "question", "answer")
    assert content["respondent"]["role"] == ["Role"]
    assert question(content, "Slow builds")["kind"] == "rating"


def test_a_long_table_with_ids_and_addresses(tmp_path: Path) -> None:
    """Two responses of one person stay two: a row per answer repeats the id, which makes it no question."""
    file = tmp_path / "long.csv"
    said = [
        (n, question, answer) for n in range(4) for question, answer in (("Slow builds", n + 1), ("Why", f"so {n}"))
    ]
    rows = [f"r{n},p{n // 2}@x.example,2026-03-0{n + 2}T08:00:00,Pay,Dev,{asked},{answer}" for n, asked, answer in said]
    file.write_text("response_id,email,submitted_at,team,role,question,answer\n" + "\n".join(rows) + "\n")
    content, _ = proposed(file)
    who = {key: [key] for key in ("response_id", "submitted_at", "team", "role")}
    assert content["respondent"] == who | {"respondent": ["email"]}
    assert [each["columns"] for each in content["question"]] == [["Slow builds"], ["Why"]]


@pytest.mark.parametrize(("ids", "found"), [((1, 1, 2, 2), ["id"]), ((1, 2, 3, 4), ["email"])])
def test_a_mere_id_of_a_long_table_is_the_response_s_where_it_comes_again(
    tmp_path: Path, ids: tuple[int, ...], found: list[str]
) -> None:
    file = tmp_path / "long.csv"
    said = zip(ids, "aabb", ("Slow builds", "Why") * 2, strict=True)
    rows = [f"{name}@x.example,{number},{asked},{number}" for number, name, asked in said]
    file.write_text("email,id,question,answer\n" + "\n".join(rows) + "\n")
    assert proposed(file)[0]["respondent"]["response_id"] == found


WORDS = {
    "problem": ["Not a problem", "Minor", "Moderate", "Major", "Critical"],
    "agreement": [
        "Strongly disagree",
        "Disagree",
        "Somewhat disagree",
        "Neutral",
        "Somewhat agree",
        "Agree",
        "Strongly agree",
    ],
}


@pytest.mark.parametrize("scale", WORDS)
def test_answers_that_a_question_tells_apart_have_numbers_of_their_own(tmp_path: Path, scale: str) -> None:
    file = tmp_path / "w.csv"
    file.write_text("id,Slow builds\n" + "".join(f"{n},{word}\n" for n, word in enumerate(reversed(WORDS[scale]))))
    content, text = proposed(file)
    words = dict(zip(WORDS[scale], range(9), strict=False))
    assert content["scales"][scale] == {"min": 0, "max": len(words) - 1, "words": words}
    assert "check their order" in text


def test_of_several_times_the_one_of_the_answer_is_read(tmp_path: Path) -> None:
    file = tmp_path / "w.csv"
    for names, best in (
        ("Date Created,Date Modified,Start Date,End Date", "End Date"),
        ("Start Date,Date Created,Date Modified", "Date Modified"),
        ("Start Date,Date Created", "Date Created"),
        ("Start Date", "Start Date"),
    ):
        times = ",".join(["03/13/2026 09:15:00"] * (names.count(",") + 1))
        file.write_text(f"Respondent ID,{names},Why?\n1,{times},Because it is\n2,{times},Nobody knows it\n")
        content, _ = proposed(file)
        assert content["respondent"]["submitted_at"] == [best]
        assert content["respondent"]["time_format"] == "%m/%d/%Y %H:%M:%S"
        assert [each["columns"] for each in content["question"]] == [["Why?"]]


def test_a_question_about_a_time_is_no_time(tmp_path: Path) -> None:
    file = tmp_path / "w.csv"
    file.write_text("id,Start time of jobs is too long\n1,4\n2,1\n")
    content, _ = proposed(file)
    assert question(content, "Start time of jobs is too long")["kind"] == "rating"


def test_previews_of_qualtrics_are_no_answers(tmp_path: Path) -> None:
    file = tmp_path / "w.csv"
    said = "R_1,IP Address,It is slow\nR_2,Survey Preview,Only a trial\nR_3,IP Address,It is fine\n"
    file.write_text("ResponseId,Status,Why?\n" + said)
    content, _ = proposed(file)
    assert content["skip"] == [{"column": "Status", "values": ["Survey Preview", "Survey Test"]}]
    (tmp_path / "site").mkdir()
    assert len(imported(tmp_path / "site", file).people) == 2


def test_a_file_that_is_none_and_a_mapping_that_is_there_already(tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    done = CliRunner().invoke(main, ["survey", "inspect", str(empty)])
    assert (done.exit_code, done.output) == (1, f"error: {empty}: is empty: expected 1 header row; export it again\n")
    file, out = tmp_path / "w.csv", tmp_path / "survey.toml"
    file.write_text(GOOGLE)
    assert CliRunner().invoke(main, ["survey", "inspect", str(file), "--out", str(out)]).exit_code == 0
    before = out.read_text()
    Mapping.model_validate(tomllib.loads(before))
    again = CliRunner().invoke(main, ["survey", "inspect", str(file), "--out", str(out)])
    assert again.exit_code == 2
    assert "is there already" in again.output
    assert out.read_text() == before
