"""One interaction: what is sent to the app, and what the app answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.discord.fake.errors import ApiError
from tests.discord.fake.permissions import ALL, SEND_MESSAGES, VIEW_CHANNEL

if TYPE_CHECKING:
    from datetime import datetime

    from tests.discord.fake.channel import Channel
    from tests.discord.fake.people import User
    from tests.discord.fake.record import Json, Message
    from tests.discord.fake.state import State

PING, COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 1, 2, 3, 4, 5
PONG, ANSWER, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 1, 4, 5, 6, 7, 8, 9
FIRST_RESPONSE = timedelta(seconds=3)
TOKEN_LIFE = timedelta(minutes=15)
OUTSIDE_FOLLOWUPS = 5


@dataclass(slots=True, kw_only=True, eq=False)
class Interaction:
    """An interaction and its answers.

    Attributes:
        response: The type of the first response, None until there is one.
        original: What `@original` is: the first answer, or the message pressed where that is updated; None without one.
        followups: Further messages, oldest first.
        modal: The data of a response of type 9.
        choices: Those of a response of type 8.
        private: The first answer is, or will be, seen by one person only.
        late: Responses that came too late or twice, as their types.
        sent: It was dispatched; set by who sends it.
    """

    state: State
    id: str
    token: str
    type: int
    data: Json
    user: User
    channel: Channel
    at: datetime
    message: Message | None = None
    outside: bool = False
    locale: str = "en-US"
    response: int | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    modal: Json | None = None
    choices: list[Json] | None = None
    private: bool = False
    late: list[int] = field(default_factory=list)
    deleted: bool = False
    """The original was deleted."""

    @property
    def deferred(self) -> int | None:
        """5 or 6 where the first response only asked for patience."""
        return self.response if self.response in (DEFERRED, DEFERRED_UPDATE) else None

    @property
    def ephemeral(self) -> bool:
        """Whether the first answer is for one person."""
        return self.private

    @property
    def messages(self) -> list[Message]:
        """The answers, the original first; without one that still says "thinking" or that is the message pressed."""
        first = [self.original] if self.original and self.original is not self.message and not self.original.loading else []
        return [message for message in [*first, *self.followups] if not message.deleted]

    async def responded(self) -> int:
        """Wait, bounded, for the first response; its type."""
        await self.state.until(lambda: self.response is not None)
        assert self.response is not None
        return self.response

    async def answered(self, n: int = 1) -> Message:
        """Wait, bounded, for the n-th answer."""
        await self.state.until(lambda: len(self.messages) >= n)
        return self.messages[n - 1]

    def opens(self) -> None:
        """Judge whether a first response may come now.

        Raises:
            ApiError: 10062 after 3 seconds, 40060 the second time.
        """
        if self.response is not None:
            raise ApiError(40060)
        if self.state.clock() - self.at > FIRST_RESPONSE:
            raise ApiError(10062)

    def follows(self) -> None:
        """Judge whether the token is good for more now.

        Raises:
            ApiError: 10015 before the first response, 50027 after 15 minutes.
        """
        if self.state.clock() - self.at > TOKEN_LIFE:
            raise ApiError(50027)
        if self.response is None:
            raise ApiError(10015)

    @property
    def payload(self) -> Json:
        """The `d` of INTERACTION_CREATE."""
        guild = self.channel.guild
        # Outside, the app may do nothing of its own; what it answers is by the interaction's right.
        app = VIEW_CHANNEL | SEND_MESSAGES if self.outside else self.channel.allowed(self.state.bot.id)
        shown: Json = {
            "id": self.id,
            "application_id": self.state.app_id,
            "type": self.type,
            "data": self.data,
            "token": self.token,
            "version": 1,
            "channel_id": self.channel.id,
            "channel": {**self.channel.payload(), "permissions": str(self.channel.allowed(self.user.id))},
            "locale": self.locale,
            "entitlements": [],
            "attachment_size_limit": 10_485_760,
            "app_permissions": str(app if guild else ALL),
            "context": 0 if guild else 1,
            "authorizing_integration_owners": self._owners(),
        }
        if guild is None:
            shown["user"] = self.user.payload()
        else:
            member = guild.members[self.user.id].payload() | {"permissions": str(self.channel.allowed(self.user.id))}
            shown |= {"member": member, "guild_id": guild.id, "guild_locale": guild.locale}
            shown["guild"] = {"id": guild.id, "locale": guild.locale, "features": []}
        if self.message is not None:
            shown["message"] = self.message.payload()
        return shown

    def _owners(self) -> Json:
        if self.outside:
            return {"1": self.user.id}
        return {"0": self.channel.guild.id if self.channel.guild else "0"}
