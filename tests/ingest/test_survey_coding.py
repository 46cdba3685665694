"""Free text to pains: each match with its words, each correction heeded, and how far it agrees with a person."""

import csv
import io
import itertools
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from app.cli import main
from ingest.errors import SourceError
from ingest.survey_agreement import Agreement, agreement
from ingest.survey_coding import CORRECTED, Code, Coding, Correction, Rules, Suggestions, load
from tests.ingest.survey_reading import SurveyReading

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
RULES = Rules(
    code=[
        Code(
            pain="slow",
            terms=["slow deploy*", "takes forever"],
            patterns=[r"\d+ (hours|days) to deploy"],
            unless=["not slow"],
        ),
        Code(pain="flaky", terms=["flaky", "re-run*"]),
        Code(pain="slow", terms=["sluggish"]),
    ],
    correction=[
        Correction(answer="It was flaky once, but no more", pains=[]),
        Correction(answer="Long story...", pains=["slow", "access"]),
    ],
)


@pytest.mark.parametrize(
    ("text", "pains"),
    [
        ("Slow deployments!", {"slow": "Slow deployments"}),
        ("slow   deploys, and sluggish", {"slow": "slow deploys; sluggish"}),
        ("It takes 3 days to deploy", {"slow": "3 days to deploy"}),
        ("slow deploys? not slow at all", {}),
        ("unflaky reruns", {}),
        ("re-runs of flaky tests", {"flaky": "re-runs; flaky"}),
        ("It was FLAKY once, but no more", {}),
        ("A long story", {}),
        ("Long story. It is flaky", {"slow": CORRECTED, "access": CORRECTED}),
        ("", {}),
    ],
)
def test_what_a_text_is_coded_to_and_why(text: str, pains: dict[str, str]) -> None:
    assert Coding(RULES)(text) == pains


@given(st.text(max_size=300))
def test_any_text_is_coded_to_words_that_stand_in_it(text: str) -> None:
    for words in Coding(RULES)(text).values():
        for part in words.split("; "):
            assert part == CORRECTED or part in " ".join(text.split())


def test_suggestions_name_the_words_that_are_shared() -> None:
    coded = {"slow": ["deploying takes ages", "deploying waits ages for approval"], "flaky": ["tests fail at random"]}
    suggest = Suggestions(coded)
    assert suggest("deploying is what ages me") == {"slow": "ages, deploying"}
    assert suggest("nothing of the kind") == {}
    assert suggest("") == Suggestions({})("deploying") == {}


def test_rules_that_are_wrong_are_said_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "coding.toml"
    for content, said in (
        ('[[code]]\npain = "slow"\npatterns = ["("]\n', "'(' is no regular expression"),
        ('[[code]]\npains = "slow"\n', "code.0.pain: is missing"),
        ("[[code]\n", "is not valid TOML"),
    ):
        file.write_text(content)
        with pytest.raises(SourceError) as raised:
            load(file)
        assert str(raised.value).startswith("coding.toml: ") and said in str(raised.value)
    with pytest.raises(SourceError, match="no such file"):
        load(tmp_path / "none.toml")


def test_agreement_counted_by_hand() -> None:
    """Ten decisions (five answers, two pains): 3 both, 1 and 2 one of the two, 4 neither."""
    coding = {"a": {"x"}, "b": {"x", "y"}, "c": {"y"}}
    person = {"a": {"x"}, "b": {"x", "y"}, "c": set(), "d": {"x"}, "e": {"y"}}
    found = agreement(coding, person, {"x", "y"})
    assert found == Agreement(5, both=3, only_coding=1, only_person=2, neither=4)
    assert (found.precision, found.recall, found.f1) == (3 / 4, 3 / 5, pytest.approx(6 / 9))
    # seen 0.7, by chance 0.4 * 0.5 + 0.6 * 0.5 = 0.5
    assert found.kappa == pytest.approx(0.4)


def test_agreement_has_no_figure_where_there_is_none() -> None:
    nothing = agreement({}, {"a": set()}, {"x"})
    assert (nothing.precision, nothing.recall, nothing.f1, nothing.kappa) == (None, None, None, None)


@given(st.dictionaries(st.sampled_from("abcdef"), st.sets(st.sampled_from("xyz")), min_size=1))
def test_agreement_with_oneself_is_complete(coded: dict[str, set[str]]) -> None:
    found = agreement(coded, coded, set("xyz"))
    assert found.kappa in (None, 1)
    assert found.f1 in (None, 1)


def test_mentions_are_no_ratings(tmp_path: Path) -> None:
    survey = SurveyReading(tmp_path)
    (tmp_path / "coding.toml").write_text('[[code]]\npain = "slow"\nterms = ["slow"]\n')
    text = """
        coding = "coding.toml"
        [[wave]]
        id = "w"
        files = ["*.csv"]
        opened_at = 2026-03-01
        [[question]]
        id = "more"
        columns = ["More?"]
        kind = "text"
        coded = {coded}
        [[pain]]
        id = "slow"
        title = "Slow"
        """
    survey.mapping(text.replace("{coded}", "true"))
    survey.export("w.csv", "n,More?\n1,It is slow. Mail me: a@b.example\n2,fine\n")
    survey.sync()
    said = [(answer.pain_id, answer.choice, answer.text, answer.rating) for answer in survey.answers]
    assert said == [("slow", "slow", "It is slow. Mail me: [e-mail]", None), (None, None, "fine", None)]
    # another rule is another mapping: what it no longer says goes
    (tmp_path / "coding.toml").write_text('[[code]]\npain = "slow"\nterms = ["sluggish"]\n')
    assert [answer.pain_id for answer in survey.sync().answers] == [None, None]
    assert ("survey_answer", "w") in survey.forgotten
    survey.mapping(text.replace("{coded}", "false"))
    assert [answer.pain_id for answer in survey.sync().answers] == [None, None]


