"""GitHub on loopback: a real HTTP server that answers in GitHub's schema, with its limits, headers and bad days.

    with FakeGithub(world) as github:
        Http(github.base_url) ...

`python -m tests.fake_github --runs 20000 --port 8900` serves a simulated organisation from a process of its own.
"""

import argparse
import hashlib
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests import github_graphql
from tests import github_objects as objects
from tests.github_faults import Answer, Fault, message
from tests.github_history_routes import HISTORY_ROUTES
from tests.github_issue_routes import ISSUE_ROUTES
from tests.github_objects import example
from tests.github_run_routes import RUN_ROUTES
from tests.github_world import Repo, World, simulated


class FakeGithub:
    """Serves a world below `prefix`, each answer after `latency(address)` seconds.

    `requests` lists (address, status) of all that was asked, `most_at_once` says how many requests were under way.
    `witness` is told method, address, status and body of every answer that no fault spoilt.
    """

    def __init__(
        self,
        world: World,
        *,
        port: int = 0,
        prefix: str = "",
        faults: list[Fault] | None = None,
        latency: Callable[[str], float] = lambda address: 0,
    ) -> None:
        self.world = world
        self.prefix = prefix
        self.faults = faults if faults is not None else []
        self.requests: list[tuple[str, int]] = []
        self.latency = latency
        self.witness: Callable[[str, str, int, bytes], None] = lambda *exchange: None
        self.at_once = self.most_at_once = 0
        self._counting = threading.Lock()
        self.authorizations: set[str | None] = set()
        self.remaining, self.resets_in = 5_000, 3_600
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self.base_url = f"http://127.0.0.1:{self._server.server_port}{prefix}"

    def start(self) -> str:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self.base_url

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def serve(self) -> None:
        self._server.serve_forever()

    def asked(self, part: str = "") -> list[tuple[str, int]]:
        """Requests whose address holds `part`; forgets them all."""
        found = [request for request in self.requests if part in request[0]]
        self.requests.clear()
        return found

    @contextmanager
    def under_way(self, address: str) -> Iterator[None]:
        with self._counting:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(self.latency(address))
        yield
        with self._counting:
            self.at_once -= 1

    def fault(self, address: str) -> Fault | None:
        for fault in self.faults:
            if not fault.times or not re.search(fault.match, address):
                continue
            if fault.spare:
                fault.spare -= 1
                continue
            fault.times -= 1
            return fault
        return None

    def answer(self, path: str, query: dict[str, str], authorization: str | None) -> Answer:
        """What GitHub would say; ETag, limits and faults are added by the handler."""
        if refused := self._refused(path, authorization):
            return refused
        if path == "/rate_limit":
            return Answer(200, json.dumps(example("rate-limit-overview")).encode())
        if owned := re.fullmatch(r"/(orgs|users)/([^/]+)/repos", path):
            return self._owned(owned[1], owned[2], query)
        if by_id := re.fullmatch(r"/repositories/(\d+)(/.*)?", path):
            repo = next((each for each in self.world.repos.values() if each.id == int(by_id[1])), None)
            return self._repo(repo, by_id[2] or "", query, path)
        if named := re.fullmatch(r"/repos/([^/]+/[^/]+)(/.*)?", path):
            name, rest = named[1].lower(), named[2] or ""
            if moved := self.world.moved.get(name):
                target = f"{self.base_url}/repositories/{self.world.repos[moved.lower()].id}{rest}"
                target += f"?{urlencode(query)}" if query else ""
                return message(301, "Moved Permanently", Location=target)
            return self._repo(self.world.repos.get(name), rest, query, path)
        return message(404, "Not Found")

    def asked_by_graphql(self, path: str, question: bytes, authorization: str | None) -> Answer:
        """Of GitHub Enterprise, /api/v3 and /api/graphql stand side by side."""
        if path != f"{self.prefix.removesuffix('/v3')}/graphql":
            return message(404, "Not Found")
        if refused := self._refused(path, authorization):
            return refused
        return Answer(200, json.dumps(github_graphql.answer(self.world, json.loads(question))).encode())

    def _refused(self, path: str, authorization: str | None) -> Answer | None:
        """What an App asks for its token is answered here, too."""
        if self.world.token and authorization != f"Bearer {self.world.token}":
            return message(401, "Bad credentials")
        return self.world.app.answer(path, authorization, self.world.time()) if self.world.app else None

    def _owned(self, kind: str, owner: str, query: dict[str, str]) -> Answer:
        if (owner in self.world.organisations) != (kind == "orgs"):
            return message(404, "Not Found")
        repos = [repo for repo in self.world.repos.values() if repo.name.lower().startswith(f"{owner.lower()}/")]
        return self.listed(f"/{kind}/{owner}/repos", [objects.repository_json(repo) for repo in repos], query)

    def _repo(self, repo: Repo | None, rest: str, query: dict[str, str], path: str) -> Answer:
        if repo is None:
            return message(404, "Not Found")
        if rest == "":
            return Answer(200, objects.repository_json(repo))
        for pattern, method in ROUTES:
            if match := re.fullmatch(pattern, rest):
                return method(self, repo, path, query, *(int(part) for part in match.groups()))
        return message(404, "Not Found")

    def _deployments(self, repo: Repo, path: str, query: dict[str, str]) -> Answer:
        newest = sorted(repo.deployments, key=lambda each: (each.created, each.id), reverse=True)
        return self.listed(path, [objects.deployment_json(repo, each) for each in newest], query)

    def _deployment(self, repo: Repo, path: str, query: dict[str, str], number: int) -> Answer:
        found = next((each for each in repo.deployments if each.id == number), None)
        return Answer(200, objects.deployment_json(repo, found)) if found else message(404, "Not Found")

    def _statuses(self, repo: Repo, path: str, query: dict[str, str], number: int) -> Answer:
        found = next((each for each in repo.deployments if each.id == number), None)
        if found is None:
            return message(404, "Not Found")
        newest = range(len(found.statuses) - 1, -1, -1)
        return self.listed(path, [objects.status_json(repo, found, index) for index in newest], query)

    def _pulls(self, repo: Repo, path: str, query: dict[str, str]) -> Answer:
        order = {"updated": lambda pull: pull.updated, "created": lambda pull: pull.created}
        pulls = sorted(repo.pulls, key=order[query.get("sort", "created")], reverse=query.get("direction") != "asc")
        return self.listed(path, [objects.pull_json(repo, pull) for pull in pulls], query)

    def _pull(self, repo: Repo, path: str, query: dict[str, str], number: int) -> Answer:
        pull = next((pull for pull in repo.pulls if pull.number == number), None)
        return Answer(200, objects.single_pull_json(repo, pull)) if pull else message(404, "Not Found")

    def _commits(self, repo: Repo, path: str, query: dict[str, str], number: int) -> Answer:
        pull = next(pull for pull in repo.pulls if pull.number == number)
        return self.listed(path, [objects.commit_json(repo, pull, date) for date in pull.commits], query)

    def _reviews(self, repo: Repo, path: str, query: dict[str, str], number: int) -> Answer:
        pull = next(pull for pull in repo.pulls if pull.number == number)
        return self.listed(path, [objects.review_json(repo, pull, review) for review in pull.reviews], query)

    def listed(self, path: str, items: list[bytes], query: dict[str, str], key: str | None = None) -> Answer:
        number, size = int(query.get("page", 1)), min(int(query.get("per_page", 30)), 100)
        body = b"[%b]" % b",".join(items[(number - 1) * size : number * size])
        if key:
            body = b'{"total_count":%d,"%b":%b}' % (len(items), key.encode(), body)
        return Answer(200, body, self.link(path, query, number, number * size < len(items)))

    def link(self, path: str, query: dict[str, str], number: int, more: bool) -> dict[str, str]:
        if not more:
            return {}
        return {"Link": f'<{self.base_url}{path}?{urlencode(query | {"page": str(number + 1)})}>; rel="next"'}


