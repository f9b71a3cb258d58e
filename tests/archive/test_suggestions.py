"""Narrow, Broaden and what is offered while typing, on a shelf whose subjects are known."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from bot.archive import Archive, Suggestion
from bot.archive.vocabulary import surprise
from bot.paper import Paper, PaperId
from bot.query import Query, parse
from tests.matching.strategies import batches, queries

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
_words = str.split
_FILLERS = _words("however we propose that this approach achieves results via existing settings and shows which of them when used")
_FORGETTING = _words("forgetting replay buffer tasks plasticity rehearsal sequence drift")
_SCHOOL = _words("difficulty ordering easy examples pacing teacher schedule lesson")
_KITCHEN = _words("soup onion salt boil pan recipe kettle spoon")


def written(number: int, subject: str, words: list[str]) -> Paper:
    """A paper about a subject: it says it in the title and again, among words of its field and of all fields."""
    chance = random.Random(number)
    text = [*chance.sample(words, 5), *chance.sample(words, 5), *chance.sample(_FILLERS, 12), *subject.split()]
    if "continual" in subject:  # a fragment that comes back: only its hyphens tell it from a word
        text += ["self-made", "self-taught", "self-paced"]
    chance.shuffle(text)
    towards = "towards " if words is _KITCHEN and number % 3 == 0 else ""  # in titles, but it does not come back
    self_made = "self-made " if "continual" in subject else ""
    title = f"{towards}{self_made}{subject} via {' and '.join(chance.sample(words, 2))}"
    return Paper(id=PaperId(str(number)), title=title, abstract=" ".join(text), first_seen=NOON + timedelta(minutes=number))


@pytest.fixture(scope="module")
def shelf() -> Archive:
    subjects = [
        *[("continual learning", _FORGETTING)] * 10,
        *[("continual learning of robots", _FORGETTING)] * 8,
        *[("lifelong learning", _FORGETTING)] * 6,
        *[("curriculum learning", _SCHOOL)] * 12,
        *[("syllabus design", _SCHOOL)] * 3,
        *[("syllabification learning", _SCHOOL)] * 3,
        *[("cooking", _KITCHEN)] * 60,
    ]
    made = Archive()
    for number, (subject, words) in enumerate(subjects):
        made.add(written(number, subject, words))
    return made


def texts(suggestions: object) -> list[str]:
    assert isinstance(suggestions, list)
    assert all(isinstance(one, Suggestion) for one in suggestions)
    return [str(one.query) for one in suggestions]


def test_broader_offers_what_papers_like_these_say_instead(shelf: Archive) -> None:
    assert "continual OR lifelong" in texts(shelf.broader(parse("continual"), 3))


def test_broader_offers_a_beginning_where_several_words_begin_so(shelf: Archive) -> None:
    assert "curriculum OR syllab*" in texts(shelf.broader(parse("curriculum"), 3))


def test_broader_says_how_many_papers_it_would_add(shelf: Archive) -> None:
    added = {str(one.query): one.papers for one in shelf.broader(parse("continual"), 5)}
    assert added["continual OR lifelong"] == 6


def test_there_are_never_more_suggestions_than_asked_for(shelf: Archive) -> None:
    assert len(shelf.broader(parse("curriculum"), 1)) == 1
    assert len(shelf.narrower(parse("learning"), 1)) == 1


def test_narrower_parts_the_papers_by_a_word_they_differ_in(shelf: Archive) -> None:
    suggestions = shelf.narrower(parse("continual"), 6)
    assert any(set(str(one.query).replace("-", "").split()) == {"continual", "robots"} for one in suggestions)


def test_narrower_offers_words_to_add_and_words_to_leave_out(shelf: Archive) -> None:
    found = texts(shelf.narrower(parse("learning"), 4))
    assert len(found) == 4
    assert sum("-" in text for text in found) == 2


def test_words_of_all_subjects_are_never_suggested(shelf: Archive) -> None:
    suggested = texts(shelf.narrower(parse("continual"), 20)) + texts(shelf.broader(parse("continual"), 20))
    said = {word for text in suggested for word in text.replace("-", " ").replace("(", "").replace(")", "").split()}
    assert not said & {*_FILLERS, "self", "made"}
    assert not {*shelf.popular(30)} & {*_FILLERS, "self", "made"}


def test_a_word_that_does_not_come_back_is_less_popular_than_one_that_does(shelf: Archive) -> None:
    popular = list(shelf.popular(40))
    assert popular.index("lifelong") < popular.index("towards")


def test_popular_words_are_the_subjects_of_many_papers(shelf: Archive) -> None:
    popular = shelf.popular(30)
    assert {"continual", "curriculum", "lifelong"} <= {*popular}
    assert shelf.popular(3) == popular[:3]


def test_too_few_papers_are_not_parted(shelf: Archive) -> None:
    assert texts([*shelf.narrower(parse("syllabus"), 5)]) == []


def test_a_query_that_finds_nothing_or_everything_is_not_made_broader(shelf: Archive) -> None:
    assert list(shelf.broader(parse("zebra"), 5)) == []
    assert list(shelf.broader(parse("via OR is:new"), 5)) == []


def test_a_query_at_the_limit_of_length_gets_no_suggestion_that_could_not_be_saved(shelf: Archive) -> None:
    longest = parse(" ".join(["learning", *(f"-nothing{number}" for number in range(31))]))
    assert list(shelf.narrower(longest, 5)) == []


@given(batches, queries)
def test_every_suggestion_is_a_query_that_does_what_it_says(papers: list[Paper], query: Query) -> None:
    made = Archive()
    for paper in papers:
        made.add(paper)
    found = set(made.matching(query, None))
    for one in made.narrower(query, 9):
        narrow = set(made.matching(one.query, None))
        assert narrow < found
        assert len(narrow) == one.papers > 0
    for one in made.broader(query, 9):
        broad = set(made.matching(one.query, None))
        assert broad > found
        assert len(broad - found) == one.papers > 0
    for one in (*made.narrower(query, 9), *made.broader(query, 9)):
        assert parse(str(one.query)) == one.query


def test_surprise_grows_with_the_difference_and_has_its_sign() -> None:
    assert surprise(9, 10, 1, 100) > surprise(5, 10, 1, 100) > 0 > surprise(0, 10, 50, 100)
    assert surprise(5, 10, 50, 100) == pytest.approx(0)
    assert surprise(3, 10, 0, 0) == pytest.approx(0)


# ---------------------------------------------------------------- completing


def test_a_word_is_completed_in_any_case_by_those_that_tell_most(shelf: Archive) -> None:
    assert list(shelf.beginning("CURRIC", 3)) == ["curriculum"]
    assert len(shelf.beginning("c", 2)) == 2
    assert list(shelf.beginning("zzz", 3)) == []


def test_names_of_authors_complete_no_word() -> None:
    archive = Archive()
    archive.add(Paper(id=PaperId("1"), title="Owls", authors=("Quentin Quill",)))
    assert list(archive.beginning("qu", 3)) == []
    assert list(archive.beginning("ow", 3)) == ["owls"]


def test_recent_words_are_those_of_the_newest_papers() -> None:
    archive = Archive()
    for number in range(700):
        topic = "falcon" if number >= 660 else "heron" if number < 40 else f"bird{number}"
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)
        archive.add(Paper(id=PaperId(f"p{number}"), title=f"The {topic} and the {topic}", first_seen=at))
    assert list(archive.recent(3)) == ["falcon"]
    assert set(archive.popular(3)) == {"falcon", "heron"}
    archive.discard(PaperId("p699"))
    assert list(archive.recent(3)) == ["falcon"], "asked anew after a change"


def test_categories_come_by_the_number_of_their_papers() -> None:
    archive = Archive()
    for number, categories in enumerate((("cs.CL", "cs.LG"), ("cs.LG",), ("math.CO",))):
        archive.add(Paper(id=PaperId(f"p{number}"), title="Owls", categories=categories))
    assert list(archive.categories(2)) == ["cs.LG", "cs.CL"]
