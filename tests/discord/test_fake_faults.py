from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

import aiohttp
import discord
import pytest
from discord.http import handle_message_parameters

from tests.discord.fake import cloudflare, drop_after, drop_before, error, hang, late, rate_limited, server_error, torn
from tests.discord.talking import bare, real

if TYPE_CHECKING:
    from tests.discord.fake import FakeDiscord

POST = "POST /channels/{channel_id}/messages"


async def test_an_error_is_answered_once_and_nothing_is_done(server: FakeDiscord) -> None:
    other = server.acme.text("other")
    server.fault(POST, error(50013), channel=server.reading)
    async with bare(server) as call:
        assert (await call.post(other.id)).status == 200
        answer = await call.post(server.reading.id)
        assert (answer.status, answer.code) == (403, 50013)
        assert (await call.post(server.reading.id)).status == 200
    assert [len(channel.messages) for channel in (other, server.reading)] == [1, 1]
    assert server.limits.invalid == 1


@pytest.mark.parametrize(("fault", "done"), [(drop_before(), 0), (drop_after(), 1), (late(), 0)])
async def test_a_dropped_connection_leaves_the_outcome_unknown(server: FakeDiscord, fault: object, done: int) -> None:
    server.fault("*", fault)  # type: ignore[arg-type]  # parametrised
    async with bare(server) as call:
        with pytest.raises(aiohttp.ClientError):
            await call.post(server.reading.id)
    assert len(server.reading.messages) == done
    assert server.calls[0].status == 0
    server.release()
    assert len(server.reading.messages) == (0 if fault == drop_before() else 1)


@pytest.mark.parametrize("done", [True, False])
async def test_a_hanging_call_ends_at_release(server: FakeDiscord, done: bool) -> None:  # noqa: FBT001 - parametrised
    server.fault(POST, hang(done=done))
    async with bare(server) as call:
        task = asyncio.create_task(call.post(server.reading.id))
        await server.until(lambda: server.calls)
        assert not task.done()
        server.release()
        if done:
            assert (await task).status == 200
        else:
            with pytest.raises(aiohttp.ClientError):
                await task
    assert len(server.reading.messages) == done


async def test_a_server_error_is_a_page(server: FakeDiscord) -> None:
    server.fault(POST, server_error(503))
    async with bare(server) as call:
        answer = await call.post(server.reading.id)
    assert answer.status == 503
    assert "<title>" in answer.body


async def test_discord_py_waits_out_a_rate_limit(server: FakeDiscord) -> None:
    server.fault(POST, rate_limited(0.01), rate_limited(0.01, scope="global"), rate_limited(0.01, scope="shared"))
    async with real(server) as http:
        with handle_message_parameters("x", allowed_mentions=discord.AllowedMentions.none()) as params:
            await http.send_message(server.reading.id, params=params)
    assert [call.status for call in server.called(POST)] == [429, 429, 429, 200]
    assert (server.limits.refused, server.limits.invalid) == (3, 2)


async def test_cloudflares_429_says_nothing(server: FakeDiscord) -> None:
    server.fault(POST, cloudflare())
    async with real(server) as http:
        with (
            handle_message_parameters("x", allowed_mentions=discord.AllowedMentions.none()) as params,
            pytest.raises(discord.HTTPException) as caught,
        ):
            await http.send_message(server.reading.id, params=params)
    assert caught.value.status == 429
    assert "Via" not in caught.value.response.headers


async def test_a_bucket_says_what_is_left_and_refuses_what_is_too_much(server: FakeDiscord) -> None:
    other = server.acme.text("other")
    server.limits.route(POST, limit=2, per=60)
    async with bare(server) as call:
        first, second, third = [await call.post(server.reading.id) for _ in range(3)]
        assert (await call.post(other.id)).status == 200
    assert [answer.headers["X-RateLimit-Remaining"] for answer in (first, second, third)] == ["1", "0", "0"]
    assert (first.headers["X-RateLimit-Limit"], first.headers["Content-Type"]) == ("2", "application/json")
    assert first.headers["X-RateLimit-Bucket"] == third.headers["X-RateLimit-Bucket"]
    assert (third.status, third.headers["X-RateLimit-Scope"]) == (429, "user")
    assert third.headers["Retry-After"] == str(math.ceil(third.body["retry_after"]))
    assert len(server.reading.messages) == 2


async def test_discord_py_keeps_within_a_bucket(server: FakeDiscord) -> None:
    server.limits.route(POST, limit=2, per=0.1)
    async with real(server) as http:
        for _ in range(5):
            with handle_message_parameters("x", allowed_mentions=discord.AllowedMentions.none()) as params:
                await http.send_message(server.reading.id, params=params)
    assert (len(server.reading.messages), server.limits.refused) == (5, 0)


async def test_all_routes_share_one_limit_but_interactions(server: FakeDiscord) -> None:
    server.limits.whole(2, per=60)
    interaction = server.interaction(2, {"name": "papers"})
    async with bare(server) as call:
        answers = [await call("GET", path) for path in ("/users/@me", "/gateway", f"/channels/{server.reading.id}")]
        path = f"/interactions/{interaction.id}/{interaction.token}/callback"
        assert (await call("POST", path, {"type": 5})).status == 204
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].body["global"] is True
    assert answers[2].headers["X-RateLimit-Global"] == "true"


async def test_too_many_invalid_requests_bring_cloudflare(server: FakeDiscord) -> None:
    server.permissions(server.reading, 0)
    server.limits.ban_at = 3
    async with bare(server) as call:
        answers = [await call.post(server.reading.id) for _ in range(4)]
        assert [answer.status for answer in answers] == [403, 403, 403, 429]
        assert "Via" not in answers[3].headers
        server.limits.pardon()
        assert (await call("GET", "/users/@me")).status == 200


async def test_a_done_call_may_be_answered_by_a_page_or_by_half_an_answer(server: FakeDiscord) -> None:
    server.fault(POST, server_error(502, done=True), torn())
    async with bare(server) as call:
        assert (await call.post(server.reading.id)).status == 502
        assert len(server.reading.messages) == 1
        with pytest.raises(aiohttp.ClientPayloadError):
            await call.post(server.reading.id)
    assert len(server.reading.messages) == 2


async def test_hangs_end_and_late_calls_land_by_themselves_in_time(server: FakeDiscord) -> None:
    server.fault(POST, hang(done=True, after=0.01), late(hangs=True, after=0.01), late(after=0.01))
    async with bare(server) as call:
        assert (await call.post(server.reading.id)).status == 200
        for _ in range(2):
            with pytest.raises(aiohttp.ClientError):
                await call.post(server.reading.id)
    await server.until(lambda: len(server.reading.messages) == 3)


async def test_chance_is_asked_where_no_fault_is_queued(server: FakeDiscord) -> None:
    server.recording = False
    server.chance = lambda request: rate_limited() if request.params.get("channel_id") else None
    server.fault(POST, error(50013))
    async with bare(server) as call:
        assert [(await call.post(server.reading.id)).status for _ in range(2)] == [403, 429]
        server.chance = lambda _: None
        assert (await call.post(server.reading.id)).status == 200
    assert (len(server.reading.messages), server.calls) == (1, [])
