from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.document import GAP, Document, Passage, document
from bot.paper import Paper, PaperId
from bot.query.nodes import Trait

PAPER = Paper(
    id=PaperId("2505.23885"),
    title="Fine-Tuning Robots",
    abstract="They learn.",
    keywords=("deep learning", "robots"),
    authors=("Ada Lovelace", r"Andr\'e Weil"),
    organisation="Analytical Engines",
    categories=("cs.RO",),
    sources=("arxiv",),
    upvotes=3,
    stars=0,
    published=datetime(2026, 1, 1, tzinfo=UTC),
)


def test_a_paper_is_folded_field_by_field() -> None:
    assert document(PAPER) == Document(
        id=PaperId("2505.23885"),
        title=Passage(("fine", "tuning", "robots"), ("finetuning", "robots")),
        abstract=Passage(("they", "learn"), ("they", "learn")),
        keywords=Passage(*2 * [("deep", "learning", GAP, "robots")]),
        authors=Passage(*2 * [("ada", "lovelace", GAP, "andre", "weil")]),
        organisation=Passage(*2 * [("analytical", "engines")]),
        categories=("cs.RO",),
        sources=("arxiv",),
        upvotes=3,
        stars=0,
        traits=frozenset({Trait.IS_NEW}),
    )


@pytest.mark.parametrize(
    ("paper", "traits"),
    [
        (Paper(id=PaperId("x"), title="a"), {Trait.IS_NEW}),
        (Paper(id=PaperId("x"), title="a", version=1), {Trait.IS_NEW}),
        (Paper(id=PaperId("x"), title="a", version=2), {Trait.IS_UPDATE}),
        (Paper(id=PaperId("x"), title="a", code_url="https://example.org"), {Trait.IS_NEW, Trait.HAS_CODE}),
        (Paper(id=PaperId("x"), title="a", models=0), {Trait.IS_NEW}),
        (Paper(id=PaperId("x"), title="a", models=1), {Trait.IS_NEW, Trait.HAS_MODEL}),
    ],
)
def test_facts_about_a_paper_become_traits(paper: Paper, traits: set[Trait]) -> None:
    assert document(paper).traits == traits


def test_a_paper_of_which_little_is_known_makes_an_empty_document() -> None:
    found = document(Paper(id=PaperId("x"), title=""))
    assert found.title == found.abstract == found.keywords == found.authors == found.organisation == Passage()
    assert (found.upvotes, found.stars) == (None, None)
