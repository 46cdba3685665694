"""docs/definitions.md says what the SQL files say of themselves: every metric, its version, question and definition."""

import re
from pathlib import Path

import pytest

from queries.metrics import METRICS

PAGE = (Path(__file__).parent.parent / "docs" / "definitions.md").read_text("utf-8")


@pytest.mark.parametrize("name", METRICS)
def test_the_page_says_of_each_metric_what_its_file_says(name: str) -> None:
    metric = METRICS[name]
    text = f"### {name}, version {metric.version}\n\n{metric.question} {metric.definition}\n"
    assert text in PAGE, f"docs/definitions.md does not hold this of {name}; put it there:\n{text}"


def test_the_page_knows_no_other_metric_and_keeps_their_order() -> None:
    assert re.findall(r"^### (\w+), version \d+$", PAGE, re.MULTILINE) == list(METRICS)


def test_where_the_field_disagrees_everybody_s_answer_stands() -> None:
    table = PAGE.partition("## Where the field disagrees")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    questions = [line.split(" | ")[0] for line in rows]
    assert rows[0] == "| question | here | why | DORA | DevLake | GitLab |"
    assert {"| Is a cancelled run a failure?", "| Does a failed deployment count in the change fail rate?"} <= {
        *questions
    }
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        assert len(cells) == 6 and all(cells), row
