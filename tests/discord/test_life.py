from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from discord.utils import time_snowflake
from structlog.testing import capture_logs

from adapters.discord import life
from bot import lifecycle
from bot.channel import Address
from bot.errors import StoreAway
from tests.discord.fake.permissions import BOT_PERMISSIONS, VIEW_CHANNEL
from tests.discord.listening import running, stocked, words

if TYPE_CHECKING:
    from bot.channel import Channel as Ours
    from bot.store.store import RedisStore
    from tests.discord.fake import FakeDiscord
    from tests.discord.fake.world import Channel
    from tests.discord.listening import Paperboy


async def channel(paperboy: Paperboy, where: Channel | None = None) -> Ours:
    found = where or paperboy.server.reading
    return await paperboy.desk.store.channels.load(Address("discord", paperboy.server.acme.id, found.id))


async def is_paused(paperboy: Paperboy, where: Channel | None = None) -> bool:
    return (await channel(paperboy, where)).is_paused(await paperboy.desk.store.now())


async def test_a_deleted_channel_pauses_its_rules_and_their_maker_is_told_once(paperboy: Paperboy, server: FakeDiscord) -> None:
    await paperboy.typed("subscribe curriculum")
    server.removed(server.reading)
    await paperboy.done()
    server.announce("CHANNEL_DELETE", server.acme.id, server.reading.payload())
    await paperboy.done()
    await paperboy.desk.hurry()
    assert await is_paused(paperboy)
    (told,) = server.dm(server.ada).messages
    assert "The digests of #ml-reading have stopped: this channel was deleted." in words(told)


async def test_a_channel_that_nobody_made_rules_for_is_nobodys_trouble(paperboy: Paperboy, server: FakeDiscord) -> None:
    server.removed(server.reading)
    await paperboy.done()
    assert (await channel(paperboy)).version == 0


async def test_a_renamed_channel_is_called_by_its_new_name(paperboy: Paperboy, server: FakeDiscord) -> None:
    await paperboy.typed("subscribe curriculum")
    server.changed(server.reading, name="papers")
    await paperboy.done()
    assert (await channel(paperboy)).name == "#papers"
    assert not await is_paused(paperboy)


async def test_withdrawn_permissions_pause_a_channel_until_they_are_given_back(paperboy: Paperboy, server: FakeDiscord) -> None:
    await paperboy.typed("subscribe curriculum")
    server.permit(server.reading, VIEW_CHANNEL)
    await paperboy.done()
    assert (await channel(paperboy)).trouble.startswith("I lack Send Messages and Embed Links in this channel")
    await paperboy.desk.hurry()
    assert len(server.dm(server.ada).messages) == 1
    server.permit(server.reading, BOT_PERMISSIONS)
    await paperboy.done()
    assert not await is_paused(paperboy)


async def test_what_a_person_paused_stays_paused_whatever_is_permitted(paperboy: Paperboy, server: FakeDiscord) -> None:
    await paperboy.typed("subscribe curriculum")
    await paperboy.typed("pause")
    server.permit(server.reading, VIEW_CHANNEL)
    server.permit(server.reading, BOT_PERMISSIONS)
    await paperboy.done()
    assert await is_paused(paperboy)


def role(server: FakeDiscord, permissions: int) -> dict[str, Any]:
    """Everybody's role, as an update tells it."""
    known = {"id": server.acme.id, "name": "@everyone", "color": 0, "hoist": False, "position": 0}
    known |= {"permissions": str(permissions), "managed": False, "mentionable": False, "flags": 0}
    return {"guild_id": server.acme.id, "role": known}


async def test_a_role_that_allows_less_is_noticed_in_every_channel_with_rules(paperboy: Paperboy, server: FakeDiscord) -> None:
    await paperboy.typed("subscribe curriculum")
    bot = server.acme.bot
    bot_role = {**role(server, 0)["role"], "id": bot.role_id, "name": "role of paperboy", "position": 1}
    server.announce("GUILD_ROLE_UPDATE", server.acme.id, {"guild_id": server.acme.id, "role": bot_role})
    server.announce("GUILD_ROLE_UPDATE", server.acme.id, role(server, 0))
    await paperboy.done()
    assert (await channel(paperboy)).trouble.startswith("I lack View Channel")
    server.announce("GUILD_ROLE_UPDATE", server.acme.id, role(server, BOT_PERMISSIONS))
    await paperboy.done()
    assert not await is_paused(paperboy)


