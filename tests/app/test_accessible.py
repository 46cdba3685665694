"""axe-core finds nothing serious on any page, light or dark, wide or narrow; the keyboard reaches what a click does."""

from typing import Any
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.app.browser import PAGES, settled, watch

pytestmark = pytest.mark.slow
GRAVE = {"serious", "critical"}
WIDTHS = (1440, 800)


def grave(page: Page) -> list[str]:
    """What axe-core finds serious or critical on a page, with the elements that it means."""
    violations: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {[node['html'][:120] for node in one['nodes'][:3]]}"
        for one in violations
        if one["impact"] in GRAVE
    ]


def active(page: Page) -> str:
    """What has the focus, as a screen reader would name it."""
    name: str = page.evaluate(
        "(e => e.ariaLabel || e.innerText || (e.labels && e.labels[0] && e.labels[0].innerText) || e.className)"
        "(document.activeElement)"
    )
    return name


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_no_page_has_a_serious_fault(browser: Browser, address: str, mode: str) -> None:
    page = browser.new_page(color_scheme=mode)  # type: ignore[arg-type]
    faults = watch(page)
    for path in [*PAGES.values(), f"team?team={quote('Team A')}"]:
        page.goto(f"{address}/{path}")
        settled(page)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert not grave(page), f"{path} at {width}"
            assert page.evaluate("document.querySelector('.stMain').scrollWidth <= innerWidth"), f"{path} at {width}"
    page.get_by_role("button", name="How is this computed?").first.click()
    page.locator("[data-testid=stCode] .token").first.wait_for()
    settled(page)
    assert not grave(page), "an open explanation"
    page.close()
    assert not faults


def test_axe_would_find_one(browser: Browser) -> None:
    """The check itself: grey on grey and an image without a text are found."""
    page = browser.new_page()
    page.set_content('<main><h1>x</h1><img src="a.png"><p style="color:#bbb;background:#ccc">faint</p></main>')
    assert {fault.split()[0] for fault in grave(page)} >= {"image-alt", "color-contrast"}
    page.close()


@pytest.mark.parametrize("path", ["adoption", "pipelines", f"team?team={quote('Team A')}"])
def test_the_keyboard_reaches_filters_tables_and_explanations(browser: Browser, address: str, path: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}/{path}")
    settled(page)
    reached: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(active(page))
        if reached[-1] == "Adoption":
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline == "solid", "nobody sees where the focus is"
    names = " | ".join(reached)
    wanted = ["Adoption", "Period", "Teams", "How is this computed?", *(["Team C"] if path == "adoption" else [])]
    assert all(name in names for name in wanted), names
    # the order is that of the page: navigation, filters, then what they filter
    places = [next(n for n, name in enumerate(reached) if wanted_name in name) for wanted_name in wanted[:4]]
    assert places == sorted(places), names
    page.close()


def test_a_team_is_opened_by_click_and_by_key_with_the_filters_kept(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    faults = watch(page)
    page.goto(f"{address}/adoption?period=All%20data")
    settled(page)
    link = page.get_by_role("link", name="Team C", exact=True).last
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('h1')?.innerText === 'Team'")
    settled(page)
    assert page.locator("h2").first.inner_text() == "Team C"
    assert "period=All" in page.url and "team=Team" in page.url
    page.get_by_role("link", name="Pipelines", exact=True).click()
    page.wait_for_function("document.querySelector('h1')?.innerText === 'Pipelines'")
    settled(page)
    page.locator("p.context a").click()
    page.wait_for_function("document.querySelector('h1')?.innerText === 'Team'")
    settled(page)
    assert page.locator("h2").first.inner_text() == "Team C"
    page.close()
    assert not faults
