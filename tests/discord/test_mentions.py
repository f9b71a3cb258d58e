from __future__ import annotations

from typing import TYPE_CHECKING

import discord
import pytest
from structlog.testing import capture_logs

from adapters.discord import mentions
from bot.errors import StoreAway
from tests.discord.fake.faults import error
from tests.discord.fake.permissions import ATTACH_FILES, BOT_PERMISSIONS, VIEW_CHANNEL
from tests.discord.listening import running, stocked, words

if TYPE_CHECKING:
    from bot.commands import Answer, Call
    from bot.desk import Desk
    from bot.store.store import RedisStore
    from tests.discord.fake import FakeDiscord
    from tests.discord.listening import Paperboy


async def test_a_mention_is_answered_as_a_reply_that_pings_nobody(paperboy: Paperboy, server: FakeDiscord) -> None:
    asked = server.mention("what's new about curriculum learning?")
    await paperboy.done()
    reply = server.reading.messages[-1]
    assert reply.reference == asked.id
    assert reply.allowed_mentions == {"parse": []}
    assert "Robot Arms" in words(reply)


async def test_a_mention_may_stand_anywhere_and_be_a_command(paperboy: Paperboy, server: FakeDiscord) -> None:
    server.say(server.reading, server.ada, f"hey <@!{server.bot.id}>, subscribe curriculum")
    await paperboy.done()
    assert "Ada subscribed #ml-reading to curriculum" in paperboy.said()[-1]


async def test_who_does_not_manage_the_server_does_not_by_mention_either(paperboy: Paperboy, server: FakeDiscord) -> None:
    server.mention("subscribe curriculum", user=server.bob)
    await paperboy.done()
    assert "Only those who run this channel" in paperboy.said()[-1]


async def test_direct_messages_need_no_mention(paperboy: Paperboy, server: FakeDiscord) -> None:
    server.direct("subscribe curriculum", user=server.bob)
    await paperboy.done()
    assert "Bob subscribed our direct messages" in paperboy.said(server.dm(server.bob))[0]
    # And are the same place as for commands.
    interaction = await server.command("list", user=server.bob, channel=server.dm(server.bob))
    assert "curriculum" in words(await interaction.answered())
    await paperboy.done()


async def test_what_is_not_to_the_bot_is_not_read(paperboy: Paperboy, server: FakeDiscord) -> None:
    said = server.mention("list")
    await paperboy.done()
    before = len(server.reading.messages)
    server.say(server.reading, server.bob, "curriculum learning is nice")
    server.say(server.reading, server.bob, "nice!", reference=said.id)
    server.say(server.reading, server.bot, f"<@{server.bot.id}> list")
    server.say(server.reading, server.user("robot", bot=True), f"<@{server.bot.id}> list")
    server.say(server.reading, server.bob, f"<@{server.bob.id}> list")
    await paperboy.done()
    assert len(server.reading.messages) == before + 5


async def test_a_message_told_twice_is_answered_once(paperboy: Paperboy, server: FakeDiscord) -> None:
    said = server.mention("list")
    server.announce("MESSAGE_CREATE", server.acme.id, said.payload())
    await paperboy.done()
    assert len(paperboy.said()) == 1


async def test_reactions_to_an_answer_are_votes(paperboy: Paperboy, server: FakeDiscord) -> None:
    server.mention("show 2611.00001")
    await paperboy.done()
    server.react(server.reading.messages[-1], "👍")
    await paperboy.done()
    await paperboy.typed("subscribe curriculum")
    assert "Votes here: 1 in favour." in await paperboy.typed("why 2611.00001")


async def test_a_file_goes_along(paperboy: Paperboy, server: FakeDiscord) -> None:
    await paperboy.typed("save 2611.00001")
    server.permissions(server.reading, BOT_PERMISSIONS | ATTACH_FILES)
    server.mention("saved export bibtex")
    await paperboy.done()
    assert list(server.reading.messages[-1].files) == ["reading-list.bib"]


async def test_where_it_may_not_attach_the_file_that_is_said(paperboy: Paperboy, server: FakeDiscord) -> None:
    await paperboy.typed("save 2611.00001")
    server.mention("saved export bibtex")
    await paperboy.done()
    assert "I may not attach files here" in paperboy.said()[-1]


async def test_where_it_may_not_speak_it_does_not(paperboy: Paperboy, server: FakeDiscord) -> None:
    server.permissions(server.reading, VIEW_CHANNEL)
    with capture_logs() as logs:
        server.mention("list")
        await paperboy.done()
    assert [line["event"] for line in logs] == ["answer_not_delivered"]


async def test_what_discord_calls_wrong_goes_out_as_bare_words(paperboy: Paperboy, server: FakeDiscord) -> None:
    server.fault("POST /channels/{channel_id}/messages", error(50035))
    with server.expecting_problems():
        server.mention("search curriculum")
        await paperboy.done()
    (told,) = (one for one in server.reading.messages if one.author is server.bot)
    assert "Robot Arms" in words(told)
    assert (told.embeds, told.components) == ([], [])


async def test_a_refusal_of_another_kind_is_not_tried_again(paperboy: Paperboy, server: FakeDiscord) -> None:
    server.fault("POST /channels/{channel_id}/messages", error(20016))
    with server.expecting_problems(), capture_logs() as logs:
        server.mention("search curriculum")
        await paperboy.done()
    assert [line["event"] for line in logs] == ["answer_not_delivered"]
    assert paperboy.said() == []


@pytest.mark.parametrize(("trouble", "said"), [(ZeroDivisionError(), "Something went wrong"), (StoreAway("gone"), "cannot reach my store")])
async def test_trouble_is_admitted(
    paperboy: Paperboy, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch, trouble: Exception, said: str
) -> None:
    async def troubled(desk: Desk, call: Call) -> Answer:
        raise trouble

    monkeypatch.setattr(mentions, "answer", troubled)
    server.mention("list")
    await paperboy.done()
    assert said in paperboy.said()[-1]


async def test_in_a_post_of_a_forum_a_mention_is_about_the_forum(paperboy: Paperboy, server: FakeDiscord) -> None:
    forum = server.acme.forum("papers")
    post = server.acme.thread(forum, "a question", owner=server.ada.id)
    server.opened(forum)
    server.opened(post)
    server.mention("subscribe curriculum", channel=post)
    await paperboy.done()
    assert "Ada subscribed #papers" in paperboy.said(post)[-1]


async def test_without_the_intent_nothing_is_heard_and_commands_go_on(server: FakeDiscord, store: RedisStore) -> None:
    async with running(server, store, await stocked(store), intents=discord.Intents(guilds=True)) as paperboy:
        server.mention("list")
        assert "none yet" in await paperboy.typed("list")
        assert paperboy.said() == []
