from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from adapters.slack.http import routes
from adapters.slack.listener import listener
from adapters.slack.repeats import identity
from tests.slack.listening import READING, running, stocked
from tests.slack.words import words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.store.store import RedisStore
    from tests.slack.fake import FakeSlack
    from tests.slack.listening import Paperboy


@pytest.fixture
async def two(slack: FakeSlack, store: RedisStore) -> AsyncIterator[tuple[Paperboy, Paperboy]]:
    """Two copies of the app on one store."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(running(slack, await stocked(store)))
        second = await stack.enter_async_context(running(slack, await stocked(store), connections=2))
        yield first, second


async def test_a_command_delivered_again_is_answered_once(paperboy: Paperboy) -> None:
    interaction = await paperboy.slack.command("subscribe curriculum")
    await paperboy.slack.resend(interaction)
    await paperboy.slack.resend(interaction, retry_num=None)
    await paperboy.done()
    assert len(paperboy.said()) == 1


async def test_an_event_delivered_again_is_answered_once(paperboy: Paperboy) -> None:
    interaction = await paperboy.slack.mention("subscribe curriculum")
    for number in (1, 2, 3):
        await paperboy.slack.resend(interaction, retry_num=number)
    await paperboy.done()
    assert len([said for said in paperboy.said() if "subscribed" in said]) == 1


async def test_the_same_words_in_another_event_are_answered_again(paperboy: Paperboy) -> None:
    await paperboy.slack.mention("list")
    await paperboy.slack.mention("list")
    await paperboy.done()
    assert len(paperboy.slack.ephemerals) == 2


async def test_a_press_and_a_submission_delivered_again_work_once(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    pressed = await paperboy.slack.press(paperboy.slack.acme["C0READING"].visible[-1], "Undo")
    await paperboy.slack.resend(pressed)
    await paperboy.done()
    assert len([said for said in paperboy.said() if "unsubscribed" in said]) == 1
    await paperboy.slack.command("schedule")
    await paperboy.done()
    submitted = await paperboy.slack.submit(paperboy.slack.views[-1])
    again = await paperboy.slack.resend(submitted)
    await paperboy.done()
    assert again.ack == {"response_action": "clear"}
    assert len([said for said in paperboy.said() if "set the digests" in said]) <= 1


async def test_what_was_answered_before_a_restart_is_not_answered_after_it(slack: FakeSlack, store: RedisStore) -> None:
    desk = await stocked(store)
    async with running(slack, desk) as paperboy:
        interactions = [await slack.command("subscribe curriculum"), await slack.mention("subscribe diffusion")]
        await paperboy.done()
    async with running(slack, desk) as paperboy:
        for interaction in interactions:
            await slack.resend(interaction)
        await paperboy.done()
        assert len([said for said in paperboy.said() if "subscribed" in said]) == 2


async def test_two_copies_answer_what_both_hear_once(two: tuple[Paperboy, Paperboy], slack: FakeSlack) -> None:
    first, second = two
    interaction = await slack.command("subscribe curriculum", to=0)
    await slack.resend(interaction, to=1)
    link = await slack.link_shared(["https://arxiv.org/abs/2611.00001"], to=1)
    await slack.resend(link, to=0)
    mention = await slack.mention("list", to=1)
    await asyncio.gather(*(slack.resend(mention, to=copy) for copy in (0, 1, 0, 1)))
    for copy in two:
        await copy.done()
    assert len([said for said in first.said() if "subscribed" in said]) == 1
    assert len(slack.unfurls) == 1
    assert len(slack.ephemerals) == 1
    assert [one.query for one in (await second.desk.store.channels.load(READING)).subscriptions] == ["curriculum"]


async def test_two_copies_deliver_a_digest_once(two: tuple[Paperboy, Paperboy], slack: FakeSlack) -> None:
    await two[0].typed("subscribe curriculum", to=0)
    interaction = await slack.command("digest", to=1)
    await slack.resend(interaction, to=0)
    for copy in two:
        await copy.done()
        await copy.desk.hurry()
    assert len([message for message in slack.acme["C0READING"].messages if message.metadata]) == 1


async def test_a_button_made_by_one_copy_works_in_the_other(two: tuple[Paperboy, Paperboy], slack: FakeSlack) -> None:
    first, second = two
    await first.typed("subscribe curriculum", to=0)
    await slack.press(slack.acme["C0READING"].visible[-1], "Undo", to=1)
    await second.done()
    assert "unsubscribed" in first.said()[-1]


@asynccontextmanager
async def at_http(paperboy: Paperboy) -> AsyncIterator[None]:
    """Behind the HTTP door instead."""
    site = web.Application()
    site.add_routes(routes(listener(paperboy.desk, paperboy.workspaces), signing_secret="shhh"))
    runner = web.AppRunner(site)
    await runner.setup()
    await (port := web.TCPSite(runner, "127.0.0.1", 0)).start()
    assert port._server is not None
    address = port._server.sockets[0].getsockname()  # type: ignore[attr-defined]  # asyncio's own server has them
    paperboy.slack.use_http(f"http://127.0.0.1:{address[1]}", "shhh")
    try:
        yield
    finally:
        await runner.cleanup()


async def test_behind_http_it_is_the_same(paperboy: Paperboy) -> None:
    async with at_http(paperboy):
        interaction = await paperboy.slack.command("search curriculum")
        assert (interaction.status, interaction.ack) == (200, {})
        assert "Robot Arms" in words((await interaction.answered())["blocks"])
        mention = await paperboy.slack.mention("list")
        again = await paperboy.slack.resend(mention, retry_num=2)
        assert (mention.status, again.status) == (200, 200)
        await paperboy.slack.until(lambda: len(paperboy.slack.ephemerals) == 2)
        await paperboy.slack.command("schedule")
        await paperboy.slack.until(lambda: bool(paperboy.slack.views))
        assert await paperboy.slack.suggest(paperboy.slack.views[-1], "zone", "berlin")
        await paperboy.slack.verify_url()


def test_a_payload_without_an_id_is_known_by_all_of_it() -> None:
    body = {"type": "event_callback", "event": {"type": "app_mention", "ts": "1"}}
    assert identity(body) == identity(dict(reversed(body.items())))
    assert identity(body) != identity({**body, "event": {"type": "app_mention", "ts": "2"}})


def test_a_form_changed_after_a_mistake_is_another_submission_only_with_another_hash() -> None:
    body = {"type": "view_submission", "trigger_id": "1", "view": {"id": "V1", "hash": "a"}}
    assert identity(body) == identity({**body, "trigger_id": "2"})
    assert identity(body) != identity({**body, "view": {"id": "V1", "hash": "b"}})
