"""Every kind of source has every part: settings, docs, recorded pages, a world to be read in, and tests."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from ingest.run import KINDS
from ingest.settings import SourceSettings
from tests.providers import PROVIDERS

ROOT = Path(__file__).parents[2]
CLASSES = {get_args(each.model_fields["kind"].annotation)[0]: each for each in get_args(get_args(SourceSettings)[0])}
# what reads files is tried with files, and what is pushed with a receiver
API = sorted(set(CLASSES) - {"files", "cdevents", "survey"})
SECTIONS = {"What it gives", "What is new", "When something fails", "Permissions"}


def test_kinds_are_the_same_everywhere() -> None:
    assert set(PROVIDERS) == set(API)
    assert set(CLASSES) - {"cdevents"} == set(KINDS)


@pytest.mark.parametrize("kind", CLASSES)
def test_a_kind_is_explained(kind: str) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert re.search(rf"^\| `{kind}` \|", readme, re.M), "README.md: its row among the sources is missing"
    assert re.search(rf"`\[\[source\]\]` of kind `{kind}`", readme), "README.md: its keys are missing"
    example = (ROOT / "uptake.example.toml").read_text("utf-8")
    assert re.search(rf'^#? ?kind = "{kind}"$', example, re.M), "uptake.example.toml: it is missing"
    [page] = re.findall(rf"^\| `{kind}` \|.*\[docs/(\w+\.md)\]", readme, re.M)
    assert (ROOT / "docs" / page).exists()


# typeform is explained with the surveys that it delivers
@pytest.mark.parametrize("kind", sorted({*API} - {"typeform"}))
def test_a_page_says_what_a_source_gives_what_is_new_what_fails_and_what_it_needs(kind: str) -> None:
    page = (ROOT / "docs" / f"{kind}.md").read_text("utf-8")
    assert set(re.findall(r"^## (.*)$", page, re.M)) >= SECTIONS


# the answers of typeform are written in tests/providers.py, after its documentation
@pytest.mark.parametrize("kind", sorted({*API} - {"typeform"}))
def test_a_kind_has_recorded_pages_and_tests(kind: str) -> None:
    fixtures = ROOT / "tests" / "fixtures" / kind
    assert (fixtures / "README.md").exists(), "where its pages come from is not told"
    assert list(fixtures.glob("*.json")), "it has no recorded pages"
    assert (ROOT / "tests" / "ingest" / f"test_{kind}.py").exists()


@pytest.mark.parametrize("kind", CLASSES)
def test_a_kind_can_say_what_it_misses(kind: str) -> None:
    module = {"files": "files", "cdevents": "cdevents"}.get(kind, kind)
    text = (ROOT / "ingest" / f"{module}.py").read_text("utf-8")
    assert re.search(r"^    def check\(self, http", text, re.M)
    tests: Any = sorted((ROOT / "tests" / "ingest").glob(f"test_{kind}*.py")) or [Path(__file__)]
    assert any("check" in test.read_text("utf-8") for test in tests), "no test of its check"
