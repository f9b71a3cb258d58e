"""Channels of every kind, threads and direct messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.discord.fake.permissions import ALL

if TYPE_CHECKING:
    from tests.discord.fake.guild import Guild
    from tests.discord.fake.people import User
    from tests.discord.fake.record import Json, Message

TEXT, DM, CATEGORY, ANNOUNCEMENT, ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 0, 1, 4, 5, 10, 11, 12, 15
THREADS = frozenset({ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD})


@dataclass(slots=True, kw_only=True, eq=False)
class Tag:
    """A forum's tag."""

    id: str
    name: str
    moderated: bool = False

    def payload(self) -> Json:
        return {"id": self.id, "name": self.name, "moderated": self.moderated, "emoji_id": None, "emoji_name": None}


@dataclass(slots=True, kw_only=True, eq=False)
class Channel:
    """A channel, a thread or the direct messages with a person; everything about it may be changed by a test."""

    id: str
    type: int
    name: str
    bot_id: str
    guild: Guild | None = None
    parent: Channel | None = None
    """The channel a thread is in."""
    recipient: User | None = None
    """The person at the other end of direct messages."""
    topic: str | None = None
    archived: bool = False
    locked: bool = False
    auto_archive_minutes: int = 1440
    owner: str = ""
    """Id of who made the thread."""
    tags: list[Tag] = field(default_factory=list)
    """A forum's."""
    require_tag: bool = False
    applied_tags: list[str] = field(default_factory=list)
    """Ids, of a post in a forum."""
    position: int = 0
    deleted: bool = False
    slowmode: int = 0
    """Seconds between a person's messages; bots go by it in threads too."""
    everything: list[Message] = field(default_factory=list)
    """Oldest first, deleted ones too, ephemeral ones not."""
    ephemerals: list[Message] = field(default_factory=list)
    typed: int = 0
    _allowed: dict[str, int] = field(default_factory=dict)

    @property
    def messages(self) -> list[Message]:
        """Those to be seen by all, oldest first."""
        return [message for message in self.everything if not message.deleted]

    def message(self, id: str) -> Message | None:
        """The one of this id that is not deleted, ephemeral ones left out."""
        return next((message for message in self.messages if message.id == id), None)

    @property
    def guild_id(self) -> str:
        """Of the server it is in, "" for direct messages."""
        return self.guild.id if self.guild else ""

    @property
    def is_thread(self) -> bool:
        return self.type in THREADS

    @property
    def threads(self) -> list[Channel]:
        """Threads and posts in this channel, oldest first, deleted ones left out."""
        return [thread for thread in self.guild.threads if thread.parent is self] if self.guild else []

    @property
    def starter(self) -> Message | None:
        """The first message of a post, or the one a thread was started from."""
        if self.parent is not None and (found := self.parent.message(self.id)):
            return found
        return self.message(self.id)

    @property
    def tag_names(self) -> list[str]:
        """Of a post."""
        names = {tag.id: tag.name for tag in self.parent.tags} if self.parent else {}
        return [names[id] for id in self.applied_tags]

    def allow(self, user_id: str, bits: int) -> None:
        """What this member may do here."""
        self._allowed[user_id] = bits

    def allowed(self, user_id: str) -> int:
        """What this member, or the bot, may do here."""
        if self.guild is None:
            return ALL
        if self.parent is not None:
            return self.parent.allowed(user_id)
        if user_id in self._allowed:
            return self._allowed[user_id]
        member = self.guild.members.get(user_id)
        return member.permissions if member else 0

    def payload(self) -> Json:
        """As GET /channels answers it and interactions carry it."""
        last = self.everything[-1].id if self.everything else None
        if self.recipient is not None:
            return {"id": self.id, "type": DM, "flags": 0, "last_message_id": last, "recipients": [self.recipient.payload()]}
        assert self.guild is not None
        shown: Json = {
            "id": self.id,
            "type": self.type,
            "guild_id": self.guild.id,
            "name": self.name,
            "parent_id": self.parent.id if self.parent else None,
            "flags": 16 if self.require_tag else 0,
            "last_message_id": last,
            "rate_limit_per_user": self.slowmode,
        }
        return shown | (self._as_thread() if self.is_thread else self._as_channel())

    def _as_thread(self) -> Json:
        return {
            "owner_id": self.owner,
            "message_count": len(self.messages),
            "member_count": 1,
            "total_message_sent": len(self.everything),
            "applied_tags": list(self.applied_tags),
            "thread_metadata": {
                "archived": self.archived,
                "locked": self.locked,
                "auto_archive_duration": self.auto_archive_minutes,
                "archive_timestamp": "2025-11-21T09:00:00+00:00",
                "create_timestamp": "2025-11-21T09:00:00+00:00",
                **({"invitable": True} if self.type == PRIVATE_THREAD else {}),
            },
        }

    def _as_channel(self) -> Json:
        assert self.guild is not None
        forum = {"available_tags": [tag.payload() for tag in self.tags], "default_forum_layout": 0, "default_sort_order": None}
        return {
            "topic": self.topic,
            "nsfw": False,
            "position": self.position,
            "permission_overwrites": [
                {"id": id, "type": 1, "allow": str(bits), "deny": str(ALL & ~bits)} for id, bits in self._allowed.items()
            ],
            **(forum | {"default_reaction_emoji": None} if self.type == FORUM else {}),
        }
