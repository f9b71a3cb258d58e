from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wcwidth import iter_graphemes

from bot.paper import Paper, PaperId
from bot.summary import ELLIPSIS, one_line, sentences, shorten, telling_sentence

UGLY = (
    "👩‍👩‍👧‍👦",
    "🇩🇪",
    "é",
    "각",
    "क्षि",
    "한",
    "学",
    "習",
    "。",
    ". ",
    "word",
    " ",
    "\n",
    "A",
    "?",
    "e.g. ",
    "\r\n",
    "ไทย",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "\u200f",
    "א",
)
texts = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(UGLY), max_size=40).map("".join))


def boundaries(text: str) -> set[int]:
    ends = {0}
    for cluster in iter_graphemes(text):
        ends.add(max(ends) + len(cluster))
    return ends


def paper(*, summary: str = "", abstract: str = "") -> Paper:
    return Paper(id=PaperId("2611.00001"), title="A Title", summary=summary, abstract=abstract)


@given(texts, st.integers(0, 60))
@example("🇩🇪🇫🇷🇪🇸", 4)
@example("a" * 30 + "👩‍👩‍👧‍👦", 34)
def test_what_is_cut_is_a_beginning_made_of_whole_characters(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    if len(text) <= limit:
        assert short == text
    elif limit:
        assert short.endswith(ELLIPSIS)
        kept = short.removesuffix(ELLIPSIS).removesuffix(" ")
        assert text.startswith(kept)
        assert len(kept) in boundaries(text)


@given(texts, st.integers(0, 60))
def test_cutting_twice_is_cutting_once(text: str, limit: int) -> None:
    assert shorten(shorten(text, limit), limit) == shorten(text, limit)


@given(st.lists(st.text("abcdefgh", min_size=1, max_size=8), min_size=1, max_size=20).map(" ".join), st.integers(18, 60))
def test_words_of_usual_length_are_never_cut_inside(text: str, limit: int) -> None:
    words = shorten(text, limit).removesuffix(ELLIPSIS).split()
    assert words == text.split()[: len(words)]


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("It works. Then we scale it up to many more robots.", 12, "It works. …"),
        ("It works. Then we scale it up to many more robots.", 29, "It works. Then we scale it…"),
        ("First, second, third", 15, "First, second…"),
        ("本文提出一種新的課程學習方法", 8, "本文提出一種新…"),
        ("結果很好。方法很新", 7, "結果很好。 …"),
        ("https://example.org/a/very/long/address", 12, "https://exa…"),
        ("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 13, "👩‍👩‍👧‍👦…"),
        ("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 7, "…"),
        ("anything", 1, "…"),
        ("anything", 0, ""),
    ],
)
def test_a_cut_falls_where_a_reader_would_make_it(text: str, limit: int, short: str) -> None:
    assert shorten(text, limit) == short


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Nets (e.g. BERT) work. So do trees!", ("Nets (e.g. BERT) work.", "So do trees!")),
        ("As J. Smith et al. Show in Fig. 3, it works. Good.", ("As J. Smith et al. Show in Fig. 3, it works.", "Good.")),
        ("We use 3.5 hours. Why? “Because.” Yes.", ("We use 3.5 hours.", "Why?", "“Because.”", "Yes.")),
        ("方法很新。結果很好！", ("方法很新。", "結果很好！")),
        ("Ends with a stop. so small letters go on.", ("Ends with a stop. so small letters go on.",)),
        ("", ()),
    ],
)
def test_sentences_end_at_stops_and_not_at_abbreviations(text: str, parts: tuple[str, ...]) -> None:
    assert sentences(text) == parts


@given(texts)
def test_sentences_hold_every_word(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


def test_the_sources_own_summary_goes_before_the_abstract() -> None:
    assert telling_sentence(paper(summary="It  stacks\ncups.", abstract="We propose X."), 100) == "It stacks cups."


@pytest.mark.parametrize(
    ("abstract", "told"),
    [
        ("Robots are hard. In this work, we propose a\ncurriculum. It works.", "In this work, we propose a curriculum."),
        ("Robots are hard. We show that they fall. This paper introduces legs.", "This paper introduces legs."),
        ("Robots are hard. Our experiments show that they fall.", "Our experiments show that they fall."),
        ("Robots are hard. We study why they fall.", "We study why they fall."),
        ("Robots are hard. They fall.", "Robots are hard."),
        ("Others propose legs. Nobody asked us.", "Others propose legs."),
        ("", ""),
    ],
)
def test_the_telling_sentence_says_what_the_paper_does(abstract: str, told: str) -> None:
    assert telling_sentence(paper(abstract=abstract), 100) == told


def test_a_telling_sentence_is_cut_to_its_room() -> None:
    abstract = "Long ago. We propose " + "very " * 100 + "long things."
    told = telling_sentence(paper(abstract=abstract), 60)
    assert told.startswith("We propose very")
    assert told.endswith("very…")
    assert len(told) <= 60


def test_one_line_is_one_line() -> None:
    assert one_line(" a \n\t b\u2028c ") == "a b c"
