"""The dashboard as a reader meets it: a real server, a real browser, nothing red anywhere."""

import re
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

from ingest.warehouse import FILE
from queries import readmodel
from queries.build import build
from tests.app.browser import PAGES, exceptions, serve, settled, watch
from tests.app.organisation import DEFINITIONS, HOSTILE, NOW, publish, records

pytestmark = pytest.mark.slow
BUILDS = 20
LATE = date(2026, 4, 1)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails its test when anything red happened on it."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    faults = watch(page)
    yield page
    shown = exceptions(page)
    page.close()
    assert not faults and not shown


def walk(page: Page, title: str) -> None:
    page.get_by_role("link", name=title, exact=True).click()
    arrived(page, title)


def arrived(page: Page, title: str) -> None:
    """Waits for the page of that title: the one before is as settled until the browser has heard of the new one."""
    page.wait_for_function("title => document.querySelector('h1')?.innerText === title", arg=title)
    settled(page)


def choose(page: Page, label: str, option: str) -> None:
    """Picks an option of a filter and waits until the page has answered."""
    before = context(page)
    page.get_by_role("combobox", name=re.compile(label)).click()
    page.get_by_role("option", name=option, exact=True).click()
    page.wait_for_function("before => document.querySelector('p.context')?.innerText !== before", arg=before)
    page.keyboard.press("Escape")
    settled(page)


def parameters(page: Page) -> dict[str, list[str]]:
    found: dict[str, list[str]] = page.evaluate(
        "Object.fromEntries([...new URLSearchParams(location.search).keys()]"
        ".map(k => [k, new URLSearchParams(location.search).getAll(k)]))"
    )
    return found


def context(page: Page) -> str:
    return page.locator("p.context").inner_text()


def test_a_walk_a_filter_a_shared_link_and_a_reload_keep_the_state(page: Page, browser: Browser, address: str) -> None:
    page.goto(address)
    settled(page)
    assert page.title() == "Uptake" and "all teams" in context(page)
    choose(page, "Period", "Last 3 months")
    choose(page, "Teams", "Team A")
    choose(page, "Path", "Through the platform")
    chosen = {"period": ["Last 3 months"], "team": ["Team A"], "path": ["Through the platform"]}
    assert parameters(page) == chosen
    said = context(page)
    assert "Team A" in said and "through the platform" in said
    for title in [*PAGES, "Overview"]:
        walk(page, title)
        assert parameters(page) == chosen, f"{title} lost what was chosen"
        assert not exceptions(page)
    assert context(page) == said

    page.reload()
    settled(page)
    assert (parameters(page), context(page)) == (chosen, said)

    other = browser.new_page()
    faults = watch(other)
    other.goto(page.url)
    settled(other)
    assert (parameters(other), context(other)) == (chosen, said)
    walk(other, "Delivery")
    other.go_back()
    arrived(other, "Overview")
    assert context(other) == said
    other.close()
    assert not faults


def test_what_a_link_does_not_know_is_said_and_the_page_comes(page: Page, address: str) -> None:
    page.goto(f"{address}/delivery?period=3y&team=Nobody&by=%3Cscript%3E")
    settled(page)
    notice = page.locator(".notice").inner_text()
    assert "“3y”" in notice and "“Nobody”" in notice and "“<script>”" in notice
    assert parameters(page) == {}
    choose(page, "Period", "All data")
    assert "The link names" not in " ".join(page.locator(".notice").all_inner_texts())


def test_how_is_this_computed_opens_with_sql_and_a_download(page: Page, address: str) -> None:
    page.goto(f"{address}/delivery")
    settled(page)
    assert page.locator("[data-testid=stCode]").count() == 0
    page.get_by_role("button", name="How is this computed?").first.click()
    page.locator("[data-testid=stCode]").first.wait_for()
    assert "from marts.deployment" in page.locator("[data-testid=stCode]").first.inner_text()
    with page.expect_download() as download:
        page.locator("[data-testid=stPopoverBody]").get_by_role("button", name="Download the values (CSV)").click()
    text = download.value.path().read_text("utf-8")
    assert text.startswith("deployments_per_week,deployments_per_week_low")


