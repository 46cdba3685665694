"""Questions that go in the body of a POST, as GraphQL's do, against a real server on loopback."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.answers import Limited
from ingest.errors import SourceStopped
from ingest.http import Http
from tests.loopback import Loopback, Reply, Request, Trouble

NOW = datetime(2026, 5, 4, 12, 0, 0)
QUESTION = {"query": "{ viewer { id } }"}


@pytest.fixture
def server() -> Iterator[Loopback]:
    """Answers with what it was asked."""

    def answer(request: Request) -> Reply:
        return Reply({"path": request.path, "asked": json.loads(request.content)})

    with Loopback(answer, lambda: NOW) as loopback:
        yield loopback


def limited(body: bytes) -> Any:
    if b"RATE_LIMITED" in body:
        raise Limited
    return json.loads(body)


def reached(seconds: int) -> Reply:
    resets = str(int(NOW.replace(tzinfo=UTC).timestamp()) + seconds)
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": resets}
    return Reply({"errors": [{"type": "RATE_LIMITED"}]}, headers=headers)


def test_a_question_goes_as_json_with_the_token(server: Loopback) -> None:
    response = Http(server.base_url, "token").post("graphql", QUESTION)
    assert response.value == {"path": "/graphql", "asked": QUESTION}
    [sent] = server.sent
    assert (sent["Content-Type"], sent["Authorization"]) == ("application/json", "Bearer token")


def test_a_question_is_asked_again_after_a_passing_fault(server: Loopback) -> None:
    slept: list[float] = []
    server.troubles.append(Trouble("graphql", Reply({}, 502)))
    response = Http(server.base_url, sleep=slept.append).post("graphql", QUESTION)
    assert response.value["asked"] == QUESTION and len(slept) == 1


def test_a_question_follows_a_redirect_within_the_host(server: Loopback) -> None:
    server.troubles.append(Trouble("old", Reply({}, 307, {"Location": "/graphql"})))
    response = Http(server.base_url).post("old", QUESTION)
    assert response.value == {"path": "/graphql", "asked": QUESTION}


def test_a_rate_limit_in_a_good_answer_is_waited_out(server: Loopback) -> None:
    slept: list[float] = []
    server.troubles.append(Trouble("graphql", reached(60)))
    response = Http(server.base_url, sleep=slept.append).post("graphql", QUESTION, decode=limited)
    assert response.value["asked"] == QUESTION and slept == [61]


def test_a_long_rate_limit_in_a_good_answer_stops_the_source(server: Loopback) -> None:
    server.troubles.append(Trouble("graphql", reached(3_600)))
    with pytest.raises(SourceStopped, match="rate limit reached; resets at 13:00Z"):
        Http(server.base_url).post("graphql", QUESTION, decode=limited)
