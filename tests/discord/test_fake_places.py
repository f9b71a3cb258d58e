from __future__ import annotations

from typing import TYPE_CHECKING

import discord
import pytest

from tests.discord.talking import AGENT, NONE, bare, real

if TYPE_CHECKING:
    from tests.discord.fake import FakeDiscord

FIRST = {"content": "Papers of today", "allowed_mentions": NONE}


async def test_the_bot_learns_who_it_is(server: FakeDiscord) -> None:
    async with real(server) as http:
        assert (await http.application_info())["id"] == server.app_id
        shards, url, limit = await http.get_bot_gateway()
        assert [guild["name"] for guild in await http.get_guilds(10)] == ["Acme"]
    assert (shards, limit["remaining"]) == (1, 1000)
    assert url.startswith(server.gateway_url)
    async with bare(server) as call:
        assert (await call("GET", "/users/@me")).body["id"] == server.bot.id
        assert (await call("GET", "/applications/@me")).body["bot"]["id"] == server.bot.id
        assert (await call("GET", "/gateway")).body == {"url": server.gateway_url}


async def test_a_dead_token_is_told_so(server: FakeDiscord) -> None:
    server.revoke()
    with pytest.raises(discord.LoginFailure):
        async with real(server):
            pass
    async with bare(server) as call:
        answer = await call.post(server.reading.id)
    assert (answer.status, answer.body) == (401, {"message": "401: Unauthorized", "code": 0})
    assert server.limits.invalid == 2


async def test_cloudflare_wants_to_know_whose_bot_it_is(server: FakeDiscord) -> None:
    with server.expecting_problems() as found:
        async with bare(server) as call:
            assert (await call("GET", "/users/@me", headers={"User-Agent": "curl"})).code == 40333
            assert (await call("GET", "/users/@me", headers={"User-Agent": AGENT})).status == 200
    assert found


async def test_guilds_channels_and_members_are_shown(server: FakeDiscord) -> None:
    server.acme.forum("papers", tags=["llm"])
    news = server.acme.announcement("news")
    async with real(server) as http:
        assert (await http.get_guild(server.acme.id))["name"] == "Acme"
        assert [channel["name"] for channel in await http.get_all_guild_channels(server.acme.id)] == ["ml-reading", "papers", "news"]
        assert (await http.get_channel(news.id))["type"] == 5
        assert (await http.get_member(server.acme.id, server.ada.id))["user"]["username"] == "ada"
        assert [role["name"] for role in await http.get_roles(server.acme.id)] == ["@everyone", "paperboy", "ada", "bob"]
        assert (await http.get_active_threads(server.acme.id))["threads"] == []
        await http.send_typing(server.reading.id)
    assert server.reading.typed == 1


async def test_what_is_not_there_is_unknown(server: FakeDiscord) -> None:
    away = server.guild("Elsewhere", joined=False)
    hall = away.text("hall")
    gone = server.acme.text("gone")
    gone.deleted = True
    async with bare(server) as call:
        for path, code in (
            ("/channels/1", 10003),
            (f"/channels/{gone.id}", 10003),
            (f"/channels/{hall.id}", 50001),
            (f"/guilds/{away.id}", 10004),
            (f"/guilds/{server.acme.id}/members/1", 10007),
            (f"/channels/{server.reading.id}/messages/1", 10008),
        ):
            assert (await call("GET", path)).code == code


async def test_a_route_nobody_knows_is_a_problem(server: FakeDiscord) -> None:
    with server.expecting_problems() as found:
        async with bare(server) as call:
            assert (await call("GET", "/papers")).status == 404
    assert found == ["GET /api/v10/papers: no such route"]


async def test_leaving_a_guild_is_told(server: FakeDiscord) -> None:
    async with real(server) as http:
        await http.leave_guild(server.acme.id)
    assert not server.acme.joined
    assert server.announced[-1] == ("GUILD_DELETE", server.acme.id, {"id": server.acme.id})


async def test_nothing_is_changed_or_read_where_it_cannot_be(server: FakeDiscord) -> None:
    forum = server.acme.forum("papers")
    thread = server.acme.thread(server.reading, "t")
    said = server.say(thread, server.bot, "hello")
    thread.archived = True
    async with bare(server) as call:
        assert (await call("PATCH", f"/channels/{thread.id}/messages/{said.id}", FIRST)).code == 50083
        with server.expecting_problems():
            assert (await call("GET", f"/channels/{forum.id}/messages")).code == 50008
            assert (await call("GET", f"/channels/{thread.id}/messages", params={"limit": "101"})).code == 50035
        server.reading.deleted = True
        assert (await call("GET", f"/channels/{thread.id}")).code == 10003
