"""Messages: posted with the memory of nonces, read, changed, deleted, and reacted to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.discord.fake.channel import DM, FORUM
from tests.discord.fake.errors import ApiError, invalid
from tests.discord.fake.message_limits import is_empty, refusals
from tests.discord.fake.permissions import (
    ADD_REACTIONS,
    ATTACH_FILES,
    EMBED_LINKS,
    MANAGE_MESSAGES,
    READ_HISTORY,
    SEND_IN_THREADS,
    SEND_MESSAGES,
)
from tests.discord.fake.record import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.discord.fake.call import Answer, Call, Route
    from tests.discord.fake.channel import Channel
    from tests.discord.fake.record import Json

NONCE_KEPT = timedelta(minutes=5)
"""Discord says "in the past few minutes"."""
SUPPRESS = 1 << 2
SETTABLE = SUPPRESS | 1 << 12 | 1 << 15
"""Flags a bot may set on an ordinary message."""


def create(call: Call) -> Answer:
    """POST /channels/{channel_id}/messages."""
    channel, body, nonce = call.channel, call.body, call.body.get("nonce")
    if nonce is not None and body.get("enforce_nonce") and (known := _known(call, str(nonce))) is not None:
        if known.deleted:
            raise ApiError(10008)
        return 200, known.payload()
    _may_send(call, channel)
    _may_carry(call, channel, body, call.request.files)
    reference = str((body.get("message_reference") or {}).get("message_id", ""))
    if reference and channel.message(reference) is None:
        raise invalid(["/message_reference: Unknown message"])
    message = drafted(call, channel, body, call.request.files)
    channel.everything.append(message)
    message.reference = reference
    if nonce is not None:
        message.nonce, message.enforce_nonce = nonce, bool(body.get("enforce_nonce"))
        call.state.nonces[str(nonce)] = message
    channel.archived = False
    call.state.announce("MESSAGE_CREATE", channel.guild_id, message.payload())
    return 200, message.payload()


def _known(call: Call, nonce: str) -> Message | None:
    message = call.state.nonces.get(nonce)
    return message if message is not None and call.state.clock() - message.at < NONCE_KEPT else None


def _may_send(call: Call, channel: Channel) -> None:
    if channel.type == FORUM:
        raise ApiError(40058)
    if channel.type == DM:
        assert channel.recipient is not None
        if channel.recipient.closed_dms:
            raise ApiError(50007)
        if not any(guild.joined and channel.recipient.id in guild.members for guild in call.state.guilds.values()):
            raise ApiError(50278)
    call.demand(channel, SEND_IN_THREADS if channel.is_thread else SEND_MESSAGES)
    if channel.locked:
        raise ApiError(160005)
    if channel.archived and not call.state.wakes_threads:
        raise ApiError(50083)


def _may_carry(call: Call, channel: Channel, body: Json, files: Mapping[str, bytes]) -> None:
    if body.get("embeds"):
        call.demand(channel, EMBED_LINKS)
    if files:
        call.demand(channel, ATTACH_FILES)


def drafted(call: Call, channel: Channel, body: Json, files: Mapping[str, bytes]) -> Message:
    """A new message of the bot's for the channel, not in it yet.

    Raises:
        ApiError: 50035 or 50006 for a body that is no message.
    """
    if found := refusals(body):
        raise invalid(found)
    if is_empty(body, files):
        raise ApiError(50006)
    return Message(
        channel=channel,
        id=call.state.id(),
        author=call.state.bot,
        at=call.state.clock(),
        content=str(body.get("content") or "").strip(),
        embeds=list(body.get("embeds") or []),
        components=list(body.get("components") or []),
        flags=int(body.get("flags") or 0) & SETTABLE,
        allowed_mentions=body.get("allowed_mentions"),
        files=dict(files),
    )


def list_(call: Call) -> Answer:
    """GET /channels/{channel_id}/messages: newest first; none without the permission to read history."""
    channel, query = call.channel, call.request.query
    limit = query.get("limit", "50")
    if not limit.isdigit() or not 1 <= int(limit) <= 100:
        raise invalid(["/limit: int value should be between 1 and 100"])
    if channel.type == FORUM:
        raise ApiError(50008)
    if not call.can(channel, READ_HISTORY):
        return 200, []
    found = [message for message in reversed(channel.messages) if _within(message, query)]
    if "after" in query:
        found = found[-int(limit) :]
    return 200, [message.payload() for message in found[: int(limit)]]


def _within(message: Message, query: Mapping[str, str]) -> bool:
    before, after = query.get("before"), query.get("after")
    return (not before or int(message.id) < int(before)) and (not after or int(message.id) > int(after))


def get(call: Call) -> Answer:
    """GET /channels/{channel_id}/messages/{message_id}."""
    call.demand(call.channel, READ_HISTORY)
    return 200, call.message.payload()


def edit(call: Call) -> Answer:
    """PATCH /channels/{channel_id}/messages/{message_id}: one's own only."""
    message = call.message
    if message.channel.archived:
        raise ApiError(50083)
    if message.author is not call.state.bot:
        raise ApiError(50005)
    change(message, call.body, call.request.files)
    call.state.announce("MESSAGE_UPDATE", message.channel.guild_id, message.payload())
    return 200, message.payload()


