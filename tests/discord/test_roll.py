"""What happened to servers while nobody listened is made good at the next READY."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.discord.roll import call_roll, note
from bot import lifecycle
from bot.channel import FOREVER, Address, Channel, QueryText, Subscription
from bot.desk import Desk
from bot.memory import Memory
from bot.ports import Due

if TYPE_CHECKING:
    from bot.store.store import RedisStore
    from tests.clock import Clock

HERE, ELSEWHERE, DIRECT = (Address("discord", workspace, "7") for workspace in ("1", "2", "@me"))
SLACK = Address("slack", "T1", "C1")


@pytest.fixture
async def desk(store: RedisStore, clock: Clock) -> Desk:
    for address in (HERE, ELSEWHERE, DIRECT, SLACK):
        rule = Subscription(QueryText("llm"), "ada", clock.now)
        await store.channels.save(Channel(address=address, subscriptions=(rule,)), due=Due.KEEP)
    return Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers))


def everywhere(guild: str) -> bool:
    return True


def nowhere(guild: str) -> bool:
    return False


async def paused(desk: Desk) -> set[str]:
    channels = [await desk.store.channels.load(address) for address in (HERE, ELSEWHERE, DIRECT, SLACK)]
    return {channel.address.workspace for channel in channels if channel.paused_until == FOREVER}


async def test_a_server_that_was_left_meanwhile_is_closed_and_erased_in_time(desk: Desk, clock: Clock) -> None:
    await note(desk, "42", ["1", "2"])
    await call_roll(desk, "42", lambda guild: guild == "1")
    assert await paused(desk) == {"2"}
    clock.advance(timedelta(hours=15))
    await call_roll(desk, "42", lambda guild: guild == "1")
    clock.advance(timedelta(hours=6))
    await lifecycle.erase_left(desk)
    assert (await desk.store.channels.load(ELSEWHERE)).version == 0
    assert (await desk.store.channels.load(HERE)).version


async def test_a_server_that_was_closed_and_is_there_goes_on(desk: Desk) -> None:
    await lifecycle.close_workspace(desk, "discord", "1", "a dead token", erase=False)
    await call_roll(desk, "42", everywhere)
    assert await paused(desk) == set()


async def test_another_bots_servers_only_pause(desk: Desk, clock: Clock) -> None:
    await note(desk, "42", ["1", "2"])
    await call_roll(desk, "43", nowhere)
    await call_roll(desk, "43", nowhere)
    assert await paused(desk) == {"1", "2"}
    clock.advance(timedelta(hours=21))
    await lifecycle.erase_left(desk)
    await call_roll(desk, "42", everywhere)
    assert await paused(desk) == set()
    assert (await desk.store.channels.load(HERE)).subscriptions
