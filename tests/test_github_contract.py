"""What Uptake asks of GitHub, and what the fake answers in its place, is what GitHub's own OpenAPI description says.

Else all that is proven with the fake would be proven of a fiction.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from ingest import github_app
from ingest import github_comparison as comparison
from ingest import github_deployment_fields as deployed
from ingest import github_fields as fields
from ingest import github_issue_fields as issue_fields
from tests.conftest import Site
from tests.fake_github import ROUTES, FakeGithub
from tests.github_app import FakeApp
from tests.github_faults import Fault
from tests.github_openapi import PATHS, Contract
from tests.github_world import Deployment, Issue, Job, Pull, Release, Repo, Run, Status, World, iso
from tests.ingest.github_repo import rerun

NOW = datetime(2026, 5, 4, 12, 0, 0)
CONFIG = """
[[source]]
name = "gh"
kind = "github"
base_url = "{base_url}"
graphql = false
repos = ["acme/*", "mona/*", "acme/old-name"]
releases = {{ "acme/fraud" = "production" }}
[[source.issues]]
reads = "incidents"
labels = ["incident"]
[[source.issues]]
reads = "initiatives"
labels = ["roadmap"]
repos = ["acme/fraud"]
"""


LOG = "https://github.com/acme/fraud/actions/runs/7/job/1"


def at(**before: float) -> str:
    return iso(NOW - timedelta(**before))


def organisation() -> World:
    """Something of all that Uptake reads, in every state in which it asks again."""
    world = World(now=NOW)
    repo = world.add(Repo("acme/fraud"))
    repo.runs = [Run(n, at(hours=300 - n), jobs=[Job("lint", failed_step="ruff")]) for n in range(230)]
    rerun(repo.runs[3], at(hours=1))
    repo.runs[-1].status = "in_progress"
    repo.runs[7].uses = ("acme/ml/.github/workflows/deploy.yml@v1",)
    states = ("success", "in_progress", "failure", "inactive", "waiting", "queued", "error")
    repo.deployments = [Deployment(n, at(hours=n + 1), statuses=[Status(s, at(hours=n))]) for n, s in enumerate(states)]
    before = "b" * 40
    repo.deployments.append(Deployment(90, at(hours=30), sha=before, statuses=[Status("success", at(hours=29))]))
    waited = [Status(state, at(hours=n), log_url=LOG) for n, state in ((28, "waiting"), (27, "success"))]
    repo.deployments.append(Deployment(91, at(hours=29), statuses=waited))
    repo.approvals = {7: [("approved", "production")]}
    repo.releases = [Release(1, "v1", at(days=2), at(days=1)), Release(2, "v2", at(days=1))]
    repo.tags = {"v1": before}
    repo.parents = {before: [], repo.deployments[0].sha: [before]}
    review = (at(days=2), "rita", "User")
    repo.pulls = [Pull(1, 1, at(days=3), at(days=2), at(days=2), commits=[at(days=4)], reviews=[review])]
    events = [("labeled", at(days=3), "roadmap"), ("assigned", at(days=2), None), ("closed", at(days=1), None)]
    repo.issues = [
        Issue(501, 2, at(days=3), labels=["incident"]),
        Issue(502, 3, at(days=3), labels=["roadmap"], assignees=["rita"], events=events),
        Issue(503, 4, at(days=3), labels=["incident"], state="closed", state_reason="completed", closed=at(days=1)),
    ]
    world.add(Repo("acme/new-name", id=2, runs=[Run(5_000, at(hours=3))]))
    world.moved["acme/old-name"] = "acme/new-name"
    world.add(Repo("mona/thesis", id=3))
    return world


@pytest.fixture(scope="module")
def exchanges(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, int, bytes]]:
    """What `uptake check` and two runs of `uptake ingest` ask, and what they are answered."""
    seen: list[tuple[str, str, int, bytes]] = []
    site = Site(tmp_path_factory.mktemp("contract"))
    with FakeGithub(organisation()) as github:
        github.witness = lambda *exchange: seen.append(exchange)
        site.config.write_text(CONFIG.format(base_url=github.base_url))
        assert site.uptake("check").exit_code == 0
        github.faults.append(Fault("forbidden", match="pulls/1/reviews"))
        assert site.uptake("ingest", "--since", "2026-02-01").exit_code == 1
        assert github.world.now
        github.world.now += timedelta(days=1)
        fraud = github.world.repos["acme/fraud"]
        fraud.runs[-1].status = "completed"
        del fraud.issues[0]
        fraud.deployments[1].statuses.append(Status("success", iso(github.world.now)))
        site.ingest()
    app = FakeApp(owners={"acme": 77, "mona": 78})
    with FakeGithub(replace(organisation(), app=app)) as github:
        github.witness = lambda *exchange: seen.append(exchange)
        as_app = f'kind = "github"\nbase_url = "{github.base_url}"\napp_id = {app.id}\nprivate_key_file = "app.pem"\n'
        site.config.write_text(
            f'[[source]]\nname = "a"\n{as_app}repos = ["acme/fraud"]\n'
            f'[[source]]\nname = "b"\n{as_app}repos = ["mona/thesis"]\n'
        )
        key = site.folder / "app.pem"
        key.write_text(app.pem)
        key.chmod(0o600)
        assert site.uptake("check").exit_code == 0
    return seen


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract()


def test_every_request_and_answer_is_as_documented(
    contract: Contract, exchanges: list[tuple[str, str, int, bytes]]
) -> None:
    faults = {fault for exchange in exchanges for fault in contract.faults(*exchange)}
    assert not faults, "\n".join(sorted(faults))


def test_all_that_the_fake_serves_was_asked_for(exchanges: list[tuple[str, str, int, bytes]]) -> None:
    asked = {re.sub(r"^/repo(s/[^/]+/[^/]+|sitories/\d+)", "", address.split("?")[0]) for _, address, *_ in exchanges}
    unasked = [pattern for pattern, _ in ROUTES if not any(re.fullmatch(pattern, path) for path in asked)]
    assert unasked == [], "let `organisation` hold what Uptake asks this for"


def test_the_cut_holds_what_is_asked_for_and_no_more(
    contract: Contract, exchanges: list[tuple[str, str, int, bytes]]
) -> None:
    assert {contract.path(address) for _, address, *_ in exchanges} == contract.paths == set(PATHS)


def test_the_newest_version_is_named(contract: Contract) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", contract.version)


READ: dict[str, Any] = {
    "/app/installations/{installation_id}/access_tokens": github_app.Token,
    "/orgs/{org}/installation": github_app.Installation,
    "/orgs/{org}/repos": list[fields.Repository],
    "/repos/{owner}/{repo}/actions/runs": fields.RunPage,
    "/repos/{owner}/{repo}/actions/runs/{run_id}": fields.Run,
    "/repos/{owner}/{repo}/actions/runs/{run_id}/approvals": list[deployed.Approval],
    "/repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}": fields.Run,
    "/repos/{owner}/{repo}/actions/runs/{run_id}/jobs": fields.JobPage,
    "/repos/{owner}/{repo}/commits/{ref}": deployed.Tagged,
    "/repos/{owner}/{repo}/compare/{basehead}": comparison.Comparison,
    "/repos/{owner}/{repo}/deployments": list[deployed.Deployment],
    "/repos/{owner}/{repo}/deployments/{deployment_id}": deployed.Deployment,
    "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses": list[deployed.Status],
    "/repos/{owner}/{repo}/issues": list[issue_fields.Issue],
    "/repos/{owner}/{repo}/issues/{issue_number}": issue_fields.Issue,
    "/repos/{owner}/{repo}/issues/{issue_number}/events": list[issue_fields.IssueEvent],
    "/repos/{owner}/{repo}/pulls": list[fields.Pull],
    "/repos/{owner}/{repo}/pulls/{pull_number}": fields.Pull,
    "/repos/{owner}/{repo}/pulls/{pull_number}/commits": list[fields.Commit],
    "/repos/{owner}/{repo}/pulls/{pull_number}/reviews": list[fields.Review],
    "/users/{username}/installation": github_app.Installation,
    "/repos/{owner}/{repo}/releases": list[deployed.Release],
    "/users/{username}/repos": list[fields.Repository],
}
"""The type that Uptake reads the answer of a path with."""

UNREAD = {"/rate_limit", "/repos/{owner}/{repo}"}
"""Asked for only to see whether they answer."""


def test_all_that_is_read_is_named(contract: Contract) -> None:
    assert READ.keys() | UNREAD == contract.paths


@pytest.mark.parametrize("path", READ)
def test_uptake_reads_whatever_github_may_answer(contract: Contract, path: str) -> None:
    """Each field that is read is documented, and what GitHub may leave out or leave empty, Uptake takes so."""
    read = TypeAdapter(READ[path]).json_schema()
    assert gaps(read, contract.schema(path), read, contract.schema("")) == []


def gaps(read: Any, told: Any, read_root: Any, told_root: Any, place: str = "$") -> list[str]:
    """Where a reader's JSON schema takes less than a documented one gives."""
    (reads, takes_null), (tells, gives_null) = forms(read, read_root), forms(told, told_root)
    documented = {name for teller in tells for name in teller.get("properties", {})}
    found = [f"{place} may be null"] if gives_null and not takes_null else []
    for reader in reads:
        for teller in tells:
            if "items" in reader and "items" in teller:
                found += gaps(reader["items"], teller["items"], read_root, told_root, f"{place}[]")
            for name, inner in reader.get("properties", {}).items():
                here = f"{place}.{name}"
                if name not in teller.get("properties", {}):
                    # of several kinds of one thing, as of events, one that has the field is enough
                    found += [f"{here} is not documented"] if documented and name not in documented else []
                    continue
                if name in reader.get("required", ()) and name not in teller.get("required", ()):
                    found.append(f"{here} may be left out")
                found += gaps(inner, teller["properties"][name], read_root, told_root, here)
    return found


def forms(schema: Any, root: Any) -> tuple[list[Any], bool]:
    """The forms that a value may have beside null, and whether it may be null."""
    if "$ref" in schema:
        place = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            place = place[part]
        return forms(place, root)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        found = [forms(each, root) for each in choices]
        return [form for some, _ in found for form in some], any(null for _, null in found)
    if schema.get("type") == "null":
        return [], True
    return [schema], not schema
