"""A real server process and a real browser: fixtures for tests that see the dashboard as a reader does."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = os.environ.get("UPTAKE_CHROMIUM", "/usr/bin/chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
PAGES = {
    "Overview": "",
    "Adoption": "adoption",
    "Delivery": "delivery",
    "Pipelines": "pipelines",
    "Pain and priorities": "pain",
    "Listening": "listening",
    "Team": "team",
    "Data": "data",
}
"""Title -> path of every page."""
_PROBES = ("/_stcore/health", "/_stcore/host-config")


@contextmanager
def serve(data: Path, script: Path = ROOT / "app" / "server.py") -> Iterator[str]:
    """The dashboard, or another script, on a free port over a data folder; gives its address, and ends the process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (data.parent / f"{data.name}-server.log").open("w")
    environment = {**os.environ, "UPTAKE_DATA": str(data), "PYTHONPATH": str(ROOT)}
    # a script that has no settings of its own beside it is quiet, too
    options = ["--server.headless=true", "--server.fileWatcherType=none", "--browser.gatherUsageStats=false"]
    command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}", *options]
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=data.parent)
    try:
        _wait(f"http://localhost:{port}/_stcore/health", process)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(10)
        log.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def watch(page: Page) -> list[str]:
    """A list that fills with every console error, page error, failed request and answer of 400 or more."""
    faults: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.location.get("url", "").endswith(_PROBES):
            faults.append(f"console: {message.text}")

    def answered(response: Response) -> None:
        # a link to a page makes the front end look for the server below that page first; only the root has it
        if response.status >= 400 and not response.url.endswith(_PROBES):
            faults.append(f"{response.status}: {response.url}")

    page.on("console", said)
    page.on("response", answered)
    page.on("pageerror", lambda error: faults.append(f"page: {error}"))
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
    return faults


def settled(page: Page) -> None:
    """Waits until the page is there, its script has ended, and its charts are drawn."""
    page.wait_for_selector("h1", timeout=20_000)
    page.wait_for_function(
        "document.querySelector('.stApp[data-test-script-state=notRunning]')"
        " && !document.querySelector('[data-stale=true], [data-testid=stSkeleton]')"
        " && [...document.querySelectorAll('[data-testid=stPlotlyChart]')].every(e => e.querySelector('.main-svg'))",
        timeout=20_000,
    )


def exceptions(page: Page) -> list[str]:
    """What Streamlit or the app shows in place of a page that failed."""
    return page.locator("[data-testid=stException], [data-testid=stError]").all_inner_texts()


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(150):
        try:
            with urlopen(address, timeout=1):
                return
        except (URLError, ConnectionError, TimeoutError):
            assert process.poll() is None, "the server ended before it answered"
            time.sleep(0.1)
    raise AssertionError("the server did not answer within 15 seconds")
