"""The receiver as a process of its own: what it takes, what it refuses, and that what it acknowledged is never lost."""

import json
import random
import resource
import signal
import subprocess
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest

from ingest.receive import MAX_BYTES, MAX_EVENTS
from tests.cdevents import CONFIG, event, life, pull, replay, tables
from tests.conftest import Site

pytestmark = pytest.mark.slow
SECRET = "s3cret-of-the-test"
JSON = "application/json"
CLOUD = "application/cloudevents+json; charset=utf-8"
BATCH = "application/cloudevents-batch+json"


@pytest.fixture
def cd(site: Site) -> Site:
    site.config.write_text(CONFIG)
    site.environment["CDEVENTS_SECRET"] = SECRET
    return site


class Receiving:
    """A running receiver, and how to post to it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert process.stdout
        line = process.stdout.readline()
        assert line.startswith("receive: listening on http://127.0.0.1:"), process.communicate()
        self.port = int(line.rpartition(":")[2])

    def post(self, content: Any, *, path: str = "/cd", kind: str = JSON, **headers: str) -> int:
        """The status of a request; `content` goes out as JSON, or as it is when it is bytes."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        sent = {"Content-Type": kind, "Authorization": f"Bearer {SECRET}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", path, body, sent)
            return connection.getresponse().status
        finally:
            connection.close()

    def raw(self, head: str) -> int:
        """The status of the answer to a request line and headers as they are."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.connect()
        connection.sock.sendall(head.encode())
        answer = connection.sock.recv(100)
        connection.close()
        return int(answer.split()[1])

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Ends it; gives the exit code and what it said on stderr."""
        self.process.send_signal(how)
        _, errors = self.process.communicate(timeout=10)
        return self.process.returncode, errors


@contextmanager
def receiving(site: Site, *arguments: str, **options: Any) -> Iterator[Receiving]:
    process = site.start("receive", "--port", "0", *arguments, **options)
    try:
        yield Receiving(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)


def spooled(site: Site) -> list[Path]:
    return sorted((site.data / "spool").glob("*/*"))


def cloud(content: Any) -> dict[str, Any]:
    context = content["context"]
    attributes = {"id": context["id"], "source": context["source"], "type": context["type"]}
    return {"specversion": "1.0", **attributes, "datacontenttype": "application/cdevents+json", "data": content}


def test_every_content_mode_is_taken_and_the_next_ingest_loads_it(cd: Site) -> None:
    one, two, three, four, *rest = life()
    with receiving(cd) as receiver:
        context = one["context"]
        binary = {f"ce_{name}": context[name] for name in ("id", "source", "type")}
        bare = {name: part for name, part in one.items() if name != "context"}
        headers = {**binary, "ce_specversion": "1.0", "ce_time": context["timestamp"]}
        assert receiver.post(one, kind="application/cdevents+json", **headers) == 202
        assert receiver.post(bare, **headers) == 202
        assert receiver.post(two) == 202
        assert receiver.post(cloud(three), kind=CLOUD) == 202
        data = b64encode(json.dumps(four).encode()).decode()
        assert receiver.post({**cloud(four), "data": None, "data_base64": data}, kind=CLOUD, path="/") == 202
        assert receiver.post([cloud(each) for each in rest], kind=BATCH) == 202
        assert receiver.post([cloud(each) for each in rest], kind=BATCH) == 202
        assert receiver.post(event("environment.created", "e")) == 202
        assert receiver.end() == (143, "")
    assert len(spooled(cd)) == 7
    waiting = b"".join(file.read_bytes() for file in spooled(cd))
    assert b"Jane" not in waiting
    assert b"secret" not in waiting
    result = cd.ingest()
    assert cd.rows("select count(*) from staging.ci_run") == [(1,)]
    assert cd.rows("select count(*) from staging.deployment") == [(2,)]
    assert cd.rows("select author is not null from staging.change") == [(True,)]
    assert "rejected" not in result.stdout
    assert spooled(cd) == []
    before = tables(cd)
    assert pull(cd).loaded.pages == 0
    replay(cd)
    assert tables(cd) == before


