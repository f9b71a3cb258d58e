"""The fake gateway treats a client as Discord would: what it would not forgive, the fake does not."""

from __future__ import annotations

import json
import zlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.discord.fake import FakeDiscord


class Wire:
    """A client that says what a test says."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def says(self, op: int, d: Any) -> None:
        await self.socket.send_json({"op": op, "d": d})

    async def hears(self, op: int, event: str | None = None) -> Any:
        """The data of the next frame of this kind."""
        while True:
            frame = await self.socket.receive_json(timeout=5)
            if frame["op"] == op and frame["t"] == event:
                return frame["d"]

    async def closed(self) -> int | None:
        while (await self.socket.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
            pass
        return self.socket.close_code

    async def identifies(self, server: FakeDiscord, *, intents: int = 1, token: str = "", shard: tuple[int, int] = (0, 1)) -> None:
        await self.says(2, {"token": token or server.token, "intents": intents, "properties": {}, "shard": shard})


@asynccontextmanager
async def wired(server: FakeDiscord, query: str = "v=10&encoding=json", path: str = "") -> AsyncIterator[Wire]:
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{server.gateway_url}{path}?{query}") as socket:
        yield Wire(socket)


async def test_a_session_begins_with_hello_ready_and_the_servers(server: FakeDiscord) -> None:
    async with wired(server) as wire:
        assert await wire.hears(10) == {"heartbeat_interval": 41_250}
        await wire.identifies(server)
        ready = await wire.hears(0, "READY")
        assert ready["guilds"] == [{"id": server.acme.id, "unavailable": True}]
        assert (await wire.hears(0, "GUILD_CREATE"))["name"] == "Acme"
        await wire.says(1, 2)
        await wire.hears(11)
        assert server.gateway.open[0].heartbeats == [2]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"token": "other"}, 4004), ({"intents": 1 << 15}, 4014), ({"intents": 1 << 30}, 4013), ({"shard": (2, 2)}, 4010)],
)
async def test_a_bad_identify_is_closed_with_its_code(wrong: dict[str, Any], code: int, server: FakeDiscord) -> None:
    async with wired(server) as wire:
        await wire.identifies(server, **wrong)
        assert await wire.closed() == code


@pytest.mark.parametrize(("text", "code"), [("{", 4002), ('{"op": 99}', 4001), ('{"op": 11}', 4001), ('{"op": 3}', 4003)])
async def test_nonsense_is_closed_with_its_code_and_is_a_problem(text: str, code: int, server: FakeDiscord) -> None:
    with server.expecting_problems() as found:
        async with wired(server) as wire:
            await wire.socket.send_str(text)
            assert await wire.closed() == code
    assert len(found) == 1


async def test_identifying_twice_and_too_large_a_frame_are_closed(server: FakeDiscord) -> None:
    with server.expecting_problems() as found:
        async with wired(server) as wire:
            await wire.identifies(server)
            await wire.identifies(server)
            assert await wire.closed() == 4005
        async with wired(server) as wire:
            await wire.says(1, "x" * 5_000)
            assert await wire.closed() == 4002
    assert len(found) == 2


async def test_more_than_120_frames_in_a_minute_are_too_many(server: FakeDiscord) -> None:
    with server.expecting_problems():
        async with wired(server) as wire:
            for _ in range(121):
                await wire.says(1, None)
            assert await wire.closed() == 4008


async def test_more_identifies_than_a_day_allows_reset_the_token(server: FakeDiscord) -> None:
    server.gateway.remaining = 0
    with server.expecting_problems() as found:
        async with wired(server) as wire:
            await wire.identifies(server)
            assert await wire.closed() == 4004
    assert not server.is_token(server.token)
    assert len(found) == 1


async def test_identifies_that_come_too_fast_are_invalid(server: FakeDiscord) -> None:
    server.gateway.max_concurrency = 1
    async with wired(server) as one, wired(server) as other:
        await one.identifies(server)
        await one.hears(0, "READY")
        await other.identifies(server)
        assert await other.hears(9) is False


async def test_a_broken_session_is_replayed_and_one_that_said_goodbye_is_not(server: FakeDiscord) -> None:
    async with wired(server) as wire:
        await wire.identifies(server)
        session = (await wire.hears(0, "READY"))["session_id"]
        server.gateway.cut()
    server.join(server.acme)
    resume = {"token": server.token, "session_id": session, "seq": 1}
    async with wired(server, path="/resume") as wire:
        await wire.says(6, resume)
        await wire.hears(0, "GUILD_CREATE")
        await wire.hears(0, "GUILD_CREATE")
        await wire.hears(0, "RESUMED")
        await wire.socket.close(code=1000)
    await server.until(lambda: server.gateway.session.dead)
    async with wired(server) as wire:
        await wire.says(6, resume)
        assert await wire.hears(9) is False


async def test_a_resume_from_the_future_and_one_with_another_token_are_closed(server: FakeDiscord) -> None:
    async with wired(server) as wire:
        await wire.identifies(server)
        session = (await wire.hears(0, "READY"))["session_id"]
        async with wired(server) as other:
            await other.says(6, {"token": server.token, "session_id": session, "seq": 99})
            assert await other.closed() == 4007
        async with wired(server) as other:
            await other.says(6, {"token": "other", "session_id": session, "seq": 1})
            assert await other.closed() == 4004


async def test_each_shard_hears_of_its_own_servers_and_direct_messages_go_to_the_first(server: FakeDiscord) -> None:
    number = (int(server.acme.id) >> 22) % 2
    async with wired(server) as one, wired(server) as other:
        await one.identifies(server, shard=(number, 2), intents=1 | 1 << 9 | 1 << 12)
        await one.hears(0, "GUILD_CREATE")
        await other.identifies(server, shard=(1 - number, 2), intents=1 | 1 << 9 | 1 << 12)
        assert (await other.hears(0, "READY"))["guilds"] == []
        server.mention("hello")
        assert (await one.hears(0, "MESSAGE_CREATE"))["mentions"][0]["id"] == server.bot.id
        server.direct("hello")
        first = one if number == 0 else other
        assert (await first.hears(0, "MESSAGE_CREATE"))["content"] == "hello"


async def test_without_the_content_intent_only_words_to_the_bot_are_shown(server: FakeDiscord) -> None:
    async with wired(server) as wire:
        await wire.identifies(server, intents=1 | 1 << 9)
        await wire.hears(0, "READY")
        server.say(server.reading, server.bob, "a secret")
        assert (await wire.hears(0, "MESSAGE_CREATE"))["content"] == ""
        server.mention("hello")
        assert "hello" in (await wire.hears(0, "MESSAGE_CREATE"))["content"]


async def test_without_an_intent_nothing_is_heard_of_it(server: FakeDiscord) -> None:
    async with wired(server) as wire:
        await wire.identifies(server, intents=1 << 10)
        assert (await wire.hears(0, "READY"))["guilds"] == []
        server.mention("hello")
        message = server.say(server.reading, server.bot, "a paper")
        server.react(message, "👍")
        assert json.loads((await wire.socket.receive(timeout=5)).data)["t"] == "MESSAGE_REACTION_ADD"


async def test_frames_are_compressed_where_the_client_wants_it(server: FakeDiscord) -> None:
    async with wired(server, "v=10&encoding=json&compress=zlib-stream") as wire:
        data = (await wire.socket.receive(timeout=5)).data
        assert data.endswith(b"\x00\x00\xff\xff")
        assert json.loads(zlib.decompressobj().decompress(data))["op"] == 10


async def test_another_version_is_a_problem(server: FakeDiscord) -> None:
    with server.expecting_problems() as found:
        async with wired(server, "v=9&encoding=etf") as wire:
            await wire.hears(10)
    assert len(found) == 1
