"""Requests side by side: never more than allowed, and nothing but the time they take tells them from one by one."""

import _thread
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from ingest import github_windows
from ingest.errors import SourceError, SourceStopped
from ingest.http import Http
from ingest.pool import AHEAD, Pool
from tests.azure_devops_world import World as AzureWorld
from tests.conftest import Site
from tests.fake_github import FakeGithub
from tests.github_faults import Fault
from tests.github_world import Deployment, Job, Pull, Repo, Run, Status, World, iso, simulated
from tests.gitlab_world import World as GitlabWorld
from tests.ingest.github_reading import TOKEN, Reading
from tests.ingest.github_repo import NOW, at, rerun
from tests.ingest.reading import TOKEN as READ_TOKEN
from tests.ingest.reading import Reading as ProviderReading
from tests.jenkins_world import World as JenkinsWorld
from tests.loopback import Request


def organisation() -> World:
    """Two repositories with more runs than one search shows, and all else that is asked for one by one."""
    world = World(token=TOKEN, now=NOW)
    for index in range(2):
        repo = world.add(Repo(f"acme/model-{index}", id=index + 1))
        first = NOW - timedelta(days=40)
        repo.runs = [
            Run(10_000 * index + n, iso(first + timedelta(minutes=40 * n)), jobs=[Job("lint")]) for n in range(1_150)
        ]
        for n in (3, 700, 1_000):
            rerun(repo.runs[n], at(hours=2))
        repo.runs[-1].status = "in_progress"
        repo.deployments = [
            Deployment(100 * index + n, at(hours=n + 2), statuses=[Status(state, at(hours=n + 1))])
            for n, state in enumerate(["success", "failure", "in_progress"] * 5)
        ]
        repo.pulls = [
            Pull(100 * index + n, n + 1, at(days=9), at(hours=n + 1), at(hours=n + 1), commits=[at(days=10)])
            for n in range(12)
        ]
    return world


def uneven(address: str) -> float:
    """Answers that overtake one another, always in the same way."""
    return len(address) % 7 / 1_000 + sum(address.encode()) % 11 / 1_000


def test_pages_and_marks_are_those_of_one_request_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    # as if a search showed no more: then so few runs do
    monkeypatch.setattr(github_windows, "SEARCH_LIMIT", 250)
    readings = []
    for parallel in (1, 8):
        with FakeGithub(organisation(), latency=uneven if parallel > 1 else lambda address: 0) as github:
            for repo in github.world.repos.values():
                repo.runs = repo.runs[-450:]
            reading = Reading(github, parallel, repos=["acme/*"], jobs=True, since="2026-01-01")
            first = reading.sync()
            github.world.repos["acme/model-1"].deployments[2].statuses.append(Status("success", at(hours=0)))
            second = reading.sync()
            assert first.faults == second.faults == []
            assert github.most_at_once == parallel
            readings.append(([*first.pages, *second.pages], reading.marks))
            assert sorted(first.requests) != first.requests
    assert readings[0] == readings[1]
    assert len(readings[0][0]) > 20


def test_what_fails_is_left_out_and_asked_for_again_all_the_same() -> None:
    with FakeGithub(organisation(), latency=uneven) as github:
        reading = Reading(github, 8, repos=["acme/model-0"], jobs=True, since="2026-01-01")
        faults = [
            Fault("forbidden", match="runs/700/attempts"),
            Fault("forbidden", match="deployments/4/statuses"),
            Fault("forbidden", match="actions/runs/77/jobs"),
            Fault("forbidden", match="page=3"),
        ]
        github.faults += faults
        assert [len(reading.sync().faults) for _ in range(3)] == [2, 2, 0]
        assert [fault.times for fault in faults] == [0] * 4
        assert len(reading.of("deployment")) == 15 and len(reading.of("ci_job")) == 1_149
        assert len({run.run_id for run in reading.of("ci_run")}) == 1_150


def test_nothing_new_in_twenty_repositories_costs_one_conditional_request_a_list() -> None:
    world = simulated(400, repos=20)
    world.token = TOKEN
    with FakeGithub(world) as github:
        reading = Reading(github, 8, repos=["acme/*"], jobs=True)
        reading.sync()
        again = reading.sync()
    assert again.pages == [] and again.faults == []
    [listing, *asked] = again.requests
    assert listing == ("/orgs/acme/repos?per_page=100", 200)
    wanted = {f"/repos/acme/model-{n}/{path}" for n in range(20) for path in ("deployments", "pulls", "actions/runs")}
    assert Counter(address.partition("?")[0] for address, _ in asked) == dict.fromkeys(wanted, 1)
    assert {status for _, status in asked} == {304}


def test_a_limit_that_one_request_meets_holds_the_others_too(github: FakeGithub) -> None:
    github.faults.append(Fault("secondary", wait=30))
    released, slept = threading.Event(), threading.Semaphore(0)

    def sleep(seconds: float) -> None:
        slept.release()
        assert released.wait(20)

    with Http(github.base_url, TOKEN, sleep=sleep) as http, ThreadPoolExecutor() as threads:
        answers = [threads.submit(http.get, "repos/acme/fraud")]
        assert slept.acquire(timeout=20)
        answers += [threads.submit(http.get, "repos/acme/fraud") for _ in range(3)]
        for _ in range(3):
            assert slept.acquire(timeout=20)
        assert [status for _, status in github.requests] == [403]
        released.set()
        assert [answer.result().status for answer in answers] == [200] * 4


