"""Details of many pull requests or deployments in one question of GitHub's GraphQL API.

The REST API tells them one by one and stays the measure: what GraphQL does not answer, or not whole, is asked there.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NotRequired

from pydantic import TypeAdapter, ValidationError

# pydantic reads TypedDicts of `typing` from Python 3.12 on only
from typing_extensions import TypedDict

from ingest.answers import Limited
from ingest.errors import SourceError, SourceStopped
from ingest.github_deployment_fields import address
from ingest.github_repositories import HEADERS
from ingest.http import Http
from ingest.shapes import Item
from ingest.source import Hasher
from ingest.times import earliest

log = logging.getLogger(__name__)
SIZE = 50
"""Nodes in one question. GitHub takes 100, and gives up on a question that takes it more than ten seconds."""

USELESS = {"RATE_LIMITED", "FORBIDDEN", "INSUFFICIENT_SCOPES"}
"""Faults that the next question would meet too."""

ORDER = ("waiting", "queued", "pending", "in_progress", "success", "failure", "error", "inactive")
"""In which order statuses of one second came about: GraphQL does not say how it lists them."""


class PageInfo(TypedDict):
    hasNextPage: bool


class PullCommit(TypedDict):
    commit: dict[Literal["authoredDate", "committedDate"], str]


class Commits(TypedDict):
    pageInfo: PageInfo
    nodes: list[PullCommit]


class Review(TypedDict):
    submittedAt: str | None
    author: dict[str, str] | None


class Reviews(TypedDict):
    pageInfo: PageInfo
    nodes: list[Review]


class Pull(TypedDict):
    commits: Commits
    reviews: Reviews


class Status(TypedDict):
    state: str
    createdAt: str
    logUrl: str | None


class Statuses(TypedDict):
    pageInfo: PageInfo
    nodes: list[Status]


class Deployment(TypedDict):
    statuses: Statuses


class Told(TypedDict):
    type: NotRequired[str]
    message: NotRequired[str]


class Nodes(TypedDict):
    nodes: list[Any]


class Answer(TypedDict):
    data: NotRequired[Nodes | None]
    errors: NotRequired[list[Told] | None]


_ANSWER = TypeAdapter(Answer)


@dataclass(frozen=True)
class Question:
    """What is asked of nodes of one kind: the text, the type of a node, and the details that one tells (as REST has
    them); None when there are more than fit in."""

    text: str
    node: TypeAdapter[Any]
    cut: Callable[[Any, Hasher], Item | None]


def _pull(node: Pull, hashed: Hasher) -> Item | None:
    commits, reviews = node["commits"], node["reviews"]
    if commits["pageInfo"]["hasNextPage"] or reviews["pageInfo"]["hasNextPage"]:
        return None
    dates = [
        date for each in commits["nodes"] for date in (each["commit"]["authoredDate"], each["commit"]["committedDate"])
    ]
    return {"first_commit_at": earliest(dates), "reviews": [_review(each, hashed) for each in reviews["nodes"]]}


def _review(review: Review, hashed: Hasher) -> Item:
    author = review["author"]
    is_bot = author is not None and author["__typename"] == "Bot"
    # REST says of a bot in its name that it is one
    login = author["login"] + ("[bot]" if is_bot else "") if author else None
    return {"submitted_at": review["submittedAt"], "user": hashed(login), "is_bot": is_bot}


def _deployment(node: Deployment, hashed: Hasher) -> Item | None:
    statuses = node["statuses"]
    if statuses["pageInfo"]["hasNextPage"]:
        return None
    found = [
        {
            "state": status["state"].lower(),
            "created_at": status["createdAt"],
            "log_url": address(status["logUrl"]),
            "target_url": address(status["logUrl"]),
        }
        for status in statuses["nodes"]
    ]
    found.sort(key=lambda status: (status["created_at"], ORDER.index(str(status["state"]))), reverse=True)
    return {"statuses": found, "etag": None}


def _text(name: str) -> str:
    return (Path(__file__).parent / f"github_{name}.graphql").read_text("utf-8")


def address_of(http: Http) -> str:
    """Of GitHub Enterprise, /api/v3 and /api/graphql stand side by side."""
    return f"{http.base_url.removesuffix('/v3')}/graphql"


PULLS = Question(_text("pulls"), TypeAdapter(Pull), _pull)
DEPLOYMENTS = Question(_text("deployments"), TypeAdapter(Deployment), _deployment)


class Graph:
    """The GraphQL API of a source. A question that proved to be of no use is not asked again in this run."""

    def __init__(self, http: Http, hasher: Hasher, source: str, *, is_on: bool) -> None:
        self._http = http
        self._hash = hasher
        self._source = source
        self._address = address_of(http)
        self._useless: set[str] = set() if is_on else {PULLS.text, DEPLOYMENTS.text}

    def details(self, question: Question, nodes: Mapping[str, str]) -> dict[str, Item]:
        """By id the details of those that were told whole; `nodes` holds their node ids. Raises SourceStopped."""
        found: dict[str, Item] = {}
        if question.text in self._useless or len(nodes) < 2:
            return found
        names = list(nodes)
        batches = [names[start : start + SIZE] for start in range(0, len(names), SIZE)]
        for batch, answer in self._http.each(
            batches, lambda batch: self._ask(question, [nodes[each] for each in batch])
        ):
            try:
                told = answer()
            except SourceStopped:
                raise
            except SourceError as error:
                self._give_up(question, str(error))
                continue
            faults = {fault.get("type", "") for fault in told.get("errors") or ()} & USELESS
            if faults:
                self._give_up(question, f"{self._source}: GraphQL says {', '.join(sorted(faults))}")
            for name, node in zip(batch, (told.get("data") or {"nodes": []})["nodes"], strict=False):
                if (details := self._cut(question, node)) is not None:
                    found[name] = details
        return found

    def _ask(self, question: Question, ids: list[str]) -> Answer:
        if not self._http.may_post():
            return {"errors": [{"type": "RATE_LIMITED"}]}
        asked = {"query": question.text, "variables": {"ids": ids}}
        place = f"{self._source}: GraphQL"
        answer: Answer = self._http.post(self._address, asked, headers=HEADERS, decode=_answer, place=place).value
        return answer

    def _cut(self, question: Question, node: Any) -> Item | None:
        """The details of a node; None of one that is null, as what is gone or forbidden, or not as documented."""
        try:
            return question.cut(question.node.validate_python(node), self._hash)
        except (ValidationError, ValueError):
            return None

    def _give_up(self, question: Question, why: str) -> None:
        if question.text not in self._useless:
            self._useless.add(question.text)
            log.info("%s; asking for each by itself", why)


def _answer(body: bytes) -> Answer:
    """Raises Limited where GitHub asks for a pause: at another API, too, it would not answer."""
    answer = _ANSWER.validate_json(body)
    if any("secondary rate limit" in fault.get("message", "").lower() for fault in answer.get("errors") or ()):
        raise Limited
    return answer
