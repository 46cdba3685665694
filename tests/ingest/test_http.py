"""The session against a real server on loopback with GitHub's bad days."""

import logging
import socket
import tracemalloc
from base64 import b64encode
from datetime import UTC, datetime
from functools import partial

import pytest

from ingest.authorization import basic
from ingest.errors import SourceError, SourceStopped
from ingest.http import UNANSWERED, Http
from tests.fake_github import FakeGithub
from tests.github_faults import Fault, bomb
from tests.github_world import Repo, World
from tests.ingest.github_reading import TOKEN

REPO = "repos/acme/fraud"


class Session(Http):
    """Notes how long it would have slept."""

    def __init__(self, github: FakeGithub, token: str | None = TOKEN, **options: object) -> None:
        self.slept: list[float] = []
        super().__init__(github.base_url, token, token_name="$GITHUB_TOKEN", sleep=self.slept.append, **options)  # type: ignore[arg-type]


def failure(http: Http, path: str = REPO, **options: object) -> SourceError:
    with pytest.raises(SourceError) as caught:
        http.get(path, **options)  # type: ignore[arg-type]
    line = str(caught.value)
    assert "\n" not in line
    assert TOKEN not in line and TOKEN not in repr(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


def test_an_answer_comes_decoded(github: FakeGithub) -> None:
    response = Session(github).get(REPO)
    assert (response.status, response.value["full_name"]) == (200, "acme/fraud")


def test_an_unchanged_answer_is_not_sent_again(github: FakeGithub) -> None:
    http = Session(github)
    again = http.get(REPO, etag=http.get(REPO).etag)
    assert again.not_modified and again.body == b"" and again.value is None


def test_the_clock_is_the_servers(github: FakeGithub) -> None:
    http = Session(github)
    assert http.clock(http.get(REPO)) == datetime(2026, 5, 4, 12, 0, 0)


def test_one_connection_serves_many_requests(github: FakeGithub) -> None:
    http = Session(github)
    ports = set()
    http._session.hooks["response"].append(lambda reply, **_: ports.add(reply.raw.connection.sock.getsockname()[1]))
    for _ in range(5):
        http.get(REPO)
    assert len(ports) == 1


@pytest.mark.parametrize("kind", ["failed", "unavailable", "html", "invalid", "short", "short_chunk", "drip"])
def test_a_passing_fault_is_tried_again(github: FakeGithub, kind: str) -> None:
    github.faults.append(Fault(kind, wait=7))
    http = Session(github, deadline=0.3)
    assert http.get(REPO).value["full_name"] == "acme/fraud"
    assert len(http.slept) == 1
    assert kind != "unavailable" or http.slept == [7]


def test_the_waits_between_tries_grow(github: FakeGithub) -> None:
    github.faults.append(Fault("failed", times=4))
    http = Session(github)
    http.get(REPO)
    assert [0.5 * 2**n <= slept <= 1.5 * 2**n for n, slept in enumerate(http.slept)] == [True] * 4


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("failed", "the server failed (500: Server Error) (2 tries); run again later"),
        ("html", "the answer cannot be read"),
        ("invalid", "check that base_url is the API and that no proxy answers in its place"),
        ("short", "the answer broke off"),
        ("short_chunk", "broke off"),
        ("drip", "the answer was not complete after 0.3 s"),
    ],
)
def test_a_lasting_fault_is_named(github: FakeGithub, kind: str, words: str) -> None:
    github.faults.append(Fault(kind, times=99))
    error = failure(Session(github, retries=1, deadline=0.3), place="gh/acme/fraud: runs")
    assert str(error).startswith("gh/acme/fraud: runs: ") and words in str(error)
    assert not isinstance(error, SourceStopped)


def test_silence_is_a_timeout(github: FakeGithub) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        http = Http(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=(1, 0.1), retries=0)
        assert "no answer within 0.1 s" in str(failure(http))


