from __future__ import annotations

import dataclasses
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.document import document
from bot.paper import Paper, PaperId
from bot.query import hits, parse
from bot.query.nodes import Words
from bot.ranking import Matched, Score, explain, rank, score

if TYPE_CHECKING:
    from bot.query.nodes import Condition

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
PAPER = Paper(
    id=PaperId("2611.00001"), title="A Robot", abstract="It learns. A curriculum helps it. The curriculum is good.", authors=("Ada",)
)


def rarity(condition: Condition) -> float:
    return 7.0 if condition == parse("curriculum").root else 1.0


def matched(query: str, paper: Paper = PAPER) -> Matched:
    return Matched(paper, (parse(query),), hits(parse(query), document(paper)))


def points(query: str, paper: Paper = PAPER, *, reactions: int = 0) -> Score:
    return score(matched(query, paper), rarity=rarity, now=NOW, reactions=reactions)


def test_a_title_counts_more_than_an_abstract() -> None:
    assert points("robot").place > points("helps").place > 0


def test_the_best_place_of_a_term_counts() -> None:
    both = replace(PAPER, abstract="A robot.")
    assert points("robot", both).place == points("robot").place


def test_saying_a_term_again_counts_a_little_and_not_for_ever() -> None:
    assert points("curriculum").place == points("helps").place + 1
    assert points("word", replace(PAPER, abstract="word " * 6)).place == points("word", replace(PAPER, abstract="word " * 60)).place


def test_a_rare_term_counts_more_than_a_common_one() -> None:
    assert points("curriculum").rarity == 21
    assert points("helps").rarity == 3


@pytest.mark.parametrize(("odd", "counted"), [(float("inf"), 30), (-1.0, 0)])
def test_a_term_never_seen_does_not_drown_everything(odd: float, counted: int) -> None:
    assert score(matched("robot"), rarity=lambda _: odd, now=NOW).rarity == counted


def test_facts_are_no_terms() -> None:
    facts = points("author:ada OR id:2611.00001 OR source:arxiv OR cat:cs.CL OR upvotes>=1", replace(PAPER, upvotes=1, sources=("arxiv",)))
    assert facts.rarity == 3  # author:ada alone is a word


def test_every_further_term_weighs_less() -> None:
    assert [points(query).place for query in ("robot", "robot helps", "robot helps learns")] == [30, 35, 38]


def test_votes_and_stars_count_by_their_order_of_magnitude() -> None:
    def votes(number: int | None) -> int:
        return points("robot", replace(PAPER, upvotes=number)).votes

    assert [votes(None), votes(0), votes(1), votes(3), votes(7)] == [0, 0, 5, 10, 15]
    assert [points("robot", replace(PAPER, stars=number)).stars for number in (None, 0, 9, 99)] == [0, 0, 5, 10]


@pytest.mark.parametrize(
    ("paper", "freshness"),
    [
        (replace(PAPER, id=PaperId("title-0123456789abcdef")), 0),
        (replace(PAPER, id=PaperId("title-0123456789abcdef"), first_seen=NOW - timedelta(days=7)), 10),
        (replace(PAPER, published=NOW), 20),
        (replace(PAPER, published=NOW + timedelta(days=1)), 20),
        (replace(PAPER, published=NOW - timedelta(days=7)), 10),
        (replace(PAPER, published=NOW - timedelta(days=90), listed_on=date(2026, 11, 22)), 19),
        (replace(PAPER, first_seen=NOW - timedelta(days=7)), 10),
        (replace(PAPER, published=NOW - timedelta(days=700), first_seen=NOW), 0),
        (replace(PAPER, listed_on=date(2026, 11, 15), first_seen=NOW), 10),
        # Only the month is known, from the id: the first of it, or as near to the first sight as that month allows.
        (PAPER, 2),
        (replace(PAPER, first_seen=NOW), 20),
        (replace(PAPER, id=PaperId("2310.09518"), first_seen=NOW), 0),
        (replace(PAPER, id=PaperId("hep-th/9901001"), first_seen=NOW), 0),
        (replace(PAPER, id=PaperId("2610.00001"), first_seen=NOW), 2),
        (replace(PAPER, id=PaperId("2612.00001"), first_seen=NOW), 20),
    ],
)
def test_freshness_halves_every_week(paper: Paper, freshness: int) -> None:
    assert points("robot", paper).freshness == freshness


def test_the_channels_own_reactions_lift_and_sink() -> None:
    assert [points("robot", reactions=number).reactions for number in (-3, -1, 0, 1, 3)] == [-20, -10, 0, 10, 20]


@given(st.builds(Score, **{field.name: st.integers(-50, 50) for field in dataclasses.fields(Score)}))
def test_the_parts_add_up_and_are_all_named(some: Score) -> None:
    assert some.total == sum(getattr(some, field.name) for field in dataclasses.fields(Score))
    said = explain(some)
    assert said.startswith(f"{some.total} points")
    named = [int(part.split(" for ")[0]) for part in said.partition(": ")[2].split(", ") if part]
    assert sum(named) == some.total
    assert len(named) == sum(getattr(some, field.name) != 0 for field in dataclasses.fields(Score))


def test_an_explanation_reads_as_a_sentence() -> None:
    assert explain(points("curriculum", replace(PAPER, upvotes=7))) == (
        "49 points: 11 for where it matched, 21 for how rare the terms are, 15 for votes, 2 for freshness"
    )
    assert explain(Score()) == "0 points"


def test_a_paper_of_years_ago_without_a_date_does_not_stand_before_a_new_one() -> None:
    old = replace(PAPER, id=PaperId("2310.09518"), first_seen=NOW)
    new = replace(PAPER, id=PaperId("2611.00009"), published=NOW - timedelta(days=3), first_seen=NOW)
    ranked = rank([matched("robot", old), matched("robot", new)], rarity=rarity, now=NOW)
    assert [one.paper for one in ranked] == [new, old]


papers = st.lists(
    st.builds(
        Paper,
        id=st.integers(1, 999).map(lambda n: PaperId(f"2611.00{n:03}")),
        title=st.sampled_from(["A robot", "Nothing"]),
        abstract=st.sampled_from(["curriculum robot", "robot"]),
        upvotes=st.none() | st.integers(0, 100),
    ),
    max_size=12,
    unique_by=lambda paper: paper.id,
)


@given(papers, st.randoms(use_true_random=False))
def test_the_order_depends_on_the_papers_alone(some: list[Paper], random: object) -> None:
    found = [matched("robot OR curriculum", paper) for paper in some]
    shuffled = found.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random under a private name
    ranked = rank(found, rarity=rarity, now=NOW)
    assert rank(shuffled, rarity=rarity, now=NOW) == ranked
    totals = [(-score(one, rarity=rarity, now=NOW).total, one.paper.id) for one in ranked]
    assert totals == sorted(totals)


def test_reactions_change_the_order() -> None:
    liked = replace(PAPER, id=PaperId("2611.00002"))
    found = [matched("robot"), matched("robot", liked)]
    assert [one.paper.id for one in rank(found, rarity=rarity, now=NOW)] == ["2611.00001", "2611.00002"]
    best_first = rank(found, rarity=rarity, now=NOW, reactions={liked.id: 1})
    assert [one.paper.id for one in best_first] == ["2611.00002", "2611.00001"]


def test_rarity_is_asked_of_words_only() -> None:
    asked: list[Condition] = []

    def noting(condition: Condition) -> float:
        asked.append(condition)
        return 1.0

    score(matched("robot upvotes>=0", replace(PAPER, upvotes=1)), rarity=noting, now=NOW)
    assert [type(condition) for condition in asked] == [Words]
