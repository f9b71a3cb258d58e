"""chat.postMessage and chat.postEphemeral, with every way they refuse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.slack.fake.errors import ApiError
from tests.slack.fake.limits import block_problems
from tests.slack.fake.record import Ephemeral, Json, Message

if TYPE_CHECKING:
    from tests.slack.fake.call import Call
    from tests.slack.fake.world import Channel

BLOCKS_MOST = 13_200
"""Characters of JSON above which a message is msg_blocks_too_long although each block is within its limits (slackapi/bolt-js#2509)."""
METADATA_MOST = 16_000
"""Bytes of JSON; a figure remembered, not documented."""
TEXT_MOST = 40_000
"""Characters kept of a text; the rest is cut and message_truncated warned of."""


def compact(value: Any) -> str:
    """JSON as short as it goes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def content(call: Call) -> tuple[str, list[Json]]:
    """Text and blocks that may be shown; raises for each way they may not."""
    text, blocks, attachments = call.get("text"), call.get("blocks", []), call.get("attachments", [])
    if not isinstance(blocks, list):
        raise ApiError("invalid_blocks_format")
    if not (text or blocks or attachments or call.get("markdown_text")):
        raise ApiError("no_text")
    if call.get("markdown_text") and (text or blocks):
        raise ApiError("markdown_text_conflict")
    if len(attachments) > 100:
        raise ApiError("too_many_attachments")
    if problems := block_problems(blocks):
        raise ApiError("invalid_blocks", response_metadata={"messages": [f"[ERROR] {problem}" for problem in problems]})
    if len(compact(blocks)) > BLOCKS_MOST:
        raise ApiError("msg_blocks_too_long")
    return str(text or call.get("markdown_text"))[:TEXT_MOST], blocks


def metadata(call: Call) -> Json | None:
    """The message's metadata; raises metadata_too_large, invalid_metadata_format."""
    given = call.get("metadata", None)
    if given is None:
        return None
    if not isinstance(given, dict) or not isinstance(given.get("event_type"), str) or not isinstance(given.get("event_payload"), dict):
        raise ApiError("invalid_metadata_format")
    if len(compact(given).encode()) > METADATA_MOST:
        raise ApiError("metadata_too_large")
    return given


def destination(call: Call) -> Channel:
    """Where a message may go; a user id opens the direct messages."""
    id = str(call.need("channel"))
    owner = next((team for team in call.install.teams if id in team.users), None)
    channel = owner.im(id) if owner is not None else call.channel()
    if channel.archived:
        raise ApiError("is_archived")
    if channel.im_of and not channel.team.messages_tab:
        raise ApiError("messages_tab_disabled")
    if not channel.member and "chat:write.public" not in call.install.scopes:
        raise ApiError("not_in_channel")
    if channel.read_only:
        raise ApiError("restricted_action_read_only_channel")
    return channel


def thread(call: Call, channel: Channel) -> str:
    """The thread's first timestamp or ""; raises thread_not_found, cannot_reply_to_message."""
    ts = str(call.get("thread_ts"))
    if ts:
        parent = channel.message(ts)
        if parent is None:
            raise ApiError("thread_not_found")
        if parent.thread_ts not in ("", ts):
            raise ApiError("cannot_reply_to_message")
    return ts


def post_message(call: Call) -> Json:
    channel = destination(call)
    text, blocks = content(call)
    message = Message(
        channel=channel,
        ts="",
        text=text,
        blocks=blocks,
        thread_ts=thread(call, channel),
        metadata=metadata(call),
        user=channel.team.bot_user_id,
        bot=True,
        broadcast=bool(call.get("reply_broadcast", False)),
    )
    message.ts = call.state.stamp()
    channel.messages.append(message)
    answer: Json = {"channel": channel.id, "ts": message.ts, "message": message.payload()}
    if len(str(call.get("text"))) > TEXT_MOST:
        answer |= {"warning": "message_truncated", "response_metadata": {"warnings": ["message_truncated"]}}
    return answer


def post_ephemeral(call: Call) -> Json:
    channel, user = call.channel(), str(call.need("user"))
    if channel.archived:
        raise ApiError("is_archived")
    if not channel.member:
        raise ApiError("not_in_channel")
    if user not in channel.members:
        raise ApiError("user_not_in_channel")
    text, blocks = content(call)
    if len(str(call.get("text"))) > TEXT_MOST:
        raise ApiError("msg_too_long")
    ts = call.state.stamp()
    shown = Ephemeral(
        team=channel.team,
        channel=channel.id,
        user=user,
        text=text,
        blocks=blocks,
        thread_ts=str(call.get("thread_ts")),
        ts=ts,
    )
    call.state.ephemerals.append(shown)
    return {"message_ts": ts}


METHODS = {"chat.postMessage": post_message, "chat.postEphemeral": post_ephemeral}
