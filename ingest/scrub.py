"""The one door for free text: what could name or reach a person, or harm who reads it, is taken out before it is
written. Everything else stays as it was said, so that markup and formulas remain harmless text."""

import re
from collections.abc import Iterable

LONGEST = 10_000
"""Characters of one answer that are kept."""
CUT = " … [cut]"

# what cannot be seen and only does harm: controls, marks that turn the direction of writing, halves of characters
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029\x85]")
_SPACES = re.compile(r"[^\S\n]+")
# bounded repeats: an answer of a megabyte must not take a minute
_PARTS = (
    (re.compile(r"(?i)\b(?:[a-z][a-z0-9+.-]{1,15}://|www\.)[^\s<>\"]{1,2000}"), "[link]"),
    (re.compile(r"(?i)(?:mailto:)?[\w.%+'-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}"), "[e-mail]"),
    (
        re.compile(
            r"(?i)[\w.%+-]{1,64} ?(?:\(at\)|\[at\]|\{at\}) ?(?:[\w-]{1,63}(?:\.| ?[([{]dot[)\]}] ?)){1,4}[a-z]{2,24}"
        ),
        "[e-mail]",
    ),
    (re.compile(r"(?<![\w@`/])@[A-Za-z0-9_](?:[\w-]{0,38})(?![\w/-])"), "[handle]"),
    (re.compile(r"(?i)\b[\w-]{2,39} ?@ ?(?:github|gitlab|twitter|slack|mastodon)\b"), "[handle]"),
    (re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])"), "[address]"),
    (re.compile(r"(?<![\w.+/-])(?:\+|00)[1-9](?:[ ./()-]{0,2}\d){7,14}(?!\w)"), "[phone]"),
    (re.compile(r"(?<![\w.+/-])\(?0\d{1,4}\)?(?:[ ./-]{1,2}\d{2,5}){2,5}(?![\w.])"), "[phone]"),
    (re.compile(r"(?<![\w.+/-])\(?[2-9]\d{2}\)?[ .-]{1,2}\d{3}[ .-]\d{4}(?![\w.])"), "[phone]"),
)


def _names(names: Iterable[str]) -> re.Pattern[str] | None:
    """Whole names in any case, and their parts where they are written as names are: `Will`, but not `will`."""
    found: set[str] = set()
    for name in names:
        plain = " ".join(name.split())
        if len(plain) < 3 or plain.isdigit():
            continue
        found.add(f"(?i:{re.escape(plain)})")
        for part in re.split(r"[\s,._-]+", plain):
            if len(part) >= 3 and part.isalpha():
                found.add(re.escape(part.capitalize()))
    longest_first = sorted(found, key=lambda each: (-len(each), each))
    # what stands in brackets is what took the place of something already
    return re.compile(rf"(?<!\[)\b(?:{'|'.join(longest_first)})\b(?!\])") if found else None


class Scrubber:
    """Takes out e-mail addresses, handles, links, network addresses, phone numbers and the given names."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = _names(names)

    def __call__(self, text: str) -> str:
        """The text without them, in at most LONGEST characters and CUT; doing it twice changes nothing more."""
        # far more is not read at all: nothing of it would be kept
        plain = _LINE_ENDS.sub("\n", text[: 4 * LONGEST])
        plain = _SPACES.sub(" ", _UNSEEN.sub("", plain)).strip()
        for part, stands_for in _PARTS:
            plain = part.sub(stands_for, plain)
        if self._names:
            plain = self._names.sub("[name]", plain)
        if len(plain) <= LONGEST or (plain.endswith(CUT) and len(plain) <= LONGEST + len(CUT)):
            return plain
        # not amid a word: half of an address would no longer be known as one
        kept = plain[:LONGEST].rsplit(None, 1)[0] if " " in plain[:LONGEST] else ""
        return kept.rstrip() + CUT


scrub = Scrubber()
"""Where no names are known."""
