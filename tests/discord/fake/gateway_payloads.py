"""What the gateway tells of servers and messages beyond what REST answers: whole guilds, members, mentions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.discord.fake.permissions import EVERYONE

if TYPE_CHECKING:
    from tests.discord.fake.record import Json
    from tests.discord.fake.state import State
    from tests.discord.fake.world import Guild


def guild_create(guild: Guild) -> Json:
    """A server as GUILD_CREATE shows it to the bot: everything, and of its people the bot alone."""
    everyone = _role(guild.id, "@everyone", EVERYONE)
    roles = [_role(member.role_id, f"role of {member.user.name}", member.permissions) for member in guild.members.values()]
    return {
        "id": guild.id,
        "name": guild.name,
        "icon": None,
        "owner_id": guild.owner_id,
        "preferred_locale": guild.locale,
        "unavailable": False,
        "large": False,
        "joined_at": "2025-01-01T00:00:00+00:00",
        "member_count": len(guild.members),
        "verification_level": 1,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
        "afk_timeout": 300,
        "system_channel_flags": 0,
        "features": [],
        "roles": [everyone, *roles],
        "emojis": [],
        "stickers": [],
        "members": [guild.bot.payload()],
        "channels": [channel.payload() for channel in guild.channels.values() if not channel.deleted],
        "threads": [thread.payload() for thread in guild.threads if not thread.archived],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def as_dispatched(state: State, event: str, guild_id: str, data: Json) -> Json:
    """The event's data with what only the gateway adds: for messages the guild, the author's membership, who is mentioned."""
    if event not in {"MESSAGE_CREATE", "MESSAGE_UPDATE"}:
        return data
    mentioned = [state.users[id] for id in dict.fromkeys(re.findall(r"<@!?(\d+)>", data["content"])) if id in state.users]
    shown: Json = {**data, "mentions": [user.payload() for user in mentioned]}
    guild = state.guilds.get(guild_id)
    if guild is not None:
        shown["guild_id"] = guild_id
        if member := guild.members.get(data["author"]["id"]):
            shown["member"] = {key: value for key, value in member.payload().items() if key != "user"}
    return shown


def _role(id: str, name: str, permissions: int) -> Json:
    return {
        "id": id,
        "name": name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": 0 if name == "@everyone" else 1,
        "permissions": str(permissions),
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }
