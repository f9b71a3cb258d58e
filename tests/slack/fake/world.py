"""Workspaces, their channels and people, and what the tokens to them are worth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.slack.fake.errors import ApiError

if TYPE_CHECKING:
    from tests.slack.fake.record import Json, Message, View
    from tests.slack.fake.tokens import Install, Safe


@dataclass(slots=True, kw_only=True, eq=False)
class User:
    """A person, or the bot."""

    id: str
    name: str
    real_name: str
    tz: str = "UTC"
    is_admin: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_bot: bool = False
    deleted: bool = False
    locale: str = "en-US"

    def payload(self, team: Team) -> Json:
        """As users.info shows it."""
        return {
            "id": self.id,
            "team_id": team.id,
            "name": self.name,
            "deleted": self.deleted,
            "real_name": self.real_name,
            "tz": self.tz,
            "tz_label": self.tz,
            "tz_offset": 0,
            "profile": {"real_name": self.real_name, "display_name": self.real_name, "team": team.id},
            "is_admin": self.is_admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": self.is_restricted or self.is_ultra_restricted,
            "is_ultra_restricted": self.is_ultra_restricted,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": 0,
        }


@dataclass(slots=True, kw_only=True, eq=False)
class Channel:
    """A conversation; everything about it may be changed by a test."""

    team: Team
    id: str
    name: str
    private: bool = False
    member: bool = True
    """Whether the bot is in it."""
    archived: bool = False
    read_only: bool = False
    im_of: str = ""
    """The person whose direct messages with the bot these are."""
    ext_shared: bool = False
    members: set[str] = field(default_factory=set)
    """People in it, without the bot."""
    messages: list[Message] = field(default_factory=list)
    """Oldest first, deleted ones too."""

    @property
    def visible(self) -> list[Message]:
        return [message for message in self.messages if not message.deleted]

    def message(self, ts: str) -> Message | None:
        """The visible one of this timestamp."""
        return next((message for message in self.visible if message.ts == ts), None)

    def payload(self) -> Json:
        """As conversations.info shows it."""
        if self.im_of:
            return {"id": self.id, "created": 0, "is_im": True, "is_archived": self.archived, "user": self.im_of, "is_org_shared": False}
        return {
            "id": self.id,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": not self.private,
            "is_group": self.private,
            "is_im": False,
            "is_mpim": False,
            "is_private": self.private,
            "is_archived": self.archived,
            "is_general": False,
            "is_member": self.member,
            "is_read_only": self.read_only,
            "is_shared": self.ext_shared,
            "is_ext_shared": self.ext_shared,
            "is_org_shared": False,
            "created": 0,
            "creator": "U0ADA",
            "topic": {"value": "", "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
            "context_team_id": self.team.id,
        }


class Team:
    """A workspace in which the app is, or once was, installed."""

    def __init__(self, id: str, *, name: str, enterprise: str, install: Install, safe: Safe) -> None:
        self.id = id
        self.name = name
        self.domain = name.lower().replace(" ", "-")
        self.enterprise = enterprise
        self.install = install
        self.bot_user_id, self.bot_id, self.app_id = "U0PAPERBOY", "B0PAPERBOY", "A0PAPERBOY"
        self.messages_tab = True
        self.channels: dict[str, Channel] = {}
        self.users: dict[str, User] = {}
        self.homes: dict[str, View] = {}
        self._safe = safe
        self.user("U0ADA", "ada", real_name="Ada", tz="Europe/Berlin", is_admin=True)
        self.user("U0BOB", "bob", real_name="Bob")
        self.user("U0GUEST", "guest", real_name="Guest", is_restricted=True)
        self.user(self.bot_user_id, "paperboy", real_name="Paperboy", is_bot=True)
        self.channel("C0READING", "ml-reading")

    def __getitem__(self, id: str) -> Channel:
        return self.channels[id]

    def user(self, id: str, name: str, *, real_name: str = "", **more: Any) -> User:
        """Add a person; `more` are the other fields of User."""
        self.users[id] = User(id=id, name=name, real_name=real_name or name.title(), **more)
        return self.users[id]

    def channel(self, id: str, name: str, *, members: set[str] | None = None, im_of: str = "", **more: Any) -> Channel:
        """Add a channel with everybody in it, unless `members` says who; `more` are the other fields of Channel."""
        everyone = {im_of} if im_of else {user.id for user in self.users.values() if not user.is_bot}
        self.channels[id] = Channel(team=self, id=id, name=name, im_of=im_of, members=everyone if members is None else members, **more)
        return self.channels[id]

    def im(self, user: str) -> Channel:
        """The direct messages of this person with the bot, opened now if need be."""
        if user not in self.users:
            raise ApiError("channel_not_found")
        found = next((channel for channel in self.channels.values() if channel.im_of == user), None)
        return found or self.channel("D" + user[1:], "directmessage", im_of=user, private=True)

    @property
    def token(self) -> str:
        """The bot token in force."""
        return self.install.token

    @property
    def refresh_token(self) -> str:
        return self.install.refresh_token

    @property
    def scopes(self) -> set[str]:
        """Those granted; a test may add and discard."""
        return self.install.scopes

    def revoke(self) -> None:
        """The bot token answers token_revoked from now on."""
        self._safe.spoil(self.install, "token_revoked")

    def uninstall(self) -> None:
        """The bot token answers account_inactive from now on."""
        self._safe.spoil(self.install, "account_inactive")

    def expire_token(self) -> None:
        """The bot token answers token_expired; a refresh gives a new one."""
        self._safe.spoil(self.install, "token_expired", only=self.token)
