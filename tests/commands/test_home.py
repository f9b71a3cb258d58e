"""The home page: it teaches who comes first, shows every channel, and types into the right one."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from bot.channel import FOREVER, Address, Managers, Schedule
from bot.commands import Asker, Call, Section, answer, form, home
from bot.commands.home import CHANNELS_A_PAGE, RULES_A_PAGE
from bot.errors import CorruptRecord
from bot.message import Buttons, Card, Heading, Item, Message
from bot.ports import Due
from tests.feed import Feed
from tests.plain import buttons, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.channel import Channel
    from bot.desk import Desk
    from bot.message import Button

ADA = Asker(id="U1", name="Ada", is_operator=True)
MEMBER = Asker(id="U2", name="Bob", may_manage=False)
GUEST = Asker(id="U3", name="Eve", is_guest=True)
MINE = Address("terminal", "local", "U1")


def channel_of(n: int) -> Address:
    return Address("terminal", "local", f"c{n}")


async def ask(desk: Desk, address: Address, *texts: str, asker: Asker = ADA) -> str:
    calls = [Call(address=address, channel_name=f"#{address.channel}", asker=asker, text=text) for text in texts]
    return [words((await answer(desk, call)).message) for call in calls][-1]


async def shown(
    desk: Desk, channels: Sequence[Address], *, asker: Asker = ADA, page: int = 1, missing: str = ""
) -> tuple[str, tuple[Section, ...]]:
    sections = await home(desk, asker, channels, page=page, missing=missing)
    return "\n".join(words(Message(section.blocks)) for section in sections), sections


def of(sections: Sequence[Section], address: Address | None) -> list[Button]:
    return [button for section in sections if section.address == address for button in buttons(Message(section.blocks))]


# ---------------------------------------------------------------- the first visit


async def test_the_first_visit_teaches_with_examples_that_work(desk: Desk) -> None:
    told, sections = await shown(desk, [], missing="I cannot see your channels.")
    assert "every working morning" in told
    assert "invite me" in told
    assert "I cannot see your channels." in told
    examples = [button for button in of(sections, None) if button.label == "Subscribe"]
    assert len(examples) == 3
    for example in examples:
        assert "subscribed" in await ask(desk, MINE, example.command)
    assert any(button.command == "subscribe" for button in of(sections, None)), "or a query of their own, in a form"


async def test_a_guest_is_not_offered_what_a_guest_may_not_do(desk: Desk) -> None:
    _, sections = await shown(desk, [], asker=GUEST)
    for button in of(sections, None):
        assert "Guests may look" not in await ask(desk, MINE, button.command, asker=GUEST)


# ---------------------------------------------------------------- channels


async def test_a_channel_is_shown_with_its_rules_and_what_comes_next(desk: Desk) -> None:
    await ask(desk, channel_of(1), "subscribe curriculum", "subscribe diffusion")
    told, sections = await shown(desk, [channel_of(1)])
    assert "#c1" in told
    assert "1. curriculum 3 papers in 7 days; added by Ada, today [Edit] [Remove] [Preview]" in told
    assert "Next digest: " in told
    labels = [button.label for button in of(sections, channel_of(1))][6:]
    assert labels == ["Add a rule", "Schedule", "Settings", "Pause", "All rules", "Reading list"]


async def test_every_button_of_a_channel_works_there(desk: Desk) -> None:
    await ask(desk, channel_of(1), "subscribe curriculum")
    _, sections = await shown(desk, [channel_of(1)])
    for button in of(sections, channel_of(1)):
        call = Call(address=channel_of(1), channel_name="#c1", asker=ADA, text=button.command)
        if await form(desk, call) is None:
            told = await ask(desk, channel_of(1), button.command)
            assert "There is no" not in told, button
            assert "Try:" not in told, button


async def test_a_pause_and_a_trouble_are_told_and_can_be_ended(desk: Desk) -> None:
    await ask(desk, channel_of(1), "subscribe curriculum", "pause")
    await ask(desk, channel_of(2), "subscribe curriculum")
    broken = await desk.store.channels.load(channel_of(2))
    await desk.store.channels.save(dataclasses.replace(broken, trouble="the channel is archived", paused_until=FOREVER), due=None)
    told, sections = await shown(desk, [channel_of(1), channel_of(2), channel_of(3)])
    assert "Paused. Begin again with: resume" in told
    assert "Delivery was paused: the channel is archived." in told
    assert "No rules yet." in told
    for address in (channel_of(1), channel_of(2)):
        assert "Resume" in [button.label for button in of(sections, address)]


@pytest.mark.parametrize("asker", [MEMBER, GUEST])
async def test_who_may_not_change_a_channel_sees_it_without_the_buttons(asker: Asker, desk: Desk) -> None:
    await ask(desk, channel_of(1), "subscribe curriculum", "settings manage admins")
    told, sections = await shown(desk, [channel_of(1)], asker=asker)
    assert "1. curriculum" in told
    assert "may change it" in told
    for button in of(sections, channel_of(1)):
        answered = await ask(desk, channel_of(1), button.command, asker=asker)
        assert "Only those" not in answered
        assert "Guests" not in answered


async def test_where_admins_manage_by_default_others_see_no_buttons(desk: Desk) -> None:
    await ask(desk, channel_of(1), "subscribe curriculum")
    sections = await home(desk, MEMBER, [channel_of(1)], managers=Managers.ADMINS)
    assert "Edit" not in [button.label for button in of(sections, channel_of(1))]


async def test_an_open_channel_may_be_changed_by_anyone_who_is_no_guest(desk: Desk) -> None:
    await ask(desk, channel_of(1), "subscribe curriculum")
    _, sections = await shown(desk, [channel_of(1)], asker=MEMBER)
    assert "Edit" in [button.label for button in of(sections, channel_of(1))]


async def test_a_channel_whose_time_zone_is_gone_or_whose_record_is_broken_does_not_hide_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask(desk, channel_of(1), "subscribe curriculum")
    await ask(desk, channel_of(2), "subscribe diffusion")
    lost = await desk.store.channels.load(channel_of(1))
    await desk.store.channels.save(dataclasses.replace(lost, schedule=Schedule(zone="Atlantis/Capital")), due=Due.KEEP)
    load = desk.store.channels.load

    async def reading(address: Address) -> Channel:
        if address == channel_of(3):
            raise CorruptRecord("not readable", key="c3")
        return await load(address)

    monkeypatch.setattr(desk.store.channels, "load", reading)
    told, _ = await shown(desk, [channel_of(1), channel_of(3), channel_of(2)])
    assert "No time zone is called “Atlantis/Capital”" in told
    assert "cannot be read" in told
    assert "1. diffusion" in told


async def test_five_channels_stand_on_a_page(desk: Desk) -> None:
    channels = [channel_of(n) for n in range(7)]
    for address in channels:
        await ask(desk, address, "subscribe curriculum")
    told, sections = await shown(desk, channels)
    assert "#c4" in told
    assert "#c5" not in told
    [following] = [button for button in of(sections, None) if button.command.startswith("home ")]
    assert (following.label, following.command, following.turns) == ("Next", "home page:2", True)
    second, sections_of_second = await shown(desk, channels, page=2)
    assert "#c5" in second
    assert "#c4" not in second
    assert "[Previous]" in second
    assert all(button.turns for button in of(sections_of_second, None) if button.command.startswith("home "))
    assert (await shown(desk, channels, page=99))[0] == second


@pytest.mark.parametrize("rules", [(25, 25, 25, 25, 25), (25,), (25, 1, 1, 1, 1), (0, 0, 0, 0, 0)])
async def test_a_page_stays_small_enough_for_any_platform(rules: tuple[int, ...], desk: Desk) -> None:
    channels = [channel_of(n) for n in range(CHANNELS_A_PAGE + 1)]
    for address, number in zip(channels, rules, strict=False):
        lines = "; ".join(f"subscribe word{n}" for n in range(number))
        await ask(desk, address, f"import {lines}" if lines else "list", "save 2611.00001", "save 2611.00002")
    desk.sources = [Feed(f"source{n}") for n in range(30)]
    told, sections = await shown(desk, channels, missing="Something is missing.")
    blocks = [block for section in sections for block in section.blocks]
    assert sum(2 if isinstance(block, (Item, Card, Buttons)) else 1 for block in blocks) <= 90
    items = [block for block in blocks if isinstance(block, Item)]
    assert len(items) <= RULES_A_PAGE
    assert len(items) == min(sum(rules), RULES_A_PAGE), "all the room is used"
    assert ("more rule" in told) is (sum(rules) > RULES_A_PAGE)
    assert "And 18 more: status" in told


# ---------------------------------------------------------------- saved papers, sources


async def test_the_papers_saved_last_in_any_channel_are_shown_there(desk: Desk) -> None:
    await ask(desk, channel_of(1), "save 2611.00001", "subscribe curriculum")
    await ask(desk, channel_of(2), "save 2611.00002", "subscribe curriculum")
    told, sections = await shown(desk, [channel_of(1), channel_of(2)])
    assert "Saved last" in told
    [card] = [block for section in sections if section.address == channel_of(2) for block in section.blocks if isinstance(block, Card)]
    assert card.facts[-1] == "saved today in #c2"
    _, bare = await shown(desk, [channel_of(3)])
    assert "Saved last" not in [block.text for section in bare for block in section.blocks if isinstance(block, Heading)]


async def test_the_health_of_the_sources_is_shown(desk: Desk) -> None:
    assert "No source is configured." in (await shown(desk, []))[0]
    desk.sources = (Feed("huggingface"),)
    assert "huggingface: not read yet" in (await shown(desk, []))[0]