@pytest.mark.parametrize(
    ("kind", "slept"),
    [("primary", 31), ("primary_429", 31), ("secondary", 30), ("secondary_bare", 60), ("too_many", 30)],
)
def test_a_short_rate_limit_is_waited_for(github: FakeGithub, kind: str, slept: float) -> None:
    github.faults.append(Fault(kind, wait=30))
    http = Session(github)
    assert http.get(REPO).value["full_name"] == "acme/fraud"
    assert http.slept == [pytest.approx(slept, abs=1)]


@pytest.mark.parametrize("kind", ["primary", "primary_429", "secondary", "too_many"])
def test_a_long_rate_limit_stops_the_source(github: FakeGithub, kind: str) -> None:
    github.faults.append(Fault(kind, times=99, wait=2 * 3600 + 300))
    http = Session(github)
    error = failure(http, place="gh/acme/fraud: runs")
    assert isinstance(error, SourceStopped) and http.slept == []
    assert "rate limit of 5000 requests an hour reached; resets at 14:05Z; run again then or use" in str(error)


def test_a_limit_that_ends_on_another_day_says_which(github: FakeGithub) -> None:
    github.faults.append(Fault("primary", times=99, wait=24 * 3600 + 300))
    assert "reached; resets at 2026-05-05 12:05Z; run again then" in str(failure(Session(github), place="gh: runs"))


def test_a_limit_that_does_not_end_stops_the_source(github: FakeGithub) -> None:
    github.faults.append(Fault("secondary", times=99, wait=1))
    error = failure(Session(github, retries=2))
    assert isinstance(error, SourceStopped) and "rate limit" in str(error)


@pytest.mark.parametrize(
    ("kind", "stops", "words"),
    [
        ("refused", True, "$GITHUB_TOKEN was refused (401: Bad credentials); make a new one with the permission"),
        ("forbidden", False, "$GITHUB_TOKEN may not read this (403: Resource not accessible by personal access token)"),
        ("forbidden", False, "give it the permission Actions: read"),
        ("missing", False, "not found (404): renamed, removed or not visible to $GITHUB_TOKEN"),
    ],
)
def test_a_refusal_says_what_to_do(github: FakeGithub, kind: str, stops: bool, words: str) -> None:
    github.faults.append(Fault(kind))
    http = Session(github)
    error = failure(http, needs="Actions: read")
    assert words in str(error) and isinstance(error, SourceStopped) == stops and http.slept == []


def test_without_a_token_a_401_asks_for_one(github: FakeGithub) -> None:
    assert "a token is needed (401: Bad credentials); name its variable" in str(failure(Session(github, token=None)))


def test_a_status_that_is_expected_is_no_error(github: FakeGithub) -> None:
    response = Session(github).get("repos/acme/none", ok=(404,))
    assert (response.status, response.value) == (404, None)


