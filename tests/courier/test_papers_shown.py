"""Of every message it is known which papers it shows, for what people may say about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.errors import MessageRefused, OutcomeUnknown, StoreFull
from bot.message import Card, Message
from bot.paper import PaperId
from bot.votes import papers_meant
from tests.courier.world import ADDRESS, MESSAGE, World, papers_shown

if TYPE_CHECKING:
    from bot.store.store import RedisStore


async def shown(store: RedisStore, *messages: str) -> list[list[PaperId]]:
    return [list(await store.votes.shown_by(ADDRESS, message)) for message in messages]


async def test_it_is_known_which_papers_each_message_shows_in_the_order_of_their_numbers(pictured: World) -> None:
    await pictured.until_quiet()

    assert await shown(pictured.store, "m1", "m2", "m3") == [["2511.00001", "2511.00002"], ["2511.00003"], []]


PAPERS = [PaperId(f"2511.{n:05}") for n in range(1, 6)]


@pytest.mark.parametrize(
    ("part", "meant"),
    [(0, PAPERS[:3]), (1, PAPERS[:5]), (2, [])],
)
def test_a_number_means_the_same_paper_in_every_part_of_a_digest(part: int, meant: list[PaperId]) -> None:
    parts = [papers_shown(1, 2, 3), papers_shown(4, 5), MESSAGE]

    assert list(papers_meant(parts, part)) == meant


def test_of_a_single_paper_no_number_is_needed_and_without_numbers_the_order_counts() -> None:
    unnumbered = Message(tuple(Card(title="Paper", url="", paper=paper) for paper in PAPERS[:2]))

    assert list(papers_meant([papers_shown(1), papers_shown(5)], 1)) == [PAPERS[4]]
    assert list(papers_meant([unnumbered, papers_shown(1)], 0)) == PAPERS[:2]
    assert list(papers_meant([papers_shown(4, 5)], 0)) == ["", "", "", *PAPERS[3:5]], "a list that begins with 4"


async def test_the_papers_of_a_message_whose_answer_got_lost_are_known_once_it_is_found(pictured: World) -> None:
    pictured.platform.acts = [("late", OutcomeUnknown("reset"))]

    await pictured.until_quiet()

    assert await shown(pictured.store, "m1") == [["2511.00001", "2511.00002"]]


async def test_of_a_message_that_is_not_there_no_papers_are_noted(pictured: World) -> None:
    pictured.platform.acts = [MessageRefused("invalid_blocks"), MessageRefused("no_text")]

    await pictured.deliver()

    assert await shown(pictured.store, "m1") == [[]]


async def test_a_post_stands_although_its_papers_cannot_be_noted(pictured: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> None:
        raise StoreFull("no memory")

    monkeypatch.setattr(pictured.store.votes, "shown", full)
    with capture_logs() as logs:
        await pictured.until_quiet()

    assert await pictured.outcomes() == ["sent"] * 3
    assert len([entry for entry in logs if entry["event"] == "papers_not_noted"]) == 2
