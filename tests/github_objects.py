"""The objects that the fake server answers with: GitHub's own examples, filled from the world."""

import copy
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.github_world import Deployment, Issue, Job, Pull, Release, Repo, Run

FIXTURES = Path(__file__).parent / "fixtures" / "github"
EXAMPLE_REPOS = ("octo-org/octo-repo", "octocat/Hello-World", "octocat/example", "octo-org/octo-template")


class Template:
    """A JSON object with slots: rendering joins ready-made bytes, so that the server costs a benchmark little."""

    def __init__(self, example: Any, slots: Mapping[str, str]) -> None:
        """`slots` maps a path such as `actor.login` to the name of the value that goes there."""
        example = copy.deepcopy(example)
        for path, name in slots.items():
            *parents, last = path.split(".")
            place = example
            for parent in parents:
                place = place[parent]
            place[last] = f"@@{name}@@"
        parts = re.split(rb'"@@(\w+)@@"', json.dumps(example, separators=(",", ":")).encode())
        self._fixed, self._names = parts[::2], [name.decode() for name in parts[1::2]]

    def render(self, values: Mapping[str, Any]) -> bytes:
        parts = [self._fixed[0]]
        for name, fixed in zip(self._names, self._fixed[1:], strict=True):
            parts.append(json.dumps(values[name]).encode())
            parts.append(fixed)
        return b"".join(parts)


@cache
def example(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))


@cache
def _text(repo: str, file: str, key: str | None) -> str:
    found = example(file)
    plain = json.dumps((found[key] if key else found)[0])
    for other in EXAMPLE_REPOS:
        plain = plain.replace(other, repo)
    return plain


def _of(repo: str, file: str, key: str | None = None) -> Any:
    """GitHub's example object of this kind, as one of this repository."""
    return json.loads(_text(repo, file, key))


RUN_SLOTS = (
    *("id", "name", "path", "head_branch", "head_sha", "event", "status", "conclusion", "created_at", "updated_at"),
    *("run_started_at", "run_attempt", "referenced_workflows", "html_url"),
)
PULL_SLOTS = (
    *(
        "id",
        "node_id",
        "number",
        "state",
        "created_at",
        "updated_at",
        "closed_at",
        "merged_at",
        "merge_commit_sha",
        "html_url",
    ),
    *("user.login", "user.type", "head.sha", "base.ref", "base.repo.default_branch", "base.repo.full_name"),
)


@cache
def _run_template(repo: str) -> Template:
    run = _of(repo, "workflow-run-paginated", "workflow_runs")
    run |= {"previous_attempt_url": None, "referenced_workflows": []}
    return Template(run, {key: key for key in RUN_SLOTS} | {"actor.login": "actor", "triggering_actor.login": "actor"})


@cache
def _pull_template(repo: str) -> Template:
    names = {slot: slot.replace(".", "_") for slot in PULL_SLOTS}
    pull = _of(repo, "pull-request-simple-items")
    for team in pull["requested_teams"]:
        # the schema wants it, and GitHub's example lacks it
        team["type"] = "organization"
    return Template(pull, names)


def run_json(repo: Repo, run: Run) -> bytes:
    return _run_template(repo.name).render(
        {
            "id": run.id,
            "name": run.name,
            "path": run.path,
            "head_branch": run.branch,
            "head_sha": run.sha,
            "event": run.event,
            "status": run.status,
            "conclusion": run.conclusion if run.status == "completed" else None,
            "created_at": ["no", "time"] if run.broken else run.created,
            "updated_at": run.updated or run.created,
            "run_started_at": run.started or run.created,
            "run_attempt": run.attempt,
            "referenced_workflows": [{"path": path, "sha": run.sha, "ref": "refs/heads/main"} for path in run.uses],
            "html_url": f"https://github.com/{repo.name}/actions/runs/{run.id}",
            "actor": run.actor,
        }
    )


def jobs_json(repo: Repo, run: Run) -> list[bytes]:
    found = []
    for index, job in enumerate(run.jobs if run.jobs is not None else [Job()]):
        whole = _of(repo.name, "job-paginated", "jobs")
        if job.failed_step:
            whole["steps"][6] |= {"name": job.failed_step, "conclusion": "failure"}
            whole["steps"][7] |= {"conclusion": "skipped"}
        whole |= {"id": run.id * 10 + index, "run_id": run.id, "name": job.name, "conclusion": job.conclusion}
        whole |= {"created_at": run.created, "run_attempt": run.attempt}
        whole |= {"started_at": job.started or run.created, "completed_at": job.completed or run.updated or run.created}
        found.append(json.dumps(whole).encode())
    return found


def deployment_json(repo: Repo, deployment: Deployment) -> bytes:
    whole = _of(repo.name, "deployment-items")
    whole["creator"]["login"] = deployment.creator
    whole |= {"id": deployment.id, "node_id": f"DE_{deployment.id}"}
    whole |= {"environment": deployment.environment, "sha": deployment.sha, "ref": deployment.ref}
    whole |= {"payload": deployment.payload, "created_at": deployment.created}
    whole |= {"updated_at": deployment.updated or deployment.created}
    return json.dumps(whole).encode()


def status_json(repo: Repo, deployment: Deployment, index: int) -> bytes:
    status = deployment.statuses[index]
    whole = _of(repo.name, "deployment-status-items")
    whole["creator"]["login"] = deployment.creator
    whole |= {"id": deployment.id * 100 + index, "state": status.state, "environment": deployment.environment}
    whole |= {"created_at": status.created, "updated_at": status.created}
    whole |= {"log_url": status.log_url, "target_url": status.target_url}
    return json.dumps(whole).encode()


