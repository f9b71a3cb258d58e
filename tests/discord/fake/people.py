"""People, and what they are in a guild."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.discord.fake.record import Json


@dataclass(slots=True, kw_only=True, eq=False)
class User:
    """A person, or the bot."""

    id: str
    name: str
    global_name: str | None = None
    bot: bool = False
    app_id: str = ""
    """Of the bot."""
    closed_dms: bool = False
    """Takes no direct messages: 50007."""

    def payload(self) -> Json:
        """As UserResponse."""
        return {
            "id": self.id,
            "username": self.name,
            "global_name": self.global_name,
            "discriminator": "0000" if self.bot else "0",
            "avatar": None,
            "public_flags": 0,
            "flags": 0,
            "bot": self.bot,
            "primary_guild": None,
        }


@dataclass(slots=True, kw_only=True, eq=False)
class Member:
    """Somebody in a guild. Their permissions are a role of their own."""

    user: User
    role_id: str
    permissions: int

    def payload(self) -> Json:
        """As GuildMemberResponse."""
        return {
            "user": self.user.payload(),
            "nick": None,
            "avatar": None,
            "banner": None,
            "roles": [self.role_id],
            "joined_at": "2025-01-01T00:00:00+00:00",
            "premium_since": None,
            "communication_disabled_until": None,
            "flags": 0,
            "pending": False,
            "mute": False,
            "deaf": False,
        }
