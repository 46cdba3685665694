"""SIGKILL again and again, at points drawn at random: nothing is lost, doubled or half-written."""

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest import raw
from tests.conftest import Site
from tests.fake_github import FakeGithub
from tests.github_faults import Fault
from tests.github_world import Deployment, Repo, Run, Status, World, iso
from tests.ingest import warm
from tests.ingest.github_reading import TOKEN
from tests.ingest.github_repo import NOW

pytestmark = pytest.mark.slow
TRIALS = int(os.environ.get("KILL_TRIALS", "200"))
SEED = int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(2**32))
KILLED = -9
RAW_BYTES = 20_000
"""So small that a run lands more than one raw file."""
CONFIG = """
[[source]]
name = "drop"
kind = "files"
path = "{exports}"
max_rejected_ratio = 0.9

[[source]]
name = "gh"
kind = "github"
base_url = "{base_url}"
token_env = "TEST_GITHUB_TOKEN"
repos = ["acme/*"]
jobs = false
"""
KEYS = {
    "deployment": "deployment_id",
    "ci_run": "run_id || '/' || attempt",
    "survey_answer": "response_id",
    "rejected": "file || row_number",
}


@dataclass
class Organisation:
    """What is to be loaded, and what goes on in it between two runs."""

    exports: Path
    github: FakeGithub
    noise: random.Random
    waves: int = 0
    exported: list[dict[str, str]] = field(default_factory=list)

    def go_on(self) -> None:
        """Some rows and runs come, some change, and one row in each file is bad."""
        self.waves += 1
        if self.exported:
            self.noise.choice(self.exported)["status"] = "failed"
        for _ in range(3):
            self.exported.append({"id": f"{len(self.exported)}", "status": "succeeded"})
        at = "2025-03-03T10:00:00Z"
        lines = ["deployment_id,repo,environment,created_at,status,actor,finished_at"]
        lines += [f"{row['id']},acme/x,prod,{at},{row['status']},Joe {row['id']},{at}" for row in self.exported]
        (self.exports / "deployment.csv").write_text("\n".join([*lines, "x,,,,,,"]) + "\n")
        lines = ["survey_id,response_id,question_id,respondent,text"]
        lines += [f"w,{self.waves}-{n},q,Jane {n},{self.noise.randbytes(900).hex()}" for n in range(12)]
        (self.exports / f"survey_answer-{self.waves}.csv").write_text("\n".join([*lines, "too,few"]) + "\n")
        self._on_github()

    def _on_github(self) -> None:
        repo = self.github.world.repos["acme/fraud"]
        assert self.github.world.now
        self.github.world.now += timedelta(hours=1)
        now = iso(self.github.world.now)
        for run in repo.runs[-3:]:
            run.status, run.conclusion, run.updated = "completed", self.noise.choice(["success", "failure"]), now
        for deployment in repo.deployments[-2:]:
            deployment.statuses.append(Status("success", now))
        repo.runs.append(Run(self.waves, now, now, status="in_progress", conclusion=None))
        repo.deployments.append(Deployment(self.waves, now, now, statuses=[Status("waiting", now)]))

    def expected(self) -> dict[str, list[tuple[Any, ...]]]:
        """What staging must hold, worked out without it."""
        repo = self.github.world.repos["acme/fraud"]
        states = {"success": "succeeded", "waiting": "waiting"}
        deployments = [(f"drop:{row['id']}", row["status"]) for row in self.exported]
        deployments += [(f"gh:{each.id}", states[each.statuses[-1].state]) for each in repo.deployments]
        return {
            "deployment": sorted(deployments),
            "ci_run": sorted((f"gh:{run.id}", run.status, run.conclusion) for run in repo.runs),
            "survey_answer": sorted((f"drop:{wave + 1}-{n}",) for wave in range(self.waves) for n in range(12)),
            "rejected": sorted(
                [(f"drop/survey_answer-{wave + 1}.csv",) for wave in range(self.waves)] + [("drop/deployment.csv",)]
            ),
        }


HELD = {
    "deployment": "select deployment_id, status from staging.deployment",
    "ci_run": "select run_id, status, conclusion from staging.ci_run",
    "survey_answer": "select response_id from staging.survey_answer",
    "rejected": "select file from staging.rejected",
}


