"""`make bench`: ingest, build and page times, side by side by size, as a table and as bench.json.

Measures; asserts nothing. With `--keep FOLDER` the made-up organisations stay there and are used again.
"""

import argparse
import json
import logging
import tempfile
from pathlib import Path

from tests.bench_browser import waits
from tests.bench_build import build_model
from tests.bench_ingest import ingest_github
from tests.bench_views import views

Results = dict[str, float]


def main() -> None:
    """Runs all parts and prints them."""
    logging.disable(logging.WARNING)  # Streamlit warns at every turn that no browser is there
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--github-runs", type=int, default=20_000, help="runs of 12 kB to ingest; 0 leaves this out")
    parser.add_argument(
        "--runs", type=int, nargs="+", default=[1_000_000, 10_000_000], help="CI runs; a tenth as many deployments"
    )
    parser.add_argument("--teams", type=int, default=500)
    parser.add_argument("--keep", type=Path, help="where the organisations are made, and found again")
    parser.add_argument("--out", type=Path, default=Path("bench.json"))
    options = parser.parse_args()
    results: dict[str, Results] = {}
    with tempfile.TemporaryDirectory(prefix="uptake-bench-") as folder:
        if options.github_runs:
            results["ingest"] = ingest_github(Path(folder) / "github", options.github_runs)
        for runs in options.runs:
            data = (options.keep or Path(folder)) / f"{runs}-runs-{options.teams}-teams"
            results[f"{runs:,} runs"] = build_model(data, runs, options.teams) | views(data) | waits(data)
    options.out.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    if "ingest" in results:
        _print({"": results.pop("ingest")})
    _print(results)


def _print(columns: dict[str, Results]) -> None:
    """One line per figure, one column per size."""
    names = list(dict.fromkeys(name for figures in columns.values() for name in figures))
    width = max(map(len, names), default=0)
    print("".join([f"\n{'':{width}}", *(f"{size:>18}" for size in columns)]))
    for name in names:
        cells = (figures.get(name) for figures in columns.values())
        texts = ("" if cell is None else f"{cell:,.1f}" if isinstance(cell, float) else f"{cell:,}" for cell in cells)
        print("".join([f"{name:{width}}", *(f"{text:>18}" for text in texts)]))


if __name__ == "__main__":
    main()
