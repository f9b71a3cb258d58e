"""What the fake remembers of the bot's doings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.discord.fake.showing import shown_components, shown_embed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tests.discord.fake.channel import Channel
    from tests.discord.fake.people import User

Json = dict[str, Any]

EPHEMERAL, LOADING = 1 << 6, 1 << 7
COMPONENTS_V2 = 1 << 15


@dataclass(slots=True, kw_only=True, eq=False)
class Request:
    """One REST call, whatever became of it.

    Attributes:
        route: Method and template, "POST /channels/{channel_id}/messages".
        path: The path below /api/v10 as it came.
        params: What stood in the template's places.
        body: The JSON, of a multipart request its payload_json; None without one.
        files: Name to bytes.
        status: What was answered; 0 while it is open or if the connection was dropped.
    """

    route: str
    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    files: Mapping[str, bytes]
    headers: Mapping[str, str]
    at: datetime
    status: int = 0

    @property
    def token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bot ")

    @property
    def reason(self) -> str:
        return self.headers.get("X-Audit-Log-Reason", "")


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """A message in a channel; content, embeds and components are as sent."""

    channel: Channel
    id: str
    author: User
    at: datetime
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    nonce: str | int | None = None
    enforce_nonce: bool = False
    flags: int = 0
    allowed_mentions: Json | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    reference: str = ""
    """Id of the message this one answers."""
    thread: Channel | None = None
    """The thread started from it."""
    reactions: dict[str, list[str]] = field(default_factory=dict)
    """Emoji to the ids of those who gave it, in order."""
    deleted: bool = False
    edited: bool = False
    webhook: bool = False
    """Sent through an interaction's token."""

    @property
    def ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        """Whether it is a deferred answer that still says "thinking"."""
        return bool(self.flags & LOADING)

    @property
    def text(self) -> str:
        """Everything a reader sees, embeds after the content, for assertions."""
        parts = [self.content]
        for embed in self.embeds:
            parts += [embed.get("author", {}).get("name", ""), embed.get("title", ""), embed.get("description", "")]
            parts += [f"{item['name']}\n{item['value']}" for item in embed.get("fields", [])]
            parts.append(embed.get("footer", {}).get("text", ""))
        return "\n".join(part for part in parts if part)

    def payload(self) -> Json:
        """As the REST API and the gateway show it."""
        at = self.at.isoformat()
        shown: Json = {
            "id": self.id,
            "type": 19 if self.reference else 0,
            "channel_id": self.channel.id,
            "author": self.author.payload(),
            "content": self.content,
            "timestamp": at,
            "edited_timestamp": at if self.edited else None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": [self._attachment(index, name) for index, name in enumerate(self.files)],
            "embeds": [shown_embed(embed) for embed in self.embeds],
            "components": shown_components(self.components),
            "pinned": False,
            "flags": self.flags,
        }
        if self.nonce is not None:
            shown["nonce"] = self.nonce
        if self.reference:
            shown["message_reference"] = {"type": 0, "channel_id": self.channel.id, "message_id": self.reference}
        if self.webhook:
            shown |= {"webhook_id": self.author.app_id, "application_id": self.author.app_id}
        if self.thread is not None:
            shown["thread"] = self.thread.payload()
        if self.reactions:
            shown["reactions"] = [self._reaction(emoji, users) for emoji, users in self.reactions.items()]
        return shown

    def _attachment(self, index: int, name: str) -> Json:
        url = f"https://cdn.discordapp.com/attachments/{self.channel.id}/{self.id}/{name}"
        size = len(self.files[name])
        return {"id": str(int(self.id) + index + 1), "filename": name, "size": size, "url": url, "proxy_url": url}

    def _reaction(self, emoji: str, users: list[str]) -> Json:
        return {
            "emoji": {"id": None, "name": emoji},
            "count": len(users),
            "count_details": {"burst": 0, "normal": len(users)},
            "burst_colors": [],
            "me_burst": False,
            "burst_me": False,
            "me": self.channel.bot_id in users,
            "burst_count": 0,
        }
