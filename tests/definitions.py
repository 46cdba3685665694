"""`python -m tests.definitions`: writes the metrics of docs/definitions.md anew, from what their files say."""

from pathlib import Path

from queries.metrics import METRICS

PAGE = Path(__file__).parent.parent / "docs" / "definitions.md"
HEADING = "## The metrics\n"


def metrics() -> str:
    """The part of the page that follows HEADING."""
    return "".join(
        f"\n### {name}, version {metric.version}\n\n{metric.question} {metric.definition}\n"
        for name, metric in METRICS.items()
    )


if __name__ == "__main__":
    PAGE.write_text(PAGE.read_text("utf-8").partition(HEADING)[0] + HEADING + metrics(), "utf-8")