def change(message: Message, body: Json, files: Mapping[str, bytes]) -> None:
    """Put the fields that are there in place of the old ones; raises as `drafted` does."""
    parts: dict[str, Any] = {"content": message.content, "embeds": message.embeds, "components": message.components}
    parts |= {name: body[name] or type(parts[name])() for name in parts if name in body}
    if found := refusals({**body, **parts}):
        raise invalid(found)
    if is_empty(parts, {**message.files, **files}):
        raise ApiError(50006)
    message.content, message.embeds, message.components = parts["content"].strip(), parts["embeds"], parts["components"]
    message.allowed_mentions = body.get("allowed_mentions", message.allowed_mentions)
    if "attachments" in body:
        kept = {str(item.get("id")) for item in body["attachments"]}
        # What stays is named by its id; what is new counts from 0.
        message.files = {name: message.files[name] for index, name in enumerate(message.files) if str(int(message.id) + index + 1) in kept}
    message.files |= files
    message.flags = message.flags & ~SUPPRESS | int(body.get("flags") or 0) & SETTABLE
    message.edited = True


def delete(call: Call) -> Answer:
    """DELETE /channels/{channel_id}/messages/{message_id}."""
    message = call.message
    if message.author is not call.state.bot:
        call.demand(message.channel, MANAGE_MESSAGES)
    message.deleted = True
    gone = {"id": message.id, "channel_id": message.channel.id}
    guild_id = message.channel.guild_id
    call.state.announce("MESSAGE_DELETE", guild_id, gone | ({"guild_id": guild_id} if guild_id else {}))
    return 204, None


def react(call: Call) -> Answer:
    """PUT …/reactions/{emoji_name}/@me."""
    message, emoji = call.message, call.param("emoji_name")
    call.demand(message.channel, READ_HISTORY)
    if emoji not in message.reactions:
        call.demand(message.channel, ADD_REACTIONS)
    if emoji.isascii() and ":" not in emoji:
        raise ApiError(10014, status=400)
    given = message.reactions.setdefault(emoji, [])
    if call.state.bot.id not in given:
        given.append(call.state.bot.id)
    return 204, None


def unreact(call: Call) -> Answer:
    """DELETE …/reactions/{emoji_name}/@me."""
    given = call.message.reactions.get(call.param("emoji_name"), [])
    if call.state.bot.id in given:
        given.remove(call.state.bot.id)
    return 204, None


ONE = "/channels/{channel_id}/messages/{message_id}"
ROUTES: dict[str, Route] = {
    "POST /channels/{channel_id}/messages": create,
    "GET /channels/{channel_id}/messages": list_,
    f"GET {ONE}": get,
    f"PATCH {ONE}": edit,
    f"DELETE {ONE}": delete,
    f"PUT {ONE}/reactions/{{emoji_name}}/@me": react,
    f"DELETE {ONE}/reactions/{{emoji_name}}/@me": unreact,
}
