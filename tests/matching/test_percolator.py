"""The percolator, asked as the rest of the bot asks it, and against the plain reading of the query language."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channel import Address
from bot.document import document
from bot.matching import Percolator
from bot.paper import Paper, PaperId
from bot.query import Query, matches, parse
from tests.matching.strategies import batches, rule_sets

CHANNELS = [Address("slack", "T1", f"C{number}") for number in range(3)]
HERE, THERE, ELSEWHERE = CHANNELS


def paper(id: str, title: str, abstract: str = "") -> Paper:
    return Paper(id=PaperId(id), title=title, abstract=abstract)


def wanted(percolator: Percolator, *papers: Paper) -> dict[str, tuple[str, ...]]:
    found = percolator.match([document(one) for one in papers])
    return {address.channel: ids for address, ids in found.items()}


def said_plainly(rules: dict[Address, list[Query]], papers: list[Paper]) -> dict[Address, tuple[PaperId, ...]]:
    """What every rule says of every paper, asked one by one."""
    documents = [document(one) for one in papers]
    found = {
        address: tuple(one.id for one in documents if any(matches(query, one) for query in queries)) for address, queries in rules.items()
    }
    return {address: ids for address, ids in found.items() if ids}


def test_a_channel_gets_the_papers_that_meet_its_rule_and_no_other_channel_does() -> None:
    percolator = Percolator()
    percolator.replace(HERE, [parse("curriculum")])
    percolator.replace(THERE, [parse("robot")])
    assert wanted(percolator, paper("1", "Curricula for all"), paper("2", "Nothing")) == {"C0": ("1",)}


def test_a_paper_comes_once_however_many_rules_it_meets() -> None:
    percolator = Percolator()
    percolator.replace(HERE, [parse("curriculum"), parse("learning"), parse('"curriculum learning"'), parse("curriculum OR robot")])
    assert wanted(percolator, paper("1", "Curriculum learning")) == {"C0": ("1",)}


def test_a_channels_papers_come_in_the_order_they_were_given() -> None:
    percolator = Percolator()
    percolator.replace(HERE, [parse("curriculum"), parse("robot")])
    papers = [paper(id, title) for id, title in (("7", "Robot"), ("3", "Curriculum"), ("9", "Stone"), ("5", "Robot"))]
    assert wanted(percolator, *papers) == {"C0": ("7", "3", "5")}


@pytest.mark.parametrize("every", [1, 40])
def test_a_large_batch_is_told_apart_paper_by_paper(every: int) -> None:
    percolator = Percolator()
    percolator.replace(HERE, [parse("robot")])
    papers = [paper(str(number), "Robot" if number % every == 0 else "Stone") for number in range(300)]
    assert wanted(percolator, *papers) == {"C0": tuple(str(number) for number in range(0, 300, every))}


@pytest.mark.parametrize("count", [3, 200])
def test_two_records_of_one_paper_count_as_one(count: int) -> None:
    percolator = Percolator()
    percolator.replace(HERE, [parse("robot")])
    others = [paper(str(number), "Stone") for number in range(count)]
    assert wanted(percolator, paper("x", "Robot"), *others, paper("x", "Robot arms")) == {"C0": ("x",)}


def test_equal_rules_of_many_channels_are_kept_once() -> None:
    percolator = Percolator()
    for address in CHANNELS:
        percolator.replace(address, [parse("robot curriculum"), parse("learning")])
    percolator.replace(HERE, [parse("curriculum robot"), parse("Learning"), parse("tuning")])
    assert len(percolator) == 7
    assert percolator.distinct == 3


def test_rules_of_one_channel_that_mean_the_same_are_one_subscription() -> None:
    percolator = Percolator()
    percolator.replace(HERE, [parse("gpt-4"), parse("GPT4"), parse("gpt 4 OR gpt-4"), parse("gpt-4")])
    assert len(percolator) == 2


def test_replacing_rules_forgets_the_old_ones() -> None:
    percolator = Percolator()
    percolator.replace(HERE, [parse("robot"), parse("curriculum -stone")])
    percolator.replace(HERE, [parse("tuning")])
    assert wanted(percolator, paper("1", "Robot"), paper("2", "Curriculum"), paper("3", "Tuning")) == {"C0": ("3",)}
    assert (len(percolator), percolator.distinct) == (1, 1)


def test_no_rules_removes_the_channel_and_its_place_goes_to_the_next() -> None:
    percolator = Percolator()
    percolator.replace(HERE, [parse("robot")])
    percolator.replace(HERE, [])
    percolator.replace(THERE, [parse("curriculum")])
    assert wanted(percolator, paper("1", "Robot"), paper("2", "Curriculum")) == {"C1": ("2",)}
    assert len(percolator) == 1


def test_channels_that_come_and_go_take_no_more_room() -> None:
    percolator = Percolator()
    for number in range(50):
        address = Address("slack", "T1", f"C{number}")
        percolator.replace(address, [parse("robot")])
        percolator.replace(address, [])
    assert len(percolator._addresses) == 1


def test_no_rules_for_an_unknown_channel_changes_nothing() -> None:
    percolator = Percolator()
    percolator.replace(HERE, [])
    assert len(percolator) == 0
    assert wanted(percolator, paper("1", "Robot")) == {}


def test_clearing_forgets_every_channel() -> None:
    percolator = Percolator()
    percolator.replace(HERE, [parse("robot"), parse("ab OR stone* upvotes>=0"), parse('"a b c"')])
    percolator.clear()
    assert (len(percolator), percolator.distinct) == (0, 0)
    assert wanted(percolator, paper("1", "Robot")) == {}


@pytest.mark.parametrize("enabled", [True, False])
def test_a_match_leaves_the_garbage_collector_as_it_was(*, enabled: bool) -> None:
    percolator = Percolator()
    percolator.replace(HERE, [parse("robot")])
    was_enabled = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        percolator.match([document(paper("1", "Robot"))])
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()


def test_no_papers_match_nothing() -> None:
    percolator = Percolator()
    percolator.replace(HERE, [parse("robot"), Query(parse("x -robot").root)])
    assert percolator.match([]) == {}


def test_what_was_asked_for_once_is_not_looked_for_after_the_last_rule_went() -> None:
    percolator = Percolator()
    phrases = ['"robot learning"', '"robot learning theory"', "fine-tuning"]
    rules = [*phrases, "robot*", "upvotes>1", "cat:cs.*", 'stone ("robot learning" OR upvotes>1)']
    percolator.replace(HERE, map(parse, rules))
    percolator.replace(THERE, map(parse, rules[:3]))
    for address in CHANNELS:
        percolator.replace(address, [])
    assert not percolator._asked.words
    assert not percolator._asked.heads
    assert not percolator._asked.facts
    assert not percolator._anchored


@given(st.fixed_dictionaries(dict.fromkeys(CHANNELS, rule_sets)), batches)
def test_the_answer_is_that_of_every_rule_asked_of_every_paper(rules: dict[Address, list[Query]], papers: list[Paper]) -> None:
    percolator = Percolator()
    for address, queries in rules.items():
        percolator.replace(address, queries)
    assert percolator.match([document(one) for one in papers]) == said_plainly(rules, papers)


@given(st.lists(st.tuples(st.sampled_from(CHANNELS), rule_sets), max_size=8), batches)
def test_whatever_was_replaced_before_only_the_last_rules_count(changes: list[tuple[Address, list[Query]]], papers: list[Paper]) -> None:
    percolator = Percolator()
    for address, queries in changes:
        percolator.replace(address, queries)
        percolator.match([document(one) for one in papers[:1]])
    assert percolator.match([document(one) for one in papers]) == said_plainly(dict(changes), papers)