def test_the_server_cannot_make_us_print_the_token(github: FakeGithub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    github.faults += [Fault("failed"), Fault("echo")]
    http = Session(github)
    assert "***" in str(failure(http))
    assert TOKEN not in caplog.text and TOKEN not in repr(http) and caplog.records


def test_another_header_carries_the_token_as_secretly(github: FakeGithub) -> None:
    github.faults.append(Fault("echo"))
    http = Session(github, authorization=partial(basic, "cron"))
    sent = b64encode(f"cron:{TOKEN}".encode()).decode()
    line = str(failure(http))
    assert github.authorizations == {f"Basic {sent}"}
    assert "Basic ***" in line and sent not in line and sent not in repr(http)


@pytest.mark.parametrize("token", ["ghp_a b", "ghp_a\nb", "ghp_ä"])
def test_a_token_that_cannot_be_one_is_refused_unseen(github: FakeGithub, token: str) -> None:
    with pytest.raises(SourceStopped, match="holds a space or a character") as caught:
        Session(github, token)
    assert token not in str(caught.value)


def test_white_space_around_a_token_is_no_part_of_it(github: FakeGithub) -> None:
    assert Session(github, f" {TOKEN}\n").get(REPO).status == 200


def test_a_netrc_sends_nothing(github: FakeGithub, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"  # type: ignore[operator]
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(netrc))
    Session(github).get(REPO)
    failure(Session(github, token=None))
    assert github.authorizations == {f"Bearer {TOKEN}", None}


def test_a_renamed_repository_is_followed(github: FakeGithub) -> None:
    github.world.moved["acme/old"] = "acme/fraud"
    response = Session(github).get("repos/acme/old/deployments", {"per_page": 100})
    assert response.url == f"{github.base_url}/repositories/1296269/deployments?per_page=100"


@pytest.mark.parametrize("host", ["http://localhost:{port}", "http://127.0.0.1:{other}", "https://127.0.0.1:{port}"])
def test_the_token_stays_with_its_host(github: FakeGithub, host: str) -> None:
    with FakeGithub(github.world) as other:
        port, other_port = github.base_url.rpartition(":")[2], other.base_url.rpartition(":")[2]
        address = host.format(port=port, other=other_port) + "/rate_limit"
        assert f"outside {github.base_url}" in str(failure(Session(github), address))
        assert other.requests == [] and github.requests == []


def test_a_redirect_to_another_host_is_not_followed(github: FakeGithub) -> None:
    github.faults.append(Fault("away"))
    assert "leads to http://127.0.0.2:9/login, outside" in str(failure(Session(github)))


def test_a_circle_of_redirects_ends(github: FakeGithub) -> None:
    github.faults.append(Fault("circle", times=99))
    assert "redirected in circles" in str(failure(Session(github)))


@pytest.mark.parametrize("kind", ["huge", "bomb"])
def test_a_huge_answer_is_not_read(github: FakeGithub, kind: str) -> None:
    github.faults.append(Fault(kind))
    http = Session(github, max_bytes=1_000_000)
    bomb()
    tracemalloc.start()
    error = failure(http)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "is larger than 1,000,000 bytes" in str(error)
    assert kind != "bomb" or peak < 10_000_000


def test_a_compressed_answer_is_read(github: FakeGithub) -> None:
    github.faults.append(Fault("packed"))
    assert Session(github).get(REPO).value["full_name"] == "acme/fraud"


def test_a_host_that_is_down_stops_the_source() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    error = failure(Http(f"http://127.0.0.1:{port}", TOKEN, retries=1, sleep=lambda _: None))
    assert isinstance(error, SourceStopped)
    assert "127.0.0.1 cannot be reached (Connection refused) (2 tries); check base_url" in str(error)


def test_a_proxy_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("http_proxy", f"http://user:hidden@127.0.0.1:{port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    error = failure(Http("http://github.invalid", retries=0))
    assert "the proxy does not connect" in str(error) and "HTTPS_PROXY" in str(error) and "hidden" not in str(error)


def test_the_environment_names_the_ca_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(variable, raising=False)
    assert Http("https://github.invalid")._session.verify is True
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/none/ca.pem")
    error = failure(Http("https://127.0.0.1:9", retries=0))
    assert "/none/ca.pem" in str(error) and "check base_url and REQUESTS_CA_BUNDLE" in str(error)


def test_a_host_that_fails_request_after_request_stops_the_source(github: FakeGithub) -> None:
    github.faults.append(Fault("failed", times=999))
    http = Session(github, retries=0)
    kinds = [type(failure(http)) for _ in range(UNANSWERED)]
    assert kinds == [SourceError] * (UNANSWERED - 1) + [SourceStopped]


def test_an_enterprise_host_has_its_api_below_a_path() -> None:
    world = World(now=datetime.now(UTC).replace(tzinfo=None))
    world.add(Repo("acme/fraud"))
    with FakeGithub(world, prefix="/api/v3") as github:
        assert Session(github).get(f"/{REPO}").value["full_name"] == "acme/fraud"
        assert github.requests == [("/api/v3/repos/acme/fraud", 200)]
