"""Persons: hashed with a key that is made once and that nobody else can read."""

import hashlib
import hmac
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ingest import people
from ingest.errors import LandingError
from tests.conftest import ROOT


def test_a_hash_is_keyed_and_blind_to_case_and_blanks() -> None:
    hashed = people.hasher(b"key")
    expected = "p_" + hmac.new(b"key", b"jane doe", hashlib.sha256).hexdigest()[:16]
    assert hashed("Jane Doe") == hashed(" JANE DOE ") == expected
    assert people.hasher(b"other")("Jane Doe") != expected


@pytest.mark.parametrize("nobody", [None, "", "  "])
def test_nobody_stays_nobody(nobody: str | None) -> None:
    assert people.hasher(b"key")(nobody) is None


def test_the_key_of_the_environment_comes_first_and_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPTAKE_PEPPER", "given")
    assert people.key(tmp_path) == b"given"
    (fingerprint,) = tmp_path.iterdir()
    assert fingerprint.name == people.FINGERPRINT and b"given" not in fingerprint.read_bytes()


def test_the_key_is_made_once_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UPTAKE_PEPPER", raising=False)
    assert people.existing_key(tmp_path) is None
    made = people.key(tmp_path / "data")
    assert len(made) == 64
    assert people.key(tmp_path / "data") == people.existing_key(tmp_path / "data") == made
    file, _ = sorted((tmp_path / "data").iterdir())
    assert file.name == ".pepper"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_empty_key_is_refused_rather_than_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UPTAKE_PEPPER", raising=False)
    (tmp_path / ".pepper").write_text("\n")
    with pytest.raises(LandingError, match=r"\.pepper: is empty; restore it"):
        people.key(tmp_path)


def test_a_key_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UPTAKE_PEPPER", raising=False)
    (tmp_path / people.FILE).mkdir()
    line = "the key for hashing persons cannot be read (Is a directory); run as the user that owns the data folder"
    for ask in (people.existing_key, people.key):
        with pytest.raises(LandingError) as raised:
            ask(tmp_path)
        assert str(raised.value) == f"{tmp_path / people.FILE}: {line}"


def test_two_at_once_get_the_same_key(tmp_path: Path) -> None:
    ask = (
        "import sys; from pathlib import Path; from ingest import people; print(people.key(Path(sys.argv[1])).decode())"
    )
    for attempt in range(2):
        asking = [
            subprocess.Popen(
                [sys.executable, "-c", ask, str(tmp_path / str(attempt))],
                env={"PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        answers = {process.communicate(timeout=30)[0] for process in asking}
        assert len(answers) == 1
        assert [path.name for path in (tmp_path / str(attempt)).iterdir() if path.name != people.FINGERPRINT] == [
            ".pepper"
        ]


def test_what_a_killed_process_left_half_written_goes_and_that_of_a_living_one_stays(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left, living = (tmp_path / f".pepper.{pid}.tmp" for pid in (ended.pid, os.getppid()))
    for draft in (left, living, tmp_path / ".pepper.x.tmp"):
        draft.touch()
    people.key(tmp_path)
    assert not left.exists() and living.exists() and (tmp_path / ".pepper.x.tmp").exists()
