"""Which scope a method wants, as documented, and the check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.slack.fake.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Collection

    from tests.slack.fake.world import Channel

ALL_SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:join",
        "channels:read",
        "chat:write",
        "chat:write.public",
        "commands",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "links:read",
        "links:write",
        "mpim:history",
        "mpim:read",
        "reactions:read",
        "reactions:write",
        "team:read",
        "users:read",
    },
)

METHOD_SCOPES: dict[str, str] = {
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.unfurl": "links:write",
    "chat.update": "chat:write",
    "conversations.join": "channels:join",
    "conversations.open": "im:write",
    "files.completeUploadExternal": "files:write",
    "files.getUploadURLExternal": "files:write",
    "reactions.get": "reactions:read",
    "team.info": "team:read",
    "users.info": "users:read",
}
"""Methods with one scope. Those that want one by the kind of channel ask `demand` themselves; the rest want none."""

FAMILIES = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}
"""Kind of channel, as `types` spells it, to the first half of its scopes."""


def demand(held: Collection[str], needed: str) -> None:
    """Raise missing_scope with what is needed and what is there."""
    if needed not in held:
        raise ApiError("missing_scope", needed=needed, provided=",".join(sorted(held)))


def family(channel: Channel) -> str:
    """The first half of the scopes that reach this channel."""
    if channel.im_of:
        return "im"
    return "groups" if channel.private else "channels"