def test_what_stops_the_source_stops_the_asking(github: FakeGithub) -> None:
    github.faults.append(Fault("refused", spare=4))
    with Http(github.base_url, TOKEN, parallel=4) as http, pytest.raises(SourceStopped):
        for _, answer in http.each(range(1_000), lambda number: http.get("repos/acme/fraud")):
            answer()
    assert len(github.requests) < 20


def squares(size: int, count: int, drawn: list[int]) -> Iterator[tuple[int, Callable[[], int]]]:
    def numbers() -> Iterator[int]:
        for number in range(count):
            drawn.append(number)
            yield number

    def square(number: int) -> int:
        if number == 3:
            raise SourceError("three")
        return number * number

    return Pool(size).each(numbers(), square)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_answers_come_in_order_and_are_not_drawn_far_ahead(size: int) -> None:
    drawn: list[int] = []
    found = []
    for number, answer in squares(size, 20, drawn):
        assert len(drawn) <= number + (AHEAD * size if size > 1 else 1)
        if number == 3:
            with pytest.raises(SourceError, match="three"):
                answer()
        else:
            found.append(answer())
    assert found == [number * number for number in range(20) if number != 3]


@pytest.mark.parametrize("size", [1, 3])
def test_what_cannot_be_drawn_is_raised_after_what_could(size: int) -> None:
    def numbers() -> Iterator[int]:
        yield from range(3)
        raise SourceError("no more")

    found = []
    with pytest.raises(SourceError, match="no more"):
        found.extend(answer() for _, answer in Pool(size).each(numbers(), str))
    assert found == ["0", "1", "2"]


def test_asking_while_asked_waits_for_no_thread() -> None:
    pool = Pool(2)

    def nested(number: int) -> list[int]:
        return [answer() for _, answer in pool.each(range(number), abs)]

    assert [answer() for _, answer in pool.each(range(6), nested)] == [list(range(number)) for number in range(6)]


@pytest.mark.slow
def test_a_run_ends_at_once_whatever_it_waits_for(site: Site) -> None:
    world = organisation()
    world.token = None
    asked = threading.Semaphore(0)
    held = threading.Event()

    def forever(address: str) -> float:
        asked.release()
        held.wait(60)
        return 0

    with FakeGithub(world, latency=forever) as github:
        site.config.write_text(
            f'[[source]]\nname = "gh"\nkind = "github"\nbase_url = "{github.base_url}"\n'
            'repos = ["acme/a", "acme/b", "acme/c", "acme/d"]\nparallel = 4\n'
        )
        process = site.start("ingest")
        for _ in range(4):
            assert asked.acquire(timeout=30)
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=20)
        held.set()
    assert process.returncode == 143 and "Traceback" not in output + errors
    assert not list(site.data.rglob("*.tmp"))


def test_a_signal_that_came_just_before_the_wait_ends_it() -> None:
    released = threading.Event()

    def never(item: int) -> None:
        # noted as the signal would be, but without the interruption that it would only be if it came during the wait
        time.sleep(0.1)
        _thread.interrupt_main(signal.SIGTERM)
        released.wait(30)

    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    started = time.monotonic()
    try:
        with pytest.raises(SystemExit):
            for _, answer in Pool(2).each([1], never):
                answer()
    finally:
        released.set()
        signal.signal(signal.SIGTERM, before)
    assert time.monotonic() - started < 10


def gitlab() -> GitlabWorld:
    world = GitlabWorld(NOW, READ_TOKEN)
    project = world.add("acme/fraud")
    for n in range(30):
        pipeline = world.pipeline(project, f"2026-05-02T10:{n:02}:00.000Z", started_at="2026-05-02T10:00:00.000Z")
        world.job(project, pipeline, "test")
        world.deployment(project, f"2026-05-02T10:{n:02}:00.000Z")
    return world


def azure_devops() -> AzureWorld:
    world = AzureWorld(NOW, READ_TOKEN)
    project = world.add("ML")
    for n in range(30):
        world.build(project, f"2026-05-03T10:{n:02}:00.7654321Z")
    return world


def jenkins() -> JenkinsWorld:
    world = JenkinsWorld(NOW, READ_TOKEN)
    job = world.add("ml/fraud")
    for _ in range(30):
        world.build(job)
    return world


@pytest.mark.parametrize(
    ("kind", "made", "settings"),
    [
        ("gitlab", gitlab, {"projects": ["acme/fraud"], "tiers": True}),
        ("azure_devops", azure_devops, {}),
        ("jenkins", jenkins, {"user": "cron"}),
    ],
)
def test_details_of_other_providers_are_asked_for_side_by_side(
    kind: str, made: Callable[[], Any], settings: dict[str, Any]
) -> None:
    found = []
    for parallel in (1, 6):
        world = made()
        with world.server as server:
            base_url = getattr(world, "base_url", server.base_url)
            threads = set()
            answer = server.answer

            def noted(request: Request, answer: Any = answer, threads: set[Any] = threads) -> Any:
                threads.add(threading.current_thread())
                return answer(request)

            server.answer = noted
            reading = ProviderReading(server, kind=kind, base_url=base_url, parallel=parallel, **settings)
            first = reading.sync()
            assert first.faults == [] and first.stopped is None and len(reading.of("ci_run")) == 30
            port = server.base_url.rpartition(":")[2]
            found.append((str(first.pages).replace(port, "PORT"), str(reading.marks).replace(port, "PORT")))
            # the server has a thread for each connection
            assert len(threads) > 1 if parallel > 1 else len(threads) == 1
    assert found[0] == found[1]
