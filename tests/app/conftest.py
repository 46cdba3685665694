"""A small organisation that is published once, and how tests open a page over a data folder."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from streamlit.testing.v1 import AppTest

from app import readmodel
from tests.app.browser import chromium, serve
from tests.app.organisation import NOW, publish, records
from tests.app.reading import TITLES, Open


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("small") / "data"
    publish(data, records())
    return data


@pytest.fixture(scope="module")
def address(small: Path) -> Iterator[str]:
    """Where a server shows the small organisation."""
    with serve(small) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def own(small: Path, tmp_path: Path) -> Path:
    """A copy of the small organisation that a test may write to."""
    shutil.copytree(small, tmp_path / "own", symlinks=True)
    return tmp_path / "own"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Runs a page over a data folder, with URL parameters, at the time of the data."""
    monkeypatch.setattr(readmodel, "utc_now", lambda: NOW + timedelta(hours=1))

    def run(page: str, data: Path, params: dict[str, str | list[str]] | None = None) -> AppTest:
        monkeypatch.setenv("UPTAKE_DATA", str(data))
        script = f"from app.page import around\nfrom app.views import {page}\naround({TITLES[page]!r}, {page}.page)"
        test = AppTest.from_string(script, default_timeout=30)
        for name, value in (params or {}).items():
            test.query_params[name] = value
        return test.run()

    return run
