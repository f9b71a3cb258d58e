"""What the fake remembers of the app's doings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.slack.fake.world import Channel, Team

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call of a Web API method, whatever became of it.

    Attributes:
        args: Decoded: JSON strings parsed, known booleans and numbers as such, the token left out.
        team: Id of the team the token belongs to, "" for none and for an organisation's token that names no team.
        verb: GET or POST.
    """

    method: str
    args: Mapping[str, Any]
    token: str
    team: str
    verb: str
    headers: Mapping[str, str]


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """A message in a channel. `blocks` are as sent; Slack's own block ids are added on the way out only."""

    channel: Channel
    ts: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str = ""
    metadata: Json | None = None
    user: str = ""
    bot: bool = False
    deleted: bool = False
    edited: bool = False
    broadcast: bool = False
    reactions: dict[str, list[str]] = field(default_factory=dict)
    """Emoji name to the users who gave it, in order."""

    def payload(self, *, metadata: bool = True) -> Json:
        """As the Web API and the interactive payloads show it."""
        team = self.channel.team
        shown: Json = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text, "team": team.id}
        if self.bot:
            shown |= {"bot_id": team.bot_id, "app_id": team.app_id}
        if self.blocks:
            shown["blocks"] = identified(self.blocks)
        if self.thread_ts:
            shown["thread_ts"] = self.thread_ts
        if self.edited:
            shown["edited"] = {"user": self.user, "ts": self.ts}
        if self.reactions:
            shown["reactions"] = [{"name": name, "users": users, "count": len(users)} for name, users in self.reactions.items()]
        if metadata and self.metadata is not None:
            shown["metadata"] = self.metadata
        return shown


@dataclass(slots=True, kw_only=True, eq=False)
class Ephemeral:
    """What one person sees in a channel, until they reload."""

    team: Team
    channel: str
    user: str
    text: str
    blocks: list[Json]
    thread_ts: str
    ts: str
    deleted: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class View:
    """A modal or a home tab as it stands now; `view` is what Slack would show, with `id` and `hash` and the rest."""

    team: Team
    user: str
    view: Json
    trigger_id: str = ""
    closed: bool = False
    channel: str = ""

    @property
    def id(self) -> str:
        return str(self.view["id"])

    @property
    def hash(self) -> str:
        return str(self.view["hash"])

    @property
    def blocks(self) -> list[Json]:
        return list(self.view["blocks"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfurl:
    """One chat.unfurl: where, and url to attachment."""

    team: Team
    channel: str
    ts: str
    unfurl_id: str
    source: str
    user: str
    unfurls: dict[str, Json]


@dataclass(slots=True, kw_only=True, eq=False)
class Upload:
    """A file on its way (`channel` is "") or shared."""

    team: Team
    id: str
    filename: str
    length: int
    content: bytes = b""
    title: str = ""
    channel: str = ""
    thread_ts: str = ""
    initial_comment: str = ""


def identified(blocks: list[Json]) -> list[Json]:
    """The blocks with the ids Slack gives to those that have none."""
    return [{"block_id": f"b{index}", **block} for index, block in enumerate(blocks)]
