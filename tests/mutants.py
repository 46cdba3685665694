"""python -m tests.mutants [FILE...]: changes the code of watermarks and upserts, one thing at a time, and looks
whether a test notices. What none notices is printed with its line: either a test is missing, or the change changes
nothing.

Each mutant runs in a copy of the repository, so that nothing here is touched.
"""

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

ROOT = Path(__file__).parent.parent
TESTS: dict[str, tuple[str, ...]] = {
    "ingest/marks.py": ("test_gitlab_reading", "test_look_back"),
    "ingest/reach.py": ("test_reach",),
    "ingest/raw.py": ("test_raw", "test_run"),
    "ingest/retention.py": ("test_retention",),
    "ingest/meaning.py": ("test_meaning",),
    "ingest/load.py": ("test_warehouse", "test_github_renames", "test_cdevents", "test_run"),
    "ingest/warehouse.py": ("test_warehouse", "test_cdevents", "test_meaning", "test_retention", "test_run"),
    "ingest/warehouse.sql": (
        "test_warehouse",
        "test_github_renames",
        "test_cdevents",
        "test_meaning",
        "test_retention",
        "test_run",
    ),
    "ingest/updates.py": ("test_gitlab", "test_gitlab_reading"),
    "ingest/github_windows.py": ("test_github_lists", "test_github_runs"),
    "ingest/incidents.py": ("test_pagerduty", "test_opsgenie"),
}
"""What is changed, and the tests that should notice, the quickest first."""
SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Break: ast.Continue,
}
SQL = (
    (r"is not distinct from", "="),
    (r"is distinct from", "<>"),
    (r"\bor\b", "and"),
    (r"\band\b", "or"),
    (r"where not exists", "where exists"),
    (r"when matched[^\n]*\n", "\n"),
    (r"when not matched[^\n]*\n", "\n"),
    (r"distinct ", ""),
    (r"max\(", "min("),
    (r" \+ 1", ""),
    (r" - \$last", " - $last - 1"),
    (r"lower\((\w+\.\w+)\)", r"\1"),
    (r"by name", ""),
)
PATIENCE = 300


@dataclass(frozen=True)
class Mutant:
    """A changed file: its text, and what was changed in which line."""

    file: str
    line: int
    change: str
    text: str


def mutants(file: str) -> Iterator[Mutant]:
    text = (ROOT / file).read_text("utf-8")
    yield from _in_sql(file, text) if file.endswith(".sql") else _in_python(file, text)


def _in_sql(file: str, text: str) -> Iterator[Mutant]:
    code = re.sub(r"--(?! name:)[^\n]*", lambda found: " " * len(found[0]), text)
    for pattern, instead in SQL:
        for found in re.finditer(pattern, code):
            changed = text[: found.start()] + found.expand(instead) + text[found.end() :]
            line = text.count("\n", 0, found.start()) + 1
            yield Mutant(file, line, f"{found[0].strip()} -> {instead.strip() or 'nothing'}", changed)


def _in_python(file: str, text: str) -> Iterator[Mutant]:
    tree = ast.parse(text)
    for index, node in enumerate(ast.walk(tree)):
        for change in _changes(node):
            copy = deepcopy(tree)
            there = next(each for number, each in enumerate(ast.walk(copy)) if number == index)
            said = _apply(there, change)
            line = getattr(node, "lineno", 0)
            yield Mutant(file, line, said, ast.unparse(ast.fix_missing_locations(copy)))


def _changes(node: ast.AST) -> list[str]:
    """The ways in which a node can be changed."""
    if isinstance(node, ast.Compare | ast.BoolOp | ast.BinOp):
        operators = node.ops if isinstance(node, ast.Compare) else [node.op]
        return ["operator"] if type(operators[0]) in SWAPPED else []
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return ["not"]
    if isinstance(node, ast.Constant) and type(node.value) in {int, bool}:
        return ["constant"]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Yield | ast.YieldFrom):
        return ["statement"]
    if isinstance(node, ast.IfExp | ast.If):
        return ["condition"]
    return []


def _apply(node: ast.AST, change: str) -> str:
    before = ast.unparse(node).splitlines()[0]
    if change == "operator" and isinstance(node, ast.Compare):
        node.ops[0] = SWAPPED[type(node.ops[0])]()  # type: ignore[assignment]
    elif change == "operator":
        node.op = SWAPPED[type(node.op)]()  # type: ignore[attr-defined]
    elif change == "not":
        node.op, node.operand = ast.UAdd(), ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])  # type: ignore[attr-defined]
    elif change == "constant":
        node.value = not node.value if isinstance(node.value, bool) else node.value + 1  # type: ignore[attr-defined]
    elif change == "statement":
        node.value = ast.Constant(None)  # type: ignore[attr-defined]
        return f"{before} -> nothing"
    else:
        node.test = ast.UnaryOp(ast.Not(), node.test)  # type: ignore[attr-defined]
    return f"{before} -> {ast.unparse(node).splitlines()[0]}"


def lives(mutant: Mutant, copy: Path) -> bool:
    """Whether all tests pass with it."""
    file = copy / mutant.file
    whole = file.read_text("utf-8")
    file.write_text(mutant.text, "utf-8")
    tests = [f"tests/ingest/{name}.py" for name in TESTS[mutant.file]]
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-m", "not slow", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, timeout=PATIENCE, check=False)
        return done.returncode == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        file.write_text(whole, "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("files", nargs="*", metavar="FILE", help=", ".join(TESTS))
    parser.add_argument("--every", type=int, default=1, help="try only every so many-th mutant (default: 1)")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    files = options.files or list(TESTS)
    found = [mutant for file in files for mutant in list(mutants(file))[:: options.every]]
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(options.workers) as pool:
        copies: Queue[Path] = Queue()
        for number in range(options.workers):
            copy = Path(folder) / str(number)
            for part in ("app", "ingest", "queries", "tests", "pyproject.toml"):
                source = ROOT / part
                shutil.copytree(source, copy / part) if source.is_dir() else shutil.copy(source, copy / part)
            copies.put(copy)

        def tried(mutant: Mutant) -> bool:
            copy = copies.get()
            try:
                return lives(mutant, copy)
            finally:
                copies.put(copy)

        # where the tests fail anyway, every mutant would seem to be noticed
        for unchanged in (Mutant(file, 0, "nothing", (ROOT / file).read_text("utf-8")) for file in files):
            if not tried(unchanged):
                print(f"error: the tests of {unchanged.file} fail as it is; mend them first", file=sys.stderr)
                return 1
        lived = 0
        # one at a time as it ends: a check that is cut off has told what it found until then
        for number, (mutant, lives_on) in enumerate(zip(found, pool.map(tried, found), strict=True), 1):
            lived += lives_on
            count = f"[{number}/{len(found)}, {time.monotonic() - started:.0f} s]"
            if lives_on:
                print(f"{mutant.file}:{mutant.line}: {mutant.change} {count}", flush=True)
            elif number % 10 == 0:
                print(count, flush=True)
    print(f"{len(found)} mutants, {lived} lived, {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
