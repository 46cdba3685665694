"""What goes wrong on the wire, with real sockets: broken bodies, proxies and certificates."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ingest import api
from ingest.errors import SourceError, SourceStopped
from ingest.http import Http
from tests.fake_github import FakeGithub
from tests.github_faults import Fault
from tests.github_world import World
from tests.ingest.github_reading import TOKEN, Reading
from tests.ingest.github_repo import at, deployed, finished, fraud, merged

REPO = "repos/acme/fraud"
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine has set."""
    for name in (*PROXIES, *map(str.upper, PROXIES), *BUNDLES):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("kind", ["reset", "cut_length", "bad_utf8", "short", "short_chunk"])
@pytest.mark.parametrize("parallel", [1, 4])
def test_a_broken_answer_costs_a_try_and_no_row(github: FakeGithub, kind: str, parallel: int) -> None:
    fraud(github).runs = [finished(n, at(hours=300 - n)) for n in range(250)]
    fraud(github).deployments = [deployed("success")]
    github.faults += [Fault(kind, match="actions/runs"), Fault(kind, match="page=2"), Fault(kind, match="deployments")]
    reading = Reading(github, parallel, patience=4)
    first = reading.sync()
    assert first.faults == [] and [fault.times for fault in github.faults] == [0, 0, 0]
    assert (len(reading.of("ci_run")), len(reading.of("deployment"))) == (250, 1)


@pytest.mark.parametrize(("kind", "words"), [("invalid", "cannot be read"), ("reset", "broke off")])
def test_an_answer_that_stays_broken_is_named(github: FakeGithub, kind: str, words: str) -> None:
    github.faults.append(Fault(kind, times=99))
    with pytest.raises(SourceError) as caught:
        Http(github.base_url, TOKEN, retries=1, sleep=lambda _: None).get(REPO, place="gh/acme/fraud")
    assert words in str(caught.value) and str(caught.value).startswith("gh/acme/fraud: ")


def test_pages_that_lead_back_to_the_first_end_as_a_fault(github: FakeGithub) -> None:
    fraud(github).deployments = [deployed("success", number=n, days=n / 9) for n in range(250)]
    github.faults.append(Fault("back", match="deployments.*page=3", times=99))
    sync = Reading(github).sync()
    assert len(sync.faults) == 1 and "deployments: its pages repeat themselves" in sync.faults[0]
    assert len(sync.requests) < 500


def test_pages_that_never_end_are_left_and_what_they_held_is_kept(
    github: FakeGithub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "MOST_PAGES", 2)
    fraud(github).deployments = [deployed("success", number=n, days=n / 9) for n in range(450)]
    reading = Reading(github)
    [fault] = reading.sync().faults
    assert "gh/acme/fraud: deployments: does not end after 2 pages" in fault
    assert len(reading.of("deployment")) >= 100


@pytest.mark.parametrize("parallel", [1, 4])
def test_a_page_that_comes_twice_doubles_and_loses_nothing(github: FakeGithub, parallel: int) -> None:
    fraud(github).runs = [finished(n, at(hours=400 - n / 2)) for n in range(700)]
    fraud(github).pulls = [merged(n + 1, days=n / 10) for n in range(220)]
    reading = Reading(github, parallel)
    github.faults += [Fault("page_before", match="runs.*page=3"), Fault("page_before", match="pulls.*page=2")]
    assert len(reading.sync().faults) == 2
    assert reading.sync().faults == []
    assert [len(reading.of(noun)) for noun in ("ci_run", "change")] == [700, 220]