def pull_json(repo: Repo, pull: Pull) -> bytes:
    return _pull_template(repo.name).render(
        {
            "id": pull.id,
            "node_id": f"PR_{pull.id}",
            "number": pull.number,
            "state": "closed",
            "created_at": pull.created,
            "updated_at": pull.updated,
            "closed_at": pull.merged or pull.updated,
            "merged_at": pull.merged,
            "merge_commit_sha": pull.merge_sha,
            "html_url": f"https://github.com/{repo.name}/pull/{pull.number}",
            "user_login": pull.user,
            "user_type": pull.user_type,
            "head_sha": pull.head_sha,
            "base_ref": pull.base,
            "base_repo_default_branch": repo.default_branch,
            "base_repo_full_name": repo.name,
        }
    )


def single_pull_json(repo: Repo, pull: Pull) -> bytes:
    """A pull request asked for by its number: GitHub tells more of it than in a list."""
    whole = json.loads(pull_json(repo, pull))
    whole |= {"merged": pull.merged is not None, "merged_by": whole["user"], "mergeable": None}
    whole |= {"mergeable_state": "unknown", "rebaseable": None, "maintainer_can_modify": False}
    whole |= {"commits": len(pull.commits), "comments": 10, "review_comments": 0}
    whole |= {"additions": 100, "deletions": 3, "changed_files": 5}
    return json.dumps(whole).encode()


def commit_json(repo: Repo, pull: Pull, date: str) -> bytes:
    whole = _of(repo.name, "commit-items")
    for role in ("author", "committer"):
        whole["commit"][role] |= {"date": date, "name": pull.user, "email": f"{pull.user}@acme.example"}
        whole[role]["login"] = pull.user
    return json.dumps(whole).encode()


def review_json(repo: Repo, pull: Pull, review: tuple[str, str, str]) -> bytes:
    submitted, login, kind = review
    page = f"https://github.com/{repo.name}/pull/{pull.number}"
    user = copy.deepcopy(example("deployment-items")[0]["creator"]) | {"login": login, "type": kind}
    whole = {
        "id": pull.id * 10,
        "node_id": "MDE3OlB1bGxSZXF1ZXN0UmV2aWV3ODA=",
        "user": user,
        "body": "Please look at this again.",
        "state": "APPROVED",
        "html_url": f"{page}#pullrequestreview-80",
        "pull_request_url": page,
        "author_association": "COLLABORATOR",
        "_links": {"html": {"href": page}, "pull_request": {"href": page}},
        "submitted_at": submitted,
        "commit_id": pull.head_sha,
    }
    return json.dumps(whole).encode()


def release_json(repo: Repo, release: Release) -> bytes:
    whole = _of(repo.name, "release-items")
    whole["author"]["login"] = release.author
    whole |= {"id": release.id, "tag_name": release.tag, "draft": release.draft, "prerelease": release.prerelease}
    whole |= {"created_at": release.created, "published_at": release.published}
    whole |= {"html_url": f"https://github.com/{repo.name}/releases/tag/{release.tag}"}
    return json.dumps(whole).encode()


def approval_json(state: str, environment: str) -> bytes:
    whole = copy.deepcopy(example("environment-approvals-items")[0])
    whole["environments"][0]["name"] = environment
    return json.dumps(whole | {"state": state}).encode()


def issue_json(repo: Repo, issue: Issue) -> bytes:
    whole = _of(repo.name, "issue-items")
    del whole["pull_request"]
    people = [whole["user"] | {"login": login} for login in issue.assignees]
    label = whole["labels"][0]
    whole |= {"id": issue.id, "number": issue.number, "title": issue.title, "state": issue.state}
    whole |= {"state_reason": issue.state_reason, "closed_at": issue.closed, "created_at": issue.created}
    whole |= {"updated_at": issue.updated or issue.created, "labels": [label | {"name": name} for name in issue.labels]}
    whole |= {"assignees": people, "assignee": people[0] if people else None}
    whole |= {"user": whole["user"] | {"login": issue.author}, "closed_by": None}
    whole |= {"html_url": f"https://github.com/{repo.name}/issues/{issue.number}"}
    return json.dumps(whole).encode()


def pull_as_issue_json(repo: Repo, pull: Pull) -> bytes:
    """GitHub lists pull requests among the issues, under another id."""
    whole = json.loads(issue_json(repo, Issue(pull.id + 1_000_000, pull.number, pull.created, pull.updated)))
    return json.dumps(whole | {"pull_request": _of(repo.name, "issue-items")["pull_request"]}).encode()


def event_json(repo: Repo, issue: Issue, index: int) -> bytes:
    event, created, label = issue.events[index]
    whole = _of(repo.name, "issue-event-for-issue-items")
    whole |= {
        "id": issue.id * 100 + index,
        "event": event,
        "created_at": created,
        "commit_id": None,
        "commit_url": None,
    }
    del whole["label"]
    if label is not None:
        whole["label"] = {"name": label, "color": "red"}
    if event in {"assigned", "unassigned"}:
        whole |= {"assignee": whole["actor"], "assigner": whole["actor"]}
    return json.dumps(whole).encode()


def repository_json(repo: Repo) -> bytes:
    whole = _of(repo.name, "repository-paginated", "repositories")
    whole |= {"id": repo.id, "name": repo.name.split("/")[1], "full_name": repo.name}
    whole |= {"default_branch": repo.default_branch, "has_discussions": False}
    return json.dumps(whole).encode()
