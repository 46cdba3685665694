"""The typeform source against a server that answers as Typeform does: read anew when something came, else not."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ingest import typeform
from ingest.settings import TypeformSettings
from tests.fake_typeform import FORM, MAPPING, FakeTypeform, served
from tests.ingest.reading import HASH, TOKEN, Reading
from tests.loopback import Loopback, Reply, Trouble

NOW = datetime(2026, 3, 2, 8)


@pytest.fixture
def world() -> Iterator[tuple[FakeTypeform, Loopback, Path]]:
    with served(NOW) as made:
        yield made


@pytest.fixture
def fake(world: tuple[FakeTypeform, Loopback, Path]) -> FakeTypeform:
    return world[0]


@pytest.fixture
def reading(world: tuple[FakeTypeform, Loopback, Path]) -> Reading:
    _, server, mapping = world
    return Reading(server, name="tf", kind="typeform", token_env="TOKEN", mapping=mapping)


def of(sync: Any, question: str) -> list[Any]:
    return [answer for answer in sync.of("survey_answer") if answer.question_id == question]


def test_every_kind_of_answer_becomes_what_an_export_would_give(fake: FakeTypeform, reading: Reading) -> None:
    fake.respond(
        1,
        rating=5,
        tools=["Git", "Docker, Compose"],
        wish="Other: a cat",
        words="Ask @ann",
        mail="ann@acme.example",
        team="t1",
    )
    fake.respond(2, rating=1, tools=["Other: my own"], wish="Speed", on_call=True)
    fake.respond(3)
    sync = reading.sync()
    assert (sync.faults, sync.rejected) == ([], [])
    ratings = {answer.rating: answer for answer in of(sync, "slow")}
    assert set(ratings) == {1, 5}
    ann = ratings[5]
    assert (ann.pain_id, ann.scale_min, ann.scale_max, ann.team_id) == ("slow_deploys", 1, 5, "t1")
    assert ann.respondent == HASH("ann@acme.example")
    assert ann.submitted_at == datetime(2026, 3, 2, 8, 1)
    tools = {
        (answer.choice, answer.text) for answer in sync.of("survey_answer") if answer.question_id.startswith("tools.")
    }
    assert tools == {("Git", None), ("Docker, Compose", None), ("Other", "my own")}
    assert {(answer.choice, answer.text) for answer in of(sync, "wish")} == {("Other", "a cat"), ("Speed", None)}
    assert [answer.choice for answer in of(sync, "on_call")] == ["Yes"]
    assert [answer.text for answer in of(sync, "words")] == ["Ask [handle]"]
    (survey,) = sync.of("survey")
    assert (survey.survey_id, survey.title, survey.opened_at) == (
        "spring",
        "How does it go?",
        datetime(2026, 3, 2, 8, 1),
    )
    for secret in ("ann", "fd6c80bdd7", "Mozilla", "ejumz", TOKEN):
        assert secret not in reading.written


def test_what_has_not_changed_costs_one_request_and_lands_nothing(fake: FakeTypeform, reading: Reading) -> None:
    fake.respond(1, rating=5)
    assert len(reading.sync().requests) == 2
    again = reading.sync()
    assert (again.pages, len(again.requests)) == ([], 1)
    fake.respond(2, rating=4)
    assert sorted(answer.rating for answer in of(reading.sync(), "slow")) == [4, 5]
    # one that is deleted is gone: the form is read as a whole, and replaces what was loaded of it
    del fake.items[1]
    after = reading.sync()
    assert [answer.rating for answer in of(after, "slow")] == [4]
    assert ("survey_answer", "spring") in {forgotten for page in after.pages for forgotten in page.forgets}
    assert len(reading.sync(full=True).pages) == len(reading.sync(floor=NOW).pages) + 1


def test_pages_go_on_before_the_last_token(
    fake: FakeTypeform, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typeform, "PAGE_SIZE", 3)
    for number in range(7):
        fake.respond(number, rating=1 + number % 5)
    sync = reading.sync()
    assert len(of(sync, "slow")) == 7
    asked = [address for address, _ in sync.requests]
    assert [("before=" in address) for address in asked if "responses" in address] == [False, True, True]
    assert all("page_size=3" in address for address in asked if "responses" in address)


def test_pages_that_never_end_are_given_up(
    fake: FakeTypeform, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typeform, "PAGE_SIZE", 1)
    item = fake.respond(1, rating=5)
    reading.server.troubles.append(
        Trouble("before=", Reply({"total_items": 9, "page_count": 9, "items": [item]}), times=9)
    )
    sync = reading.sync()
    assert sync.faults == [f"tf/{FORM}: its pages do not end; run again later"]
    assert not of(sync, "slow")
    reading.server.troubles.clear()
    assert reading.sync().faults == []


def test_a_form_without_answers_or_with_another_question(fake: FakeTypeform, reading: Reading) -> None:
    assert reading.sync().faults == ["tf/spring: there is no answer; give [[wave]] 'spring' an opened_at"]
    fake.respond(1, rating=5)
    fake.form["fields"][3]["title"] = "Anything more?"
    (fault,) = reading.sync().faults
    assert fault.startswith(
        f"tf/{FORM}: typeform.toml names column 'Anything else?' for question 'words', which is not there"
    )
    assert "closest is 'Anything more?'" in fault
    # said again until somebody mends it, and nothing more is landed
    again = reading.sync()
    assert (again.faults, again.pages) == ([fault], [])


def test_what_the_server_refuses_or_garbles_is_said(fake: FakeTypeform, reading: Reading, world: Any) -> None:
    fake.respond(1, rating=5)
    trouble = Trouble(
        "responses", Reply({"total_items": 1, "items": [{"token": None, "answers": "Zelda was here"}]}), times=9
    )
    reading.server.troubles.append(trouble)
    (fault,) = reading.sync().faults
    assert fault.startswith(f"tf/{FORM}: ") and "items.0.token" in fault and "Zelda" not in fault
    reading.server.troubles.clear()
    world[2].write_text(MAPPING.replace(FORM, "gone"))
    sync = reading.sync()
    assert "tf/gone: " in sync.faults[0] and "forms:read and responses:read" in sync.faults[0]
    assert reading.check() == sync.faults
    world[2].write_text(MAPPING.replace(f'form = "{FORM}"', 'files = ["x.csv"]'))
    assert reading.sync().faults == ["tf: wave 'spring' names no form; give it the id in the form's link"]


def test_it_needs_a_token() -> None:
    with pytest.raises(ValidationError, match="needs token_env or token_file"):
        TypeformSettings(name="tf", kind="typeform", mapping=Path("x.toml"))
