"""Guilds, their channels and members; typing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.discord.fake.channel import FORUM
from tests.discord.fake.errors import ApiError, invalid
from tests.discord.fake.permissions import MANAGE_THREADS, SEND_IN_THREADS, SEND_MESSAGES

if TYPE_CHECKING:
    from tests.discord.fake.call import Answer, Call, Route
    from tests.discord.fake.channel import Channel

EDITS = {"name": "name", "archived": "archived", "locked": "locked", "auto_archive_duration": "auto_archive_minutes"}
ARCHIVE_MINUTES = (60, 1440, 4320, 10080)


def channel(call: Call) -> Answer:
    """GET /channels/{channel_id}."""
    return 200, call.channel.payload()


def edit(call: Call) -> Answer:
    """PATCH /channels/{channel_id}: threads only; an archived one can only be woken, a locked one only by who manages threads."""
    thread = call.channel
    if not thread.is_thread:
        raise ApiError(50013)
    body = call.body
    if thread.archived and body.get("archived") is not False:
        raise ApiError(50083)
    waking = set(body) == {"archived"} and thread.archived and not thread.locked
    if waking:
        call.demand(thread, SEND_IN_THREADS)
    elif thread.locked or "locked" in body or thread.owner != call.state.bot.id:
        call.demand(thread, MANAGE_THREADS)
    for name, value in body.items():
        _change(thread, name, value)
    call.state.announce("THREAD_UPDATE", thread.guild_id, thread.payload())
    return 200, thread.payload()


def _change(thread: Channel, name: str, value: Any) -> None:
    if name == "applied_tags":
        thread.applied_tags = known_tags(thread.parent, value)
    elif name in EDITS:
        if name == "auto_archive_duration" and value not in ARCHIVE_MINUTES:
            raise invalid([f"/{name}: must be one of {ARCHIVE_MINUTES}"])
        setattr(thread, EDITS[name], value)


def known_tags(forum: Channel | None, ids: list[Any] | None) -> list[str]:
    """The ids of tags this forum has; raises for others, for more than five, and for none where one is required."""
    wanted = [str(id) for id in ids or []]
    tags = {tag.id: tag for tag in forum.tags} if forum is not None and forum.type == FORUM else {}
    if not set(wanted) <= set(tags) or len(wanted) > 5:
        raise invalid(["/applied_tags: unknown tag, or more than 5"])
    if forum is not None and forum.require_tag and not wanted:
        raise ApiError(40067)
    return wanted


def typing(call: Call) -> Answer:
    """POST /channels/{channel_id}/typing."""
    place = call.channel
    call.demand(place, SEND_IN_THREADS if place.is_thread else SEND_MESSAGES)
    place.typed += 1
    return 204, None


def guild(call: Call) -> Answer:
    """GET /guilds/{guild_id}."""
    shown = call.guild.payload()
    if call.flag("with_counts"):
        shown |= {"approximate_member_count": len(call.guild.members), "approximate_presence_count": 0}
    return 200, shown


def channels(call: Call) -> Answer:
    """GET /guilds/{guild_id}/channels: without threads."""
    return 200, [channel.payload() for channel in call.guild.channels.values() if not channel.deleted]


def active_threads(call: Call) -> Answer:
    """GET /guilds/{guild_id}/threads/active."""
    return 200, {"threads": [thread.payload() for thread in call.guild.threads if not thread.archived], "members": [], "has_more": False}


def member(call: Call) -> Answer:
    """GET /guilds/{guild_id}/members/{user_id}."""
    found = call.guild.members.get(call.param("user_id"))
    if found is None:
        raise ApiError(10007)
    return 200, found.payload()


def roles(call: Call) -> Answer:
    """GET /guilds/{guild_id}/roles."""
    return 200, call.guild.payload()["roles"]


ROUTES: dict[str, Route] = {
    "GET /channels/{channel_id}": channel,
    "PATCH /channels/{channel_id}": edit,
    "POST /channels/{channel_id}/typing": typing,
    "GET /guilds/{guild_id}": guild,
    "GET /guilds/{guild_id}/channels": channels,
    "GET /guilds/{guild_id}/threads/active": active_threads,
    "GET /guilds/{guild_id}/members/{user_id}": member,
    "GET /guilds/{guild_id}/roles": roles,
}
