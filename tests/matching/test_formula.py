from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from bot.document import document
from bot.matching.asked import Asked
from bot.matching.batch import Batch
from bot.matching.formula import anchors, compiled, evaluate, facts
from bot.query import Query, is_positive, parse
from tests.matching.strategies import batches, queries

if TYPE_CHECKING:
    from bot.paper import Paper


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("curriculum learning", {"wcurriculum"}),
        ('learning "deep nets"', {"Wdeep nets"}),
        ("curriculum -robot", {"wcurriculum"}),
        ("robot OR learning", {"wrobot", "wlearning"}),
        ("curriculum (robot OR stone)", {"wcurriculum"}),
        ("curriculum (learning OR -robot)", {"wcurriculum"}),
        ("curriculum upvotes>=10 is:new", {"wcurriculum"}),
        ("fine-tuning", {"wfine tuning", "wfinetuning"}),
    ],
)
def test_a_rule_is_filed_under_the_fewest_and_rarest_facts(text: str, expected: set[str]) -> None:
    assert set(anchors(compiled(parse(text).root)) or ()) == expected


@given(queries)
def test_every_query_that_can_be_found_through_its_conditions_has_anchors(query: Query) -> None:
    assert (anchors(compiled(query.root)) is not None) == is_positive(query.root)


@given(queries, batches)
def test_a_paper_that_meets_a_query_meets_one_of_its_anchors(query: Query, papers: list[Paper]) -> None:
    formula = compiled(query.root)
    chosen = anchors(formula)
    asked = Asked()
    for fact in facts(formula):
        asked.add(fact)
    batch = Batch([document(one) for one in papers], asked)
    met = evaluate(formula, batch) & batch.everything
    assert chosen is None or met & ~reduce(or_, (batch[fact] for fact in chosen)) == 0
