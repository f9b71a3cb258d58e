"""What the archive finds, counts and forgets."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.archive import Archive
from bot.document import document
from bot.paper import Paper, PaperId
from bot.query import Query, conditions, matches, parse
from tests.matching.strategies import batches, ids, papers, queries

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def paper(id: str, title: str, abstract: str = "", *, days: float = 0, upvotes: int | None = None) -> Paper:
    return Paper(id=PaperId(id), title=title, abstract=abstract, first_seen=NOON - timedelta(days=days), upvotes=upvotes)


def archive(*papers: Paper) -> Archive:
    made = Archive()
    for one in papers:
        made.add(one)
    return made


def search(made: Archive, text: str) -> list[str]:
    return [found.id for found in made.search(parse(text))]


# ---------------------------------------------------------------- membership


def test_it_knows_how_many_papers_it_has_and_which() -> None:
    made = archive(paper("1", "Robots"), paper("2", "Curricula"))
    assert len(made) == 2
    assert "1" in made
    assert "3" not in made
    assert 1 not in made


def test_a_newer_record_replaces_the_older_one() -> None:
    made = archive(paper("1", "Robots"), paper("2", "Robots"))
    made.add(paper("1", "Curricula"))
    assert len(made) == 2
    assert search(made, "robot") == ["2"]
    assert search(made, "curriculum") == ["1"]


def test_new_votes_count_without_a_new_text() -> None:
    made = archive(paper("1", "Robots", upvotes=3))
    made.add(paper("1", "Robots", upvotes=30))
    assert search(made, "robot upvotes>=30") == ["1"]
    assert len(made) == 1


def test_a_discarded_paper_is_found_no_more_and_may_come_back() -> None:
    made = archive(paper("1", "Robots"), paper("2", "Robot arms"))
    made.discard(PaperId("1"))
    made.discard(PaperId("1"))
    assert search(made, "robot") == ["2"]
    made.add(paper("3", "Stones"))
    made.add(paper("1", "Robots"))
    assert sorted(search(made, "robot")) == ["1", "2"]


def test_papers_before_a_moment_are_dropped_and_those_at_it_stay() -> None:
    made = archive(paper("1", "Robots", days=3), paper("2", "Robots", days=2), paper("3", "Robots", days=1))
    made.drop_before(NOON - timedelta(days=2))
    assert search(made, "robot") == ["3", "2"]
    assert made.oldest == NOON - timedelta(days=2)


def test_an_empty_archive_answers_everything_with_nothing() -> None:
    made = archive()
    made.drop_before(NOON)
    assert made.oldest is None
    assert list(made.search(parse("robot"))) == []
    assert list(made.matching(parse("robot"), None)) == []
    assert list(made.most_voted(5)) == []
    assert list(made.popular(5)) == []
    assert list(made.narrower(parse("robot"), 5)) == []
    assert list(made.broader(parse("robot"), 5)) == []
    assert list(made.similar(PaperId("1"), 5)) == []
    assert list(made.similar(paper("1", "Robots"), 5)) == []
    assert made.days(parse("robot"), NOON) == (0,) * 7
    assert made.rarity(parse("robot").root) > 0  # type: ignore[arg-type]  # a single word is a condition


def test_a_record_that_was_never_seen_is_as_old_as_its_publication() -> None:
    published = Paper(id=PaperId("1"), title="Robots", published=NOON - timedelta(days=5))
    unknown = Paper(id=PaperId("2"), title="Robots")
    made = archive(published, unknown, paper("3", "Robots", days=9))
    assert made.matching(parse("robot"), None) == ["1", "3", "2"]


def test_each_form_of_a_word_is_forgotten_for_itself() -> None:
    made = archive(paper("1", "Matrices"), paper("2", "Matrixes", days=1), paper("3", "Matrix", days=2))
    assert search(made, "matrix") == ["1", "2", "3"]
    made.discard(PaperId("1"))
    assert search(made, "matrix") == ["2", "3"]
    made.discard(PaperId("3"))
    assert search(made, "matrix") == ["2"]


def test_many_questions_in_a_row_get_right_answers() -> None:
    made = archive(paper("1", "Robot"))
    assert all(search(made, f"nothing{number}") == [] for number in range(600))
    assert search(made, "robot") == ["1"]


def test_a_new_paper_counts_for_a_moment_that_was_asked_about_before() -> None:
    made = archive(paper("1", "Robot", days=1))
    since = NOON - timedelta(days=2)
    assert made.matching(parse("robot"), since) == ["1"]
    made.add(paper("2", "Robot"))
    assert made.matching(parse("robot"), since) == ["2", "1"]


def test_everything_taken_out_leaves_nothing_behind() -> None:
    made = archive(paper("1", "Curricula of fine-tuned robots", "Matrices and matrix"), paper("2", "Curriculum matrix"))
    made.discard(PaperId("2"))
    made.discard(PaperId("1"))
    assert not made._index.postings
    assert not made._index._variants
    assert not made._index.everything
    assert not made._index.length


# ---------------------------------------------------------------- searching


def test_the_title_counts_for_more_than_the_abstract() -> None:
    made = archive(paper("1", "Stones", "robot"), paper("2", "Robot", "stones", days=1), paper("3", "Stones", "stones"))
    assert search(made, "robot") == ["2", "1"]


def test_a_rare_word_counts_for_more_than_a_frequent_one() -> None:
    made = archive(paper("1", "Robot"), paper("2", "Robot"), paper("3", "Robot"), paper("4", "Curriculum"))
    assert search(made, "robot OR curriculum")[0] == "4"


def test_a_word_said_more_often_counts_for_more() -> None:
    made = archive(paper("1", "One", "robot and some more words"), paper("2", "Two", "robot and robots like a robot"))
    assert search(made, "robot") == ["2", "1"]


def test_a_phrase_in_the_title_comes_first() -> None:
    made = archive(paper("1", "Notes", "Curriculum learning"), paper("2", "Curriculum learning", "Notes", days=1))
    assert search(made, '"curriculum learning"') == ["2", "1"]


def test_words_that_are_not_wanted_do_not_count() -> None:
    made = archive(paper("1", "Robot", days=1), paper("2", "Robot", days=2), paper("3", "Stone robot"))
    assert search(made, "robot -stone") == ["1", "2"]


def test_equal_papers_come_newest_first_then_most_voted() -> None:
    made = archive(paper("1", "Robot", days=2, upvotes=9), paper("2", "Robot", days=1, upvotes=1), paper("3", "Robot", days=1, upvotes=5))
    assert search(made, "robot") == ["3", "2", "1"]


def test_a_query_without_words_lists_the_newest() -> None:
    made = archive(paper("1", "Robot", days=2, upvotes=90), paper("2", "Stone", days=1, upvotes=1), paper("3", "Old", days=9, upvotes=0))
    found = made.search(parse("upvotes>=1"))
    assert [(one.id, one.score) for one in found] == [("2", 0), ("1", 0)]


def test_matching_lists_the_newest_first_and_none_before_the_moment() -> None:
    made = archive(paper("1", "Robot", days=3), paper("2", "Robot", days=1), paper("3", "Robot", days=2))
    assert made.matching(parse("robot"), None) == ["2", "3", "1"]
    assert made.matching(parse("robot"), NOON - timedelta(days=2)) == ["2", "3"]


def test_days_are_counted_back_from_now_and_the_oldest_comes_first() -> None:
    made = archive(*(paper(str(number), "Robot", days=days) for number, days in enumerate((0, 0.9, 1.1, 6.9, 7.1))))
    assert made.days(parse("robot"), NOON) == (1, 0, 0, 0, 0, 1, 2)
    assert made.days(parse("robot"), NOON, days=2) == (1, 2)


def test_the_most_voted_come_first_and_those_without_votes_not_at_all() -> None:
    voted = [paper("1", "A", upvotes=3, days=1), paper("2", "B", upvotes=9), paper("4", "D", upvotes=3)]
    made = archive(*voted, paper("3", "C"), paper("5", "E", upvotes=0))
    assert made.most_voted(9) == ["2", "4", "1"]
    assert made.most_voted(1) == ["2"]


def test_what_fewer_papers_meet_is_rarer() -> None:
    made = archive(paper("1", "Robot arm"), paper("2", "Robot"), paper("3", "Robot leg"))
    robot, arm, nothing = (made.rarity(conditions(parse(text))[0]) for text in ("robot", "arm", "nothing"))
    assert 0 < robot < arm < nothing


@given(batches, queries)
def test_the_archive_finds_what_the_plain_reading_finds(papers: list[Paper], query: Query) -> None:
    made = archive(*papers)
    expected = {one.id for one in papers if matches(query, document(one))}
    assert {found.id for found in made.search(query)} == expected
    assert set(made.matching(query, None)) == expected


changes = st.lists(st.one_of(papers, ids), max_size=14)


@given(changes, queries)
def test_whatever_came_and_went_only_what_is_there_is_found(changes: list[Paper | PaperId], query: Query) -> None:
    made, there = Archive(), dict[PaperId, Paper]()
    for change in changes:
        if isinstance(change, Paper):
            made.add(change)
            there[change.id] = change
        else:
            made.discard(change)
            there.pop(change, None)
    assert len(made) == len(there)
    assert set(made.matching(query, None)) == {id for id, one in there.items() if matches(query, document(one))}
    fresh = archive(*there.values())
    assert made.search(query) == fresh.search(query)
    assert all(made.similar(id, 3) == fresh.similar(id, 3) for id in there)


@given(batches, queries, st.integers(0, 6))
def test_a_moment_cuts_off_exactly_what_came_before(papers: list[Paper], query: Query, days: int) -> None:
    since = datetime(2026, 3, 1, 12, tzinfo=UTC) - timedelta(days=days)
    made = archive(*papers)
    expected = {one.id for one in papers if one.first_seen is not None and one.first_seen >= since and matches(query, document(one))}
    assert set(made.matching(query, since)) == expected


# ---------------------------------------------------------------- comparing


SHELF = (
    paper("1", "Continual learning without forgetting", "Neural networks forget old tasks; replay of old tasks helps them"),
    paper("2", "Replay against forgetting of old tasks", "Networks forget. A replay buffer keeps old tasks"),
    paper("3", "Soup recipes", "Boil the onions and add salt"),
    paper("4", "Onion soup", "Salt the onions, then boil them"),
)


def test_similar_papers_share_telling_words_and_never_include_the_paper_itself() -> None:
    made = archive(*SHELF)
    assert [one.id for one in made.similar(PaperId("1"), 1)] == ["2"]
    assert next(one.id for one in made.similar(PaperId("3"), 9)) == "4"
    assert "3" not in [one.id for one in made.similar(PaperId("3"), 9)]


def test_a_paper_need_not_be_in_the_archive_to_be_compared() -> None:
    made = archive(*SHELF)
    near = made.similar(paper("x", "A recipe for onion soup"), 2)
    assert {one.id for one in near} == {"3", "4"}
    assert all(0 < one.score <= 1 for one in near)


def test_a_record_of_a_known_paper_is_not_its_own_neighbour() -> None:
    made = archive(*SHELF)
    changed = dataclasses.replace(SHELF[0], title="Onion soup with salt")
    assert [one.id for one in made.similar(changed, 1)] == ["4"]


@pytest.mark.parametrize("id", ["unknown", "5"])
def test_nothing_is_like_an_unknown_paper_or_one_that_shares_no_word(id: str) -> None:
    made = archive(*SHELF, paper("5", "Zebra"))
    assert list(made.similar(PaperId(id), 5)) == []