def test_the_names_of_an_axis_have_their_room_so_that_no_figure_is_drawn_once_more_for_them(
    page: Page, address: str
) -> None:
    for path in ("", "delivery"):
        page.goto(f"{address}/{path}")
        settled(page)
        counts = page.evaluate(
            "[...document.querySelectorAll('.js-plotly-plot')].map(e => e._fullLayout._redrawFromAutoMarginCount ?? -1)"
        )
        assert counts and set(counts) == {-1}, f"{path}: {counts}"


def test_a_figure_that_is_handed_over_again_unchanged_is_not_drawn_again(page: Page, address: str) -> None:
    """As Streamlit does with every figure, by setting its colours once more."""
    for path in ("", "adoption", "delivery", "pipelines", "pain"):
        page.goto(f"{address}/{path}")
        settled(page)
        again = page.evaluate(_AGAIN)
        assert len(again) > 1 and not any(again), f"{path}: {again}"


_AGAIN = """() => Promise.all([...document.querySelectorAll('.js-plotly-plot')].map(async e => {
  const copy = what => JSON.parse(JSON.stringify(what))
  const before = e.calcdata
  await Plotly.react(e, {data: copy(e.data), layout: copy(e.layout)})
  return e.calcdata !== before
}))"""


def test_figures_follow_a_switch_between_light_and_dark(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    for path in ("adoption", "delivery", "pain"):
        page.emulate_media(color_scheme="light")
        page.goto(f"{address}/{path}")
        settled(page)
        light = page.evaluate(_COLOURS)
        page.emulate_media(color_scheme="dark")
        page.wait_for_function(f"light => JSON.stringify(({_COLOURS})()) !== JSON.stringify(light)", arg=light)
        dark = page.evaluate(_COLOURS)
        page.reload()
        settled(page)
        assert page.evaluate(_COLOURS) == dark, f"{path} opened in dark looks otherwise"
        # what is left has a colour in light only: nothing that is seen
        assert not set(light) & set(dark), f"{path}: {set(light) & set(dark)}"
    page.close()


_COLOURS = """() => [...new Set([...document.querySelectorAll('.js-plotly-plot :is(path, rect, text, tspan)')]
  .filter(e => e.closest('pattern') || e.getBoundingClientRect().width).flatMap(e => {
    const style = getComputedStyle(e)
    return ['fill', 'stroke']
      .filter(k => parseFloat(style[`${k}-opacity`]) && (k === 'fill' || parseFloat(style.strokeWidth)))
      .map(k => `${k} ${style[k]}`)
  }).filter(c => /rgb\\(/.test(c) && !/rgb\\(0, 0, 0\\)/.test(c)))].sort()"""


def test_a_page_names_what_it_will_need_and_a_browser_loads_that_at_once(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(re.sub(r"\..*", "", request.url.rpartition("/")[2])))
    page.goto(f"{address}/delivery")
    settled(page)
    first = asked.index("health")
    for part in ("Html", "Selectbox", "Multiselect", "PlotlyChart"):
        assert asked.count(part) == 1 and asked.index(part) < first, f"{part}: {asked}"


def test_a_click_on_a_point_opens_the_deployments_behind_it(page: Page, address: str) -> None:
    page.goto(f"{address}/delivery")
    settled(page)
    page.locator(".st-key-chart-how-much .bars .point").nth(2).click(force=True)
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("that succeeded or failed").wait_for()
    assert re.search(r"Deployments of [A-Z][a-z]+ 20\d\d", dialog.inner_text())
    dialog.get_by_role("button", name="Close").click()
    dialog.wait_for(state="hidden")
    assert page.get_by_role("dialog").count() == 0


def test_every_control_can_be_reached_and_used_by_keyboard(page: Page, address: str) -> None:
    page.goto(address)
    settled(page)
    names: list[str] = []
    for _ in range(25):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.ariaLabel || document.activeElement.innerText || ''"))
    reached = " | ".join(names)
    assert all(name in reached for name in ("Delivery", "Period", "Teams", "Domains", "How is this computed?")), reached
    page.keyboard.press("Enter")
    settled(page)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_stands_out_fits_and_holds_no_markup_from_data(browser: Browser, address: str, mode: str) -> None:
    page = browser.new_page(viewport={"width": 800, "height": 900}, color_scheme=mode)  # type: ignore[arg-type]
    faults = watch(page)
    for path in PAGES.values():
        page.goto(f"{address}/{path}?team={quote(HOSTILE)}")
        settled(page)
        weak = page.evaluate(_CONTRAST)
        assert not weak, f"{path}: {weak}"
        assert page.evaluate("document.querySelector('.stMain').scrollWidth <= innerWidth"), f"{path} is too wide"
        assert not page.evaluate(_CUT), f"{path}: {page.evaluate(_CUT)}"
        links = page.eval_on_selector_all(".stMain a", "found => found.map(a => a.href)")
        assert not [link for link in links if link.startswith("javascript")]
        assert page.locator(".stMain .katex, .stMain script").count() == 0
        if path == "pain":
            assert HOSTILE in page.locator(".moves").first.inner_text()
    page.close()
    assert not faults


# what a slider stands at is written above its thumb, not upon it, as the tree of elements has it
_CONTRAST = """() => {
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number)
  const linear = v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
  const light = c => [0.2126, 0.7152, 0.0722].reduce((sum, w, i) => sum + w * linear(c[i] / 255), 0)
  const solid = c => c.length && (c[3] === undefined || c[3] > 0.9)
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor)
      if (solid(c)) return c
    }
    return [255, 255, 255]
  }
  const weak = []
  const tags = ['h1', 'h2', 'h3', 'p', 'td', 'th', 'small', 'li', 'text', '.chip', '.status span']
  for (const e of document.querySelectorAll(tags.map(tag => `.stMain ${tag}`).join(', '))) {
    if (!e.textContent.trim()) continue
    if (e.closest('[aria-hidden=true], button, label, [data-testid=stSliderThumbValue]')) continue
    const style = getComputedStyle(e)
    const inside = e.tagName === 'text' ? style.fill : style.color
    const [a, b] = [light(parse(inside)), light(ground(e))].sort((x, y) => y - x)
    const ratio = (a + 0.05) / (b + 0.05)
    if (ratio < 4.5) weak.push(`${e.textContent.slice(0, 40)} ${inside} ${ratio.toFixed(2)}`)
  }
  return weak.slice(0, 8)
}"""


# labels of buttons that are cut, or stand on more than one line
_CUT = """() => [...document.querySelectorAll('.stMain button p')].filter(
  e => e.scrollWidth > e.clientWidth + 1 || e.clientHeight > 1.7 * parseFloat(getComputedStyle(e).lineHeight)
).map(e => e.innerText)"""


def test_the_page_goes_on_while_builds_are_published(browser: Browser, tmp_path: Path) -> None:
    data = tmp_path / "data"
    warehouses = [tmp_path / f"of-{teams}-teams" for teams in range(1, 5)]
    for teams, folder in enumerate(warehouses, 1):
        publish(folder, records(teams, LATE))
    build(warehouses[-1] / FILE, data / "read", DEFINITIONS, now=NOW)

    def publisher() -> None:
        for n in range(BUILDS):
            build(warehouses[n % 4] / FILE, data / "read", DEFINITIONS, force=True, now=NOW)

    with serve(data) as address:
        page = browser.new_page()
        faults = watch(page)
        page.goto(address)
        settled(page)
        thread = threading.Thread(target=publisher)
        thread.start()
        seen = 0
        while thread.is_alive() or seen < 3:
            choose(page, "Path", ["Any path", "Through the platform", "Round the platform"][(seen + 1) % 3])
            assert page.locator(".figure").count() == 6
            seen += 1
        thread.join()
        choose(page, "Teams", "Team A")
        assert readmodel.current_path(data / "read") == data / "read" / f"read-{BUILDS + 1:06d}.duckdb"
        page.get_by_role("link", name="Data", exact=True).click()
        page.get_by_text(f"read-{BUILDS + 1:06d}").wait_for()
        page.close()
        assert not faults


def test_before_the_first_ingest_the_page_says_what_to_run(page: Page, tmp_path: Path) -> None:
    with serve(tmp_path / "data") as address:
        page.goto(f"{address}/delivery")
        settled(page)
        assert "uptake ingest" in page.locator(".empty").inner_text()
        publish(tmp_path / "data", records(2, LATE))
        page.get_by_role("link", name="Overview", exact=True).click()
        page.locator(".figure").nth(5).wait_for()
        settled(page)
        # else it may look for the server that has ended
        page.goto("about:blank")
