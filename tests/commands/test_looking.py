"""Look-ups when the live sources know more, know less, or cannot be reached."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from bot.commands import Asker, Call, answer
from bot.paper import Paper, PaperId
from tests.commands.lookup import Knows
from tests.library import NOW, ROBOT
from tests.plain import buttons, words

if TYPE_CHECKING:
    from bot.channel import Address
    from bot.desk import Desk

ATTENTION = Paper(
    id=PaperId("1706.03762"),
    title="Attention Is All You Need",
    abstract="A curriculum of nothing but attention.",
    authors=("Ashish Vaswani",),
    categories=("cs.CL",),
    published=NOW,
    sources=("arxiv",),
)
OFF_TOPIC = dataclasses.replace(ATTENTION, id=PaperId("1706.00001"), title="Bread", abstract="Flour, water.")


@pytest.fixture
def arxiv(desk: Desk) -> Knows:
    arxiv = Knows("arXiv", ATTENTION, OFF_TOPIC)
    desk.lookups = (arxiv,)
    return arxiv


@pytest.fixture
def charts(desk: Desk) -> Knows:
    charts = Knows("Hugging Face", *(dataclasses.replace(ROBOT, id=PaperId(f"2611.1{n:04}"), title=f"Robot {n}") for n in range(12)))
    desk.charts = charts
    return charts


async def said(desk: Desk, here: Address, text: str) -> str:
    return words((await answer(desk, Call(address=here, channel_name="#ml-reading", asker=Asker(id="U1", name="Ada"), text=text))).message)


async def test_a_search_goes_on_in_the_live_sources_and_looks_again_at_what_they_find(desk: Desk, here: Address, arxiv: Knows) -> None:
    found = await said(desk, here, "search curriculum")
    assert "4 papers for curriculum" in found
    assert found.index("Curriculum Learning for Robot Arms") < found.index("Attention Is All You Need"), "the archive comes first"
    assert "Bread" not in found


async def test_a_search_turns_its_pages(desk: Desk, here: Address, arxiv: Knows) -> None:
    arxiv.papers = tuple(dataclasses.replace(ATTENTION, id=PaperId(f"1706.1{n:04}"), title=f"Attention {n}") for n in range(7))
    first = await answer(desk, Call(address=here, channel_name="", asker=Asker(id="U1", name="Ada"), text="search curriculum"))
    [following] = [button for button in buttons(first.message) if button.label == "Next"]
    second = await said(desk, here, following.command)
    assert "6. Attention 2" in second
    assert "[Previous]" in second
    assert "10 papers for curriculum" in second


async def test_an_unreachable_source_costs_a_search_nothing_but_a_hint(desk: Desk, here: Address, arxiv: Knows) -> None:
    arxiv.reachable = False
    found = await said(desk, here, "search curriculum")
    assert "3 papers for curriculum" in found
    assert "arXiv could not be asked just now" in found
    assert "arXiv could not be asked just now" in await said(desk, here, "search nonexistentword")


async def test_a_page_that_is_none_is_refused_kindly(desk: Desk, here: Address) -> None:
    for page in ("page:0", "page:x", "page:-1", "page:99999"):
        assert "is no page" in await said(desk, here, f"search {page} curriculum")


async def test_a_paper_nobody_recorded_is_shown_from_a_live_source(desk: Desk, here: Address, arxiv: Knows) -> None:
    assert "Attention Is All You Need" in await said(desk, here, "show arXiv:1706.03762v5")
    assert "Attention Is All You Need" in await said(desk, here, "show https://doi.org/10.48550/arXiv.1706.03762")


async def test_a_recorded_paper_is_shown_with_what_a_live_source_adds(desk: Desk, here: Address, arxiv: Knows) -> None:
    arxiv.papers = (
        Paper(id=ROBOT.id, title=ROBOT.title, journal="Journal of Cups", categories=("cs.RO",), upvotes=77, sources=("huggingface",)),
    )
    assert "▲ 77" in await said(desk, here, "show 2611.00001")


async def test_a_recorded_paper_is_shown_although_a_live_source_is_away(desk: Desk, here: Address, arxiv: Knows) -> None:
    arxiv.reachable = False
    found = await said(desk, here, "show 2611.00001")
    assert "Curriculum Learning for Robot Arms" in found
    assert "could not be asked just now" in found


async def test_not_reached_and_not_known_are_told_apart(desk: Desk, here: Address, arxiv: Knows) -> None:
    assert "Nobody I can ask knows" in await said(desk, here, "show 1706.99999")
    arxiv.reachable = False
    assert "cannot be reached now. Try again later" in await said(desk, here, "show 1706.99999")


async def test_a_paper_from_a_live_source_can_be_kept(desk: Desk, here: Address, arxiv: Knows) -> None:
    assert "saved “Attention Is All You Need”" in await said(desk, here, "save 1706.03762")
    arxiv.reachable = False
    assert "Attention Is All You Need" in await said(desk, here, "saved")


async def test_the_list_of_the_day_has_pages(desk: Desk, here: Address, charts: Knows) -> None:
    first = await said(desk, here, "today")
    assert "Daily papers, Wed 18 Nov" in first or "Daily papers" in first
    assert "7. Robot 6" in first
    assert "12. Robot 11" in await said(desk, here, "today page:2")
    assert "12. Robot 11" in await said(desk, here, "trending page:2 month")


async def test_lists_that_cannot_be_read_are_replaced_by_the_most_voted_of_the_archive(desk: Desk, here: Address, charts: Knows) -> None:
    charts.reachable = False
    found = await said(desk, here, "trending")
    assert "Hugging Face is resting" in found
    assert "1. Curriculum Learning for Robot Arms" in found
    charts.reachable, charts.papers = True, ()
    assert "The list is empty just now" in await said(desk, here, "today")


@pytest.mark.parametrize("command", ["similar", "save"])
async def test_nobody_waits_for_a_live_source_to_hear_of_a_paper_that_is_recorded(
    desk: Desk, here: Address, arxiv: Knows, command: str
) -> None:
    await said(desk, here, f"{command} {ROBOT.id}")
    assert not arxiv.asked
    await said(desk, here, f"{command} {ATTENTION.id}")
    assert arxiv.asked, "it is not recorded"
