from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadQuery
from bot.query import marked, parse, pointed
from bot.query.marking import WIDEST


def mistake(query: str, start: int, end: int) -> BadQuery:
    return BadQuery("So it is.", query=query, start=start, end=end)


@pytest.mark.parametrize(
    ("query", "start", "end", "shown"),
    [
        ("titel:foo bar", 0, 5, "titel:foo bar\n^^^^^"),
        ("a titel:foo", 2, 7, "a titel:foo\n  ^^^^^"),
        ("", 0, 0, "\n^"),
        ("a", 1, 1, "a\n ^"),
        ("学习 x", 3, 4, "学习 x\n     ^"),
        ("a 学习", 2, 4, "a 学习\n  ^^^^"),
        ("ｘ：y", 0, 2, "ｘ：y\n^^^^"),
        ("e\u0301e\u0301 x", 5, 6, "e\u0301e\u0301 x\n   ^"),
        ("e\u0301", 1, 2, "e\u0301\n ^"),
        ("a\tb\nc", 4, 5, "a b c\n    ^"),
        ("\u202ea\u200bb", 3, 4, "ab\n ^"),
        ("a\ud800b", 2, 3, "ab\n ^"),
    ],
)
def test_the_mark_stands_under_the_place(query: str, start: int, end: int, shown: str) -> None:
    assert marked(mistake(query, start, end)) == shown


@pytest.mark.parametrize(
    ("query", "start", "end", "shown"),
    [
        ("titel:foo bar", 0, 5, "→titel←:foo bar"),
        ("a (b", 2, 3, "a →(←b"),
        ("", 0, 0, "→←"),
        ("a", 1, 1, "a→←"),
        ("a\tb\n\u202ec", 4, 6, "a b →c←"),
        ("y" * 600, 0, 600, f"→{'y' * 70}←…"),
        (f"{'x' * 600} y", 601, 602, f"…{'x' * 68} →y←"),
    ],
)
def test_in_any_font_the_place_stands_between_arrows(query: str, start: int, end: int, shown: str) -> None:
    assert pointed(mistake(query, start, end)) == shown


@given(st.text(max_size=120), st.integers(0, 120), st.integers(0, 20))
def test_what_is_pointed_at_is_one_short_line(query: str, start: int, length: int) -> None:
    start = min(start, len(query))
    line = pointed(mistake(query, start, min(start + length, len(query))))
    assert len(line.splitlines()) == 1
    assert "→" in line
    assert "←" in line


@pytest.mark.parametrize(("start", "left", "right"), [(0, False, True), (250, True, True), (497, True, False), (500, True, False)])
def test_of_a_long_query_a_window_around_the_place_is_shown(start: int, *, left: bool, right: bool) -> None:
    text, marks = marked(mistake("abcdefghij" * 50, start, min(start + 3, 500))).split("\n")
    assert (text.startswith("…"), text.endswith("…")) == (left, right)
    assert len(text) <= WIDEST
    assert len(text) >= WIDEST - 2
    if start < 500:
        assert text[marks.index("^") : marks.index("^") + 3] == ("abcdefghij" * 50)[start : start + 3]


def test_a_mark_is_cut_with_the_window() -> None:
    text, marks = marked(mistake("x" * 500, 100, 500)).split("\n")
    assert text.endswith("…")
    assert len(marks) == len(text) - 1


def test_wide_characters_fill_the_window_twice_as_fast() -> None:
    text, _ = marked(mistake("学" * 300, 150, 151)).split("\n")
    assert len(text) <= WIDEST // 2 + 2


@given(st.text(max_size=200), st.data())
def test_two_lines_and_a_mark_inside_the_text_whatever_was_typed(query: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(query)))
    end = data.draw(st.integers(start, len(query)))
    text, marks = marked(mistake(query, start, end)).split("\n")
    assert marks.strip(" ").strip("^") == ""
    assert marks.count("^") >= 1
    columns = sum((2 if unicodedata.east_asian_width(one) in "WF" else 1) * (unicodedata.category(one) not in {"Mn", "Me"}) for one in text)
    assert len(marks) <= columns + 1
    assert columns <= WIDEST


def test_a_refusal_can_be_marked() -> None:
    with pytest.raises(BadQuery) as caught:
        parse("curriculum titel:x")
    assert marked(caught.value) == "curriculum titel:x\n           ^^^^^^^"
