from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.discord.escape import address, code, cut, label, line, linked, literal, markdown, size
from tests.discord.looks import acting, read_markdown
from tests.discord.ugly import SIGNS

NASTY = "\\<&>*_~`:@#!|/.()[]-+>1 \n\t\x00\x1b\u202e\u2066\u200b\u2060\ufeffaz0ß学é👩\u200d👧\ud800"
texts = st.text(NASTY, max_size=80) | st.text(max_size=60)
pieces = st.lists(
    st.sampled_from(
        [*SIGNS.split(" "), *NASTY, "\n", "a", "word", "@everyone", "<@1>", ":tada:", "https://", "\n# ", "\n1. ", "```", "||"]
    ),
    max_size=12,
).map("".join)


@pytest.mark.parametrize(
    ("outside", "shown"),
    [
        ("tab\there\r\nand\u2028there", "tab    here\nand\nthere"),
        ("user\u202eexe.txt\u2066\u200b\ufeff\u00ad\u2800", "userexe.txt"),
        ("family 👩‍👩‍👧‍👦 🏳️‍🌈 می‌خواهم שלום", "family 👩‍👩‍👧‍👦 🏳️‍🌈 می‌خواهم שלום"),
        ("England \U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "England 🏴󠁧󠁢󠁥󠁮󠁧󠁿"),
        ("hidden\U000e0068\U000e0069", "hidden"),
        ("half \ud83d", "half \ufffd"),
        ("\x00\x07\x08\x7f\x9b[31m", "[31m"),
        ("**bold** & @everyone", "**bold** & @everyone"),
    ],
)
def test_literal_text_is_only_cleaned(outside: str, shown: str) -> None:
    assert literal(outside) == shown


@pytest.mark.parametrize(
    ("outside", "shown"),
    [
        ("a & b", "a & b"),
        ("stars>100", r"stars\>100"),
        ("@everyone @here a@b C @ home", "@\u2060everyone @\u2060here a@\u2060b C @ home"),
        ("<@1> <@&2> <#3> </a:4>", "\\<@\u20601\\> \\<@\u2060&2\\> \\<#3\\> \\</a:4\\>"),
        ("<t:1:R> <:a:1>", r"\<t\:1:R\> \<\:a:1\>"),
        ("*a* **b** _c_ __d__ ~~e~~ `f`", r"\*a\* \*\*b\*\* \_c\_ \_\_d\_\_ \~\~e\~\~ \`f\`"),
        ("||secret||", r"\|\|secret\|\|"),
        ("[x](http://evil)", r"\[x\](http\://evil)"),
        ("https://evil.example/x", r"https\://evil\.example/x"),
        ("discord.gg/x e.g. 3.14", r"discord\.gg/x e.g. 3.14"),
        (":smile::tada: 10:30 a: b", r"\:smile\:\:tada: 10:30 a: b"),
        ("# a\n## b\n -# c\n- d\n+ e\nf - g # h", "\\# a\n\\## b\n \\-# c\n\\- d\n\\+ e\nf - g # h"),
        ("1. a\n 23) b\n3.14", "1\\. a\n 23\\) b\n3\\.14"),
        ("> a\n>>> b", "\\> a\n\\>\\>\\> b"),
        ("a\\*b\\", r"a\\\*b" + "\\\\"),
        ("", ""),
    ],
)
def test_in_markdown_nothing_is_markup(outside: str, shown: str) -> None:
    assert markdown(outside) == shown


@given(texts | pieces)
@example(SIGNS)
@example("\\[x](http://evil)")
@example("@\u2060everyone :\u200bsmile:")
@example("\u200b# x")
def test_whatever_is_written_stays_text(text: str) -> None:
    escaped = markdown(text)
    assert acting(escaped) == []
    assert not re.search(r"https?://|discord\.gg|@everyone", escaped)
    escaped.encode()


@given(texts | pieces)
def test_a_person_reads_the_same(text: str) -> None:
    assert read_markdown(markdown(text)).replace("\u2060", "") == literal(text)


@given(texts)
def test_cleaning_leaves_nothing_that_acts_and_twice_is_once(text: str) -> None:
    cleaned = literal(text)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]", cleaned)
    cleaned.encode()
    assert literal(cleaned) == cleaned
    assert line(text) == line(line(text))
    assert "\n" not in line(text)


