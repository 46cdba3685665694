"""The configuration: the example is valid and names every key; what is wrong is named with file, key and remedy."""

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from app.cli import definitions
from ingest import config
from ingest.config import Settings
from ingest.errors import ConfigError, SourceError
from ingest.secret import secret
from ingest.settings import KINDS, FilesSettings, SourceSettings
from queries.definitions import CAUSES

EXAMPLE = Path(__file__).parents[2] / "uptake.example.toml"
SOURCES: tuple[type[BaseModel], ...] = get_args(get_args(SourceSettings)[0])


def test_the_example_is_valid() -> None:
    assert {source.kind for source in config.load(EXAMPLE).source} == set(KINDS)


def keys(text: str) -> set[str]:
    """Keys that are set in a piece of TOML, or shown in a comment."""
    return set(re.findall(r"^(?:# )?(\w+) = ", text, re.MULTILINE))


ONCE = {"keep_raw_days", "parallel", "reserve", "token_file"}


def test_the_example_shows_every_key_in_its_table() -> None:
    text = EXAMPLE.read_text()
    given = tomllib.loads(text)
    assert given.keys() == Settings.model_fields.keys()
    for table, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            assert given[table].keys() == field.annotation.model_fields.keys(), table
    sources = {re.findall(r'^kind = "(\w+)"', part, re.MULTILINE)[0]: part for part in text.split("[[source]]\n")[1:]}
    for kind in SOURCES:
        (name,) = get_args(kind.model_fields["kind"].annotation)
        tables = set(re.findall(r"^\[\[source\.(\w+)\]\]", sources[name], re.MULTILINE))
        # what every source has, and few will set, is shown once
        assert kind.model_fields.keys() - ONCE <= keys(sources[name]) | tables, name
    assert keys(text) >= ONCE


def test_the_example_explains_every_key_where_it_first_stands() -> None:
    seen: set[str] = set()
    for paragraph in EXAMPLE.read_text().split("\n\n"):
        new = keys(paragraph) - seen
        assert not new or "# " in paragraph, f"{new} stand there without a comment"
        seen |= new
    assert len(seen) > 20


def test_the_example_shows_the_defaults() -> None:
    example, plain = config.load(EXAMPLE), config.parse({}, EXAMPLE)
    assert (example.environments, example.privacy) == (plain.environments, plain.privacy)
    assert example.metrics.incident_window_hours == plain.metrics.incident_window_hours
    causes = example.causes.model_dump(exclude_none=True)
    assert list(causes) == list(CAUSES)
    for cause, given in causes.items():
        assert {kind: tuple(globs) for kind, globs in given.items() if globs} == CAUSES[cause]


def test_a_cause_keeps_its_usual_globs_where_none_are_given(tmp_path: Path) -> None:
    raw = {"causes": {"hotfix": {"refs": ["fix/*"]}, "retrain": {"actors": ["trainer"]}}}
    found = definitions(config.parse(raw, tmp_path / "uptake.toml"), tmp_path).cause_rules
    assert found["hotfix"]["refs"] == ("fix/*",) and found["hotfix"]["workflows"] == CAUSES["hotfix"]["workflows"]
    assert found["retrain"]["workflows"] == CAUSES["retrain"]["workflows"]
    # an account is known by its hash alone
    assert len(found["retrain"]["actors"]) == 1 and "trainer" not in found["retrain"]["actors"]


