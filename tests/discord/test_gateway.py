"""The gateway comes back from everything but a bad token, and never wears out the token."""

from __future__ import annotations

import asyncio
import math
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.discord.errors import TokenRefused
from adapters.discord.gateway import FIRST_WAIT, LONGEST_WAIT
from bot.errors import Busy, NotSent, OperatorMistake, OutcomeUnknown, StoreAway
from tests.discord.fake import hang, server_error
from tests.discord.gateways import QUICK, supervised

if TYPE_CHECKING:
    from bot.store.store import RedisStore
    from tests.discord.fake import FakeDiscord


async def test_it_identifies_once_and_knows_its_servers(server: FakeDiscord, store: RedisStore) -> None:
    async with supervised(server, store) as one:
        await server.until(lambda: one.gateway.is_connected)
        assert [guild.name for guild in one.client.guilds] == ["Acme"]
        assert one.prepared == [1]
        assert 0 <= one.gateway.latency < math.inf
        assert one.gateway.is_ready
    assert len(server.gateway.identifies) == 1


async def test_a_gateway_that_is_stopped_says_goodbye_and_finishes_its_answers(server: FakeDiscord, store: RedisStore) -> None:
    async with supervised(server, store) as one:
        await server.gateway.connected()
        await one.stop()
        assert one.client.finished.is_set()
        assert server.gateway.session.dead, "a client that says goodbye ends its session"
        assert not one.gateway.is_ready
        assert math.isnan(one.gateway.latency)
        assert await store.locks.holder(one.gateway.holding_name) is None


async def test_a_gateway_that_is_stopped_while_it_begins_a_session_anew_ends(server: FakeDiscord, store: RedisStore) -> None:
    async with supervised(server, store) as one:
        await server.until(lambda: one.gateway.is_connected)
        asked = len(server.called("GET /gateway/bot"))
        server.fault("GET /gateway/bot", hang())
        server.gateway.invalidate(resumable=False)
        await server.until(lambda: len(server.called("GET /gateway/bot")) > asked)
        await one.stop()  # discord.py swallows a cancellation here
        assert one.client.finished.is_set()
        assert await store.locks.holder(one.gateway.holding_name) is None
    server.release()
    assert not server.gateway.open
    assert len(server.gateway.identifies) == 1
    for thread in threading.enumerate():
        if thread.name.startswith("keep-alive-handler"):
            await asyncio.to_thread(thread.join)  # it would end by itself with its next heartbeat, 40 seconds later


async def test_op_7_and_broken_connections_are_resumed_with_what_was_missed(server: FakeDiscord, store: RedisStore) -> None:
    async with supervised(server, store) as one:
        await server.until(lambda: one.gateway.is_connected)
        server.gateway.reconnect()
        await server.until(lambda: server.gateway.session.resumed == 1)
        server.gateway.cut()
        server.join(server.acme)  # heard by nobody
        await server.until(lambda: server.gateway.session.resumed == 2 and one.client.heard.count("GUILD_CREATE") == 2)
        assert len(server.gateway.identifies) == 1
        assert server.gateway.connections[-1].path == "/gateway/resume"


@pytest.mark.parametrize("code", [1000, 4000, 4009])
async def test_after_a_close_code_that_is_not_fatal_it_goes_on(code: int, server: FakeDiscord, store: RedisStore) -> None:
    async with supervised(server, store) as one:
        await server.until(lambda: one.gateway.is_connected)
        server.gateway.close(code)
        await server.until(lambda: len(server.gateway.connections) > 1 and one.gateway.is_connected)
        assert not one.task.done()


async def test_a_session_that_may_be_resumed_is_and_one_that_may_not_begins_anew(server: FakeDiscord, store: RedisStore) -> None:
    async with supervised(server, store) as one:
        await server.until(lambda: one.gateway.is_connected)
        server.gateway.invalidate(resumable=True)
        await server.until(lambda: server.gateway.session.resumed == 1)
        server.gateway.invalidate(resumable=False)
        await server.until(lambda: len(server.gateway.identifies) == 2)
        await server.until(lambda: one.client.readies == 2)
        assert len(one.clients) == 1, "READY came twice to the same client"
        assert one.prepared == [1], "what is done once is not done again"


async def test_a_zombie_connection_is_left(server: FakeDiscord, store: RedisStore) -> None:
    server.gateway.heartbeat_interval = 20
    async with supervised(server, store, heartbeat_timeout=0.3) as one:
        await server.until(lambda: one.gateway.is_connected)
        server.gateway.zombie = True
        await server.until(lambda: not server.gateway.open)
        server.gateway.zombie = False
        await server.until(lambda: one.gateway.is_connected)
        assert len(server.gateway.identifies) == 1
        assert server.gateway.session.resumed >= 1


async def test_a_malformed_event_ends_the_client_and_another_begins(server: FakeDiscord, store: RedisStore) -> None:
    async with supervised(server, store) as one:
        await server.until(lambda: one.gateway.is_connected)
        server.gateway.dispatch("GUILD_CREATE", {"id": None}, guild=server.acme.id)
        await server.until(lambda: len(one.clients) == 2 and one.gateway.is_connected)
        server.gateway.raw("[]")
        await server.until(lambda: len(one.clients) == 3 and one.gateway.is_connected)


async def test_a_first_connection_that_fails_is_tried_again_after_ever_longer_pauses(server: FakeDiscord, store: RedisStore) -> None:
    server.fault("GET /users/@me", *(server_error(503) for _ in range(8)))
    async with supervised(server, store) as one:
        await server.until(lambda: one.gateway.is_connected)
        waits = [pause for pause in one.pauses if pause >= FIRST_WAIT]
    for number, pause in enumerate(waits):
        least = min(FIRST_WAIT * 2**number, LONGEST_WAIT)
        assert least <= pause <= 1.2 * least
    assert len(waits) == 8
    assert len(server.gateway.identifies) == 1


