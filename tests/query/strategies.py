"""Queries as values and as text, and papers that meet them now and then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from bot.paper import Paper, PaperId
from bot.query import Query, all_of, any_of, is_positive, negated
from bot.query.nodes import Comparison, Field, FromSource, HasId, InCategory, Number, Quantity, Trait
from bot.query.spelling import beginning, words

if TYPE_CHECKING:
    from bot.query.nodes import Node

_WORDS = [
    "robot",
    "robots",
    "curricula",
    "fine-tuning",
    "finetuning",
    "GPT-4",
    "gpt4",
    "C++",
    ".NET",
    "β-VAE",
    "or",
    "and",
    "Andr\\'e",
    "学习",
    "한국",
]
_PHRASES = ["curriculum learning", "or not", "A* search", "fine-tuned GPT-4", "机器 学习", "c++ & c#", "state-of-the-art"]
_FIELDS = st.sampled_from(Field)

_plain = st.sampled_from([word for word in _WORDS if word not in {"or", "and"}]).map(words)
_words = st.builds(lambda text, field: words(text, field=field), st.sampled_from(_WORDS), _FIELDS)
_phrases = st.builds(lambda text, field: words(text, exact=True, field=field), st.sampled_from(_PHRASES), st.none() | _FIELDS)
_prefixes = st.builds(beginning, st.sampled_from(["rob", "gpt4", "fine-tun", ".net", "学习"]), st.none() | _FIELDS)
_categories = st.sampled_from([("cs.CL", True), ("cs.", False), ("hep-th", True), ("physics.ao-ph", True), ("q-", False), ("cs.C", False)])
_facts = st.one_of(
    st.builds(lambda pair: InCategory(*pair), _categories),
    st.builds(FromSource, st.sampled_from(["arxiv", "huggingface", "sample"])),
    st.builds(HasId, st.sampled_from(["2505.23885", "hep-th/9901001", "10.1016/0370-2693(91)90001-x"])),
    st.builds(Number, st.sampled_from(Quantity), st.sampled_from(Comparison), st.integers(0, 5)),
    st.sampled_from(Trait),
)


def _branches(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(children, min_size=1, max_size=4)
    return several.map(all_of) | several.map(any_of) | children.map(negated)


nodes: st.SearchStrategy[Node] = st.recursive(_plain | _words | _phrases | _prefixes | _facts, _branches, max_leaves=8)  # type: ignore[arg-type]  # words() of these texts is never None
queries = nodes.filter(is_positive).map(Query)

_BITS = [
    "a",
    "robot",
    '"',
    "(",
    ")",
    "-",
    "OR",
    "AND",
    "NOT",
    "or",
    "and",
    "title:",
    "cat:",
    "cs.CL",
    "cs.*",
    "id:",
    "2505.23885",
    "upvotes",
    ">=",
]
_BITS += [
    "10",
    "has:code",
    "is:",
    ",",
    "/",
    "\\",
    "$",
    "β",
    "é",
    "学",
    "한",
    "ᄀ",
    "ᅡ",
    "🤗",
    "‑",
    "“",
    "：",
    ".net",
    "c++",
    "'s",
    "\u202e",
    "\x00",
    "\n",
]
_BITS += [
    "İ",
    "ﬁ",
    "½",
    "ﷺ",
    "*",
    "∗",
    "{",
    "}",
    "@",
    "^",
    "&",
    ".",
    "|",
    "<",
    "=",
    ":",
    "stars",
    "٣",
    "\u3099",
    "\u0345",
    "GPT4",
    "author:",
    "source:hf",
    " ",
]
typing = st.lists(st.sampled_from([*_BITS, " ", " "]), max_size=30).map("".join) | st.text(max_size=80)
"""What a cat on the keyboard, or an enemy, would write."""

_TEXT = st.lists(st.sampled_from([*_WORDS, *_PHRASES, "curriculum", "tuning"]), max_size=6).map(" ".join)
papers = st.builds(
    Paper,
    id=st.sampled_from([PaperId("2505.23885"), PaperId("2611.00001")]),
    title=_TEXT,
    abstract=_TEXT,
    keywords=st.lists(st.sampled_from(_PHRASES), max_size=2).map(tuple),
    authors=st.lists(st.sampled_from(["André Robot", "GPT-4"]), max_size=2).map(tuple),
    organisation=st.sampled_from(["", "Fine Robots"]),
    categories=st.lists(st.sampled_from(["cs.CL", "cs.LG", "hep-th"]), max_size=2).map(tuple),
    sources=st.sampled_from([("arxiv",), ("arxiv", "huggingface")]),
    upvotes=st.none() | st.integers(0, 5),
    stars=st.none() | st.integers(0, 5),
    version=st.none() | st.integers(1, 2),
    code_url=st.sampled_from(["", "https://example.org"]),
    models=st.none() | st.integers(0, 2),
)