def code(*words: str) -> str:
    done = CliRunner(env={"UPTAKE_PEPPER": "pepper"}).invoke(
        main, ["--config", str(SAMPLE / "surveys.toml"), "survey", "code", *words]
    )
    assert done.exit_code == 0, done.output
    return done.output


def test_the_coding_of_real_answers_agrees_with_a_person() -> None:
    """The figures of docs/survey.md. The held-out answers were coded by hand after the terms were written, and no term
    has changed since: they tell how well it does on answers that nobody has read."""
    rows = code("jupyter", "--against", str(SAMPLE / "surveys" / "jupyter_coded.csv"), "--format", "csv").splitlines()
    found = [dict(zip(rows[0].split(","), row.split(","), strict=True)) for row in rows[1:]]
    page = (SAMPLE.parents[1] / "docs" / "survey.md").read_text("utf-8")
    for row, name in zip(found, ("tuning", "held out"), strict=True):
        f1, kappa = float(row["f1"]), float(row["kappa"])
        print(f"{name}: {row['answers']} answers, F1 {f1:.2f}, kappa {kappa:.2f}")
        assert f"| {name} | {row['answers']} | {f1:.2f} | {kappa:.2f} |" in page
    assert [row["answers"] for row in found] == ["120", "60"]
    assert float(found[1]["f1"]) > 0.6


def test_answers_are_listed_with_their_words_and_uncoded_ones_with_suggestions() -> None:
    every = code("jupyter", "--format", "csv").splitlines()
    uncoded = code("jupyter", "--uncoded", "--format", "csv").splitlines()
    assert every[0] == "survey_id,question_id,pains,suggested,text"
    assert any("q19c (git" in line for line in every)
    assert 1 < len(uncoded) < len(every)
    assert not any("q19c (git" in line for line in uncoded)
    assert not any("@example.com" in line for line in every)


def test_a_source_that_is_none_is_said() -> None:
    places = ["--config", str(SAMPLE / "surveys.toml"), "survey", "code"]
    done = CliRunner().invoke(main, [*places, "nobody"])
    assert done.exit_code == 2
    assert "no source of kind survey is called 'nobody'; there are jupyter, spack, qualtrics" in done.output
    done = CliRunner().invoke(main, [*places, "spack"])
    assert (done.exit_code, "names no `coding` file" in done.output) == (1, True)


def test_a_coding_by_hand_that_is_none_is_said(tmp_path: Path) -> None:
    file = tmp_path / "hand.csv"
    file.write_text("answer,pains\n1,x\n")
    places = ["--config", str(SAMPLE / "surveys.toml"), "survey", "code", "jupyter", "--against", str(file)]
    done = CliRunner().invoke(main, places)
    assert (done.exit_code, "needs the columns question_id, response_id and pains" in done.output) == (1, True)


def test_terms_of_the_sample_name_pains_that_are_there() -> None:
    mapping = tomllib.loads((SAMPLE / "surveys" / "jupyter.toml").read_text("utf-8"))
    known = {pain["id"] for pain in mapping["pain"]}
    assert set(load(SAMPLE / "surveys" / "jupyter_coding.toml").pains) <= known
    by_hand = (SAMPLE / "surveys" / "jupyter_coded.csv").read_text("utf-8").splitlines()[1:]
    assert set(itertools.chain.from_iterable(line.rpartition(",")[2].split() for line in by_hand)) <= known


def test_what_is_listed_is_computed_by_no_spreadsheet(tmp_path: Path) -> None:
    survey = SurveyReading(tmp_path)
    rows = ['"=HYPERLINK(""x"")"', "\"+SUM(1+1)*cmd|' /C calc'!A0\"", "<script>alert(1)</script>"]
    survey.export("w.csv", "\n".join(["n,More?", *(f"{n},{row}" for n, row in enumerate(rows))]))
    (tmp_path / "coding.toml").write_text('[[code]]\npain = "slow"\nterms = ["slow"]\n')
    survey.mapping(
        """
        coding = "coding.toml"
        wave = [{ id = "w", files = ["*.csv"], opened_at = 2026-03-01 }]
        question = [{ id = "more", columns = ["More?"], kind = "text", coded = true }]
        """
    )
    config = tmp_path / "uptake.toml"
    config.write_text('[[source]]\nname = "s"\nkind = "survey"\npath = "exports"\nmapping = "survey.toml"\n')
    done = CliRunner().invoke(main, ["--config", str(config), "survey", "code", "s", "--format", "csv"])
    assert done.exit_code == 0, done.output
    texts = [row["text"] for row in csv.DictReader(io.StringIO(done.output))]
    assert texts == ['\'=HYPERLINK("x")', "'+SUM(1+1)*cmd|' /C calc'!A0", "<script>alert(1)</script>"]
