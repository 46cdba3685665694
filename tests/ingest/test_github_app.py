"""Asking as a GitHub App, against a server that checks signatures and lets tokens end."""

import gzip
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError

from ingest.errors import SourceStopped
from ingest.github_app import GithubApp
from ingest.http import Http
from ingest.settings import GithubSettings
from tests.conftest import Site
from tests.fake_github import FakeGithub
from tests.github_app import FakeApp
from tests.github_faults import Fault
from tests.github_world import Repo, Run, World
from tests.ingest.github_repo import NOW, at

APP = FakeApp()


@pytest.fixture
def app() -> FakeApp:
    """A key takes long to make; all else is new."""
    return FakeApp(key=APP.key)


@pytest.fixture
def github(app: FakeApp) -> Iterator[FakeGithub]:
    world = World(now=NOW, app=app)
    world.add(Repo("acme/fraud", runs=[Run(n, at(hours=n + 1)) for n in range(5)]))
    with FakeGithub(world) as server:
        yield server


@pytest.fixture
def installed(site: Site, github: FakeGithub, app: FakeApp) -> Site:
    """A site that reads as the app."""
    key = site.folder / "app.pem"
    key.write_text(app.pem)
    key.chmod(0o600)
    site.config.write_text(
        f'[[source]]\nname = "gh"\nkind = "github"\nbase_url = "{github.base_url}"\nrepos = ["acme/*"]\n'
        f'app_id = {app.id}\nprivate_key_file = "app.pem"\n'
    )
    return site


def token(github: FakeGithub, app: FakeApp, **more: object) -> GithubApp:
    return GithubApp("gh", github.base_url, app.id, app.pem, owner="acme", **more)  # type: ignore[arg-type]


def test_an_app_reads_with_one_token_that_is_never_written_or_said(
    installed: Site, github: FakeGithub, app: FakeApp, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    github.faults.append(Fault("echo", match="acme/fraud/deployments"))
    result = installed.uptake("ingest")
    assert result.exit_code == 1 and "forbidden for Bearer ***" in result.stderr
    assert installed.rows("select count(*) from staging.ci_run") == [(5,)]
    [secret] = app.tokens
    files = [path.read_bytes() for path in installed.data.rglob("*") if path.is_file()]
    everything = b"".join(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body for body in files)
    everything += (result.output + caplog.text).encode()
    assert secret.encode() not in everything and app.pem.split("\n")[1].encode() not in everything


def test_check_says_when_all_is_well(installed: Site) -> None:
    assert installed.uptake("check").exit_code == 0


def test_a_token_serves_until_shortly_before_its_end(github: FakeGithub, app: FakeApp) -> None:
    now = [0.0]
    source = token(github, app, installation=77, monotonic=lambda: now[0])
    first = source.current()
    now[0] = 54 * 60
    assert source.current() == first
    now[0] = 55 * 60
    assert source.current() != first and list(app.tokens) == [first, source.current()]


def test_a_token_that_is_refused_in_mid_run_is_made_anew(github: FakeGithub, app: FakeApp) -> None:
    with Http(github.base_url, token(github, app), sleep=lambda _: None) as http:
        http.get("repos/acme/fraud")
        assert github.world.now
        github.world.now += timedelta(hours=2)
        assert http.get("repos/acme/fraud").status == 200
    assert len(app.tokens) == 2


def test_several_requests_at_a_time_share_a_token(github: FakeGithub, app: FakeApp) -> None:
    with Http(github.base_url, token(github, app), parallel=4) as http:
        assert [answer().status for _, answer in http.each(["repos/acme/fraud"] * 12, http.get)] == [200] * 12
    assert len(app.tokens) == 1


def test_a_new_token_that_is_refused_too_stops_the_source(github: FakeGithub, app: FakeApp) -> None:
    github.faults.append(Fault("refused", match="repos/", times=9))
    http = Http(github.base_url, token(github, app), token_name="app 4711", sleep=lambda _: None)
    with pytest.raises(SourceStopped, match="app 4711 was refused"):
        http.get("repos/acme/fraud")
    assert len(app.tokens) == 2


@pytest.mark.parametrize("hours", [-30, 30])
def test_the_clock_of_this_machine_does_not_matter(github: FakeGithub, app: FakeApp, hours: int) -> None:
    github.world.now = datetime.now().replace(microsecond=0) + timedelta(hours=hours)
    assert token(github, app).current() in app.tokens


def test_what_keeps_the_app_out_is_named(installed: Site, github: FakeGithub, app: FakeApp) -> None:
    def lines() -> str:
        result = installed.uptake("check")
        assert result.exit_code == 1 and app.pem.split("\n")[1] not in result.output
        return result.stderr

    app.owners = {"other": 1}
    assert "gh: app 4711: is not installed for acme; install it there" in lines()
    app.owners, app.suspended = {"acme": 77}, True
    assert "gh: app 4711: installation 77: the key of app 4711 may not read this (403: This inst" in lines()
    app.suspended, app.id = False, 12
    assert "the key of app 4711 was refused (401: Integration not found)" in lines()


def test_a_key_that_is_none_or_that_others_can_read_is_refused(installed: Site) -> None:
    key = installed.folder / "app.pem"
    key.chmod(0o640)
    for command in ("check", "ingest"):
        result = installed.uptake(command)
        assert result.exit_code == 1
        said = f"error: gh: {key} of private_key_file can be read by others (mode 0640); run: chmod 600 {key}\n"
        assert result.stderr == said
    key.chmod(0o600)
    key.write_text("not a key")
    assert f"gh: {key} holds no private key of an RSA pair" in installed.uptake("check").stderr


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"app_id": 1}, "app_id needs private_key_env or private_key_file"),
        ({"app_id": 1, "private_key_env": "A", "private_key_file": "b"}, "app_id needs private_key_env or private_key"),
        ({"app_id": 1, "private_key_env": "A", "token_env": "T"}, "app_id and a token cannot both be given"),
        ({"private_key_env": "A"}, "belong to a GitHub App; give app_id too"),
        ({"app_id": 1, "private_key_env": "A", "repos": ["a/b", "c/d"]}, "`repos` names a, c; make a source of each"),
        ({"token_env": "A", "token_file": "b"}, "token_env and token_file cannot both be given"),
    ],
)
def test_settings_that_contradict_are_refused(more: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        GithubSettings.model_validate({"name": "gh", "kind": "github", "repos": ["acme/x"], **more})


def test_a_token_may_stand_in_a_file_that_only_its_owner_reads(installed: Site, github: FakeGithub) -> None:
    github.world.app, github.world.token = None, "ghp_0123456789"
    file = installed.folder / "token"
    text = installed.config.read_text().partition("app_id")[0]
    installed.config.write_text(f'{text}token_file = "token"\n')

    def said() -> str:
        return installed.uptake("check").stderr

    assert said() == f"error: gh: {file} of token_file cannot be read (No such file or directory)\n"
    file.write_text("\n")
    file.chmod(0o600)
    assert said() == f"error: gh: {file} of token_file is empty; write the secret into it\n"
    file.write_text("ghp_0123456789\n")
    assert said() == ""
    file.chmod(0o604)
    assert said() == f"error: gh: {file} of token_file can be read by others (mode 0604); run: chmod 600 {file}\n"