async def test_a_role_taken_from_the_bot_is_noticed(paperboy: Paperboy, server: FakeDiscord) -> None:
    await paperboy.typed("subscribe curriculum")
    server.announce("GUILD_ROLE_UPDATE", server.acme.id, role(server, 0))
    await paperboy.done()
    assert not await is_paused(paperboy)
    member = {**server.acme.bot.payload(), "roles": [], "guild_id": server.acme.id}
    # Of itself a bot hears this without the intent for members (Discord, "List of Intents").
    server.gateway._tell(server.gateway.session, "GUILD_MEMBER_UPDATE", member)
    await paperboy.done()
    assert await is_paused(paperboy)


# ---------------------------------------------------------------- threads


async def with_thread(paperboy: Paperboy) -> Channel:
    server = paperboy.server
    thread = server.acme.thread(server.reading, "curricula", owner=server.ada.id)
    server.opened(thread)
    await paperboy.typed("subscribe curriculum", channel=thread)
    return thread


async def test_a_locked_thread_pauses_until_it_is_unlocked(paperboy: Paperboy, server: FakeDiscord) -> None:
    thread = await with_thread(paperboy)
    server.changed(thread, archived=True, locked=True)
    await paperboy.done()
    assert "locked" in (await channel(paperboy, thread)).trouble
    server.changed(thread, archived=False, locked=False)
    await paperboy.done()
    assert not await is_paused(paperboy, thread)


async def test_a_deleted_thread_pauses(paperboy: Paperboy, server: FakeDiscord) -> None:
    thread = await with_thread(paperboy)
    server.removed(thread)
    await paperboy.done()
    assert (await channel(paperboy, thread)).trouble == "this thread was deleted"


async def test_a_renamed_thread_is_called_by_its_new_name(paperboy: Paperboy, server: FakeDiscord) -> None:
    thread = await with_thread(paperboy)
    server.changed(thread, name="syllabi")
    await paperboy.done()
    assert (await channel(paperboy, thread)).name == "#syllabi"


def archived(thread: Channel, server: FakeDiscord, *, quiet: timedelta) -> dict[str, Any]:
    """The update that tells that a thread was archived so long after its last message."""
    shown = thread.payload()
    at = server.clock()
    state = {**shown["thread_metadata"], "archived": True, "archive_timestamp": at.isoformat()}
    return {**shown, "last_message_id": str(time_snowflake(at - quiet)), "thread_metadata": state}


async def test_a_thread_that_somebody_closes_pauses(paperboy: Paperboy, server: FakeDiscord) -> None:
    thread = await with_thread(paperboy)
    server.announce("THREAD_UPDATE", server.acme.id, archived(thread, server, quiet=timedelta(minutes=5)))
    await paperboy.done()
    assert "closed" in (await channel(paperboy, thread)).trouble
    server.changed(thread, archived=False)
    await paperboy.done()
    assert not await is_paused(paperboy, thread)


async def test_a_thread_that_discord_puts_away_because_it_was_quiet_goes_on(paperboy: Paperboy, server: FakeDiscord) -> None:
    thread = await with_thread(paperboy)
    server.announce("THREAD_UPDATE", server.acme.id, archived(thread, server, quiet=timedelta(days=1, minutes=3)))
    await paperboy.done()
    assert not await is_paused(paperboy, thread)


@pytest.mark.parametrize(
    "data",
    [
        {"thread_metadata": {}},
        {"thread_metadata": {"auto_archive_duration": 60, "archive_timestamp": "soon"}, "last_message_id": "1"},
        {"thread_metadata": {"auto_archive_duration": 60, "archive_timestamp": "2025-11-21T09:00:00+00:00"}, "last_message_id": None},
    ],
)
def test_whoever_archived_a_thread_that_is_not_described_well_it_goes_on(data: dict[str, Any]) -> None:
    assert not life.by_hand(data)


# ---------------------------------------------------------------- servers


async def test_a_server_that_is_left_is_closed_and_goes_on_when_it_is_joined_again(paperboy: Paperboy, server: FakeDiscord) -> None:
    await paperboy.typed("subscribe curriculum")
    server.leave(server.acme)
    await paperboy.done()
    assert "removed from this server" in (await channel(paperboy)).trouble
    assert len(await paperboy.desk.store.installations.leaving(await paperboy.desk.store.now() + timedelta(days=1))) == 1
    server.join(server.acme)
    await paperboy.done()
    assert not await is_paused(paperboy)
    assert await paperboy.desk.store.installations.leaving(await paperboy.desk.store.now() + timedelta(days=1)) == []


