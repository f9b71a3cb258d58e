from __future__ import annotations

import html
import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.slack.escape import address, line, literal, mrkdwn
from tests.slack.ugly import SIGNS

NASTY = "<>&*_~`:@#!|/.()[] \n\t\x00\x1b\u202e\u2066\u200b\u2060\ufeffaz0ß学é👩\u200d👧\ud800"
texts = st.text(NASTY, max_size=80) | st.text(max_size=60)
pieces = st.lists(st.sampled_from([*SIGNS.split(), *NASTY, "a", "word", "<!channel>", ":tada:", ">", "*"]), max_size=12).map("".join)

PAIRS = re.compile(r"[*~`]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
"""What could begin or end a pair of signs."""


@pytest.mark.parametrize(
    ("outside", "shown"),
    [
        ("tab\there\r\nand\u2028there", "tab    here\nand\nthere"),
        ("user\u202eexe.txt\u2066\u200b\ufeff\u00ad", "userexe.txt"),
        ("family 👩‍👩‍👧‍👦 🏳️‍🌈 می‌خواهم שלום", "family 👩‍👩‍👧‍👦 🏳️‍🌈 می‌خواهم שלום"),
        ("England \U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "England 🏴󠁧󠁢󠁥󠁮󠁧󠁿"),
        ("hidden\U000e0068\U000e0069", "hidden"),
        ("half \ud83d", "half \ufffd"),
        ("\x00\x07\x08\x7f\x9b[31m", "[31m"),
        ("*bold* & <!channel>", "*bold* & <!channel>"),
    ],
)
def test_literal_text_is_only_cleaned(outside: str, shown: str) -> None:
    assert literal(outside) == shown


@pytest.mark.parametrize(
    ("outside", "shown"),
    [
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("&lt;!channel&gt;", "&amp;lt;!channel&amp;gt;"),
        ("*bold* _it_ ~s~ `code`", "∗bold∗ ˍitˍ ∼s∼ ˋcodeˋ"),
        ("foo_bar", "foo_bar"),
        (":smile::tada: 10:30", "∶smile:∶tada: 10:30"),
        ("@here and a@b #general C# x", "@\u2060here and a@\u2060b #\u2060general C# x"),
        ("http://evil.example", "http://\u2060evil.\u2060example"),
        ("evil.example.com e.g. 3.14", "evil.\u2060example.\u2060com e.g. 3.14"),
        ("> quoted\n >more", "\u2060&gt; quoted\n\u2060 &gt;more"),
        ("", ""),
    ],
)
def test_in_mrkdwn_nothing_is_markup(outside: str, shown: str) -> None:
    assert mrkdwn(outside) == shown


@given(texts | pieces)
@example(SIGNS)
@example("_:a_:b_:")
@example("@\u2060here :\u200bsmile:")
def test_whatever_is_written_stays_text(text: str) -> None:
    escaped = mrkdwn(text)
    assert not re.search("[<>]", escaped)
    assert not re.search("&(?!(?:amp|lt|gt);)", escaped)
    assert not PAIRS.search(escaped)
    assert not re.search(r":[a-z0-9_+'-]+:", escaped)
    assert not re.search(r"https?://[^\u2060\s]|@[a-z]|#[a-z]", escaped)
    assert not re.search(r"^\s*&gt;", escaped, re.MULTILINE)
    escaped.encode()


@given(texts | pieces)
def test_a_person_reads_the_same_letters(text: str) -> None:
    def letters(shown: str) -> str:
        return "".join(one for one in shown if unicodedata.category(one)[0] in "LN" and one not in "ˍˋ")

    assert letters(html.unescape(mrkdwn(text))) == letters(literal(text))


@given(texts)
def test_cleaning_leaves_nothing_that_acts_and_twice_is_once(text: str) -> None:
    cleaned = literal(text)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]", cleaned)
    cleaned.encode()
    assert literal(cleaned) == cleaned
    assert line(text) == line(line(text))
    assert "\n" not in line(text)


@pytest.mark.parametrize(
    ("url", "used"),
    [
        ("https://arxiv.org/abs/2611.00001", "https://arxiv.org/abs/2611.00001"),
        ("https://example.org/a b?q=é&x=%20", "https://example.org/a%20b?q=%C3%A9&x=%20"),
        ("https://example.org/\u202eevil", "https://example.org/evil"),
        ("javascript:alert(1)", ""),
        ("//example.org", ""),
        ("", ""),
        ("https://example.org/" + "x" * 3000, ""),
    ],
)
def test_an_address_is_one_a_browser_may_be_sent_to(url: str, used: str) -> None:
    assert address(url) == used
