"""One record out of two of the same work."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.paper import Paper, PaperId, merge

ID = PaperId("2511.00001")
DAY = datetime(2025, 11, 20, tzinfo=UTC)

ARXIV = Paper(
    id=ID,
    title="On Engines",
    abstract="As arXiv has it.",
    authors=("Ada Lovelace",),
    categories=("cs.CL",),
    comment="12 pages",
    version=1,
    published=datetime(2025, 11, 20, 17, tzinfo=UTC),
    sources=("arxiv",),
)
HUGGING_FACE = Paper(
    id=ID,
    title="On engines",
    abstract="As Hugging Face has it.",
    authors=("A. Lovelace",),
    keywords=("engines",),
    summary="In short.",
    organisation="Analytical",
    upvotes=7,
    stars=3,
    models=0,
    published=DAY,
    listed_on=date(2025, 11, 21),
    sources=("huggingface",),
)


def test_each_source_has_the_last_word_on_what_it_knows_best_in_either_order() -> None:
    for merged in (merge(ARXIV, HUGGING_FACE), merge(HUGGING_FACE, ARXIV)):
        assert (merged.title, merged.abstract, merged.authors) == ("On Engines", "As arXiv has it.", ("Ada Lovelace",))
        assert (merged.upvotes, merged.stars, merged.summary, merged.organisation) == (7, 3, "In short.", "Analytical")
        assert merged.sources == ("arxiv", "huggingface")


def test_what_only_one_knows_is_kept() -> None:
    bare = Paper(id=ID, title="On Engines", sources=("huggingface",))
    merged = merge(merge(ARXIV, HUGGING_FACE), bare)
    assert (merged.categories, merged.keywords, merged.upvotes, merged.listed_on) == (("cs.CL",), ("engines",), 7, date(2025, 11, 21))


def test_nought_votes_are_votes_and_a_title_of_nought_is_a_title() -> None:
    merged = merge(HUGGING_FACE, dataclasses.replace(HUGGING_FACE, upvotes=0, title="0"))
    assert (merged.upvotes, merged.title) == (0, "0")


def test_between_two_records_of_one_source_the_fresh_one_wins() -> None:
    assert merge(HUGGING_FACE, dataclasses.replace(HUGGING_FACE, upvotes=9)).upvotes == 9
    assert merge(ARXIV, dataclasses.replace(ARXIV, title="On Engines, Again", version=2)).title == "On Engines, Again"


def test_an_older_version_says_nothing_against_a_newer_one() -> None:
    newer = dataclasses.replace(ARXIV, version=2, title="On Engines, Again", categories=())
    merged = merge(newer, ARXIV)
    assert (merged.version, merged.title, merged.categories) == (2, "On Engines, Again", ("cs.CL",))


def test_other_sources_win_while_neither_arxiv_nor_hugging_face_spoke() -> None:
    sample = Paper(id=ID, title="Sample", abstract="Ours.", summary="Ours.", sources=("sample",))
    assert merge(sample, HUGGING_FACE).abstract == "As Hugging Face has it."
    assert merge(HUGGING_FACE, sample).summary == "In short."
    assert merge(ARXIV, sample).abstract == "As arXiv has it."


def test_the_earlier_moment_is_kept() -> None:
    seen = dataclasses.replace(ARXIV, first_seen=DAY)
    later = dataclasses.replace(ARXIV, first_seen=datetime(2025, 12, 1, tzinfo=UTC))
    assert merge(seen, later).first_seen == merge(later, seen).first_seen == merge(ARXIV, seen).first_seen == DAY
    assert merge(ARXIV, HUGGING_FACE).published == merge(HUGGING_FACE, ARXIV).published == DAY


def test_the_known_identity_stays() -> None:
    assert merge(dataclasses.replace(ARXIV, id=PaperId("title-0123456789abcdef")), ARXIV).id == "title-0123456789abcdef"


def test_a_paper_says_whether_it_is_an_update_or_withdrawn() -> None:
    assert not ARXIV.is_update
    assert not HUGGING_FACE.is_update
    assert dataclasses.replace(ARXIV, version=2).is_update
    assert not ARXIV.is_withdrawn
    assert dataclasses.replace(ARXIV, comment="This article has been WITHDRAWN by the authors").is_withdrawn


moments = st.none() | st.datetimes(timezones=st.just(UTC))
papers = st.builds(
    Paper,
    id=st.just(ID),
    title=st.sampled_from(["0", "a", "b"]),
    abstract=st.sampled_from(["", "a", "b"]),
    authors=st.sampled_from([(), ("a",), ("b",)]),
    upvotes=st.none() | st.integers(0, 2),
    version=st.none() | st.integers(1, 3),
    published=moments,
    first_seen=moments,
    sources=st.sets(st.sampled_from(["arxiv", "huggingface", "sample"])).map(sorted).map(tuple),
)


@given(papers, papers)
def test_merging_twice_changes_nothing(known: Paper, fresh: Paper) -> None:
    merged = merge(known, fresh)
    assert merge(merged, fresh) == merged
    assert merge(known, known) == known


@given(papers, papers)
def test_nothing_known_is_ever_lost(known: Paper, fresh: Paper) -> None:
    merged = merge(known, fresh)
    for field in dataclasses.fields(Paper):
        had = getattr(known, field.name), getattr(fresh, field.name)
        if any(value is not None and value not in ("", ()) for value in had):
            assert getattr(merged, field.name) not in (None, "", ())
