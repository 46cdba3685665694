"""`python -m tests.app.screenshots OUTDIR [DATA]`: every page, wide and narrow, light and dark, with data and without.

DATA is a data folder that has been ingested; without it a small made-up organisation stands in.
"""

import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.app.browser import PAGES, chromium, serve, settled
from tests.app.organisation import publish, records

WIDTHS = (1440, 800)
MODES = ("light", "dark")


def main(out: Path, data: Path | None) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        if data is None:
            data = Path(folder) / "data"
            publish(data, records())
        with serve(data) as address:
            for width in WIDTHS:
                for mode in MODES:
                    _take(browser, address, width, mode, partial(_name, out, f"{width}-{mode}"))
        with serve(Path(folder) / "none") as address:
            _take(browser, address, 1440, "light", partial(_name, out, "without-data"))


def _take(browser: Browser, address: str, width: int, mode: str, name: Callable[[str], Path]) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=mode)  # type: ignore[arg-type]
    for path in PAGES.values():
        page.goto(f"{address}/{path}")
        _whole(page, width, name(path or "overview"))
    page.goto(f"{address}/team")
    settled(page)
    teams = page.locator(".stMain table a")
    if teams.count():
        teams.first.click()
        page.wait_for_selector(".st-key-figures")
        _whole(page, width, name("one-team"))
    page.close()


def _whole(page: Page, width: int, path: Path) -> None:
    """A picture of a page from top to end."""
    page.set_viewport_size({"width": width, "height": 900})
    settled(page)
    height = page.evaluate("document.querySelector('.stMain').scrollHeight")
    page.set_viewport_size({"width": width, "height": height + 10})
    page.wait_for_timeout(700)
    page.screenshot(path=path)


def _name(out: Path, suffix: str, page: str) -> Path:
    return out / f"{page}-{suffix}.png"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
