"""GitHub's GraphQL API, as far as Uptake asks it: the fake server's answers, by GitHub's own schema.

    npm pack @octokit/graphql-schema && tar xzf octokit-graphql-schema-*.tgz
    python -m tests.github_graphql package

cuts tests/fixtures/github/graphql.json anew, after a field was added to FIELDS. The whole schema has 5 MB.
"""

import argparse
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.github_world import Deployment, Pull, World

FILE = Path(__file__).parent / "fixtures" / "github" / "graphql.json"
MOST_NODES = 100
FIELDS = {
    "Query": ("nodes",),
    "PullRequest": ("commits", "reviews"),
    "PullRequestCommitConnection": ("nodes", "pageInfo"),
    "PullRequestCommit": ("commit",),
    "Commit": ("authoredDate", "committedDate"),
    "PullRequestReviewConnection": ("nodes", "pageInfo"),
    "PullRequestReview": ("submittedAt", "author"),
    "Actor": ("login",),
    "Deployment": ("statuses",),
    "DeploymentStatusConnection": ("nodes", "pageInfo"),
    "DeploymentStatus": ("state", "createdAt", "logUrl"),
    "PageInfo": ("hasNextPage",),
}
"""What Uptake asks for, by type."""

Selection = list[tuple[str, dict[str, int], Any]]
"""Fields with their arguments and what is selected of them; `... on T` is a field of that name."""


class Undocumented(Exception):
    """What GitHub answers a question with that its schema does not allow."""


@cache
def schema() -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(FILE.read_text("utf-8"))
    return found


def answer(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """The answer to a question about nodes, each with its errors where it has any."""
    ids = asked["variables"]["ids"]
    try:
        [(_, _, selection)] = parsed(asked["query"])
        if len(ids) > MOST_NODES:
            raise Undocumented(f"You may not provide more than {MOST_NODES} node ids; you provided {len(ids)}.")
        nodes = [selected(selection, node) if (node := _node(world, each)) else None for each in ids]
    except Undocumented as error:
        return {"errors": [{"message": str(error)}]}
    errors = [
        {
            "type": "NOT_FOUND",
            "path": ["nodes", index],
            "message": f"Could not resolve to a node with the id '{ids[index]}'.",
        }
        for index, node in enumerate(nodes)
        if node is None
    ]
    return {"data": {"nodes": nodes}} | ({"errors": errors} if errors else {})


def parsed(query: str) -> Selection:
    """A query's selection."""
    tokens = iter(re.findall(r"\.\.\. on \w+|\w+(?:\([^)]*\))?|[{}]", query.partition("{")[2]))
    return _selection(tokens)


def _selection(tokens: Iterator[str]) -> Selection:
    found: Selection = []
    for token in tokens:
        if token == "}":
            return found
        if token == "{":
            name, arguments, _ = found.pop()
            found.append((name, arguments, _selection(tokens)))
        else:
            name, _, inside = token.partition("(")
            found.append((name, {key: int(value) for key, value in re.findall(r"(\w+): (\d+)", inside)}, None))
    return found


def selected(selection: Selection, value: dict[str, Any]) -> dict[str, Any]:
    """Of an object what is selected, if the schema has it."""
    found: dict[str, Any] = {}
    for name, arguments, inner in selection:
        kind = value["__typename"]
        if name.startswith("... on "):
            found |= selected(inner, value) if name == f"... on {kind}" else {}
        elif name == "__typename":
            found[name] = kind
        else:
            documented = schema().get("Actor" if kind in {"User", "Bot"} else kind, {}).get(name)
            if documented is None or arguments.keys() - set(documented["arguments"]):
                raise Undocumented(f"Field '{name}' doesn't exist on type '{kind}', or not with {list(arguments)}")
            found[name] = _field(documented, arguments, inner, value[name])
    return found


def _field(documented: dict[str, Any], arguments: dict[str, int], inner: Selection | None, value: Any) -> Any:
    if "first" in documented["arguments"]:
        if not 1 <= arguments.get("first", 0) <= 100:
            raise Undocumented("You must provide a `first` of 1 to 100 to properly paginate")
        value = _connection(documented["type"].rstrip("!"), value, arguments["first"])
    assert value is not None or not documented["type"].endswith("!")
    if inner is None or value is None:
        return value
    return [selected(inner, each) for each in value] if isinstance(value, list) else selected(inner, value)


def _connection(kind: str, items: list[Any], first: int) -> dict[str, Any]:
    page = {"__typename": "PageInfo", "hasNextPage": len(items) > first}
    return {"__typename": kind, "nodes": items[:first], "pageInfo": page}


def _node(world: World, node_id: str) -> dict[str, Any] | None:
    for repo in world.repos.values():
        for pull in repo.pulls:
            if node_id == f"PR_{pull.id}":
                return _pull(pull)
        for deployment in repo.deployments:
            if node_id == f"DE_{deployment.id}":
                return _deployment(deployment)
    return None


def _pull(pull: Pull) -> dict[str, Any]:
    commits = [{"__typename": "Commit", "authoredDate": date, "committedDate": date} for date in pull.commits]
    reviews = [
        {
            "__typename": "PullRequestReview",
            "submittedAt": submitted,
            "author": {"__typename": kind, "login": login.removesuffix("[bot]")},
        }
        for submitted, login, kind in pull.reviews
    ]
    return {
        "__typename": "PullRequest",
        "commits": [{"__typename": "PullRequestCommit", "commit": commit} for commit in commits],
        "reviews": reviews,
    }


def _deployment(deployment: Deployment) -> dict[str, Any]:
    statuses = [
        {
            "__typename": "DeploymentStatus",
            "state": status.state.upper(),
            "createdAt": status.created,
            "logUrl": status.log_url or status.target_url or None,
        }
        for status in deployment.statuses
    ]
    return {"__typename": "Deployment", "statuses": statuses}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", type=Path, help="the unpacked npm package @octokit/graphql-schema")
    whole = json.loads((parser.parse_args().package / "schema.json").read_text("utf-8"))
    types = {each["name"]: each for each in whole.get("data", whole)["__schema"]["types"]}
    cut = {
        name: {
            field["name"]: {
                "type": _spelt(field["type"]),
                "arguments": {argument["name"]: _spelt(argument["type"]) for argument in field["args"]},
            }
            for field in types[name]["fields"]
            if field["name"] in fields
        }
        for name, fields in FIELDS.items()
    }
    missing = [f"{name}.{field}" for name, fields in FIELDS.items() for field in fields if field not in cut[name]]
    assert not missing, missing
    FILE.write_text(f"{json.dumps(cut, indent=1)}\n", "utf-8")


def _spelt(kind: dict[str, Any]) -> str:
    if kind["kind"] == "NON_NULL":
        return f"{_spelt(kind['ofType'])}!"
    return f"[{_spelt(kind['ofType'])}]" if kind["kind"] == "LIST" else str(kind["name"])


if __name__ == "__main__":
    main()
