"""Papers and queries of very few words, so that they meet often and in every way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from bot.paper import Paper, PaperId
from bot.query import Query, all_of, any_of, negated, parse

if TYPE_CHECKING:
    from bot.query.nodes import Node

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

_WORDS = ["curriculum", "curricula", "robot", "robots", "learning", "fine", "tuning", "fine-tuning", "finetuning", "GPT-4", "GPT4", "C++"]
_TEXT = st.lists(st.sampled_from([*_WORDS, "robot-learning", "fine-tuning-robots"]), max_size=7).map(" ".join)
_NAMES = st.lists(st.sampled_from(["Ann Fine", "Fine Robot", "Ann-Robot Curriculum", "Learning"]), max_size=3).map(tuple)

ids = st.sampled_from([PaperId(f"2501.0000{number}") for number in range(6)])

papers = st.builds(
    Paper,
    id=ids,
    title=_TEXT,
    abstract=_TEXT,
    keywords=st.lists(st.sampled_from(["robot learning", "fine", "tuning robots"]), max_size=2).map(tuple),
    authors=_NAMES,
    organisation=st.sampled_from(["", "Robot Learning", "Fine-Tuning"]),
    categories=st.lists(st.sampled_from(["cs.CL", "cs.LG", "stat.ML"]), max_size=2).map(tuple),
    sources=st.lists(st.sampled_from(["arxiv", "huggingface"]), max_size=2, unique=True).map(tuple),
    upvotes=st.none() | st.integers(0, 3),
    stars=st.none() | st.integers(0, 3),
    version=st.none() | st.integers(1, 2),
    code_url=st.sampled_from(["", "https://example.org"]),
    models=st.none() | st.integers(0, 1),
    first_seen=st.none() | st.integers(0, 5).map(lambda days: NOON - timedelta(days=days)),
)
batches = st.lists(papers, max_size=6, unique_by=lambda paper: paper.id)

_CONDITIONS = [
    *("curriculum", "robots", "learning", "fine", "c++", "gpt4", "fine-tuning", "gpt-4", "fine-tuning-robot"),
    *('"curricula"', '"fine"', '"robot learning"', '"robots learning"', '"fine tuning robots"', '"gpt-4"', '"learning curriculum robot"'),
    *("finetuning", '"robotlearning"', "title:finetuning", "finetuningrobots", "finet*", '"finetuning robots"'),
    *("rob*", "fin*", "title:fin*", "author:ann*", "org:fin*", "xyz*"),
    *("title:robot", "abstract:robots", 'title:"fine tuning"', "author:fine", 'author:"fine robot"', 'author:"robot ann"', "org:robot"),
    *('org:"robot learning"', "abstract:fine-tuning", 'abstract:"robot learning robots"'),
    *("cat:cs.cl", "cat:cs.*", "cat:stat.ml", "source:arxiv", "source:huggingface", "id:2501.00001", "id:2501.00002"),
    *("upvotes>=2", "upvotes<1", "upvotes=3", "stars>1", "stars<=2", "has:code", "has:model", "is:new", "is:update"),
]
conditions = st.sampled_from([parse(text).root for text in _CONDITIONS])


def _branches(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(children, min_size=2, max_size=3)
    return several.map(all_of) | several.map(any_of) | children.map(negated)


queries = st.recursive(conditions, _branches, max_leaves=5).map(Query)
"""Also such as `parse` refuses: a negative one is met by papers that have nothing in common."""
rule_sets = st.lists(queries, max_size=4)
