from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from tests.discord.listening import running, stocked, words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.store.store import RedisStore
    from tests.discord.fake import FakeDiscord
    from tests.discord.listening import Paperboy


@pytest.fixture
async def two(server: FakeDiscord, store: RedisStore) -> AsyncIterator[tuple[Paperboy, Paperboy]]:
    """Two copies of the app on one store, as for a moment when the gateway is handed over: both hear everything."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(running(server, store, await stocked(store)))
        second = await stack.enter_async_context(running(server, store, await stocked(store), connections=2))
        yield first, second


async def done(two: tuple[Paperboy, Paperboy]) -> None:
    await asyncio.gather(*(copy.done() for copy in two))


async def test_what_a_resumed_connection_hears_again_is_not_done_again(paperboy: Paperboy, server: FakeDiscord) -> None:
    interaction = await server.command("subscribe", query="curriculum")
    await paperboy.done()
    await server.send(interaction)
    await paperboy.done()
    assert len(paperboy.said()) == 1
    assert len(interaction.messages) == 1


async def test_a_lost_connection_resumes_and_answers_what_it_missed(paperboy: Paperboy, server: FakeDiscord) -> None:
    server.gateway.cut()
    made = server.interaction(3, {"component_type": 2, "custom_id": "t0:list"}, message=server.say(server.reading, server.bot, "x"))
    server.announce("INTERACTION_CREATE", server.acme.id, made.payload)
    assert "none yet" in words(await made.answered())
    await paperboy.done()
    assert server.gateway.session.resumed == 1


async def test_what_two_copies_hear_is_done_once(two: tuple[Paperboy, Paperboy], server: FakeDiscord) -> None:
    for query in ("curriculum", "diffusion", "syllabus"):
        await server.command("subscribe", query=query)
        await done(two)
    channel = await two[0].desk.store.channels.load(two[0].reading)
    assert [one.query for one in channel.subscriptions] == ["curriculum", "diffusion", "syllabus"]
    assert len(two[0].said()) == 3


async def test_what_two_copies_hear_opens_one_form(two: tuple[Paperboy, Paperboy], server: FakeDiscord) -> None:
    interaction = await server.command("schedule")
    await done(two)
    assert interaction.response == 9
    assert interaction.late == []
    await server.submit(interaction, {"field:zone": "Europe/Berlin"})
    await done(two)
    assert len(two[0].said()) == 1


async def test_what_two_copies_hear_is_whispered_once(two: tuple[Paperboy, Paperboy], server: FakeDiscord) -> None:
    interaction = await server.command("search", query="curriculum")
    await done(two)
    assert len(interaction.messages) == 1
    server.mention("list")
    await done(two)
    assert len(two[0].said()) == 1


async def test_a_button_made_by_one_copy_works_in_the_other(two: tuple[Paperboy, Paperboy], server: FakeDiscord) -> None:
    await server.command("subscribe", query="curriculum")
    await done(two)
    await two[0].bot.close()
    await server.gateway.connected(1)
    await server.press(server.reading.messages[-1], "Undo")
    await two[1].bot.finish()
    assert "unsubscribed" in two[1].said()[-1]
