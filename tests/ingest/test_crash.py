"""Killed, ended, or out of space at any point: the next run ends with the same tables as one that nothing disturbed."""

import random
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.conftest import Site

pytestmark = pytest.mark.slow
PATIENCE = 30.0
"""Seconds until a process that should have got somewhere counts as lost."""


def appears(*patterns: str, count: int = 1) -> Callable[[Path], bool]:
    """True once files match; a file that is soon gone needs a second pattern for what it becomes."""
    return lambda data: sum(len(list(data.glob(pattern))) for pattern in patterns) >= count


def later(reached: Callable[[Path], bool], seconds: float) -> Callable[[Path], bool]:
    """True so many seconds after another condition first was; no file shows these points."""
    since: dict[Path, float] = {}
    return lambda data: reached(data) and time.monotonic() - since.setdefault(data, time.monotonic()) > seconds


def logged(data: Path) -> bool:
    """True while a transaction of some size waits in the log; the file goes when it is taken over."""
    with suppress(FileNotFoundError):
        return any(wal.stat().st_size > 100_000 for wal in data.glob("*.wal"))
    return False


POINTS: dict[str, Callable[[Path], bool]] = {
    "lock taken": appears(".lock"),
    "soon after": later(appears(".lock"), 0.1),
    "warehouse in the making": appears("warehouse.duckdb.tmp", "warehouse.duckdb"),
    "first raw file in writing": appears("raw/*/*/*.tmp", "raw/*/*/*.gz"),
    "first raw file landed": appears("raw/*/*/*.gz"),
    "amid parsing it": later(appears("raw/*/*/*.gz"), 0.02),
    "first raw file loaded": logged,
    "second raw file landed": appears("raw/*/*/*.gz", count=2),
    "read model in the making": appears("read/.building-*", "read/current"),
    "read model published": appears("read/current"),
}


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Few rows, but so large that they fill more than one raw file, and some of them bad."""
    folder = tmp_path_factory.mktemp("exports")
    noise = random.Random(1)
    for wave in (1, 2):
        lines = ["model_name,version,created_at,data_version"]
        lines += [f"m{wave},{n},2025-01-01,{noise.randbytes(30_000).hex()}" for n in range(100)]
        (folder / f"model_version-{wave}.csv").write_text("\n".join([*lines, "too,few"]) + "\n")
    deployments = ["deployment_id,repo,environment,created_at,status,actor,finished_at"]
    for n in range(400):
        at = f"2025-{n % 12 + 1:02d}-{n % 28 + 1:02d}T10:00:00Z"
        deployments.append(f"{n},acme/{n % 7},prod,{at},{'failed' if n % 9 == 0 else 'succeeded'},Joe {n % 5},{at}")
    (folder / "deployment.csv").write_text("\n".join(deployments) + "\n")
    (folder / "survey.csv").write_text("survey_id,opened_at,invited_count\nw1,2025-01-01,300\nw2,2025-07-01,300\n")
    (folder / "incident.csv").write_text("incident_id,opened_at,deployment_id\n1,2025-02-02T11:00:00Z,1\n")
    return folder


@pytest.fixture(scope="module")
def undisturbed(exports: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The checksums that a run which nothing disturbs ends with."""
    site = forgiving(tmp_path_factory.mktemp("undisturbed"), exports)
    assert finish(site.start("ingest")) == (0, "")
    assert len(list(site.data.glob("raw/*/*/*.gz"))) == 2
    return site.checksums()


def forgiving(folder: Path, exports: Path) -> Site:
    """A site that bears the bad rows, also where a second run loads little else."""
    site = Site(folder, exports)
    site.config.write_text(site.config.read_text() + "max_rejected_ratio = 0.5\n")
    return site