@dataclass
class Witness:
    """Looks at a data folder after each kill and knows what it must still hold."""

    site: Site
    raw_files: dict[str, tuple[int, int]] = field(default_factory=dict)
    keys: dict[str, set[str]] = field(default_factory=dict)
    model: tuple[str, set[str]] | None = None

    def look(self, expected: dict[str, list[tuple[Any, ...]]]) -> None:
        self._raw()
        if (self.site.data / "warehouse.duckdb").exists():
            self._staging()
        self._read_model()
        status = self.site.data / "status.json"
        assert not status.exists() or json.loads(status.read_text("utf-8"))["sources"]
        known = {noun: {row[0] for row in rows} for noun, rows in expected.items()}
        for noun in ("deployment", "survey_answer"):
            assert self.keys.get(noun, set()) <= known[noun], f"{noun} holds what nobody told"

    def _raw(self) -> None:
        files = raw.files(self.site.data)
        assert len({file.number for file in files}) == len(files), "a number is taken twice"
        found = {}
        for file in files:
            stat = file.path.stat()
            found[file.name] = (stat.st_size, stat.st_mtime_ns)
            if file.name not in self.raw_files:
                assert list(file.pages()), "a raw file without pages"
        assert found.items() >= self.raw_files.items(), "a raw file is gone or was written again"
        self.raw_files = found

    def _staging(self) -> None:
        with duckdb.connect(str(self.site.data / "warehouse.duckdb"), read_only=True) as con:
            for noun, key in KEYS.items():
                rows = [row[0] for row in con.execute(f"select {key} from staging.{noun}").fetchall()]
                assert max(Counter(rows).values(), default=1) == 1, f"{noun} holds rows twice"
                lost = self.keys.get(noun, set()) - set(rows)
                # the number of a bad row changes with the rows before it
                assert not lost or noun == "rejected", f"{noun} lost {sorted(lost)[:3]}"
                self.keys[noun] = set(rows)

    def _read_model(self) -> None:
        current = self.site.data / "read" / "current"
        if not current.exists():
            assert self.model is None, "what was published is gone"
            return
        with duckdb.connect(str(current.resolve()), read_only=True) as con:
            rows = con.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
            tables = {name for (name,) in rows}
            con.execute("select count(*) from facts.deployment").fetchall()
        assert self.model is None or (tables == self.model[1] and current.resolve().name >= self.model[0])
        self.model = (current.resolve().name, tables)


@pytest.fixture
def organisation(tmp_path: Path) -> Iterator[tuple[Organisation, Callable[[str], Site]]]:
    """An organisation, and how to make sites that read it."""
    exports = tmp_path / "exports"
    exports.mkdir()
    world = World(token=TOKEN, now=NOW)
    world.add(Repo("acme/fraud"))
    with FakeGithub(world) as github:

        def made(name: str) -> Site:
            site = Site(tmp_path / name, exports)
            site.config.write_text(CONFIG.format(exports=exports, base_url=github.base_url))
            site.environment["TEST_GITHUB_TOKEN"] = TOKEN
            return site

        yield Organisation(exports, github, random.Random(SEED)), made


def held(site: Site) -> dict[str, list[tuple[Any, ...]]]:
    return {noun: sorted(site.rows(sql)) for noun, sql in HELD.items()}


def test_killed_at_random_again_and_again_the_tables_end_as_if_nothing_had_been(
    organisation: tuple[Organisation, Callable[[str], Site]],
) -> None:
    living, made = organisation
    draw = random.Random(SEED)
    site = made("killed")
    witness = Witness(site)
    living.go_on()
    # how many steps and seconds a run takes, so that the points are spread over all of it
    assert warm.ended(warm.start(made("measured"), "ingest", dies_at=-1, raw_bytes=RAW_BYTES)) == 0
    steps = warm.steps(made("measured"))
    started = time.monotonic()
    assert warm.ended(warm.start(made("timed"), "ingest", raw_bytes=RAW_BYTES)) == 0
    seconds = time.monotonic() - started
    killed = finished = 0
    for trial in range(3 * TRIALS):
        if killed == TRIALS:
            break
        try:
            # more of them early on, where data are landed and loaded, than in the build, which takes longer
            part = draw.random() ** 2
            by_step = draw.random() < 0.5
            process = warm.start(
                site, "ingest", dies_at=1 + int(part * steps) if by_step else None, raw_bytes=RAW_BYTES
            )
            if not by_step:
                process.join(part * seconds)
                process.kill()
            code = warm.ended(process)
            assert code in {KILLED, 0}, warm.said(site)
            killed += code == KILLED
            witness.look(living.expected())
            if draw.random() < 0.2:
                assert warm.ended(warm.start(site, "ingest", raw_bytes=RAW_BYTES)) == 0, warm.said(site)
                finished += 1
                witness.look(living.expected())
                assert held(site) == living.expected()
                assert not [name for name in site.files() if name.endswith(".tmp") or "building" in name]
            if draw.random() < 0.7:
                living.go_on()
        except AssertionError as error:
            raise AssertionError(f"KILL_SEED={SEED}, trial {trial}: {error}") from error
    assert killed == TRIALS and finished > TRIALS / 20
    assert warm.ended(warm.start(site, "ingest")) == 0
    fresh = made("undisturbed")
    assert warm.ended(warm.start(fresh, "ingest")) == 0
    expected, found = fresh.checksums(), site.checksums()
    # GitHub's marks tell of the readings themselves: how often, and what was open then
    differing = {name for name in expected if found[name] != expected[name]} - {"meta.watermark"}
    assert differing == set(), f"KILL_SEED={SEED}"


def test_sigterm_amid_a_request_that_is_never_answered_ends_the_run(
    organisation: tuple[Organisation, Callable[[str], Site]],
) -> None:
    living, made = organisation
    living.go_on()
    asked, answers = threading.Event(), threading.Event()
    living.github.faults.append(Fault(match="deployments", action=lambda world: (asked.set(), answers.wait())[0]))
    site = made("waiting")
    process = warm.start(site, "ingest")
    try:
        assert asked.wait(60)
        process.terminate()
        assert warm.ended(process) == 128 + signal.SIGTERM
    finally:
        answers.set()
    assert warm.said(site) == ""
    assert not list(site.data.glob("raw/*/*/*.tmp"))
    assert warm.ended(warm.start(site, "ingest")) == 0
    assert held(site) == living.expected()
