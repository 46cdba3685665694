"""Typeform on loopback: a form's definition, and its responses, the newest first, paged by the token before which to
go on. Shapes as its reference documents them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.loopback import Loopback, Reply, Request

FORM = "lT4Z3j"
RATING, TOOLS, WISH, WORDS, MAIL, YES = (
    "Rq1r4t1ngAAA",
    "Tq2t00lsBBBB",
    "Wq3w1shCCCCC",
    "Lq4w0rdsDDDD",
    "Eq5ma1lEEEEE",
    "Yq6yesFFFFFF",
)
MAPPING = """
[respondent]
response_id = "response_id"
respondent = "Your e-mail"
submitted_at = "submitted_at"
team = "hidden: team"

[[wave]]
id = "spring"
form = "lT4Z3j"

[scales.slow]
min = 1
max = 5

[[question]]
id = "slow"
columns = ["How slow is deploying?"]
kind = "rating"
scale = "slow"
pain = "slow_deploys"

[[question]]
id = "tools"
columns = ["Which tools do you use?"]
kind = "choices"

[[question]]
id = "wish"
columns = ["wish"]
kind = "choice"

[[question]]
id = "on_call"
columns = ["Are you on call?"]
kind = "choice"

[[question]]
id = "words"
columns = ["Anything else?"]
kind = "text"

[[pain]]
id = "slow_deploys"
title = "Deploying is slow"
"""


def definition() -> dict[str, Any]:
    def question(name: str, ref: str, title: str, kind: str, **properties: Any) -> dict[str, Any]:
        return {"id": name, "ref": ref, "title": title, "type": kind, "properties": properties, "validations": {}}

    inside = [
        question(RATING, "slow", "How slow is\u00a0deploying?", "opinion_scale", steps=5, start_at_one=True),
        question(TOOLS, "tools", "Which tools do you use?", "multiple_choice", allow_multiple_selection=True),
    ]
    return {
        "id": FORM,
        "title": "How does it go?",
        "hidden": ["team"],
        "fields": [
            question("Gq0gr0upGGGG", "group", "The platform", "group", fields=inside),
            question(WISH, "wish", "What next?", "multiple_choice", allow_other_choice=True),
            question(YES, "on_call", "Are you on call?", "yes_no"),
            question(WORDS, "words", "Anything else?", "long_text"),
            question(MAIL, "mail", "Your e-mail", "email"),
        ],
        "_links": {"display": f"https://form.typeform.com/to/{FORM}"},
    }


class FakeTypeform:
    """`now` is its clock, `most` the largest page that it gives."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.most = 1_000
        self.form = definition()
        self.items: list[dict[str, Any]] = []

    def respond(self, number: int, **said: Any) -> dict[str, Any]:
        """A response, newer than all before: rating, tools, wish, words, mail, on_call, team."""
        self.now += timedelta(minutes=1)
        token = f"{number:04}" + "ejumz2xqu1ukog354o4ejumzlwpg"
        answers = [_answer(*each) for each in _answers(said)]
        item = {
            "landing_id": token,
            "token": token,
            "response_id": token,
            "response_type": "completed",
            "landed_at": self.now.isoformat() + "Z",
            "submitted_at": self.now.isoformat() + "Z",
            "metadata": {
                "user_agent": "Mozilla/5.0",
                "platform": "other",
                "network_id": "fd6c80bdd7",
                "referer": "https://x",
            },
            "hidden": {"team": said["team"]} if "team" in said else {},
            "calculated": {"score": 0},
            "answers": answers,
        }
        self.items.insert(0, item)
        return item

    def answer(self, request: Request) -> Reply:
        if request.headers.get("Authorization") is None:
            return Reply({"code": "AUTHENTICATION_FAILED", "description": "Authentication credentials not found"}, 403)
        if request.path == f"/forms/{FORM}":
            return Reply(self.form)
        if request.path != f"/forms/{FORM}/responses":
            return Reply({"code": "FORM_NOT_FOUND", "description": "Non existing form"}, 404)
        size = min(int(request.query.get("page_size", 25)), self.most)
        tokens = [item["token"] for item in self.items]
        start = tokens.index(request.query["before"]) + 1 if "before" in request.query else 0
        page = self.items[start : start + size]
        return Reply({"total_items": len(self.items), "page_count": -(-len(self.items) // size), "items": page})


def _answers(said: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    if "rating" in said:
        yield RATING, "opinion_scale", "number", {"number": said["rating"]}
    if "tools" in said:
        labels = [each for each in said["tools"] if not each.startswith("Other: ")]
        other = [each.removeprefix("Other: ") for each in said["tools"] if each.startswith("Other: ")]
        choices: dict[str, Any] = {"ids": ["c"] * len(labels), "labels": labels} | (
            {"other": other[0]} if other else {}
        )
        yield TOOLS, "multiple_choice", "choices", {"choices": choices}
    if "wish" in said:
        key = "other" if said["wish"].startswith("Other: ") else "label"
        yield WISH, "multiple_choice", "choice", {"choice": {key: said["wish"].removeprefix("Other: ")}}
    if "on_call" in said:
        yield YES, "yes_no", "boolean", {"boolean": said["on_call"]}
    if "words" in said:
        yield WORDS, "long_text", "text", {"text": said["words"]}
    if "mail" in said:
        yield MAIL, "email", "email", {"email": said["mail"]}


def _answer(name: str, kind: str, given: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"field": {"id": name, "type": kind, "ref": name.lower()}, "type": given, **value}


@contextmanager
def served(now: datetime) -> Iterator[tuple[FakeTypeform, Loopback, Path]]:
    """The fake, its server, and a mapping that fits its form."""
    fake = FakeTypeform(now)
    with TemporaryDirectory() as folder, Loopback(fake.answer, lambda: fake.now) as server:
        mapping = Path(folder) / "typeform.toml"
        mapping.write_text(MAPPING, "utf-8")
        yield fake, server, mapping
