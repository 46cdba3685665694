"""What a reader waits for: the first page after the server started, and a filter change on every page with filters."""

import statistics
import time
from pathlib import Path

from playwright.sync_api import Page

from app.filters import PERIODS
from tests.app.browser import CHROMIUM, PAGES, chromium, serve, settled

CONTEXT = "p.context"
"""Below the filters stand the days that they mean; when these change, the page has begun to."""


def waits(data: Path) -> dict[str, float]:
    """Milliseconds in Chromium, each filter chosen for the first time; nothing where there is no Chromium."""
    if not Path(CHROMIUM).exists():
        return {}
    results: dict[str, float] = {}
    with serve(data) as address, chromium() as browser:
        for reader in ("first", "second"):
            # each with a cache of its own: what the second waits for is the browser, since the server is warm
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            started = time.monotonic()
            page.goto(address)
            settled(page)
            results[f"{reader}_reader_first_page_ms"] = (time.monotonic() - started) * 1000
        for title, path in PAGES.items():
            page.goto(f"{address}/{path}")
            settled(page)
            if page.get_by_role("combobox", name="Period").is_visible():
                times = [_choose(page, period) for period in (*list(PERIODS)[:2], *list(PERIODS)[3:])]
                results[f"{title.lower().replace(' ', '_')}_filter_change_ms"] = statistics.median(times)
    return results


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
