"""What people type, searched for what makes a parser stumble or dawdle."""

from __future__ import annotations

import gc
import importlib
import pkgutil
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import adapters
import bot
from adapters.discord import escape as discord_escape
from adapters.slack import escape as slack_escape
from adapters.slack.origin import plain
from bot.channel import Schedule
from bot.commands.plainly import command_of
from bot.errors import BadQuery, UserMistake
from bot.identity import mentioned, names, recognise, version_in
from bot.paper import Paper, PaperId
from bot.query import LONGEST, marked, parse
from bot.references import bibtex, csv_table, ris
from bot.summary import shorten, telling_sentence
from bot.timewords import parse_pause, parse_schedule
from bot.zones import close_zones, find_zone, suggest
from tests.query.strategies import typing
from tests.safety.fuzzing import effort, texts, within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
typed = texts | typing
ids = st.lists(
    st.sampled_from(
        ["arXiv:", "https://", "arxiv.org/", "abs/", "pdf/", "2505.23885", "hep-th/", "9901001", "v", "3", ".pdf", "?x=y", "#", "10.1000/"]  # noqa: RUF005  # one line would be too long
        + ["huggingface.co/papers/", "doi.org/", "%2F", "@", ":", "//", "[::1]", "９", "٣", "\x00", " ", "<", ">", "9" * 4_400]
    ),
    max_size=8,
).map("".join)


def schedule(text: str) -> object:
    return parse_schedule(text, "Europe/Berlin", Schedule())


def pause(text: str) -> object:
    return parse_pause(text, NOW, "Europe/Berlin")


def exported(text: str) -> object:
    paper = Paper(
        id=PaperId("2505.23885"), title=text, abstract=text, authors=(text, text[::-1]), journal=text, comment=text, doi="10.1000/x"
    )
    return bibtex([paper]), ris([paper]), csv_table([paper]), names(paper)


def told(text: str) -> object:
    paper = Paper(id=PaperId("2505.23885"), title=text, abstract=text)
    return telling_sentence(paper, 120), shorten(text, 80)


def shown_on_slack(text: str) -> object:
    return slack_escape.literal(text), slack_escape.line(text), slack_escape.mrkdwn(text), slack_escape.address(text), plain(text)


def shown_on_discord(text: str) -> object:
    return (
        discord_escape.markdown(text),
        discord_escape.code(text),
        discord_escape.address(text),
        discord_escape.linked(text, text),
        discord_escape.cut(text, 40),
        discord_escape.label(text, 40),
    )


READERS: tuple[Callable[[str], object], ...] = (
    *(recognise, version_in, mentioned, schedule, pause, find_zone, close_zones, suggest, command_of),
    *(exported, told, shown_on_slack, shown_on_discord),
)


def kindly_refused(read: Callable[[str], object], text: str) -> UserMistake | None:
    """What the person is told; None if it could be read."""
    try:
        read(text)
    except UserMistake as refused:
        return refused
    return None


@effort(60)
@given(text=typed)
def test_a_query_is_understood_or_refused_with_its_place(text: str) -> None:
    def work() -> None:
        refused = kindly_refused(parse, text)
        if refused is None:
            assert parse(str(parse(text))) == parse(text)
        else:
            assert isinstance(refused, BadQuery)
            assert 0 <= refused.start <= refused.end <= len(text)
            assert marked(refused)

    # Of a text that is too long not even its beginning is read.
    within(min(len(text), LONGEST), work)


@effort(40)
@given(text=ids | typed)
@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
def test_whatever_is_typed_is_read_or_kindly_refused(read: Callable[[str], object], text: str) -> None:
    refused = within(len(text), lambda: kindly_refused(read, text))
    assert refused is None or refused.reason


@pytest.mark.parametrize(
    "unit", ["(", "-", "-(", '"', "a ", "a OR ", "title:", "(a OR ", "NOT ", "cat:cs.", "'", "$", "\\", "a*", "é", "한", "a-"]
)
@pytest.mark.parametrize("read", [parse, *READERS], ids=lambda read: read.__name__)
def test_the_same_thing_again_and_again_costs_no_more_than_its_length(read: Callable[[str], object], unit: str) -> None:
    text = unit * (4_000 // len(unit))

    refused = within(len(text), lambda: kindly_refused(read, text))
    assert refused is None or refused.reason


# ---------------------------------------------------------------- regular expressions of ours


def _patterns() -> list[re.Pattern[str]]:
    """Every one that is made when the program is loaded."""
    for package in (bot, adapters):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    gc.collect()
    rooms = [importlib.import_module(name) for name in sorted(_loaded())]
    found = {pattern.pattern: pattern for room in rooms for value in vars(room).values() for pattern in _inside(value)}
    return [found[text] for text in sorted(found)]


def _loaded() -> Iterator[str]:
    import sys  # noqa: PLC0415  # what is loaded is the question

    return (name for name in list(sys.modules) if name.partition(".")[0] in {"bot", "adapters"} and not name.endswith("__main__"))


def _inside(value: Any) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif isinstance(value, tuple | list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _inside(one)


def test_no_regular_expression_of_ours_is_caught_in_what_it_tries_again() -> None:
    """A pattern that backtracks without end never comes back from this; the test's own timeout tells which."""
    patterns = _patterns()
    assert len(patterns) > 50
    for pattern in patterns:
        signs = dict.fromkeys(
            ["a", "1", " ", ".", "-", *re.findall(r"[!-~]", pattern.pattern), *re.findall(r"[^\x00-\x7f]", pattern.pattern)[:5]]
        )
        for unit in [*signs, *(f"{one}{other}" for one in "a1 " for other in signs)]:
            text = unit * 60
            for hostile in (f"{text}\x00", f'x{text}\n"'):
                pattern.search(hostile)
                pattern.fullmatch(hostile)
