"""Threads under messages and beside them, and posts in forums."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.discord.fake.channel import ANNOUNCEMENT, FORUM, PRIVATE_THREAD, TEXT
from tests.discord.fake.errors import ApiError, invalid
from tests.discord.fake.permissions import (
    ATTACH_FILES,
    CREATE_PRIVATE_THREADS,
    CREATE_PUBLIC_THREADS,
    EMBED_LINKS,
    READ_HISTORY,
    SEND_MESSAGES,
)
from tests.discord.fake.routes.messages import drafted
from tests.discord.fake.routes.places import ARCHIVE_MINUTES, known_tags

if TYPE_CHECKING:
    from tests.discord.fake.call import Answer, Call, Route
    from tests.discord.fake.channel import Channel

HAS_THREAD = 1 << 5


def from_message(call: Call) -> Answer:
    """POST …/messages/{message_id}/threads: its id is the message's."""
    channel, message = call.channel, call.message
    if channel.type not in (TEXT, ANNOUNCEMENT):
        raise ApiError(50024)
    call.demand(channel, CREATE_PUBLIC_THREADS | READ_HISTORY)
    if message.thread is not None:
        raise ApiError(160004)
    thread = _made(call, channel, id=message.id)
    message.thread = thread
    message.flags |= HAS_THREAD
    return _told(call, thread)


def beside(call: Call) -> Answer:
    """POST /channels/{channel_id}/threads: a post in a forum, elsewhere a thread without a message."""
    channel = call.channel
    if channel.type == FORUM:
        return _post(call, channel)
    if channel.type not in (TEXT, ANNOUNCEMENT):
        raise ApiError(50024)
    private = call.body.get("type", PRIVATE_THREAD) == PRIVATE_THREAD
    call.demand(channel, CREATE_PRIVATE_THREADS if private else CREATE_PUBLIC_THREADS)
    return _told(call, _made(call, channel, private=private))


def _post(call: Call, forum: Channel) -> Answer:
    call.demand(forum, SEND_MESSAGES)
    body = call.body
    first = body.get("message")
    if not isinstance(first, dict):
        raise invalid(["/message: This field is required"])
    if first.get("embeds"):
        call.demand(forum, EMBED_LINKS)
    if call.request.files:
        call.demand(forum, ATTACH_FILES)
    tags = known_tags(forum, body.get("applied_tags"))
    # The post and its first message have one id between them.
    message = drafted(call, forum, first, call.request.files)
    message.channel = thread = _made(call, forum, id=message.id)
    thread.everything.append(message)
    thread.applied_tags = tags
    status, shown = _told(call, thread)
    call.state.announce("MESSAGE_CREATE", thread.guild_id, message.payload())
    return status, {**shown, "message": message.payload()}


def _made(call: Call, parent: Channel, *, id: str = "", private: bool = False) -> Channel:
    body = call.body
    name = str(body.get("name") or "").strip()
    minutes = body.get("auto_archive_duration") or 1440
    problems = [] if 1 <= len(name) <= 100 else ["/name: Must be between 1 and 100 in length."]
    if minutes not in ARCHIVE_MINUTES:
        problems.append(f"/auto_archive_duration: Value must be one of {ARCHIVE_MINUTES}.")
    if problems:
        raise invalid(problems)
    assert parent.guild is not None
    thread = parent.guild.thread(parent, name, id=id, private=private)
    thread.auto_archive_minutes = minutes
    return thread


def _told(call: Call, thread: Channel) -> Answer:
    call.state.announce("THREAD_CREATE", thread.guild_id, {**thread.payload(), "newly_created": True})
    return 201, thread.payload()


def archived(call: Call) -> Answer:
    """GET …/threads/archived/public: the newest first."""
    call.demand(call.channel, READ_HISTORY)
    found = [thread for thread in reversed(call.channel.threads) if thread.archived and thread.type != PRIVATE_THREAD]
    limit = int(call.request.query.get("limit", "50"))
    return 200, {"threads": [thread.payload() for thread in found[:limit]], "members": [], "has_more": len(found) > limit}


ROUTES: dict[str, Route] = {
    "GET /channels/{channel_id}/threads/archived/public": archived,
    "POST /channels/{channel_id}/messages/{message_id}/threads": from_message,
    "POST /channels/{channel_id}/threads": beside,
}