SOURCE = '[[source]]\nname = "drop"\nkind = "files"\npath = "x"\n'
GITHUB = '[[source]]\nname = "gh"\nkind = "github"\nrepos = ["acme/*"]\n'


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("a = ", "is not valid TOML: Invalid value (at end of document)"),
        ("colour = 1", "unknown key 'colour'; see uptake.example.toml for the keys that exist"),
        ("[metrics]\nwindow = 1", "unknown key 'metrics.window'; see uptake.example.toml for the keys that exist"),
        (SOURCE.replace("path", "folder"), "key '[[source]] drop.path' is missing; see uptake.example.toml"),
        (SOURCE.replace('"files"', '"mars"'), "[[source]] drop: kind must be one of 'files', "),
        (SOURCE.replace('kind = "files"\n', ""), "[[source]] drop: kind must be one of files, "),
        (SOURCE.replace('"drop"', '"a b"'), "[[source]] a b.name: String should match pattern "),
        (
            SOURCE * 2,
            "the file: source name 'drop' is given twice; names are prefixes of ids and must be unique",
        ),
        ('timezone = "Mars"', "timezone: 'Mars' is no time zone; give a name such as Europe/Amsterdam (found 'Mars')"),
        ("[privacy]\nmin_group = 1", "privacy.min_group: Input should be greater than or equal to 2 (found 1)"),
        (
            GITHUB + 'base_url = "github.example"',
            "[[source]] gh.base_url: must be an http(s) URL such as https://api.github.com (found 'github.example')",
        ),
        (
            GITHUB.replace("acme/*", "acme"),
            "[[source]] gh.repos: 'acme' is not owner/name or owner/glob, such as acme/fraud-model or acme/*",
        ),
        (
            GITHUB + 'base_url = "https://mona:s3cret@github.example"',
            "[[source]] gh.base_url: must not hold a user or password; name the token's variable in token_env (found "
            "'https://...@github.example')",
        ),
        (GITHUB + 'base_url = "https://github.example:99999"', "[[source]] gh.base_url: Port out of range 0-65535 ("),
        (SOURCE.replace('"x"', '"~nobody-of-that-name/x"'), "a path begins with ~ and a user that is not known here; "),
        (SOURCE.replace("drop", "d" * 65), f"[[source]] {'d' * 65}.name: String should have at most 64 characters"),
        (SOURCE + "stale_after_hours = inf", "[[source]] drop.stale_after_hours: Input should be less than or equal "),
        (SOURCE + "keep_raw_days = 99999999999", "[[source]] drop.keep_raw_days: Input should be less than or equal "),
        ("[metrics]\nprovisional_days = 99999999999", "metrics.provisional_days: Input should be less than or equal "),
        (
            "[metrics]\nincident_window_hours = inf",
            "metrics.incident_window_hours: Input should be less than ",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, content: str, fault: str) -> None:
    file = tmp_path / "uptake.toml"
    file.write_text(content)
    with pytest.raises(ConfigError) as raised:
        config.load(file)
    assert str(raised.value).startswith(f"{file}: {fault}")
    assert "s3cret" not in str(raised.value)


def test_a_secret_in_place_of_its_variable_is_not_said(tmp_path: Path) -> None:
    line = "gh: the environment variable that token_env names is not set; export it (token_env takes its name, not the "
    with pytest.raises(SourceError) as raised:
        secret("gh", "token", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", None)
    assert str(raised.value) == f"{line}secret)"


def test_every_fault_has_a_line(tmp_path: Path) -> None:
    file = tmp_path / "uptake.toml"
    file.write_text("a = 1\nb = 2\n")
    with pytest.raises(ConfigError) as raised:
        config.load(file)
    assert len(str(raised.value).splitlines()) == 2


def test_a_password_in_the_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must not hold a user or password; name the token's variable in token_env"):
        config.parse(tomllib.loads(GITHUB + 'base_url = "https://u:p@github.example"'), tmp_path / "uptake.toml")


def test_paths_start_where_the_file_lies(tmp_path: Path) -> None:
    settings = config.parse(tomllib.loads(SOURCE), tmp_path / "uptake.toml")
    (source,) = settings.source
    assert isinstance(source, FilesSettings)
    assert source.path == tmp_path / "x"


def test_the_file_is_the_one_named_else_that_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UPTAKE_CONFIG", raising=False)
    assert config.find(None) == Path("uptake.toml")
    monkeypatch.setenv("UPTAKE_CONFIG", "other.toml")
    assert config.find(None) == Path("other.toml")
    assert config.find("named.toml") == Path("named.toml")
    with pytest.raises(ConfigError, match=r"no such file; copy uptake\.example\.toml to uptake\.toml"):
        config.load(tmp_path / "none.toml")