async def test_commands_that_cannot_be_registered_now_are_tried_again_while_it_is_connected(server: FakeDiscord, store: RedisStore) -> None:
    later = timedelta(minutes=2)
    troubles = [NotSent("no connection"), Busy("another process is at it", retry_after=later), OutcomeUnknown("502")]
    async with supervised(server, store, unprepared=troubles) as one:
        await server.until(lambda: one.gateway.is_connected and bool(one.prepared))
        assert one.prepared == [1], "by the same client"
        assert [pause for pause in one.pauses if pause] == [FIRST_WAIT, later.total_seconds(), 4 * FIRST_WAIT]


async def test_a_store_that_fails_while_commands_are_registered_and_a_dead_token_are_no_such_thing(
    server: FakeDiscord, store: RedisStore
) -> None:
    async with supervised(server, store, unprepared=[StoreAway("gone"), TokenRefused("dead")]) as one:
        with pytest.raises(OperatorMistake, match="DISCORD_TOKEN"):
            await one.task
    assert len(one.clients) == 2
    assert server.gateway.identifies == []


async def test_a_client_that_cancels_itself_is_no_end_of_the_gateway(server: FakeDiscord, store: RedisStore) -> None:
    async with supervised(server, store, unprepared=[asyncio.CancelledError()]) as one:
        await server.until(lambda: len(one.clients) == 2 and one.gateway.is_connected)


async def test_a_gateway_that_cannot_be_reached_is_not_waited_for_in_one_call_for_ever(server: FakeDiscord, store: RedisStore) -> None:
    server.gateway.refusing = 1
    async with supervised(server, store, opening=0.2) as one:
        await server.until(lambda: one.gateway.is_connected)
        assert len(one.clients) == 2


async def test_a_connection_that_is_cut_before_ready_comes_back(server: FakeDiscord, store: RedisStore) -> None:
    server.gateway.dropping = 1
    async with supervised(server, store, opening=0.2) as one:
        await server.until(lambda: one.gateway.is_connected)


@pytest.mark.parametrize(("code", "name"), [(4004, "DISCORD_TOKEN"), (4013, "DISCORD_REACTIONS"), (4014, "DISCORD_REACTIONS")])
async def test_a_bad_token_and_disallowed_intents_end_it_for_good_with_one_line(
    code: int, name: str, server: FakeDiscord, store: RedisStore
) -> None:
    async with supervised(server, store) as one:
        await server.until(lambda: one.gateway.is_connected)
        server.gateway.close(code)
        with pytest.raises(OperatorMistake, match=name) as caught:
            await one.task
    assert len(str(caught.value).splitlines()) == 1
    assert len(server.gateway.identifies) == 1


async def test_a_token_that_is_refused_is_tried_once(server: FakeDiscord, store: RedisStore) -> None:
    server.revoke()
    async with supervised(server, store) as one:
        with pytest.raises(OperatorMistake, match="DISCORD_TOKEN"):
            await one.task
    assert len(server.calls) == 1
    assert server.gateway.connections == []


async def test_with_few_identifies_left_it_waits_until_the_day_is_over(server: FakeDiscord, store: RedisStore) -> None:
    server.gateway.remaining = 100
    async with supervised(server, store) as one:
        await server.until(lambda: len(one.pauses) >= 3)
        assert min(one.pauses) >= server.gateway.about()["session_start_limit"]["reset_after"] / 1000
    assert server.gateway.identifies == []


async def test_a_session_is_not_begun_anew_when_the_days_identifies_run_out(server: FakeDiscord, store: RedisStore) -> None:
    server.gateway.remaining = 101
    async with supervised(server, store) as one:
        await server.until(lambda: one.gateway.is_connected)
        server.gateway.invalidate(resumable=False)
        await server.until(lambda: len(one.clients) >= 3)
    assert len(server.gateway.identifies) == 1


async def test_identifies_take_their_turns_as_discord_wants_it(server: FakeDiscord, store: RedisStore) -> None:
    server.gateway.max_concurrency = 1
    server.gateway.shards = 3
    with server.expecting_problems():
        async with supervised(server, store) as one:
            await server.until(lambda: len(server.gateway.identifies) >= 3)
            turns = [pause for pause in one.pauses if pause]
    assert [round(turn, 1) for turn in turns[:2]] == [5.1, 10.2]


async def test_a_lock_that_is_lost_is_a_gateway_given_up(server: FakeDiscord, store: RedisStore) -> None:
    async with supervised(server, store) as one:
        await server.until(lambda: one.gateway.is_connected)
        name = one.gateway.holding_name
        holder = await store.locks.holder(name)
        assert holder is not None
        await store.locks.release(name, holder=holder)
        assert await store.locks.hold(name, holder="somebody else", keep=10 * QUICK.keep)
        await server.until(lambda: not server.gateway.open)
        await server.until(lambda: one.gateway.is_ready)
        assert not one.gateway.is_connected, "it stands by"
        await store.locks.release(name, holder="somebody else")
        await server.until(lambda: one.gateway.is_connected)


async def test_nothing_else_stops_while_the_store_does_not_answer(server: FakeDiscord, store: RedisStore) -> None:
    async with supervised(server, store) as one:
        await server.until(lambda: one.gateway.is_connected)
        await store.connection.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await asyncio.sleep(0)
        assert not one.task.done()