async def test_whoever_made_the_rules_of_a_server_that_was_left_hears_it_once_where_they_can_be_reached(
    paperboy: Paperboy, server: FakeDiscord
) -> None:
    server.guild("Elsewhere").member(server.ada)
    await paperboy.typed("subscribe curriculum")
    for _ in range(2):
        server.leave(server.acme)
        await paperboy.done()
    await paperboy.desk.hurry()
    [told] = server.dm(server.ada).messages
    assert "removed from this server" in told.text
    assert "within 20 hours" in told.text


async def test_a_server_that_is_joined_while_nobody_listens_is_not_erased(
    paperboy: Paperboy, server: FakeDiscord, store: RedisStore
) -> None:
    await paperboy.typed("subscribe curriculum")
    server.leave(server.acme)
    await paperboy.done()
    await paperboy.bot.close()
    server.acme.joined = True
    async with running(server, store, paperboy.desk) as again:
        await again.done()
        assert not await is_paused(again)
        assert await store.installations.leaving(await store.now() + timedelta(days=1)) == []


async def test_an_outage_of_a_server_is_no_farewell(paperboy: Paperboy, server: FakeDiscord) -> None:
    await paperboy.typed("subscribe curriculum")
    server.outage(server.acme)
    await paperboy.done()
    assert not await is_paused(paperboy)
    server.join(server.acme)
    await paperboy.done()
    assert not await is_paused(paperboy)


async def test_a_server_left_during_an_outage_is_left(paperboy: Paperboy, server: FakeDiscord) -> None:
    await paperboy.typed("subscribe curriculum")
    server.outage(server.acme)
    server.leave(server.acme)
    await paperboy.done()
    assert await is_paused(paperboy)


# ---------------------------------------------------------------- trouble


async def test_a_malformed_event_ends_nothing(paperboy: Paperboy, server: FakeDiscord) -> None:
    with capture_logs() as logs:
        for event in ("MESSAGE_CREATE", "GUILD_DELETE", "CHANNEL_UPDATE", "THREAD_UPDATE", "GUILD_MEMBER_UPDATE", "MESSAGE_REACTION_ADD"):
            server.announce(event, server.acme.id, {"content": "", "author": {"id": "1"}, "guild_id": server.acme.id})
        for payload in ({}, {"id": "1"}, {"id": "1", "token": "t", "member": 7}, {"type": 99, **known(server)}):
            server.announce("INTERACTION_CREATE", server.acme.id, payload)
        await paperboy.done()
    assert "event_malformed" in {line["event"] for line in logs}
    assert "interaction_not_understood" in {line["event"] for line in logs}
    assert "interaction_not_ours" in {line["event"] for line in logs}
    assert "none yet" in await paperboy.typed("list")
    assert len(server.gateway.connections) == 1


def known(server: FakeDiscord) -> dict[str, Any]:
    payload = server.interaction(2, {}).payload
    return {name: payload[name] for name in ("id", "token", "member")}


@pytest.mark.parametrize(("trouble", "line"), [(StoreAway("gone"), "event_not_served"), (ZeroDivisionError(), "listener_failed")])
async def test_an_event_that_cannot_be_served_is_logged(
    paperboy: Paperboy, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch, trouble: Exception, line: str
) -> None:
    async def troubled(*_: object) -> None:
        raise trouble

    monkeypatch.setattr(lifecycle, "rename_channel", troubled)
    with capture_logs() as logs:
        server.changed(server.reading, name="papers")
        await paperboy.done()
    assert [one["event"] for one in logs] == [line]


async def test_whoever_supervises_is_asked_before_every_identify(server: FakeDiscord, store: RedisStore) -> None:
    asked: list[int | None] = []

    async def before_identify(shard: int | None) -> None:
        asked.append(shard)

    async with running(server, store, await stocked(store), before_identify=before_identify) as paperboy:
        server.gateway.cut()
        await server.until(lambda: server.gateway.session.resumed == 1)
        assert asked == [0]
        assert "none yet" in await paperboy.typed("list")
