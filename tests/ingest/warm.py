"""Runs of the command as forks of one warm process: a trial costs what the run does, not what Python takes to start."""

import multiprocessing
import os
import signal
import sys
from contextlib import redirect_stderr, redirect_stdout
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import FrameType
from typing import Any

from tests.conftest import Site

PRELOADED = ["app.cli", "app.render", "ingest.runlog", "ingest.github", "ingest.cdevents", "queries.build"]
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([*PRELOADED, __name__])
SAID, STEPS = "said.txt", "steps.txt"


def start(
    site: Site, *arguments: str, dies_at: int | None = None, within: str = "", raw_bytes: int | None = None
) -> ForkServerProcess:
    """Starts the command on a site in a process of its own, which kills itself at step `dies_at` of its own work.

    A step is a call or a return of any function, Python's or C's, so that the same number means the same point. Only
    those while the function `within` is at work count, where one is named.
    `raw_bytes` is the size at which a raw file is full. What is said goes to said.txt in the site's folder; with
    `dies_at` the number of steps goes to steps.txt when the run ends by itself.
    """
    places = ["--config", str(site.config), "--data", str(site.data)]
    death = (dies_at, within)
    process = _CONTEXT.Process(
        target=_run, args=([*arguments, *places], site.environment, site.folder, death, raw_bytes)
    )
    process.start()
    return process


def ended(process: ForkServerProcess, seconds: float = 60) -> int:
    """The exit code of a process that must end by then; that of a signal is negative."""
    process.join(seconds)
    assert process.exitcode is not None, "does not end"
    return process.exitcode


def said(site: Site) -> str:
    return (site.folder / SAID).read_text("utf-8")


def steps(site: Site) -> int:
    return int((site.folder / STEPS).read_text())


def _run(
    arguments: list[str],
    environment: dict[str, str],
    folder: Path,
    death: tuple[int | None, str],
    raw_bytes: int | None,
) -> None:
    from app.cli import main
    from ingest import raw

    dies_at, within = death
    os.environ.update(environment)
    raw.FILE_BYTES = raw_bytes or raw.FILE_BYTES
    with (folder / SAID).open("w") as out, redirect_stdout(out), redirect_stderr(out):
        if dies_at is None:
            main(arguments)
        count, is_within = 0, not within

        def step(frame: FrameType, event: str, value: Any) -> None:
            nonlocal count, is_within
            if within and frame.f_code.co_name == within and event in {"call", "return"}:
                is_within = event == "call"
            count += is_within
            if count == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(step)
        try:
            main(arguments)
        finally:
            sys.setprofile(None)
            (folder / STEPS).write_text(str(count))