ROUTES: tuple[tuple[str, Any], ...] = (
    *RUN_ROUTES,
    *HISTORY_ROUTES,
    (r"/deployments", FakeGithub._deployments),
    (r"/deployments/(\d+)", FakeGithub._deployment),
    (r"/deployments/(\d+)/statuses", FakeGithub._statuses),
    (r"/pulls", FakeGithub._pulls),
    (r"/pulls/(\d+)", FakeGithub._pull),
    (r"/pulls/(\d+)/commits", FakeGithub._commits),
    (r"/pulls/(\d+)/reviews", FakeGithub._reviews),
    *ISSUE_ROUTES,
)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no fault of ours; anything else is."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler(github: FakeGithub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            with github.under_way(self.path):
                self._answer(b"")

        def do_POST(self) -> None:
            question = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with github.under_way(self.path):
                self._answer(question)

        def _answer(self, question: bytes) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query))
            authorization = self.headers.get("Authorization")
            github.authorizations.add(authorization)
            fault = github.fault(self.path)
            if fault and fault.action:
                fault.action(github.world)
            if fault and fault.kind == "page_before":
                query["page"] = str(int(query["page"]) - 1)
            if parts.path.endswith("/graphql"):
                answer = github.asked_by_graphql(parts.path, question, authorization)
            elif parts.path.startswith(f"{github.prefix}/"):
                answer = github.answer(parts.path[len(github.prefix) :], query, authorization)
            else:
                answer = message(404, "Not Found")
            if fault:
                answer = fault.spoil(answer, self)
            else:
                github.witness(self.command, self.path[len(github.prefix) :], answer.status, answer.body)
            if answer.status == 200 and self.command == "GET":
                answer.headers["ETag"] = f'W/"{hashlib.sha1(answer.body).hexdigest()}"'
                if self.headers.get("If-None-Match") == answer.headers["ETag"]:
                    answer = Answer(304, b"", answer.headers)
            github.requests.append((self.path, answer.status))
            self._send(answer)

        def _send(self, answer: Answer) -> None:
            if answer.status != 304:
                github.remaining -= 1
            self.send_response(answer.status)
            headers = {"Content-Type": "application/json; charset=utf-8", "X-RateLimit-Limit": "5000"}
            headers |= {"X-RateLimit-Remaining": str(github.remaining), "X-RateLimit-Resource": "core"}
            headers["X-RateLimit-Reset"] = str(
                int(github.world.time().replace(tzinfo=UTC).timestamp()) + github.resets_in
            )
            headers |= {"Content-Length": str(len(answer.body))} | answer.headers
            if answer.status == 304:
                del headers["Content-Length"]
            for name, value in headers.items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
            answer.write(self.wfile, answer.body)
            self.close_connection = self.close_connection or answer.closes

        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(github.world.time().replace(tzinfo=UTC), usegmt=True)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: tests look at `requests`."""

    return Handler


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--repos", type=int, default=1)
    parser.add_argument("--days", type=int, default=80)
    parser.add_argument("--latency", type=float, default=0, help="seconds that every answer takes")
    options = parser.parse_args()
    world = simulated(options.runs, options.repos, options.days)
    github = FakeGithub(world, port=options.port, latency=lambda address: options.latency)
    print(github.base_url, flush=True)
    github.serve()


if __name__ == "__main__":
    main()
