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

from tests.github_world import Deployment, ProjectItem, Pull, World

FILE = Path(__file__).parent / "fixtures" / "github" / "graphql.json"
MOST_NODES = 100
FIELDS = {
    "Query": ("nodes", "repositoryOwner"),
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
    "PageInfo": ("hasNextPage", "endCursor"),
    "ProjectV2Owner": ("projectV2",),
    "ProjectV2": ("items",),
    "ProjectV2ItemConnection": ("nodes", "pageInfo"),
    "ProjectV2Item": ("id", "content", "fieldValues"),
    "Issue": ("title", "url", "state", "stateReason", "closedAt", "labels"),
    "DraftIssue": ("title",),
    "LabelConnection": ("nodes",),
    "Label": ("name",),
    "ProjectV2ItemFieldValueConnection": ("nodes",),
    "ProjectV2ItemFieldSingleSelectValue": ("name", "updatedAt", "field"),
    "ProjectV2ItemFieldNumberValue": ("number", "field"),
    "ProjectV2ItemFieldDateValue": ("date", "field"),
    "ProjectV2FieldCommon": ("name",),
}
"""What Uptake asks for, by type."""

INTERFACES = {
    **dict.fromkeys(("User", "Bot"), "Actor"),
    "Organization": "ProjectV2Owner",
    "ProjectV2Field": "ProjectV2FieldCommon",
}
"""The interface by which what is asked of an object is documented here."""

Selection = list[tuple[str, dict[str, Any], Any]]
"""Fields with their arguments and what is selected of them; `... on T` is a field of that name."""


class Undocumented(Exception):
    """What GitHub answers a question with that its schema does not allow."""


@cache
def schema() -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(FILE.read_text("utf-8"))
    return found


def answer(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """The answer to a question about nodes or a project, with its errors where it has any."""
    try:
        [(name, arguments, selection)] = parsed(asked["query"], asked["variables"])
        return _nodes(world, arguments["ids"], selection) if name == "nodes" else _owner(world, arguments, selection)
    except Undocumented as error:
        return {"errors": [{"message": str(error)}]}


def _nodes(world: World, ids: list[str], selection: Selection) -> dict[str, Any]:
    if len(ids) > MOST_NODES:
        raise Undocumented(f"You may not provide more than {MOST_NODES} node ids; you provided {len(ids)}.")
    nodes = [selected(selection, node) if (node := _node(world, each)) else None for each in ids]
    errors = [
        {"type": "NOT_FOUND", "path": ["nodes", index], "message": f"Could not resolve to a node with '{ids[index]}'."}
        for index, node in enumerate(nodes)
        if node is None
    ]
    return {"data": {"nodes": nodes}} | ({"errors": errors} if errors else {})


def _owner(world: World, arguments: dict[str, Any], selection: Selection) -> dict[str, Any]:
    login = arguments["login"].lower()
    projects = {number: items for (owner, number), items in world.projects.items() if owner == login}

    def project(asked: dict[str, Any]) -> dict[str, Any] | None:
        items = projects.get(asked["number"])
        return None if items is None else {"__typename": "ProjectV2", "items": [project_item(each) for each in items]}

    found = selected(selection, {"__typename": "Organization", "projectV2": project})
    told: dict[str, Any] = {"data": {"repositoryOwner": found}}
    if found["projectV2"] is None:
        told["errors"] = [
            {"type": "NOT_FOUND", "path": ["repositoryOwner", "projectV2"], "message": "Could not resolve"}
        ]
    return told


def parsed(query: str, variables: dict[str, Any] | None = None) -> Selection:
    """A query's selection, its variables put in."""
    tokens = iter(re.findall(r"\.\.\. on \w+|\w+(?:\([^)]*\))?|[{}]", query.partition("{")[2]))
    return _selection(tokens, variables or {})


def _selection(tokens: Iterator[str], variables: dict[str, Any]) -> Selection:
    found: Selection = []
    for token in tokens:
        if token == "}":
            return found
        if token == "{":
            name, arguments, _ = found.pop()
            found.append((name, arguments, _selection(tokens, variables)))
        else:
            name, _, inside = token.partition("(")
            given = re.findall(r"(\w+): (?:\$(\w+)|(\d+))", inside)
            found.append((name, {key: variables.get(of) if of else int(text) for key, of, text in given}, None))
    return found


def selected(selection: Selection, value: dict[str, Any]) -> dict[str, Any]:
    """Of an object what is selected, if the schema has it."""
    found: dict[str, Any] = {}
    kind = value["__typename"]
    documented_by = INTERFACES.get(kind, kind)
    for name, arguments, inner in selection:
        if name.startswith("... on "):
            found |= selected(inner, value) if name.removeprefix("... on ") in {kind, documented_by} else {}
        elif name == "__typename":
            found[name] = kind
        else:
            documented = schema().get(documented_by, {}).get(name)
            if documented is None or arguments.keys() - set(documented["arguments"]):
                raise Undocumented(f"Field '{name}' doesn't exist on type '{kind}', or not with {list(arguments)}")
            found[name] = _field(documented, arguments, inner, value[name])
    return found


def _field(documented: dict[str, Any], arguments: dict[str, Any], inner: Selection | None, value: Any) -> Any:
    if callable(value):
        value = value(arguments)
    if "first" in documented["arguments"]:
        if not 1 <= arguments.get("first", 0) <= 100:
            raise Undocumented("You must provide a `first` of 1 to 100 to properly paginate")
        value = _connection(documented["type"].rstrip("!"), value, arguments["first"], arguments.get("after"))
    assert value is not None or not documented["type"].endswith("!")
    if inner is None or value is None:
        return value
    return [selected(inner, each) for each in value] if isinstance(value, list) else selected(inner, value)


def _connection(kind: str, items: list[Any], first: int, after: str | None) -> dict[str, Any]:
    start = int(after or 0)
    shown = items[start : start + first]
    page = {"__typename": "PageInfo", "hasNextPage": len(items) > start + first, "endCursor": str(start + len(shown))}
    return {"__typename": kind, "nodes": shown, "pageInfo": page}


def project_item(item: ProjectItem) -> dict[str, Any]:
    content: dict[str, Any] | None = {
        "__typename": item.kind,
        "title": item.title,
        "url": f"https://github.com/acme/platform/issues/{item.id}",
        "state": item.state,
        "stateReason": item.reason,
        "closedAt": item.closed,
        "labels": [{"__typename": "Label", "name": name} for name in item.labels],
    }
    values = [_value(name, value, item.at) for name, value in item.fields.items()]
    # every item has its title as a field, of a type that nobody asks for
    values.append({"__typename": "ProjectV2ItemFieldTextValue"})
    shown = content if item.kind else None
    return {"__typename": "ProjectV2Item", "id": item.id, "content": shown, "fieldValues": values}


def _value(name: str, value: Any, at: str) -> dict[str, Any]:
    told = {"field": {"__typename": "ProjectV2Field", "name": name}, "updatedAt": at}
    if isinstance(value, str):
        return {"__typename": "ProjectV2ItemFieldSingleSelectValue", "name": value, **told}
    if isinstance(value, tuple):
        return {"__typename": "ProjectV2ItemFieldDateValue", "date": value[0], **told}
    return {"__typename": "ProjectV2ItemFieldNumberValue", "number": value, **told}


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
