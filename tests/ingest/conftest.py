"""What tests of ingest share beside a whole site."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.files import Files
from ingest.settings import FilesSettings
from tests.fake_github import FakeGithub
from tests.github_world import Repo, World
from tests.ingest.files_reading import hashed
from tests.ingest.github_reading import TOKEN
from tests.ingest.github_repo import NOW


@pytest.fixture
def source(tmp_path: Path) -> Callable[..., Files]:
    """Makes a files source `drop` for a path below the test's folder."""

    def made(path: str = "", **more: Any) -> Files:
        return Files(FilesSettings(name="drop", kind="files", path=tmp_path / path, **more), hashed)

    return made


@pytest.fixture
def github() -> Iterator[FakeGithub]:
    """A server with one repository."""
    world = World(token=TOKEN, now=NOW)
    world.add(Repo("acme/fraud"))
    with FakeGithub(world) as server:
        yield server
