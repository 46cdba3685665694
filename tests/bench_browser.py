"""What a reader waits for: the first page after the server started, and a filter change on every page with filters.

Beside it stands the floor: the same of a page with one filter and one figure, which is what the front end takes alone.
"""

import statistics
import time
from pathlib import Path

from playwright.sync_api import Page, ViewportSize

from app.filters import PERIODS, USUAL
from tests.app.browser import CHROMIUM, PAGES, chromium, serve, settled

SCREEN: ViewportSize = {"width": 1440, "height": 900}
CONTEXT = "p.context"
"""Below the filters stand the days that they mean; when these change, the page has begun to."""


def waits(data: Path) -> dict[str, float]:
    """Milliseconds in Chromium, each filter chosen for the first time; nothing where there is no Chromium."""
    if not Path(CHROMIUM).exists():
        return {}
    results: dict[str, float] = {}
    with serve(data, Path(__file__).with_name("bench_floor.py")) as address, chromium() as browser:
        page = browser.new_page(viewport=SCREEN)
        started = time.monotonic()
        page.goto(address)
        settled(page)
        results["floor_first_page_ms"] = (time.monotonic() - started) * 1000
        results["floor_filter_change_ms"] = _changes(page)
    with serve(data) as address, chromium() as browser:
        for reader in ("first", "second"):
            # each with a cache of its own: what the second waits for is the browser, since the server is warm
            page = browser.new_page(viewport=SCREEN)
            started = time.monotonic()
            page.goto(address)
            settled(page)
            results[f"{reader}_reader_first_page_ms"] = (time.monotonic() - started) * 1000
        for title, path in PAGES.items():
            page.goto(f"{address}/{path}")
            settled(page)
            if page.get_by_role("combobox", name="Period").is_visible():
                results[f"{title.lower().replace(' ', '_')}_filter_change_ms"] = _changes(page)
    return results


def _changes(page: Page) -> float:
    """The median over all periods but the usual one."""
    return statistics.median(_choose(page, period) for period in PERIODS if period != USUAL)


def _choose(page: Page, period: str) -> float:
    """Milliseconds from the choice of another period until the page is whole again."""
    before = page.locator(CONTEXT).inner_text()
    page.get_by_role("combobox", name="Period").click()
    option = page.get_by_role("option", name=period, exact=True)
    option.wait_for()
    started = time.monotonic()
    option.click()
    page.wait_for_function(
        "([where, before]) => document.querySelector(where)?.innerText !== before",
        arg=[CONTEXT, before],
        timeout=60_000,
    )
    settled(page)
    return (time.monotonic() - started) * 1000