def test_what_is_refused_leaves_nothing_and_is_said_without_its_content(cd: Site) -> None:
    good = event("pipelinerun.queued", "7", pipelineName="b")
    with receiving(cd) as receiver:
        statuses = [
            receiver.post(good, Authorization="Bearer wrong"),
            receiver.post(good, Authorization=SECRET),
            receiver.post(good, Authorization=f"Bearer {SECRET}x"),
            receiver.post(good, Authorization=""),
            receiver.post(b" " * (MAX_BYTES + 1)),
            receiver.post([good] * (MAX_EVENTS + 1)),
            receiver.post(b'{"jane": '),
            receiver.post({"jane": 1}),
            receiver.post("jane"),
            receiver.post([good, {"jane": 1}]),
            receiver.post(good, kind=BATCH),
            receiver.post(b"[" * 100_000),
            receiver.post(good, path="/elsewhere"),
            receiver.post(good, Content_Encoding="gzip"),
            receiver.raw(f"POST /cd HTTP/1.1\r\nAuthorization: Bearer {SECRET}\r\n\r\n"),
            receiver.raw(f"POST /cd HTTP/1.1\r\nAuthorization: Bearer {SECRET}\r\nContent-Length: -1\r\n\r\n"),
            receiver.raw("PUT /cd HTTP/1.1\r\n\r\n"),
        ]
        assert statuses == [401, 401, 401, 401, 413, 413, 400, 400, 400, 400, 400, 400, 404, 415, 411, 411, 501]
        assert spooled(cd) == []
        assert receiver.post(good) == 202
        code, errors = receiver.end()
    assert code == 143
    assert len(errors.splitlines()) == 16
    assert errors.splitlines()[0] == "error: '/cd': refused (401): the secret is missing or wrong"
    assert SECRET not in errors
    assert "jane" not in errors


def test_a_body_that_breaks_off_is_not_taken(cd: Site) -> None:
    body = json.dumps(event("pipelinerun.queued", "7")).encode()
    with receiving(cd) as receiver:
        connection = HTTPConnection("127.0.0.1", receiver.port, timeout=10)
        connection.connect()
        head = f"POST /cd HTTP/1.1\r\nAuthorization: Bearer {SECRET}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sock.sendall(head.encode() + body[:-1])
        connection.sock.shutdown(1)
        assert connection.sock.recv(100) == b""
        connection.close()
        assert receiver.end() == (143, "")
    assert spooled(cd) == []


