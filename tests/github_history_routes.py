"""How the fake server answers about a repository's history: commits, what lies between two of them, and releases."""

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tests.github_faults import Answer, message
from tests.github_objects import example, release_json
from tests.github_world import Repo

if TYPE_CHECKING:
    from tests.fake_github import FakeGithub


def comparison(github: "FakeGithub", repo: Repo, path: str, query: dict[str, str]) -> Answer:
    """As of a merge base; commits in the order of time, in pages, the changed files on the first of them only."""
    base, head = unquote(path.rpartition("/")[2]).split("...")
    if base == head == "HEAD":
        base = head = next(iter(repo.parents), "")
    if base not in repo.parents or head not in repo.parents:
        return message(404, "Not Found")
    ahead, behind = _before(repo, head) - _before(repo, base), _before(repo, base) - _before(repo, head)
    if not _before(repo, base) & _before(repo, head):
        return message(404, f"No common ancestor between {base} and {head}.")
    order = [sha for sha in repo.parents if sha in ahead]
    number, size = int(query.get("page", 1)), min(int(query.get("per_page", 30)), 100)
    whole = dict(example("commit-comparison"))
    whole["status"] = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
    whole |= {"ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead)}
    shown = order[(number - 1) * size : number * size]
    whole["commits"] = [whole["commits"][0] | {"sha": sha} for sha in shown]
    if number > 1:
        del whole["files"]
    return Answer(200, json.dumps(whole).encode(), github.link(path, query, number, number * size < len(order)))


def tagged(github: "FakeGithub", repo: Repo, path: str, query: dict[str, str]) -> Answer:
    """The commit that a tag names."""
    tag = unquote(path.rpartition("/")[2])
    if tag not in repo.tags:
        return message(422, f"No commit found for SHA: {tag}")
    return Answer(200, json.dumps({**example("commit-items")[0], "sha": repo.tags[tag]}).encode())


def releases(github: "FakeGithub", repo: Repo, path: str, query: dict[str, str]) -> Answer:
    newest = sorted(repo.releases, key=lambda each: (each.created, each.id), reverse=True)
    return github.listed(path, [release_json(repo, each) for each in newest], query)


def _before(repo: Repo, sha: str) -> set[str]:
    """A commit and all before it."""
    found: set[str] = set()
    waiting = [sha]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += repo.parents[each]
    return found


HISTORY_ROUTES: tuple[tuple[str, Any], ...] = (
    (r"/compare/[^/]+", comparison),
    (r"/commits/[^/]+", tagged),
    (r"/releases", releases),
)
