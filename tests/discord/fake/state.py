"""Everything the fake knows and remembers, before any network."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.discord.fake.channel import DM, Channel
from tests.discord.fake.guild import Guild
from tests.discord.fake.interaction import Interaction
from tests.discord.fake.limits import Limits
from tests.discord.fake.people import User
from tests.discord.fake.permissions import EVERYONE, MANAGE_GUILD
from tests.discord.fake.record import Message
from tests.fake_platform import FakePlatform

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.clock import Clock
    from tests.discord.fake.faults import Fault
    from tests.discord.fake.record import Json, Request

EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
"""Where Discord's ids begin to count milliseconds."""


class State(FakePlatform):
    """The world, the record, the clock and the queue of faults."""

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self.url = ""
        self.token = "token-acme"
        self.limits = Limits()
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        """Threads and direct messages too, also those deleted."""
        self.users: dict[str, User] = {}
        self.interactions: dict[str, Interaction] = {}
        self.commands: dict[str, list[Json]] = {}
        self.creations: dict[tuple[str, str], int] = {}
        """(guild id or "", day) to how many commands were created."""
        self.calls: list[Request] = []
        self.chance: Callable[[Request], Fault | None] | None = None
        """Asked at every call for which no fault is queued."""
        self.announced: list[tuple[str, str, Json]] = []
        self.ears: list[Callable[[str, str, Json], object]] = []
        self.app_flags = 0
        """Of the application: which privileged intents the portal allows."""
        self.interactions_endpoint_url: str | None = None
        """Where interactions go instead of to the gateway, by the portal."""
        self.nonces: dict[str, Message] = {}
        self.wakes_threads = False
        """A message wakes an archived thread, as Discord itself does now; else 50083, the harder case."""
        self._revoked = False
        self._faults: list[tuple[str, Fault, str]] = []
        self._ids = 0
        self.app_id = self.id()
        self.bot = self.user("paperboy", bot=True, app_id=self.app_id)
        self.acme = self.guild("Acme")
        self.reading = self.acme.text("ml-reading")
        self.ada, self.bob = self.user("ada"), self.user("bob")
        self.acme.owner_id = self.ada.id
        self.acme.member(self.ada, EVERYONE | MANAGE_GUILD)
        self.acme.member(self.bob)

    @property
    def rest_url(self) -> str:
        """What `discord.http.Route.BASE` is to be."""
        return f"{self.url}/api/v10"

    @property
    def gateway_url(self) -> str:
        """What `DiscordWebSocket.DEFAULT_GATEWAY` is to be."""
        return f"{self.url.replace('http', 'ws', 1)}/gateway"

    def id(self) -> str:
        """A snowflake nobody has yet, of now by the clock; later ones are greater."""
        made = round((self.clock() - EPOCH).total_seconds() * 1000) << 22
        self._ids = max(self._ids + 1, made)
        return str(self._ids)

    def user(self, name: str, **more: Any) -> User:
        """Add a person; `more` are the other fields of User."""
        user = User(id=self.id(), name=name, global_name=more.pop("global_name", name.title()), **more)
        self.users[user.id] = user
        return user

    def guild(self, name: str, *, id: str = "", joined: bool = True) -> Guild:
        """Add a server with no channel and nobody but the bot in it, owned by nobody in particular."""
        guild = Guild(self, id or self.id(), name, joined=joined)
        guild.owner_id = self.bot.id
        self.guilds[guild.id] = guild
        return guild

    def dm(self, user: User) -> Channel:
        """The direct messages of this person with the bot, opened now if need be."""
        found = next((channel for channel in self.channels.values() if channel.recipient is user), None)
        if found is None:
            found = Channel(id=self.id(), type=DM, name="", bot_id=self.bot.id, recipient=user)
            self.channels[found.id] = found
        return found

    def permissions(self, channel: Channel, bits: int, user: User | None = None) -> None:
        """Say what the bot, or this member, may do in a channel."""
        channel.allow((user or self.bot).id, bits)

    def revoke(self) -> None:
        """The token answers 401, and 4004 at the gateway, from now on."""
        self._revoked = True

    def is_token(self, token: str) -> bool:
        """Whether the token is good."""
        return token == self.token and not self._revoked

    def say(self, channel: Channel, user: User, content: str, **more: Any) -> Message:
        """Add a person's message to a channel."""
        message = Message(channel=channel, id=self.id(), author=user, at=self.clock(), content=content, **more)
        channel.everything.append(message)
        self.announce("MESSAGE_CREATE", channel.guild_id, message.payload())
        return message

    def interaction(
        self,
        type: int,
        data: Json,
        *,
        user: User | None = None,
        channel: Channel | None = None,
        message: Message | None = None,
        outside: bool = False,
        locale: str = "en-US",
    ) -> Interaction:
        """Make an interaction without sending it: by Ada in ml-reading unless said otherwise.

        Args:
            outside: It is a user-installed app's, in a place the bot is not in.
        """
        made = Interaction(
            state=self,
            id=self.id(),
            token=f"interaction-{self.id()}",
            type=type,
            data=data,
            user=user or self.ada,
            channel=channel or self.reading,
            message=message,
            outside=outside,
            locale=locale,
            at=self.clock(),
        )
        self.interactions[made.id] = made
        return made

    def announce(self, event: str, guild_id: str, d: Json) -> None:
        """Tell what happened, as the gateway would dispatch it."""
        if self.recording:
            self.announced.append((event, guild_id, d))
        for ear in list(self.ears):
            ear(event, guild_id, d)

    def called(self, route: str) -> list[Request]:
        """The calls of this route so far, in order."""
        return [call for call in self.calls if call.route == route]

    def fault(self, route: str, *faults: Fault, channel: Channel | None = None) -> None:
        """Queue faults for the next calls of a route ("*" for any), in order; with a channel only for calls about it."""
        self._faults += [(route, fault, channel.id if channel else "") for fault in faults]

    def next_fault(self, route: str, channel_id: str) -> Fault | None:
        """Take the fault that is due for this call, if any."""
        for index, (wanted, fault, only) in enumerate(self._faults):
            if wanted in ("*", route) and only in ("", channel_id):
                del self._faults[index]
                return fault
        return None
