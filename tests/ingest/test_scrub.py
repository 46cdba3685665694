"""Free text as it may be kept: nobody is named or reachable in it, nothing does harm, the rest is as it was said."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.scrub import CUT, LONGEST, Scrubber, scrub

WORDS = st.sampled_from(
    ["the", "deploy", "is", "slow,", "and", "git", "(always)", "v1.2.3", "#2040", "3.10", "50 %", "a\nb"]
)
LOCAL = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=12)
EMAIL = st.builds("{}.{}@{}.example".format, LOCAL, LOCAL, LOCAL)
LINK = st.builds("{}://{}.example/{}?q={}".format, st.sampled_from(["http", "https", "ftp"]), LOCAL, LOCAL, LOCAL)
HANDLE = st.builds("@{}".format, st.text(string.ascii_letters + string.digits + "_", min_size=2, max_size=20))
PHONE = st.builds(
    "+31{0}6{0}{1}".format, st.sampled_from(["", " ", "-", "."]), st.from_regex(r"[1-9][0-9]{7}", fullmatch=True)
)


@given(st.lists(WORDS), st.one_of(EMAIL, LINK, HANDLE, PHONE), st.lists(WORDS))
def test_what_reaches_a_person_is_gone_wherever_it_stands(before: list[str], reach: str, after: list[str]) -> None:
    cleaned = scrub(" ".join([*before, reach, *after]))
    assert reach not in cleaned
    assert any(part in cleaned for part in ("[e-mail]", "[link]", "[handle]", "[phone]"))


@given(st.lists(WORDS))
def test_what_names_nobody_stays(words: list[str]) -> None:
    text = " ".join(words)
    assert scrub(text) == text


@given(st.text())
def test_twice_changes_nothing_more(text: str) -> None:
    once = scrub(text)
    assert scrub(once) == once


@given(st.text(st.characters(codec=None), max_size=200))
def test_no_control_and_no_turn_of_direction_is_left(text: str) -> None:
    cleaned = scrub(text)
    assert all(char == "\n" or char.isprintable() or ord(char) > 0xFF for char in cleaned)
    assert not set(cleaned) & set("\0\r\u202a\u202b\u202d\u202e\u2066\u2067\u200f\u061c\ufeff")
    cleaned.encode()


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("mail jane.doe+x@acme.co.uk now", "mail [e-mail] now"),
        ("jane (at) acme (dot) com", "[e-mail]"),
        ("see www.acme.example/a?b", "see [link]"),
        ("ask @jdoe, or jdoe @ github", "ask [handle], or [handle]"),
        ("call 020-555 12 34 or (555) 123-4567", "call [phone] or [phone]"),
        ("call 020-555 12 34.", "call [phone]."),
        ("0612345678, 06-12345678 or 06 12345678.", "[phone], [phone] or [phone]."),
        ("020-5551234 and 1-800-555-1234", "[phone] and [phone]"),
        ("089/1234567; (0)20 5551234", "[phone]; [phone]"),
        ("github.com/jdoe (wiki.acme.example/x)", "[link] ([link]"),
        ("wiki.acme.example:8443/x, jdoe @ github.com/jdoe", "[link] [handle]"),
        ("jdoe@localhost or git@acme.example:jdoe/notes", "[e-mail] or [e-mail]"),
        ("from 192.0.2.1", "from [address]"),
        (
            "3.11.4 in 2023-2024 cost 1000-1500, 0.123456789 since 01-02-2023",
            "3.11.4 in 2023-2024 cost 1000-1500, 0.123456789 since 01-02-2023",
        ),
        ("Node.js/React, and/or ASP.NET/C#, src/a.b/c", "Node.js/React, and/or ASP.NET/C#, src/a.b/c"),
        ("a\0b\u202ec\u200f", "abc"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("non\u00a0breaking", "non breaking"),
        ("=HYPERLINK(1)", "=HYPERLINK(1)"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("cxx@2017: and %gcc@11.20 and @jupyterlab/toc", "cxx@2017: and %gcc@11.20 and @jupyterlab/toc"),
        (
            "took 120 000 seconds in 2019-2020, see issue 1234567",
            "took 120 000 seconds in 2019-2020, see issue 1234567",
        ),
    ],
)
def test_examples(said: str, kept: str) -> None:
    assert scrub(said) == kept


def test_names_of_people_are_taken_out_and_words_that_are_names_stay() -> None:
    cleaned = Scrubber(["Jane Doe", "Mark Will", "7"])("jane doe and Doe said: Mark can mark it, 7 times")
    assert cleaned == "[name] and [name] said: [name] can mark it, 7 times"


def test_a_part_of_a_name_goes_in_any_case_but_for_ordinary_and_short_words() -> None:
    cleaned = Scrubber(["Marieke Will", "Ans Bos"])("marieke, MARIEKE, mariekes; WILL will ask ANS, ans and Bos")
    assert cleaned == "[name], [name], mariekes; [name] will ask [name], ans and [name]"


@pytest.mark.parametrize(
    "unit",
    ["word ", "a.", "1 ", "a@", "@a ", "http://", "(at)", "a.bc/", "06-", "0", "\u202e", "=1+1;"],
)
def test_a_megabyte_is_cut_with_a_mark(unit: str) -> None:
    """A pattern that goes back and forth would not come to an end."""
    cleaned = scrub(unit * (1_000_000 // len(unit)))
    assert len(cleaned) <= LONGEST + len(CUT)
    assert not cleaned or cleaned.endswith((CUT, "[link]"))


@given(st.lists(st.text(min_size=1, max_size=12), max_size=5), st.text(max_size=60))
def test_names_leave_what_stays_scrubbed(names: list[str], text: str) -> None:
    once = Scrubber(names)(text)
    assert Scrubber(names)(once) == once
    for name in names:
        whole = name.casefold().strip()
        if len(whole) >= 3 and whole.isalpha() and whole not in ("name", "link", "handle", "phone", "address", "mail"):
            assert whole not in once.casefold().split()


def test_as_many_names_as_respondents_are_no_burden() -> None:
    """Names are looked up and not tried one by one, which with thousands of them would take for ever."""
    clean = Scrubber(f"First{n} Last{n}" for n in range(50_000))
    assert clean("first49999 last49999 met nobody " * 300).count("[name]") == 300
