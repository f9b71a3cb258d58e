from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import discord
import pytest
from discord.http import handle_message_parameters

from tests.discord.fake.permissions import ALL, BOT_PERMISSIONS, MANAGE_THREADS, SEND_IN_THREADS, SEND_MESSAGES, VIEW_CHANNEL
from tests.discord.talking import NONE, bare, real

if TYPE_CHECKING:
    from tests.discord.fake import FakeDiscord

FIRST = {"content": "Papers of today", "allowed_mentions": NONE}


async def test_a_thread_is_started_from_a_message_once(server: FakeDiscord) -> None:
    async with real(server) as http:
        with handle_message_parameters("digest", allowed_mentions=discord.AllowedMentions.none()) as params:
            sent = await http.send_message(server.reading.id, params=params)
        thread = await http.start_thread_with_message(server.reading.id, sent["id"], name="Today", auto_archive_duration=1440)
        with pytest.raises(discord.HTTPException) as caught:
            await http.start_thread_with_message(server.reading.id, sent["id"], name="Again", auto_archive_duration=1440)
    assert caught.value.code == 160004
    assert thread["id"] == sent["id"]
    assert server.reading.messages[0].thread is server.acme.threads[0] is server.reading.threads[0]
    assert [event for event, _, _ in server.announced] == ["MESSAGE_CREATE", "THREAD_CREATE"]


async def test_a_thread_beside_the_messages_may_be_private(server: FakeDiscord) -> None:
    server.permissions(server.reading, ALL)
    async with real(server) as http:
        for type in (11, 12):
            await http.start_thread_without_message(server.reading.id, name="t", auto_archive_duration=60, type=type)
        server.permissions(server.reading, BOT_PERMISSIONS)
        with pytest.raises(discord.Forbidden):
            await http.start_thread_without_message(server.reading.id, name="t", auto_archive_duration=60, type=12)
    assert [thread.type for thread in server.reading.threads] == [11, 12]


async def test_a_post_in_a_forum_has_a_first_message_and_tags(server: FakeDiscord) -> None:
    forum = server.acme.forum("papers", tags=["llm", "vision"])
    async with real(server) as http:
        with handle_message_parameters(
            "Papers of today",
            allowed_mentions=discord.AllowedMentions.none(),
            channel_payload={"name": "21 November", "auto_archive_duration": 4320, "applied_tags": [forum.tags[1].id]},
        ) as params:
            made = await http.start_thread_in_forum(forum.id, params=params)
    (post,) = forum.threads
    assert made["id"] == made["message"]["id"] == post.id
    assert (post.name, post.tag_names, post.auto_archive_minutes) == ("21 November", ["vision"], 4320)
    assert post.starter is post.messages[0]
    assert post.starter.content == "Papers of today"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "x", "message": FIRST}, 40067),
        ({"name": "x", "message": FIRST, "applied_tags": ["1"]}, 50035),
        ({"name": "x", "applied_tags": []}, 50035),
        ({"name": "x" * 101, "message": FIRST}, 50035),
        ({"name": "x", "message": FIRST, "auto_archive_duration": 5}, 50035),
    ],
)
async def test_a_post_that_is_wrong_is_refused(server: FakeDiscord, body: dict[str, object], code: int) -> None:
    forum = server.acme.forum("papers", tags=["llm"], require_tag=True)
    if code == 50035 and "applied_tags" not in body:
        body = {**body, "applied_tags": [forum.tags[0].id]}
    with server.expecting_problems() as found:
        async with bare(server) as call:
            assert (await call("POST", f"/channels/{forum.id}/threads", body)).code == code
    assert found
    assert not forum.threads


async def test_a_post_has_five_tags_at_most(server: FakeDiscord) -> None:
    forum = server.acme.forum("papers", tags="abcdef")
    async with bare(server) as call:
        body = {"name": "x", "message": FIRST, "applied_tags": [tag.id for tag in forum.tags[:5]]}
        assert (await call("POST", f"/channels/{forum.id}/threads", body)).status == 201
        body["applied_tags"] = [tag.id for tag in forum.tags]
        with server.expecting_problems():
            assert (await call("POST", f"/channels/{forum.id}/threads", body)).code == 50035
    assert [post.tag_names for post in forum.threads] == [list("abcde")]


async def test_a_message_into_a_forum_itself_is_refused(server: FakeDiscord) -> None:
    forum = server.acme.forum("papers")
    with server.expecting_problems() as found:
        async with bare(server) as call:
            assert (await call.post(forum.id)).code == 40058
    assert found


