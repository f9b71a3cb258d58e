"""Cards for pasted addresses: helpful, few, and quiet."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.channel import Address
from bot.commands import Asker, Call, answer, cards
from bot.paper import PaperId
from tests.commands.lookup import Knows
from tests.library import ROBOT, SYLLABUS

if TYPE_CHECKING:
    from bot.desk import Desk
    from tests.clock import Clock

A = "https://arxiv.org/abs/2611.00001"
B = "https://huggingface.co/papers/2611.00002"
C = "https://arxiv.org/pdf/2611.00003v2"


async def titles(desk: Desk, here: Address, *urls: str) -> dict[str, str]:
    return {url: card.title for url, card in (await cards(desk, here, urls)).items()}


async def test_an_address_of_a_paper_gets_a_card_under_the_very_address(desk: Desk, here: Address) -> None:
    shown = await cards(desk, here, ["https://example.com", f"{A}?context=cs", "nonsense"])
    assert list(shown) == [f"{A}?context=cs"]
    [card] = shown.values()
    assert card.title == ROBOT.title
    assert card.byline
    assert card.summary
    assert [button.label for button in card.buttons] == ["Abstract", "Save", "Similar"]


async def test_a_message_gets_two_cards_at_most_and_one_for_each_paper(desk: Desk, here: Address) -> None:
    assert list(await titles(desk, here, A, "https://arxiv.org/pdf/2611.00001", B, C)) == [A, B]


async def test_a_paper_is_quiet_for_half_an_hour_in_a_channel(desk: Desk, here: Address, clock: Clock) -> None:
    assert list(await titles(desk, here, A)) == [A]
    assert await titles(desk, here, A, "https://arxiv.org/pdf/2611.00001") == {}
    assert list(await titles(desk, here, A, B, C)) == [B, C], "what is quiet takes nobody's place"
    assert list(await titles(desk, Address("terminal", "local", "elsewhere"), A)) == [A]


async def test_after_half_an_hour_a_paper_may_be_shown_again(desk: Desk, here: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.commands.links.QUIET", timedelta(milliseconds=1))
    assert list(await titles(desk, here, A)) == [A]
    for _ in range(1000):
        if await titles(desk, here, A):
            break
    else:
        pytest.fail("the paper stayed quiet")


async def test_a_channel_may_switch_cards_off(desk: Desk, here: Address) -> None:
    ada = Asker(id="U1", name="Ada")
    await answer(desk, Call(address=here, channel_name="", asker=ada, text="settings links off"))
    assert await titles(desk, here, A, B) == {}
    await answer(desk, Call(address=here, channel_name="", asker=ada, text="settings links on"))
    assert await titles(desk, here, A, B) == {A: ROBOT.title, B: SYLLABUS.title}


async def test_a_paper_nobody_recorded_is_looked_up(desk: Desk, here: Address) -> None:
    attention = dataclasses.replace(ROBOT, id=PaperId("1706.03762"), title="Attention Is All You Need", upvotes=None)
    desk.lookups = (Knows("arXiv", attention), Knows("Hugging Face", dataclasses.replace(attention, upvotes=77)))
    shown = await cards(desk, here, ["https://arxiv.org/abs/1706.03762"])
    assert "▲ 77" in shown["https://arxiv.org/abs/1706.03762"].facts


async def test_what_cannot_be_looked_up_gets_no_card_now_and_one_later(desk: Desk, here: Address) -> None:
    url = "https://arxiv.org/abs/1706.03762"
    arxiv = Knows("arXiv", dataclasses.replace(ROBOT, id=PaperId("1706.03762"), title="Attention"))
    desk.lookups = (arxiv,)
    arxiv.reachable = False
    assert await titles(desk, here, url, A) == {A: ROBOT.title}
    arxiv.reachable = True
    assert await titles(desk, here, url) == {url: "Attention"}
    assert await titles(desk, here, "https://arxiv.org/abs/1706.99999") == {}


async def test_a_message_full_of_addresses_is_not_looked_up_to_its_end(desk: Desk, here: Address) -> None:
    asked: list[str] = []

    class Counting(Knows):
        async def paper(self, id: PaperId) -> None:
            asked.append(id)

    desk.lookups = (Counting("arXiv"),)
    urls = [f"https://arxiv.org/abs/2401.{n:05}" for n in range(50)]
    assert await titles(desk, here, *urls, A) == {A: ROBOT.title}
    assert len(asked) == 5