def finish(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """The exit code and what was said on stderr."""
    _, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, errors


def wait_for(process: "subprocess.Popen[str]", reached: Callable[[Path], bool], data: Path) -> None:
    given_up = time.monotonic() + PATIENCE
    while not reached(data):
        assert process.poll() is None, f"ended before the point: {process.communicate()}"
        assert time.monotonic() < given_up
        time.sleep(0.0005)


def kill(site: Site, reached: Callable[[Path], bool]) -> None:
    process = site.start("ingest")
    wait_for(process, reached, site.data)
    process.kill()
    assert finish(process)[0] == -signal.SIGKILL


def test_killed_at_any_point_the_next_run_ends_as_if_undisturbed(
    exports: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    def trial(name: str) -> tuple[str, list[str]]:
        site = forgiving(tmp_path / name.replace(" ", "-"), exports)
        kill(site, POINTS[name])
        assert finish(site.start("ingest")) == (0, ""), name
        return name, leftovers(site) + differing(site.checksums(), undisturbed)

    with ThreadPoolExecutor(2) as two:
        wrong = dict(two.map(trial, POINTS))
    assert len(wrong) >= 10
    assert wrong == {name: [] for name in POINTS}


def leftovers(site: Site) -> list[str]:
    return [file for file in site.files() if file.endswith(".tmp") or "building" in file]


def differing(found: dict[str, str], expected: dict[str, str]) -> list[str]:
    return [table for table in expected.keys() | found.keys() if found.get(table) != expected.get(table)]


def test_killed_amid_a_replay_the_next_ingest_ends_it(
    exports: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    site = forgiving(tmp_path, exports)
    assert finish(site.start("ingest")) == (0, "")
    process = site.start("replay")
    wait_for(process, logged, site.data)
    process.kill()
    assert finish(process)[0] == -signal.SIGKILL
    assert finish(site.start("ingest")) == (0, "")
    assert differing(site.checksums(), undisturbed) == []


@pytest.mark.parametrize(
    ("point", "number"),
    [
        (POINTS["first raw file in writing"], signal.SIGTERM),
        (POINTS["first raw file loaded"], signal.SIGINT),
        (POINTS["read model in the making"], signal.SIGTERM),
    ],
    ids=["landing", "loading", "building"],
)
def test_a_signal_rolls_back_and_ends_at_once(
    exports: Path, undisturbed: dict[str, str], tmp_path: Path, point: Callable[[Path], bool], number: signal.Signals
) -> None:
    site = forgiving(tmp_path, exports)
    process = site.start("ingest")
    wait_for(process, point, site.data)
    process.send_signal(number)
    started = time.monotonic()
    assert finish(process) == (128 + number, "")
    assert time.monotonic() - started < 5
    assert not list(site.data.glob("raw/*/*/*.tmp"))
    assert finish(site.start("ingest")) == (0, "")
    assert differing(site.checksums(), undisturbed) == []


def test_two_at_once_one_of_them_leaves_with_3(exports: Path, undisturbed: dict[str, str], tmp_path: Path) -> None:
    site = forgiving(tmp_path, exports)
    first = site.start("ingest")
    wait_for(first, appears("raw/*/*/*.tmp", "raw/*/*/*.gz"), site.data)
    for command in ("ingest", "build", "replay"):
        second = site.uptake(command)
        assert second.exit_code == 3
        assert second.stderr == (
            f"error: {site.data}: another run is at work here (process {first.pid}); wait until it has ended\n"
        )
    assert finish(first) == (0, "")
    assert differing(site.checksums(), undisturbed) == []


def limited(size: int) -> Callable[[], None]:
    """No file of the process may grow beyond this: to a writer, the same as a full disk, and root is bound too."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[bool]:
    """A disk of so many bytes at the folder; False where this user may mount none."""
    folder.mkdir(parents=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    mount = subprocess.run(words, capture_output=True, check=False)
    try:
        yield mount.returncode == 0
    finally:
        if mount.returncode == 0:
            subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("megabytes", [4, 9, 26])
def test_a_real_disk_that_is_full_is_one_line_and_with_space_the_next_run_ends_all(
    exports: Path, undisturbed: dict[str, str], tmp_path: Path, megabytes: int
) -> None:
    site, size = forgiving(tmp_path, exports), megabytes * 1_000_000
    with small_disk(site.data, size) as is_real:
        code, errors = finish(site.start("ingest", preexec_fn=None if is_real else limited(size)))
        assert (code, errors.count("\n")) == (1, 1)
        assert errors.startswith(f"error: {site.data}") and "free space" in errors
        if is_real:
            subprocess.run(["mount", "-o", "remount,size=500000000", str(site.data)], check=True)
        assert finish(site.start("ingest")) == (0, "")
        assert leftovers(site) + differing(site.checksums(), undisturbed) == []


def test_a_disk_full_while_landing_is_one_line_and_nothing_half_written(
    exports: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    site = forgiving(tmp_path, exports)
    code, errors = finish(site.start("ingest", preexec_fn=limited(1_000_000)))
    assert (code, errors) == (
        1,
        f"error: {site.data}/raw: raw data of drop cannot be written (File too large); "
        "nothing half-written stays; free space or mend permissions and run again\n",
    )
    assert leftovers(site) == []
    assert not list(site.data.glob("raw/*/*/*.gz"))
    assert finish(site.start("ingest")) == (0, "")
    assert differing(site.checksums(), undisturbed) == []


def test_a_disk_full_while_loading_is_one_line_and_nothing_half_written(
    exports: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    # the raw files fit in, but not what they become in the warehouse
    site = forgiving(tmp_path, exports)
    code, errors = finish(site.start("ingest", preexec_fn=limited(7_000_000)))
    assert code == 1
    assert errors.startswith(f"error: {site.data}/warehouse.duckdb: cannot be read or written (")
    assert errors.endswith(
        "); free space or mend permissions and run again; "
        "a damaged one can be moved away, since the next run makes it anew from raw\n"
    )
    assert errors.count("\n") == 1
    assert finish(site.start("ingest")) == (0, "")
    assert differing(site.checksums(), undisturbed) == []


def test_a_disk_full_while_publishing_keeps_what_was_published(
    exports: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    site = forgiving(tmp_path, exports)
    assert finish(site.start("ingest")) == (0, "")
    current = (site.data / "read" / "current").resolve()
    code, errors = finish(site.start("build", preexec_fn=limited(200_000)))
    assert code == 1
    assert errors.startswith(f"error: {site.data}/read: cannot be built (")
    assert errors.endswith("); what was published before stays; free space and run again\n")
    assert errors.count("\n") == 1
    assert (site.data / "read" / "current").resolve() == current
    assert differing(site.checksums(), undisturbed) == []
    assert finish(site.start("build")) == (0, "")
    assert leftovers(site) == []
