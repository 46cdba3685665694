"""docs/definitions.md says what the SQL files say of themselves: every metric, its version, question and definition."""

from tests.definitions import HEADING, PAGE, metrics

TEXT = PAGE.read_text("utf-8")


def test_the_page_says_of_each_metric_what_its_file_says() -> None:
    assert TEXT.partition(HEADING)[2] == metrics(), "docs/definitions.md is behind: python -m tests.definitions"


def test_where_the_field_disagrees_everybody_s_answer_stands() -> None:
    table = TEXT.partition("## Where the field disagrees")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    questions = {line.split(" | ")[0].removeprefix("| ") for line in rows}
    assert rows[0] == "| question | here | why | DORA | DevLake | GitLab |"
    assert {"Is a cancelled run a failure?", "Does a failed deployment count in the change fail rate?"} <= questions
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        assert len(cells) == 6 and all(cells), row
