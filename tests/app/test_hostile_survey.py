"""A survey that means harm: what people wrote runs nowhere, becomes no markup, and no formula of a spreadsheet."""

import csv
import io
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Dialog, Page

from tests.app.browser import exceptions, serve, settled, watch
from tests.conftest import Site

SCRIPT = "<script>window.harm=1;alert(1)</script>"
ATTACKS = [
    SCRIPT,
    '<img src=x onerror="window.harm=1;alert(2)">',
    '"><svg/onload=alert(3)>',
    "[click](javascript:alert(4)) ![x](javascript:alert(5))",
    "=cmd|'/c calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "{{7*7}} ${7*7} <%= 7*7 %> $\\LaTeX$ :bug:",
    "\u202emirrored \u2066isolated\u2069 \u200fright to left",
    "null\x00byte and bell\x07",
    "</style><style>body{display:none}</style>",
    "</blockquote></section><h1>taken over</h1>",
    "A" * 1_000_000,
    "<b>" * 2000,
]


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site whose people, roles, teams, pains and words are all attacks; as files, through the real command."""
    site = Site(tmp_path_factory.mktemp("attacked"))
    harm = quoted(SCRIPT)
    site.export("team.csv", f'team_id,name,domain,headcount\nt1,{harm},{harm},40\nt2,=1+1,"<i>x</i>",40\n')
    site.export(
        "pain_point.csv", f"pain_id,title,theme,evidence_metric\np1,{harm},{harm},{harm}\np2,=2+2,@x,lead_time\n"
    )
    site.export(
        "initiative.csv",
        "initiative_id,title,status,pain_ids,priority,effort_days,shipped_at\n"
        f"i1,{harm},planned,p1,1,5,\ni2,=3+3,shipped,p2,2,5,2026-03-01\n",
    )
    site.export("survey.csv", f"survey_id,title,opened_at,invited_count\ns1,{harm},2026-05-01,40\n")
    rows = ["survey_id,response_id,question_id,respondent,team_id,role,pain_id,rating,scale_min,scale_max,text"]
    for n in range(32):
        who = f"s1,r{n},{{}},person{n},t{1 + n % 2},{harm if n % 2 else '=4+4'}"
        rows += [f"{who.format('q1')},p1,5,1,5,", f"{who.format('q2')},p2,{1 + n % 5},1,5,"]
        rows.append(f"{who.format('q3')},{'p1' if n % 3 else ''},,,,{quoted(ATTACKS[n % len(ATTACKS)])}")
    site.export("survey_answer.csv", "\n".join(rows) + "\n")
    site.uptake("ingest")
    return site


@pytest.fixture(scope="module")
def address(attacked: Site) -> Iterator[str]:
    with serve(attacked.data) as found:
        yield found


@pytest.mark.parametrize("path", ["pain", "listening", "overview"])
def test_nothing_runs_and_nothing_becomes_markup(address: str, browser: Browser, path: str) -> None:
    page = browser.new_page()
    dialogs: list[str] = []

    def opened(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", opened)
    faults = watch(page)
    page.goto(f"{address}/{path}")
    settled(page)
    assert not exceptions(page)
    assert not dialogs and page.evaluate("window.harm") is None
    assert not [fault for fault in faults if fault.rpartition("/")[2] == "x"], faults
    assert markup(page) == []
    assert page.locator("h1").count() == 1 and page.locator("h1").is_visible()
    assert "<script>window.harm=1" in page.inner_text("body"), "the words stand there as they were written"
    if path == "listening":
        assert page.locator("blockquote").count() >= 4 and page.locator("blockquote *").count() == 0
    page.close()


def markup(page: Page) -> list[str]:
    """Elements and links in the page's body that only an answer can have brought in."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('.stMain *')].filter(one =>
            (one.tagName === 'SCRIPT' && one.textContent.includes('harm'))
            || (one.tagName === 'IMG' && (one.getAttribute('src') || '') === 'x')
            || one.hasAttribute('onerror') || (one.tagName === 'svg' && one.hasAttribute('onload'))
            || (one.getAttribute('href') || '').startsWith('javascript:')
            || (one.tagName === 'STYLE' && one.textContent.includes('display:none'))
        ).map(one => one.outerHTML.slice(0, 80))"""
    )
    return found


def test_a_megabyte_does_not_fill_the_page(address: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 800, "height": 900})
    page.goto(f"{address}/listening")
    settled(page)
    longest = page.evaluate(
        "Math.max(...[...document.querySelectorAll('blockquote')].map(one => one.innerText.length))"
    )
    wide = page.evaluate(
        "document.querySelector('.stMain').scrollWidth <= document.querySelector('.stMain').clientWidth"
    )
    assert 0 < longest < 2000 and wide
    page.close()


@pytest.mark.parametrize(
    "name", ["quotes", "mentions", "pain", "pain_overlap", "quick_wins", "listen", "survey_response"]
)
def test_exports_hold_no_formula(attacked: Site, name: str) -> None:
    group = ["--group", "role"] if name in {"pain", "survey_response"} else []
    result = attacked.uptake("metric", name, *group, "--format", "csv")
    assert result.exit_code == 0, result.output
    cells = [cell for row in csv.reader(io.StringIO(result.output)) for cell in row]
    assert len(cells) > 5
    for cell in cells:
        assert not cell.startswith(("=", "+", "@", "\t", "\r")), cell[:40]
        assert not cell.startswith("-") or float(cell) < 0
        assert "\x00" not in cell


def test_the_terminal_is_not_steered(attacked: Site) -> None:
    result = attacked.uptake("metric", "quotes")
    assert result.exit_code == 0
    assert not any(char in result.output for char in "\x00\x07\x1b\u202e\u2066")
