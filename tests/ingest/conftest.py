"""What tests of the github source share."""

from collections.abc import Iterator

import pytest

from tests.fake_github import FakeGithub
from tests.github_world import Repo, World
from tests.ingest.github_reading import TOKEN
from tests.ingest.github_repo import NOW


@pytest.fixture
def github() -> Iterator[FakeGithub]:
    world = World(token=TOKEN, now=NOW)
    world.add(Repo("acme/fraud"))
    with FakeGithub(world) as server:
        yield server
