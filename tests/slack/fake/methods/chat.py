"""What is done with a message that is there: chat.update, chat.delete, chat.getPermalink, reactions.get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.slack.fake.errors import ApiError
from tests.slack.fake.methods.posting import content, metadata

if TYPE_CHECKING:
    from tests.slack.fake.call import Call
    from tests.slack.fake.record import Json, Message

UPDATE_MOST = 4_000
"""Characters of text in chat.update; above, msg_too_long."""


def _message(call: Call, name: str = "ts") -> Message:
    message = call.channel().message(str(call.need(name)))
    if message is None:
        raise ApiError("message_not_found")
    return message


def update(call: Call) -> Json:
    message = _message(call)
    if not message.bot:
        raise ApiError("cant_update_message")
    if len(str(call.get("text"))) > UPDATE_MOST:
        raise ApiError("msg_too_long")
    message.text, message.blocks = content(call)
    message.metadata = metadata(call) or message.metadata
    message.edited = True
    return {"channel": message.channel.id, "ts": message.ts, "text": message.text, "message": message.payload()}


def delete(call: Call) -> Json:
    message = _message(call)
    if not message.bot:
        raise ApiError("cant_delete_message")
    message.deleted = True
    return {"channel": message.channel.id, "ts": message.ts}


def permalink(call: Call) -> Json:
    message = _message(call, "message_ts")
    team, ts = message.channel.team, message.ts.replace(".", "")
    return {"channel": message.channel.id, "permalink": f"https://{team.domain}.slack.com/archives/{message.channel.id}/p{ts}"}


def reactions(call: Call) -> Json:
    message = _message(call, "timestamp")
    return {"type": "message", "channel": message.channel.id, "message": message.payload(metadata=False)}


METHODS = {"chat.update": update, "chat.delete": delete, "chat.getPermalink": permalink, "reactions.get": reactions}
