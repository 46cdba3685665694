"""How the fake server answers for workflow runs: their list, its search, attempts, jobs and reviews."""

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any

from tests import github_objects as objects
from tests.github_faults import Answer, message
from tests.github_world import Repo, Run

if TYPE_CHECKING:
    from tests.fake_github import FakeGithub

SEARCH_LIMIT = 1_000


def runs(github: "FakeGithub", repo: Repo, path: str, query: dict[str, str]) -> Answer:
    first, last = 0, len(repo.runs)
    if created := query.get("created"):
        begin, end = _range(created)
        first = bisect_left(repo.runs, begin, key=lambda run: run.created)
        last = bisect_right(repo.runs, end, key=lambda run: run.created)
    total = last - first
    reachable = min(total, SEARCH_LIMIT) if created else total
    number, size = int(query.get("page", 1)), min(int(query.get("per_page", 30)), 100)
    skip = (number - 1) * size
    wanted = range(last - 1 - skip, max(last - 1 - reachable, last - 1 - skip - size), -1)
    listed = b",".join(objects.run_json(repo, repo.runs[index]) for index in wanted)
    body = b'{"total_count":%d,"workflow_runs":[%b]}' % (total, listed)
    return Answer(200, body, github.link(path, query, number, skip + size < reachable))


def run(github: "FakeGithub", repo: Repo, path: str, query: dict[str, str], run_id: int) -> Answer:
    found = _found(repo, run_id)
    return Answer(200, objects.run_json(repo, found)) if found else message(404, "Not Found")


def attempt(github: "FakeGithub", repo: Repo, path: str, query: dict[str, str], *numbers: int) -> Answer:
    run_id, wanted = numbers
    found = _found(repo, run_id)
    found = found if found is None or found.attempt == wanted else found.earlier.get(wanted)
    return Answer(200, objects.run_json(repo, found)) if found else message(404, "Not Found")


def jobs(github: "FakeGithub", repo: Repo, path: str, query: dict[str, str], run_id: int) -> Answer:
    found = _found(repo, run_id)
    return github.listed(path, objects.jobs_json(repo, found), query, "jobs") if found else message(404, "Not Found")


def approvals(github: "FakeGithub", repo: Repo, path: str, query: dict[str, str], run_id: int) -> Answer:
    reviews = b",".join(objects.approval_json(*each) for each in repo.approvals.get(run_id, ()))
    return Answer(200, b"[%b]" % reviews)


def _found(repo: Repo, run_id: int) -> Run | None:
    return next((run for run in repo.runs if run.id == run_id), None)


def _range(created: str) -> tuple[str, str]:
    """GitHub's search syntax: `A..B`, `>=A`, `<=B` or one day."""
    if ".." in created:
        begin, end = created.split("..")
        return begin, end
    if created.startswith(">="):
        return created[2:], "9999"
    if created.startswith("<="):
        return "", created[2:]
    return created, created + "~"


RUN_ROUTES: tuple[tuple[str, Any], ...] = (
    (r"/actions/runs", runs),
    (r"/actions/runs/(\d+)", run),
    (r"/actions/runs/(\d+)/approvals", approvals),
    (r"/actions/runs/(\d+)/attempts/(\d+)", attempt),
    (r"/actions/runs/(\d+)/jobs", jobs),
)
