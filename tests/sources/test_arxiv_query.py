"""Our queries in arXiv's words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.query import parse
from bot.query.nodes import And, Field, InCategory, Not, Or, Prefix, Words
from bot.sources.arxiv_query import asked_ids, search_query


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("curriculum", "(ti:curriculum OR abs:curriculum)"),
        ('title:"curriculum learning"', 'ti:"curriculum learning"'),
        ("abstract:curriculum", "abs:curriculum"),
        ('author:"Yoshua Bengio"', 'au:"yoshua bengio"'),
        ("title:fine-tuning", '(ti:"fine tuning" OR ti:finetuning)'),
        ("title:transform*", "ti:transform*"),
        ("cat:cs.CL", "cat:cs.CL"),
        ("cat:cs.*", "cat:cs.*"),
        ("title:a OR title:b", "(ti:a OR ti:b)"),
        ("title:a title:b", "ti:a AND ti:b"),
        ("title:a -title:b", "ti:a ANDNOT ti:b"),
        ("title:a -title:b -title:c", "ti:a ANDNOT ti:b ANDNOT ti:c"),
        ("title:a (title:b OR title:c)", "ti:a AND (ti:b OR ti:c)"),
        ("title:a OR (title:b -title:c)", "(ti:a OR (ti:b ANDNOT ti:c))"),
        ("title:a -(title:b OR title:c)", "ti:a ANDNOT (ti:b OR ti:c)"),
        ("title:a -(title:b title:c)", "ti:a ANDNOT (ti:b AND ti:c)"),
    ],
)
def test_what_arxiv_can_say_it_is_told(query: str, expected: str) -> None:
    assert search_query(parse(query).root) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("title:a upvotes>5 has:code org:mila source:huggingface", "ti:a"),
        ("title:a OR upvotes>5", ""),
        ("title:a -(title:b upvotes>5)", "ti:a"),
        ("title:a -(title:b -title:c)", "ti:a"),
        ("title:a -has:code", "ti:a"),
        ("upvotes>5", ""),
        ("org:mila", ""),
    ],
)
def test_what_arxiv_cannot_say_is_left_out_so_that_it_finds_more(query: str, expected: str) -> None:
    assert search_query(parse(query).root) == expected


def test_an_exclusion_alone_says_nothing() -> None:
    robot = Words("robot", (("robot",),))
    assert search_query(Not(robot)) == ""
    assert search_query(Or((Not(robot), robot))) == ""


@pytest.mark.parametrize("name", ["cs.", "cs", "cs.*"])
def test_a_whole_archive_is_told_with_a_star(name: str) -> None:
    assert search_query(InCategory(name, whole=False)) == "cat:cs.*"


@pytest.mark.parametrize("node", [InCategory("I.2.7"), Prefix('a"b'), Words('"()', ((),)), Words("x", (("x",),), field=Field.ORG)])
def test_what_would_be_syntax_or_nonsense_there_is_not_said(node: InCategory | Prefix | Words) -> None:
    assert search_query(node) == ""


def test_ids_are_asked_for_where_every_paper_must_have_them() -> None:
    assert asked_ids(parse("id:2511.00001").root) == ("2511.00001",)
    assert asked_ids(parse("id:2511.00001 engine").root) == ("2511.00001",)
    assert asked_ids(parse("id:2511.00001 OR engine").root) == ()


texts = st.text(min_size=1, max_size=12)
words = st.builds(lambda text: Words(text, ((text,),)), texts)
nodes = st.recursive(
    words,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda children: And(tuple(children))),
        st.lists(inner, min_size=2, max_size=3).map(lambda children: Or(tuple(children))),
    ),
    max_leaves=6,
)


@given(nodes)
def test_no_words_of_a_query_become_arxivs_syntax(node: And | Or | Not | Words) -> None:
    said = search_query(node)
    depth = 0
    for sign in re.sub(r'(?:ti|abs):(?:"[^\W_]+(?: [^\W_]+)*"|[^\W_]+)', "x", said):
        depth += (sign == "(") - (sign == ")")
        assert depth >= 0
    assert depth == 0
    assert re.fullmatch(r"(?:x|AND|OR|ANDNOT|[() ])*", re.sub(r'(?:ti|abs):(?:"[^"():]+"|[^\s"():]+)', "x", said))
