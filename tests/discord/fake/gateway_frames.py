"""The words of the gateway: opcodes, intents, close codes, compression, and which intent hears what."""

from __future__ import annotations

import zlib
from enum import STRICT, IntEnum, IntFlag
from typing import Any

Json = dict[str, Any]

FRAMES, PER_SECONDS = 120, 60.0
"""Frames a client may send in so many seconds."""
LARGEST = 4_096
"""Bytes of a frame a client sends."""

CLOSES = {
    4000: "Unknown error.",
    4001: "Unknown opcode.",
    4002: "Error while decoding payload.",
    4003: "Not authenticated.",
    4004: "Authentication failed.",
    4005: "Already authenticated.",
    4007: "Invalid seq.",
    4008: "Rate limited.",
    4009: "Session timed out.",
    4010: "Invalid shard.",
    4011: "Sharding required.",
    4012: "Invalid API version.",
    4013: "Invalid intent(s).",
    4014: "Disallowed intent(s).",
}
"""What Discord says when it closes (discord.com/developers/docs/topics/opcodes-and-status-codes)."""


class Op(IntEnum):
    """Discord's opcodes."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE_UPDATE = 3
    VOICE_STATE_UPDATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_GUILD_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class Intent(IntFlag, boundary=STRICT):
    """What a session wants to hear of."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_MODERATION = 1 << 2
    GUILD_EXPRESSIONS = 1 << 3
    GUILD_INTEGRATIONS = 1 << 4
    GUILD_WEBHOOKS = 1 << 5
    GUILD_INVITES = 1 << 6
    GUILD_VOICE_STATES = 1 << 7
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    GUILD_MESSAGE_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    DIRECT_MESSAGE_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15
    GUILD_SCHEDULED_EVENTS = 1 << 16
    AUTO_MODERATION_CONFIGURATION = 1 << 20
    AUTO_MODERATION_EXECUTION = 1 << 21
    GUILD_MESSAGE_POLLS = 1 << 24
    DIRECT_MESSAGE_POLLS = 1 << 25


PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT
"""Those that must be switched on in the portal."""

_ALWAYS = Intent((1 << 17) - 1)
_BY_EVENT = {
    "MESSAGE_": (Intent.GUILD_MESSAGES, Intent.DIRECT_MESSAGES),
    "MESSAGE_REACTION_": (Intent.GUILD_MESSAGE_REACTIONS, Intent.DIRECT_MESSAGE_REACTIONS),
    "GUILD_": (Intent.GUILDS, Intent.GUILDS),
    "GUILD_MEMBER_": (Intent.GUILD_MEMBERS, Intent.GUILD_MEMBERS),
    "CHANNEL_": (Intent.GUILDS, Intent.GUILDS),
    "THREAD_": (Intent.GUILDS, Intent.GUILDS),
}


def needed(event: str, guild: str) -> Intent:
    """The intents of which a session must have one to hear of it; all there are for what everybody hears."""
    known = [prefix for prefix in _BY_EVENT if event.startswith(prefix)]
    if not known:
        return _ALWAYS
    in_guild, direct = _BY_EVENT[max(known, key=len)]
    return in_guild if guild else direct


def trimmed(event: str, data: Json, intents: Intent, me: str) -> Json:
    """A message as a session without the message content intent sees it: empty, unless it is direct, ours, or mentions us."""
    if event not in {"MESSAGE_CREATE", "MESSAGE_UPDATE"} or intents & Intent.MESSAGE_CONTENT or "guild_id" not in data:
        return data
    if data["author"]["id"] == me or any(one["id"] == me for one in data.get("mentions", ())):
        return data
    return {**data, "content": "", "embeds": [], "attachments": [], "components": []}


class Pipe:
    """What a connection's frames go through: nothing, or zlib over the whole connection.

    Args:
        compress: As the client asked for it, "" for not at all.
    """

    def __init__(self, compress: str) -> None:
        self._zlib = zlib.compressobj() if compress == "zlib-stream" else None

    def pack(self, text: str) -> str | bytes:
        """The next frame."""
        if self._zlib is None:
            return text
        return self._zlib.compress(text.encode()) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
