"""The one door for free text: what could name or reach a person, or harm who reads it, is taken out before it is
written. Everything else stays as it was said, so that markup and formulas remain harmless text."""

import re
from collections.abc import Iterable
from typing import Any

LONGEST = 10_000
"""Characters of one answer that are kept."""
CUT = " … [cut]"

_ORDINARY = frozenset(
    re.findall(
        r"\w+",
        """able account admin amber angel april august autumn baker banks base bell best bill bird bishop black blue
    bond book bright brook brown build bush butcher carpenter case cash chance chase christian church clay clear
    cliff cloud code cole contact cook cross dale data dawn dean deploy drew earl east engineer faith field fish
    fisher ford forest fort foster fox frank free french gene german good grace grant gray green grey hall hand
    harder hardy head heath hill home hope hunt hunter info iris jack join june just keen king lake lane large
    last late long love mail major mark marks mason match mercy miles mill miller moon more most much never
    noble north olive page paris park parker pass peace penny piper platform pole porter potter power price
    prince queen quick ray read reed rich ring river robin rock root rose ruby rush sand scout season service
    shepherd short singer sky slack small smart smith snow software sole south speed spring star stark steel
    stern stone story strange street strong summer support swift taylor team test tester timer tony town turner
    user violet virginia wade walker wall ward waters weaver week wells west white wild will wise wish wolf wood
    woods work worker young
    """,
    )
)
"""Words of answers that are names of people, too: in lower case they stay."""

# what cannot be seen and only does harm: controls, marks that turn the direction of writing, halves of characters
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029\x85]")
_SPACES = re.compile(r"[^\S\n]+")
_WORD = re.compile(r"[^\W_]+")
_ENDINGS = "js|jsx|ts|tsx|py|rb|rs|go|java|json|yaml|yml|toml|xml|html|css|md|txt|csv|cfg|ini|sh|sql"
"""What ends the names of files, where it could end that of a host."""
_NO_DATE = r"(?<![\w.+/-])(?!\d{1,2}([./-])\d{1,2}\1\d{4}\b)"
"""Begins a phone number, unless a day of a year stands there."""
# bounded repeats: an answer of a megabyte must not take a minute
_PARTS = (
    (re.compile(r"(?i)\b(?:[a-z][a-z0-9+.-]{1,15}://|www\.)[^\s<>\"]{1,2000}"), "[link]"),
    (
        # with what follows at once: `git@host.example:jdoe/notes` names somebody behind the host
        re.compile(
            r"(?i)(?:mailto:)?[\w.%+'-]{1,64}@(?:(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}|localhost\b)(?:[:/][^\s<>\"]+)?"
        ),
        "[e-mail]",
    ),
    (
        re.compile(
            r"(?i)[\w.%+-]{1,64} ?(?:\(at\)|\[at\]|\{at\}) ?(?:[\w-]{1,63}(?:\.| ?[([{]dot[)\]}] ?)){1,4}[a-z]{2,24}"
        ),
        "[e-mail]",
    ),
    (re.compile(r"(?<![\w@`/])@[A-Za-z0-9_](?:[\w-]{0,38})(?![\w/-])"), "[handle]"),
    (re.compile(r"(?i)\b[\w-]{2,39} ?@ ?(?:github|gitlab|twitter|slack|mastodon)\b(?:\.[^\s<>\"]+)?"), "[handle]"),
    (
        # a host and a path, but not `Node.js/React`
        re.compile(
            r"(?i)(?<![\w@./-])(?!(?:asp|ado|vb)\.net/)(?:[a-z\d][\w-]{0,62}\.){1,8}"
            rf"(?!(?:{_ENDINGS})[:/])[a-z]{{2,24}}(?::\d{{1,5}})?/[^\s<>\"]+"
        ),
        "[link]",
    ),
    (re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])"), "[address]"),
    (re.compile(r"(?<![\w.+/-])(?:\+|00)[1-9](?:[ ./()-]{0,2}\d){7,14}(?!\w)"), "[phone]"),
    (re.compile(rf"{_NO_DATE}\(?0(?=[)\d])\)?(?:[ ./()-]{{0,2}}\d){{8,11}}(?!\w|\.\d)"), "[phone]"),
    (re.compile(rf"{_NO_DATE}\(?0\d{{1,4}}\)?(?:[ ./-]{{1,2}}\d{{2,5}}){{2,5}}(?!\w|\.\d)"), "[phone]"),
    (
        re.compile(r"(?<![\w.+/-])(?:1[ .-]{1,2})?\(?[2-9]\d{2}\)?[ .-]{1,2}\d{3}[ .-]\d{4}(?!\w|\.\d)"),
        "[phone]",
    ),
)


