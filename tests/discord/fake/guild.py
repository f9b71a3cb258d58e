"""A server: its people, channels and threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.discord.fake.channel import ANNOUNCEMENT, ANNOUNCEMENT_THREAD, FORUM, PRIVATE_THREAD, PUBLIC_THREAD, TEXT, Channel, Tag
from tests.discord.fake.people import Member
from tests.discord.fake.permissions import BOT_PERMISSIONS, EVERYONE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.discord.fake.people import User
    from tests.discord.fake.record import Json
    from tests.discord.fake.state import State

BLANK: Json = {
    **dict.fromkeys(
        (
            "afk_channel_id",
            "application_id",
            "banner",
            "description",
            "discovery_splash",
            "home_header",
            "icon",
            "incidents_data",
            "max_presences",
            "public_updates_channel_id",
            "rules_channel_id",
            "safety_alerts_channel_id",
            "splash",
            "system_channel_id",
            "vanity_url_code",
            "widget_channel_id",
        ),
    ),
    **dict.fromkeys(
        (
            "default_message_notifications",
            "explicit_content_filter",
            "mfa_level",
            "nsfw_level",
            "premium_subscription_count",
            "premium_tier",
            "system_channel_flags",
            "verification_level",
        ),
        0,
    ),
    **dict.fromkeys(("nsfw", "premium_progress_bar_enabled", "widget_enabled"), False),
    "afk_timeout": 300,
    "emojis": [],
    "features": [],
    "max_members": 500_000,
    "max_stage_video_channel_users": 50,
    "max_video_channel_users": 25,
    "region": "deprecated",
    "stickers": [],
}
"""What a guild says of itself that nobody here asks for."""


def role(id: str, name: str, permissions: int) -> Json:
    """As GuildRoleResponse."""
    return {
        "id": id,
        "name": name,
        "permissions": str(permissions),
        "position": 0,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }


class Guild:
    """A server in which the bot is, or once was."""

    def __init__(self, state: State, id: str, name: str, *, joined: bool) -> None:
        self._state = state
        self.id = id
        self.name = name
        self.joined = joined
        """Whether the bot is in it."""
        self.available = True
        self.owner_id = ""
        self.locale = "en-US"
        self.members: dict[str, Member] = {}
        self.channels: dict[str, Channel] = {}
        """Without threads."""
        self._threads: list[Channel] = []
        self.member(state.bot, BOT_PERMISSIONS)

    @property
    def threads(self) -> list[Channel]:
        """Threads and posts, archived ones too, oldest first."""
        return [thread for thread in self._threads if not thread.deleted]

    @property
    def bot(self) -> Member:
        return self.members[self._state.bot.id]

    def member(self, user: User, permissions: int = EVERYONE) -> Member:
        """Put somebody into the guild, or give them other permissions."""
        self.members[user.id] = Member(user=user, role_id=self._state.id(), permissions=permissions)
        return self.members[user.id]

    def text(self, name: str) -> Channel:
        """Add a text channel."""
        return self._channel(TEXT, name)

    def announcement(self, name: str) -> Channel:
        """Add an announcement channel."""
        return self._channel(ANNOUNCEMENT, name)

    def forum(self, name: str, *, tags: Iterable[str] = (), require_tag: bool = False) -> Channel:
        """Add a forum with these tags."""
        made = [Tag(id=self._state.id(), name=tag) for tag in tags]
        return self._channel(FORUM, name, tags=made, require_tag=require_tag)

    def thread(
        self,
        parent: Channel,
        name: str,
        *,
        id: str = "",
        private: bool = False,
        archived: bool = False,
        locked: bool = False,
        owner: str = "",
    ) -> Channel:
        """Add a thread, or a post to a forum."""
        public = ANNOUNCEMENT_THREAD if parent.type == ANNOUNCEMENT else PUBLIC_THREAD
        thread = self._made(
            PRIVATE_THREAD if private else public,
            name,
            id=id or self._state.id(),
            parent=parent,
            archived=archived,
            locked=locked,
            owner=owner or self._state.bot.id,
        )
        self._threads.append(thread)
        return thread

    def payload(self) -> Json:
        """As GuildWithCountsResponse, without the counts."""
        everyone = role(self.id, "@everyone", EVERYONE)
        return {
            **BLANK,
            "id": self.id,
            "name": self.name,
            "owner_id": self.owner_id,
            "preferred_locale": self.locale,
            "roles": [everyone, *(role(member.role_id, member.user.name, member.permissions) for member in self.members.values())],
        }

    def _channel(self, type: int, name: str, **more: Any) -> Channel:
        made = self._made(type, name, id=self._state.id(), position=len(self.channels), **more)
        self.channels[made.id] = made
        return made

    def _made(self, type: int, name: str, *, id: str, **more: Any) -> Channel:
        channel = Channel(id=id, type=type, name=name, bot_id=self._state.bot.id, guild=self, **more)
        self._state.channels[id] = channel
        return channel
