"""What is kept of GitHub's deployments, and of the releases that may stand for them."""

import json
from typing import Any, NotRequired
from urllib.parse import urlsplit, urlunsplit

# pydantic reads TypedDicts of `typing` from Python 3.12 on only
from typing_extensions import TypedDict

from ingest.branches import nameless
from ingest.github_fields import User, login
from ingest.shapes import Item
from ingest.source import Hasher

PAYLOAD_TEXT = ("product", "model_name", "model_version", "data_version", "artifact", "cause", "rollback_of")
PAYLOAD_FLAGS = ("via_platform", "is_unplanned")


class Deployment(TypedDict):
    id: int
    node_id: str
    environment: str
    created_at: str
    updated_at: str
    repository_url: str
    url: NotRequired[str | None]
    sha: NotRequired[str | None]
    ref: NotRequired[str | None]
    payload: NotRequired[Any]
    creator: NotRequired[User | None]


class Status(TypedDict):
    state: str
    created_at: str
    log_url: NotRequired[str | None]
    target_url: NotRequired[str | None]


class Environment(TypedDict):
    name: NotRequired[str]


class Approval(TypedDict):
    state: str
    environments: list[Environment]


class Release(TypedDict):
    id: int
    tag_name: str
    draft: bool
    prerelease: bool
    published_at: NotRequired[str | None]
    author: NotRequired[User | None]
    html_url: NotRequired[str | None]


class Tagged(TypedDict):
    sha: str


def deployment(item: Deployment, hashed: Hasher) -> Item:
    name = login(item.get("creator"))
    creator = hashed(name)
    return {
        "id": item["id"],
        "node_id": item["node_id"],
        "repo": "/".join(item["repository_url"].rsplit("/", 2)[-2:]),
        "environment": item["environment"],
        "created_at": item["created_at"],
        "updated_at": item["updated_at"],
        "sha": item.get("sha"),
        "ref": nameless(item.get("ref"), name, creator),
        "payload": _payload(item.get("payload")),
        "creator": creator,
        "url": item.get("url"),
    }


def status(item: Status, hashed: Hasher) -> Item:
    return {
        "state": item["state"],
        "created_at": item["created_at"],
        "log_url": address(item.get("log_url")),
        "target_url": address(item.get("target_url")),
    }


def approval(item: Approval, hashed: Hasher) -> Item:
    """What was decided and for which environments; neither by whom nor with what words."""
    return {"state": item["state"], "environments": [each["name"] for each in item["environments"] if "name" in each]}


def release(item: Release, hashed: Hasher) -> Item:
    return {
        "id": item["id"],
        "tag": item["tag_name"],
        "is_out": not item["draft"] and not item["prerelease"],
        "published_at": item.get("published_at"),
        "author": hashed(login(item.get("author"))),
        "url": item.get("html_url"),
    }


def tagged(item: Tagged, hashed: Hasher) -> Item:
    return {"sha": item["sha"]}


def _payload(value: Any) -> Item:
    """The listed keys of a deployment's payload, which GitHub gives as an object or as JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    if not isinstance(value, dict):
        return {}
    text = {key: value[key] for key in PAYLOAD_TEXT if isinstance(value.get(key), str) and value[key].strip()}
    return text | {key: value[key] for key in PAYLOAD_FLAGS if isinstance(value.get(key), bool)}


def address(value: str | None) -> str | None:
    """A link without user, query and fragment: that is where tokens of signed addresses stand."""
    if not value:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