async def test_an_archived_thread_is_woken_before_it_is_posted_to(server: FakeDiscord) -> None:
    thread = server.acme.thread(server.reading, "old", archived=True)
    async with real(server) as http:
        with handle_message_parameters("hello", allowed_mentions=discord.AllowedMentions.none()) as params:
            with pytest.raises(discord.HTTPException) as caught:
                await http.send_message(thread.id, params=params)
            await http.edit_channel(thread.id, archived=False)
            await http.send_message(thread.id, params=params)
    assert caught.value.code == 50083
    assert [message.content for message in thread.messages] == ["hello"]


async def test_where_messages_wake_threads_they_do(server: FakeDiscord) -> None:
    thread = server.acme.thread(server.reading, "old", archived=True)
    server.wakes_threads = True
    async with bare(server) as call:
        assert (await call.post(thread.id)).status == 200
    assert not thread.archived


async def test_a_locked_thread_is_for_those_who_manage_threads(server: FakeDiscord) -> None:
    thread = server.acme.thread(server.reading, "old", archived=True, locked=True)
    async with bare(server) as call:
        assert (await call.post(thread.id)).code == 160005
        assert (await call("PATCH", f"/channels/{thread.id}", {"archived": False})).code == 50013
        server.permissions(server.reading, BOT_PERMISSIONS | MANAGE_THREADS)
        assert (await call("PATCH", f"/channels/{thread.id}", {"archived": False, "locked": False})).status == 200
        assert (await call.post(thread.id)).status == 200


async def test_a_thread_goes_by_the_right_to_send_in_threads(server: FakeDiscord) -> None:
    thread = server.acme.thread(server.reading, "t")
    server.permissions(server.reading, BOT_PERMISSIONS & ~SEND_IN_THREADS)
    async with bare(server) as call:
        assert (await call.post(thread.id)).code == 50013
        assert (await call.post(server.reading.id)).status == 200


async def test_a_thread_is_not_started_in_a_thread(server: FakeDiscord) -> None:
    thread = server.acme.thread(server.reading, "t")
    async with bare(server) as call:
        sent = (await call.post(thread.id)).body["id"]
        with server.expecting_problems() as found:
            for path in (f"/channels/{thread.id}/threads", f"/channels/{thread.id}/messages/{sent}/threads"):
                assert (await call("POST", path, {"name": "deeper"})).code == 50024
    assert len(found) == 2


async def test_a_post_needs_the_right_to_embed_and_attach(server: FakeDiscord) -> None:
    forum = server.acme.forum("papers")
    server.permissions(forum, VIEW_CHANNEL | SEND_MESSAGES)
    async with bare(server) as call:
        body = {"name": "x", "message": {**FIRST, "embeds": [{"title": "x"}]}}
        assert (await call("POST", f"/channels/{forum.id}/threads", body)).code == 50013
        server.permissions(forum, BOT_PERMISSIONS)
        assert (await call("POST", f"/channels/{forum.id}/threads", body)).status == 201
    async with real(server) as http:
        with (
            handle_message_parameters(
                file=discord.File(BytesIO(b"x"), filename="x.bib"),
                allowed_mentions=discord.AllowedMentions.none(),
                channel_payload={"name": "x"},
            ) as params,
            pytest.raises(discord.Forbidden),
        ):
            await http.start_thread_in_forum(forum.id, params=params)
    assert len(forum.threads) == 1


async def test_a_thread_is_renamed_tagged_and_archived_by_who_may(server: FakeDiscord) -> None:
    forum = server.acme.forum("papers", tags=["llm"])
    ours = server.acme.thread(forum, "ours")
    theirs = server.acme.thread(forum, "theirs", owner=server.bob.id)
    async with bare(server) as call:
        change = {"name": "better", "applied_tags": [forum.tags[0].id], "auto_archive_duration": 60, "archived": True}
        shown = (await call("PATCH", f"/channels/{ours.id}", change)).body
        assert (await call("PATCH", f"/channels/{theirs.id}", change)).code == 50013
        assert (await call("PATCH", f"/channels/{ours.id}", {"name": "too late"})).code == 50083
        assert (await call("PATCH", f"/channels/{server.reading.id}", {"name": "mine"})).code == 50013
        with server.expecting_problems():
            assert (await call("PATCH", f"/channels/{ours.id}", {"archived": False, "auto_archive_duration": 7})).code == 50035
    assert (shown["name"], shown["applied_tags"], shown["thread_metadata"]["archived"]) == ("better", [forum.tags[0].id], True)
    assert (ours.tag_names, ours.auto_archive_minutes, theirs.name) == (["llm"], 60, "theirs")


async def test_archived_threads_are_found_again(server: FakeDiscord) -> None:
    for n in range(3):
        server.acme.thread(server.reading, str(n), archived=n < 2)
    async with real(server) as http:
        found = await http.get_public_archived_threads(server.reading.id, limit=1)
    assert ([thread["name"] for thread in found["threads"]], found["has_more"]) == (["1"], True)