_CONTACTS = tuple((part, stands_for) for part, stands_for in _PARTS if stands_for in {"[e-mail]", "[phone]"})
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^\W\d_]{2,24}")


def contactless(value: Any) -> Any:
    """A value of a refused row without e-mail addresses and phone numbers, also within lists and objects.

    In such a row they stand anywhere, as where its cells are shifted; the rest stays, by which it is found and mended.
    """
    if isinstance(value, str):
        for part, stands_for in _CONTACTS:
            value = part.sub(stands_for, value)
        return value
    if isinstance(value, dict):
        return {name: contactless(each) for name, each in value.items()}
    return [contactless(each) for each in value] if isinstance(value, list) else value


def is_address(text: str) -> bool:
    """Is it an e-mail address and nothing else?"""
    return _ADDRESS.fullmatch(text.strip()) is not None


class Scrubber:
    """Takes out e-mail addresses, handles, links, network addresses, phone numbers and the given names.

    A whole name goes in any case; so do its parts of four letters and more, but for ordinary words and shorter parts,
    which go only where they are not in lower case: `Will` and `WILL`, but not `will`.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._whole: dict[str, set[tuple[str, ...]]] = {}
        self._parts: set[str] = set()
        for name in names:
            words = _WORD.findall(name.casefold())
            if len("".join(words)) < 3 or name.strip().isdigit():
                continue
            self._whole.setdefault(words[0], set()).add(tuple(words))
            self._parts |= {word for word in words if len(word) >= 3 and word.isalpha()}

    def __call__(self, text: str) -> str:
        """The text without them, in at most LONGEST characters and CUT; doing it twice changes nothing more."""
        # far more is not read at all: nothing of it would be kept
        plain = _LINE_ENDS.sub("\n", text[: 4 * LONGEST])
        plain = _SPACES.sub(" ", _UNSEEN.sub("", plain)).strip()
        for part, stands_for in _PARTS:
            plain = part.sub(stands_for, plain)
        if self._whole:
            plain = self._nameless(plain)
        if len(plain) <= LONGEST or (plain.endswith(CUT) and len(plain) <= LONGEST + len(CUT)):
            return plain
        # not amid a word: half of an address would no longer be known as one
        kept = plain[:LONGEST].rsplit(None, 1)[0] if " " in plain[:LONGEST] else ""
        return kept.rstrip() + CUT

    def _nameless(self, text: str) -> str:
        """Word by word, since a survey has as many names as respondents."""
        found = list(_WORD.finditer(text))
        words = [match[0].casefold() for match in found]
        kept, end, at = [], 0, 0
        while at < len(found):
            length = self._named(words, found, at, text)
            if length:
                kept += [text[end : found[at].start()], "[name]"]
                end = found[at + length - 1].end()
            at += max(length, 1)
        return "".join([*kept, text[end:]])

    def _named(self, words: list[str], found: list[re.Match[str]], at: int, text: str) -> int:
        """How many words from here on are a name; 0 for none. What stands in brackets took the place of something."""
        start, end = found[at].span()
        if text[start - 1 : start] == "[" and text[end : end + 1] == "]":
            return 0
        whole = [len(name) for name in self._whole.get(words[at], ()) if tuple(words[at : at + len(name)]) == name]
        word = words[at]
        is_part = word in self._parts and (found[at][0] != word or (len(word) >= 4 and word not in _ORDINARY))
        return max(whole, default=int(is_part))


scrub = Scrubber()
"""Where no names are known."""