@pytest.mark.parametrize("parallel", [1, 4])
def test_what_comes_in_between_moves_nothing_out_of_sight(github: FakeGithub, parallel: int) -> None:
    """New items push others onto the next page, where they come a second time."""
    fraud(github).runs = [finished(n, at(hours=400 - n / 2)) for n in range(700)]
    fraud(github).pulls = [merged(n + 1, days=n / 10 + 1) for n in range(220)]

    def more(world: World) -> None:
        repo = world.repos["acme/fraud"]
        repo.runs += [finished(n, at(hours=0)) for n in range(len(repo.runs), len(repo.runs) + 30)]
        repo.pulls += [merged(n + 1, hours=0) for n in range(len(repo.pulls), len(repo.pulls) + 30)]

    github.faults += [Fault(match="runs.*page=3", action=more), Fault(match="pulls.*page=2", action=more)]
    reading = Reading(github, parallel)
    assert reading.sync().faults == reading.sync().faults == []
    assert [len(reading.of(noun)) for noun in ("ci_run", "change")] == [760, 280]


def test_a_storm_of_refusals_is_waited_out_and_loses_nothing(github: FakeGithub) -> None:
    fraud(github).runs = [finished(n, at(hours=460 - n / 2)) for n in range(900)]
    github.faults.append(Fault("too_many", match="&page=", spare=2, times=12, wait=1))
    reading = Reading(github, 4, patience=12)
    sync = reading.sync()
    assert sync.faults == [] and sync.stopped is None
    assert len(reading.of("ci_run")) == 900 and github.faults[0].times == 0


class Proxy(BaseHTTPRequestHandler):
    """Takes whole addresses, as a proxy is asked, and fetches them."""

    seen: list[tuple[str, str | None]] = []

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("Proxy-Authorization")))
        host = self.path.split("/")[2]
        with socket.create_connection(("127.0.0.1", int(host.rpartition(":")[2]))) as upstream:
            self.headers.replace_header("Connection", "close")
            lines = [f"GET {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers.items())]
            upstream.sendall("\r\n".join([*lines, "", ""]).encode())
            while part := upstream.recv(65_536):
                self.wfile.write(part)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: tests look at `seen`."""


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[int]:
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_the_environment_names_the_proxy_and_what_goes_round_it(
    github: FakeGithub, monkeypatch: pytest.MonkeyPatch
) -> None:
    Proxy.seen.clear()
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Proxy)) as port:
        monkeypatch.setenv("http_proxy", f"http://me:hidden@127.0.0.1:{port}")
        with Http(github.base_url, TOKEN, parallel=2) as http:
            answers = [answer().value["full_name"] for _, answer in http.each([REPO] * 3, http.get)]
        assert answers == ["acme/fraud"] * 3
        assert Proxy.seen == [(f"{github.base_url}/{REPO}", "Basic bWU6aGlkZGVu")] * 3
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert Http(github.base_url, TOKEN).get(REPO).status == 200
        assert len(Proxy.seen) == 3 and len(github.requests) == 4


def authority(folder: Path) -> tuple[Path, Path]:
    """A CA of our own in a file, and in another the key and the certificate that it gave to 127.0.0.1."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    now = datetime.now(UTC)

    def signed(name: str, key: ec.EllipticCurvePrivateKey, is_ca: bool) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Acme CA")]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[0].public_key()), False)
            .sign(keys[0], hashes.SHA256())
        )

    bundle, server = folder / "ca.pem", folder / "server.pem"
    bundle.write_bytes(signed("Acme CA", keys[0], True).public_bytes(Encoding.PEM))
    secret = keys[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    server.write_bytes(secret + signed("127.0.0.1", keys[1], False).public_bytes(Encoding.PEM))
    return bundle, server


class Greeting(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"said": "hello"}')

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def test_a_certificate_counts_by_the_bundle_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle, certificate = authority(tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Greeting)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with serving(server) as port:
        with pytest.raises(SourceStopped) as caught:
            Http(f"https://127.0.0.1:{port}", TOKEN).get("hello", place="gh")
        assert str(caught.value).startswith("gh: no trusted TLS connection to 127.0.0.1 (")
        assert "set REQUESTS_CA_BUNDLE to the file" in str(caught.value)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
        with Http(f"https://127.0.0.1:{port}", TOKEN, parallel=2) as http:
            assert [answer().value for _, answer in http.each(["hello"] * 3, http.get)] == [{"said": "hello"}] * 3
