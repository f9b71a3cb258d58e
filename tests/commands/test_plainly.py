"""Plain words become the command that was meant, and always some command of the table."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.commands import TABLE, command_of
from bot.query import parse

NAMES = {command.name for command in TABLE}


@pytest.mark.parametrize("line", [example for command in TABLE for example in command.examples])
def test_a_real_command_stays_as_it_is(line: str) -> None:
    assert command_of(line) == line
    assert command_of(f"/papers {line}") == line


@pytest.mark.parametrize(
    "line",
    [
        'subscribe title:"in context" OR (b c)',
        "unsubscribe #2",
        "list here",
        "search page:2 curriculum",
        "show",
        "schedule",
        "schedule every monday at 9",
        "schedule 25:00",
        "settings limit many",
        "pause",
        "pause until monday",
        "forget everything",
        "edit rule:1 => robots",
        "edit 1",
        "narrow learning",
        f"more {'0' * 64}",
        f"restore {'a' * 16}",
        "vote 2611.00001 down",
        "import subscribe a\nsubscribe b",
    ],
)
def test_whatever_fits_a_command_is_left_to_it_though_it_be_wrong(line: str) -> None:
    assert command_of(line) == line


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("papers on curriculum learning", "search curriculum learning"),
        ("any new papers on diffusion?", "search diffusion"),
        ("papers about RLHF?", "search RLHF"),
        ("papers for graph neural networks!!", "search graph neural networks"),
        ("find me papers on robot cups", "search robot cups"),
        ("find curriculum -robot", "search curriculum -robot"),
        ("search for graph networks", "search graph networks"),
        ("What’s new on transformers?", "search transformers"),
        ("show me papers about X-rays", "search X-rays"),
        ("what did you post about lifelong learning?", "search lifelong learning"),
        ('do you have anything on "in-context learning"', 'search "in-context learning"'),
        ("I'm looking for work on “graph” OR molecules.", "search “graph” OR molecules"),
        ("could you please show me the latest research in protein folding, thanks", "search protein folding"),
        ("help me find papers about cups", "search cups"),
        ("list papers about queues", "search queues"),
        ("today I want papers about cups", "search cups"),
        ("schedule learning for networks", "search schedule learning networks"),
        ("pause tokens in language models", "search pause tokens language models"),
        ("kNN, k-NN, and GPT-4", "search kNN k-NN GPT-4"),
        ("why is the sky blue", "search sky blue"),
        ("deep research agents", "search deep research agents"),
        ("curriculum here", "search curriculum"),
        ('"unfinished phrase', "search unfinished phrase"),
    ],
)
def test_what_people_look_for_is_searched_without_the_words_of_asking(said: str, meant: str) -> None:
    assert command_of(said) == meant
    parse(meant.removeprefix("search "))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("1706.03762", "show 1706.03762"),
        ("https://arxiv.org/abs/1706.03762v5", "show 1706.03762"),
        ("<https://huggingface.co/papers/1706.03762>", "show 1706.03762"),
        ("show me 1706.03762", "show 1706.03762"),
        ("what is 1706.03762 about?", "show 1706.03762"),
        ("papers like 1706.03762", "similar 1706.03762"),
        ("why did you post 2611.00001?", "why 2611.00001"),
        ("save this https://arxiv.org/abs/1706.03762 for us", "save 1706.03762"),
    ],
)
def test_a_paper_that_is_named_is_what_it_is_about(said: str, meant: str) -> None:
    assert command_of(said) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("subscribe us to curriculum learning", "subscribe curriculum learning"),
        ("subscribe to curriculum", "subscribe curriculum"),
        ("Please subscribe me to papers about curriculum learning!", "subscribe curriculum learning"),
        ("sign us up for title:robot", "subscribe title:robot"),
        ("subscribe us", "subscribe"),
        ("unsubscribe from curriculum", "unsubscribe curriculum"),
        ("hey, unsubscribe us from 1", "unsubscribe 1"),
        ("stop sending us papers about robots", "unsubscribe robots"),
        ("stop posting", "list"),
    ],
)
def test_a_wish_for_a_rule_is_taken_at_its_word(said: str, meant: str) -> None:
    assert command_of(said) == meant


@pytest.mark.parametrize(
    "said", ["", " ", "hi", "Hello Paperboy!", "help me", "what can you do?", "thanks!", "how does this work?", "?!", "-"]
)
def test_small_talk_gets_help(said: str) -> None:
    assert command_of(said) == "help"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("list please", "list"),
        ("hey paperboy, can you list our rules?", "list"),
        ("what are we subscribed to?", "list"),
        ("what's trending this week?", "trending week"),
        ("new papers", "today"),
        ("What’s new?", "today"),
        ("show me the reading list", "saved"),
        ("digest please", "digest"),
    ],
)
def test_set_phrases_are_known(said: str, meant: str) -> None:
    assert command_of(said) == meant


@pytest.mark.parametrize("said", ["please forget everything", "could you forget everything, thanks"])
def test_nothing_is_erased_on_plain_words(said: str) -> None:
    assert command_of(said) == "forget"


def test_who_writes_pages_gets_help() -> None:
    assert command_of("curriculum " * 1_000) == "help"


_SCRAPS = st.sampled_from(
    [
        "find",
        "papers",
        "on",
        '"',
        "(",
        ")",
        "OR",
        "-x",
        "title:",
        "here",
        "subscribe",
        "us",
        "to",
        "stop sending",
        "1706.03762",
        "cups",
        "?",
    ]
)


@given(st.text(max_size=60) | st.lists(_SCRAPS, max_size=8).map(" ".join))
@example("search")
@example(" ".join(letter * 100 for letter in "abcdefgh"))
@example("subscribe\u00a0to")
def test_anything_at_all_becomes_a_command_whose_search_can_be_read(said: str) -> None:
    meant = command_of(said)
    name, _, rest = meant.partition(" ")
    assert name.casefold() in NAMES
    if name == "search" and not said.strip().casefold().startswith(("search", "/papers")):
        assert str(parse(rest))
