"""What must stay true of the repository itself: layers, documentation, pins, and names that must not be in it."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin

import click
import duckdb
import pytest
from pydantic import BaseModel

from app.cli import main
from ingest.config import Settings
from ingest.records import RECORDS

ROOT = Path(__file__).parent.parent
ALLOWED = {"app": {"app", "queries", "ingest"}, "queries": {"queries"}, "ingest": {"ingest"}}
SQL_TYPES = {"datetime": "TIMESTAMP", "list": "VARCHAR[]", "bool": "BOOLEAN", "float": "DOUBLE", "int": "INTEGER"}


def tracked(*patterns: str) -> list[Path]:
    """Files that git tracks or would track; outside a checkout, all that look like it."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


@pytest.mark.parametrize("layer", ALLOWED)
def test_imports_point_one_way(layer: str) -> None:
    for path in (ROOT / layer).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                top = name.partition(".")[0]
                assert top not in set(ALLOWED) - ALLOWED[layer], f"{path.relative_to(ROOT)} imports {name}"


def test_only_the_command_line_sees_all_layers() -> None:
    seen = []
    for path in (ROOT / "app").rglob("*.py"):
        text = path.read_text("utf-8")
        imports = set(re.findall(r"^\s*(?:from|import) (ingest|queries)\b", text, re.MULTILINE))
        if imports == {"ingest", "queries"}:
            seen.append(path.name)
    assert seen == ["cli.py"]


def test_readme_names_every_command_and_its_options() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert isinstance(main, click.Group)
    everywhere = {"--config", "--data", "--log", "--help"}
    for name, command in main.commands.items():
        row = next((line for line in readme.splitlines() if line.startswith(f"| `uptake {name}")), None)
        assert row, f"README.md does not explain `uptake {name}`"
        for option in command.params:
            for flag in option.opts:
                if flag.startswith("--") and flag not in everywhere:
                    assert flag in row, f"README.md: `uptake {name}` lacks {flag}"


def test_readme_and_example_name_every_config_key() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    example = (ROOT / "uptake.example.toml").read_text("utf-8")
    for key in config_keys(Settings):
        assert f"`{key}`" in readme or f"`[{key}]`" in readme or f"`[[{key}]]`" in readme, f"README.md lacks key {key}"
        assert re.search(rf"\b{key}\b", example), f"uptake.example.toml lacks key {key}"


def config_keys(model: type[BaseModel]) -> set[str]:
    keys: set[str] = set()
    for name, field in model.model_fields.items():
        keys.add(name)
        for inner in models_in(field.annotation):
            keys |= config_keys(inner)
    return keys


def models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) is not None or isinstance(annotation, UnionType):
        return [model for part in get_args(annotation) for model in models_in(part)]
    return []


def test_every_record_and_column_is_documented() -> None:
    page = (ROOT / "docs" / "files.md").read_text("utf-8")
    for noun, record in RECORDS.items():
        section = page.partition(f"### {noun}\n")[2].partition("\n### ")[0]
        documented = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
        assert documented == list(record.model_fields), noun


def test_staging_holds_exactly_the_records() -> None:
    con = duckdb.connect()
    con.execute((ROOT / "ingest" / "staging.sql").read_text("utf-8"))
    for noun, record in RECORDS.items():
        described = con.sql(f"describe staging.{noun}").fetchall()
        table = [(name, kind) for name, kind, *_ in described]
        columns = [("source", "VARCHAR"), *((n, sql_type(str(f.annotation))) for n, f in record.model_fields.items())]
        assert table == columns, noun


def sql_type(annotation: str) -> str:
    if "Literal" in annotation:
        return "VARCHAR"
    found = (sql for word, sql in SQL_TYPES.items() if re.search(rf"\b{word}\b", annotation))
    return next(found, "VARCHAR")


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_have_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|--trusted-host", text)
    pinned = re.findall(r"^([a-z0-9._-]+)==[^ ]+ \\\n    --hash=sha256:", text, re.MULTILINE)
    named = re.findall(r"^([a-z0-9._-]+)==", text, re.MULTILINE)
    assert pinned == named != []


def test_runtime_dependencies_are_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    for dependency in project["dependencies"]:
        name = re.match(r"[A-Za-z0-9._-]+", dependency)
        assert name and f"\n{name[0]}==" in lock
    assert "Private :: Do Not Upload" in project["classifiers"]


def test_nothing_names_a_registry_or_a_machine() -> None:
    forbidden = re.compile(
        "|".join(
            [
                "py" + r"pi\.org",
                "python" + "hosted",
                "registry" + r"\.npm",
                r"(?<![\w.])/(work|root|farm)/",
                "/opt/" + "py",
            ]
        )
    )
    for path in tracked():
        if path.suffix in {".gz", ".png", ".parquet", ".duckdb"}:
            continue
        text = path.read_text("utf-8", errors="replace")
        found = forbidden.search(text)
        assert found is None, f"{path.relative_to(ROOT)} names {found and found[0]}"


def test_sql_is_lower_case_and_lives_in_sql_files() -> None:
    for path in tracked("*.sql"):
        code = "\n".join(line.partition("--")[0] for line in path.read_text("utf-8").splitlines())
        words = re.findall(r"\b(SELECT|FROM|WHERE|GROUP BY|JOIN|CREATE)\b", re.sub(r"'[^']*'", "", code))
        assert not words, f"{path.relative_to(ROOT)} has {words[0]} in capitals"


def test_locks_are_installed_as_they_are() -> None:
    """A dependency that pip looks up again may be a release of today, of which no lock has the hash."""
    lines = (ROOT / "Makefile").read_text("utf-8").splitlines()
    installs = [line for line in lines if "pip install" in line and ".lock" in line and " -r " in line]
    assert len(installs) == 2
    assert all("--no-deps --require-hashes" in line for line in installs)