def limited(size: int) -> Callable[[], None]:
    """No file of the process may grow beyond this: to a writer, the same as a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_full_disk_is_no_acknowledgement(cd: Site) -> None:
    with receiving(cd, preexec_fn=limited(100)) as receiver:
        assert receiver.post(event("pipelinerun.queued", "7")) == 503
        assert receiver.post(event("environment.created", "e")) == 202
        _, errors = receiver.end()
    assert errors == "error: '/cd': refused (503): cannot be written (File too large); send it again\n"
    assert spooled(cd) == []


def test_what_keeps_it_from_starting_is_one_line(cd: Site) -> None:
    with receiving(cd) as receiver:
        process = cd.start("receive", "--port", str(receiver.port))
        said = f"error: cannot listen on 127.0.0.1:{receiver.port} (Address already in use); choose another\n"
        assert (process.communicate(timeout=10)[1], process.returncode) == (said, 2)
    del cd.environment["CDEVENTS_SECRET"]
    process = cd.start("receive")
    said = "error: cd: the environment variable CDEVENTS_SECRET of token_env is not set; export it\n"
    assert (process.communicate(timeout=10)[1], process.returncode) == (said, 2)
    cd.config.write_text(CONFIG.replace("token_env", "# token_env"))
    process = cd.start("receive")
    said = "error: no [[source]] of kind cdevents names a token_env, so that nothing can be received\n"
    assert (process.communicate(timeout=10)[1], process.returncode) == (said, 2)


class Senders:
    """Pipelines that each post run after run, and try again what was not acknowledged; `acknowledged` are the runs."""

    def __init__(self, count: int) -> None:
        self.acknowledged: set[str] = set()
        self.receiver: Receiving | None = None
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(number,)) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def _send(self, number: int) -> None:
        run = 0
        while not self._stop.is_set():
            name = f"{number}-{run}"
            receiver = self.receiver
            try:
                taken = (
                    receiver is not None and receiver.post(event("pipelinerun.queued", name, pipelineName="b")) == 202
                )
            except (OSError, HTTPException):
                taken = False
            if taken:
                self.acknowledged.add(f"cd:/ci#{name}")
                run += 1
            else:
                time.sleep(0.01)

    def end(self) -> set[str]:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        return self.acknowledged


def test_killed_again_and_again_it_loses_nothing_that_it_acknowledged(cd: Site) -> None:
    senders, noise = Senders(4), random.Random(5)
    for _ in range(3):
        with receiving(cd) as receiver:
            before = len(senders.acknowledged)
            senders.receiver = receiver
            while len(senders.acknowledged) < before + noise.randint(5, 60):
                time.sleep(0.002)
            assert receiver.end(signal.SIGKILL)[0] == -signal.SIGKILL
    acknowledged = senders.end()
    with receiving(cd) as receiver:
        assert not [file for file in spooled(cd) if file.suffix == ".tmp"]
        receiver.end()
    pull(cd)
    loaded = cd.rows("select run_id from staging.ci_run")
    # the last of each sender may have been taken without an answer that told so
    assert acknowledged <= {run for (run,) in loaded}
    assert len(loaded) == len(set(loaded)) <= len(acknowledged) + 3 * 4
    assert spooled(cd) == []


def test_ingests_meanwhile_even_killed_ones_load_each_event_once(cd: Site) -> None:
    with receiving(cd) as receiver:
        senders = Senders(2)
        senders.receiver = receiver
        for seconds in (0.5, 0.7):
            process = cd.start("ingest")
            time.sleep(seconds)
            process.kill()
            process.communicate(timeout=10)
        pull(cd)
        acknowledged = senders.end()
        receiver.end()
    pull(cd)
    loaded = [run for (run,) in cd.rows("select run_id from staging.ci_run")]
    assert sorted(loaded) == sorted(acknowledged)
    assert spooled(cd) == []
    # what stands in staging is also what raw says
    before = tables(cd)
    replay(cd)
    assert tables(cd) == before


def test_killed_once_the_spool_is_landed_the_next_ingest_ends_it(cd: Site) -> None:
    with receiving(cd) as receiver:
        for run in range(0, 3000, 1000):
            assert (
                receiver.post([event("pipelinerun.queued", f"{run + n}", pipelineName="b") for n in range(1000)]) == 202
            )
        receiver.end()
    process = cd.start("ingest")
    while not list(cd.data.glob("raw/*/*/*.gz")):
        assert process.poll() is None
        time.sleep(0.0005)
    process.kill()
    process.communicate(timeout=10)
    assert len(spooled(cd)) == 3
    pull(cd)
    assert cd.rows("select count(*) from staging.ci_run") == [(3000,)]
    assert spooled(cd) == []


def test_a_full_spool_takes_no_more_until_it_is_loaded(cd: Site) -> None:
    folder = cd.data / "spool" / "cd"
    folder.mkdir(parents=True)
    with (folder / "0-full.jsonl").open("wb") as file:
        # sparse: it takes no room
        file.truncate(1_000_000_000)
    with receiving(cd) as receiver:
        assert receiver.post(event("pipelinerun.queued", "7")) == 503
        (folder / "0-full.jsonl").unlink()
        assert receiver.post(event("pipelinerun.queued", "7")) == 202
        receiver.end()
    assert len(spooled(cd)) == 1
