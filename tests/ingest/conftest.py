"""What tests of ingest share beside a whole site."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.files import Files
from ingest.settings import FilesSettings
from tests.ingest.files_reading import hashed


@pytest.fixture
def source(tmp_path: Path) -> Callable[..., Files]:
    """Makes a files source `drop` for a path below the test's folder."""

    def made(path: str = "", **more: Any) -> Files:
        return Files(FilesSettings(name="drop", kind="files", path=tmp_path / path, **more), hashed)

    return made
