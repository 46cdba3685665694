"""How the fake server answers for issues, of which GitHub takes pull requests to be some."""

from typing import TYPE_CHECKING, Any

from tests import github_objects as objects
from tests.github_faults import Answer, message
from tests.github_world import Repo

if TYPE_CHECKING:
    from tests.fake_github import FakeGithub


def issues(github: "FakeGithub", repo: Repo, path: str, query: dict[str, str]) -> Answer:
    """Issues and pull requests; those that bear all of the labels."""
    if not repo.has_issues:
        return message(410, "Issues has been disabled in this repository.")
    since, state = query.get("since", ""), query.get("state", "open")
    wanted = set(query.get("labels", "").lower().split(",")) - {""}
    found = [
        (issue.updated or issue.created, objects.issue_json(repo, issue))
        for issue in repo.issues
        if state in {"all", issue.state} and wanted <= {label.lower() for label in issue.labels}
    ]
    if not wanted and state != "open":
        found += [(pull.updated, objects.pull_as_issue_json(repo, pull)) for pull in repo.pulls]
    found = sorted((each for each in found if each[0] >= since), key=lambda each: each[0])
    ordered = found if query.get("direction") == "asc" else found[::-1]
    return github.listed(path, [body for _, body in ordered], query)


def issue(github: "FakeGithub", repo: Repo, path: str, query: dict[str, str], number: int) -> Answer:
    if number in repo.transferred:
        target, there = repo.transferred[number]
        return message(301, "Moved Permanently", Location=f"{github.base_url}/repositories/{target}/issues/{there}")
    found = next((each for each in repo.issues if each.number == number), None)
    return Answer(200, objects.issue_json(repo, found)) if found else message(410, "This issue was deleted")


def events(github: "FakeGithub", repo: Repo, path: str, query: dict[str, str], number: int) -> Answer:
    found = next(each for each in repo.issues if each.number == number)
    bodies = [objects.event_json(repo, found, index) for index in range(len(found.events))]
    return github.listed(path, bodies, query)


ISSUE_ROUTES: tuple[tuple[str, Any], ...] = (
    (r"/issues", issues),
    (r"/issues/(\d+)", issue),
    (r"/issues/(\d+)/events", events),
)