@pytest.mark.parametrize(
    ("outside", "shown"),
    [
        ("title:x\n      ^", "title:x\n      ^"),
        ("``` out", "`\u2060`\u2060` out"),
        ("a `b` c", "a `b` c"),
        ("ends with `", "ends with `\u2060"),
        ("\n\n  x \n ", "  x"),
        (" \n\x00", ""),
    ],
)
def test_what_is_in_a_block_of_code_is_shown_as_it_is(outside: str, shown: str) -> None:
    assert code(outside) == shown


@given(st.text("`a \n\\", max_size=30) | texts)
def test_nothing_ends_a_block_of_code_but_its_end(text: str) -> None:
    block = f"```\n{code(text)}\n```"
    assert block.index("```", 3) == len(block) - 3
    letters = [one for one in text if unicodedata.category(one)[0] in "LN"]
    assert [one for one in code(text) if unicodedata.category(one)[0] in "LN"] == [one for one in letters if literal(one)]


@pytest.mark.parametrize(
    ("url", "used"),
    [
        ("https://arxiv.org/abs/2611.00001", "https://arxiv.org/abs/2611.00001"),
        ("https://example.org:8443/a b?q=é&x=%20", "https://example.org:8443/a%20b?q=%C3%A9&x=%20"),
        ("https://example.org/\u202eevil", "https://example.org/evil"),
        ("javascript:alert(1)", ""),
        ("//example.org", ""),
        ("", ""),
        ("https://", ""),
        ("https:///path", ""),
        ("https://localhost/", ""),
        ("https://arxiv.org@evil.example/", ""),
        ("https://[::1", ""),
        ("https://example.org:x/", ""),
        ("https://example.org:99999/", ""),
        ("https://пример.example/", ""),
        ("https://example.org/" + "x" * 2048, ""),
    ],
)
def test_an_address_is_one_that_discord_takes(url: str, used: str) -> None:
    assert address(url) == used


def test_an_address_in_brackets_cannot_leave_them() -> None:
    assert linked("here", "https://example.org/a(b)<c>[d]\\'\"|`") == ("[here](https://example.org/a%28b%29%3Cc%3E%5Bd%5D%5C%27%22%7C%60)")
    assert linked("here", "javascript:alert(1)") == "here"
    assert linked("here", "https://example.org/" + "(" * 1000) == "here"
    assert linked("", "https://example.org/") == ""


@given(texts | pieces)
@example("a [ b")
def test_the_words_of_a_link_hold_no_bracket(text: str) -> None:
    link = linked(f"x {markdown(text)}", "https://example.org/")
    assert re.findall(r"[\[\]]", link) == ["[", "]"]
    assert acting(link) == []


@given(texts | pieces, st.integers(0, 90))
@example("👩" * 50, 41)
@example("*" * 90, 41)
def test_a_text_is_cut_whole_and_never_inside_an_escape(text: str, longest: int) -> None:
    short = cut(text, longest, written=markdown)
    assert size(short) <= longest
    assert acting(short) == []
    assert short == short.strip()
    assert size(markdown(text.strip())) > longest or short == markdown(text.strip()).strip()


def test_most_of_a_text_is_kept_when_it_is_cut() -> None:
    assert cut("*" * 90, 41, written=markdown) == r"\*" * 20 + "…"
    assert cut("word " * 30, 24) == "word word word word…"
    assert label("\x00\n", 80) == "…"
    assert size("👩a") == 3
