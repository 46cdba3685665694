"""What can be wrong with an answer or a file: seeded damage to JSON values and to bytes."""

import json
from copy import deepcopy
from random import Random
from typing import Any

NASTY: list[Any] = [
    *(None, True, False, 0, -1, 2**31, 2**63, 2**64, -(2**63), 1e308, -0.0, 0.5, [], {}, "", " ", "null", "0"),
    *("\u0000", "\ud800", "\u202e", "e\u0301" * 50, "x" * 70_000, "=cmd()", "../../etc", "a\nb\r\n", "<b>", "{{7*7}}"),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-02-30T00:00:00Z", "2026-05-04T12:00:00+99:99"),
    *("2026-05-04", "1777896000", "1777896000000", "+inf", "NaN", "2026-05-04T12:00:00.123456789Z", "T", "Z"),
    *([[[[[[[[]]]]]]]], {"a": {"b": {"c": {}}}}, ["x"], [None], {"id": None}, {"login": 1}),
]
PERSON = "Zelda Quux"
PERSONS = {
    *("user", "actor", "triggering_actor", "author", "creator", "assignee", "assignees", "reviewers", "merged_by"),
    *("requestedFor", "requestedBy", "createdBy", "lastChangedBy", "closedBy", "initiatedBy", "agent", "committer"),
    *("owners", "owner", "reporter", "acknowledgements", "assignments", "userId", "userName", "fullName", "username"),
    *("uploader", "deployedBy", "shortDescription", "merge_user", "closed_by", "approved_by", "pipelineRequester"),
}
"""Keys under which persons stand, whatever the provider."""
NAMES = {
    *("login", "name", "username", "displayName", "uniqueName", "email", "emailAddress", "summary", "fullName"),
    *("userName", "userId", "shortDescription", "author", "owner"),
}


def peopled(value: Any, inside: bool = False) -> Any:
    """The value with one person's name wherever one stands."""
    if isinstance(value, list):
        return [peopled(each, inside) for each in value]
    if isinstance(value, dict):
        return {
            key: PERSON
            if isinstance(each, str) and (key in PERSONS or (inside and key in NAMES))
            else peopled(each, inside or key in PERSONS)
            for key, each in value.items()
        }
    return PERSON if inside and isinstance(value, str) and " " in value else value


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON value: what holds it, and its key or index there."""
    found: list[tuple[Any, Any]] = []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        found.append((value, key))
        found += places(each)
    return found


def wrong(value: Any, random: Random) -> Any:
    """The value with one to four things changed: taken away, doubled, of another type, or out of all bounds."""
    value = json.loads(json.dumps(value))
    for _ in range(random.randint(1, 4)):
        spots = places(value)
        if not spots:
            return deepcopy(random.choice(NASTY))
        holder, key = random.choice(spots)
        act = random.random()
        if act < 0.25:
            del holder[key]
        elif act < 0.35 and isinstance(holder, list):
            holder.insert(key, deepcopy(holder[key]))
        elif act < 0.45:
            holder[key] = [holder[key]] if random.random() < 0.5 else {"value": holder[key]}
        elif act < 0.5:
            # a list or a number as text, as careless servers write them
            holder[key] = holder[key] if isinstance(holder[key], str) else json.dumps(holder[key])
        else:
            holder[key] = deepcopy(random.choice(NASTY))
    return value


def broken(body: bytes, random: Random) -> bytes:
    """The bytes cut off, with some of them changed, doubled or taken away."""
    data = bytearray(body)
    for _ in range(random.randint(1, 6)):
        at = random.randrange(len(data) + 1)
        act = random.random()
        if act < 0.2:
            del data[at:]
        elif act < 0.5 and at < len(data):
            data[at] ^= 1 << random.randrange(8)
        elif act < 0.7:
            data[at:at] = random.choice([b"\xff", b"\x00", b'"', b"\\", b"[[[[", b"}", b"\xed\xa0\x80", b",", b"\n"])
        elif act < 0.85:
            data[at:at] = data[at : at + random.randint(1, 200)]
        else:
            del data[at : at + random.randint(1, 50)]
    return bytes(data)
