"""Platforms as the tests of outages need them: one channel, what stands there, and a mouth around which something happens."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.channel import Address
from bot.errors import NotSent
from tests.discord.fake import FakeDiscord
from tests.discord.fake import server_error as discord_error
from tests.discord.posting import outlet_of as discord_outlet
from tests.discord.posting import pointed
from tests.outlet import KeepingOutlet
from tests.slack.fake import FakeSlack
from tests.slack.fake import server_error as slack_error
from tests.slack.test_outlet import READING, installed
from tests.slack.test_outlet import outlet_of as slack_outlet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from datetime import datetime

    from bot.message import Block, Message
    from bot.ports import Limits, Outlet
    from bot.store.store import RedisStore
    from tests.clock import Clock
    from tests.slack.fake import Team


class Eventful:
    """A mouth around whose every request something may happen."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self.before: Callable[[], Awaitable[None]] | None = None
        """Called when the store knows of the request and the platform does not."""
        self.after: Callable[[], Awaitable[None]] | None = None
        """Called when the platform has answered and the store does not know."""

    @property
    def platform(self) -> str:
        """See the port."""
        return self._outlet.platform

    @property
    def limits(self) -> Limits:
        """See the port."""
        return self._outlet.limits

    def measure(self, block: Block) -> int:
        """See the port."""
        return self._outlet.measure(block)

    async def post(self, address: Address, message: Message, *, key: str, under: str = "", tags: Sequence[str] = ()) -> str:
        """See the port."""
        if self.before is not None:
            await self.before()
        id = await self._outlet.post(address, message, key=key, under=under, tags=tags)
        if self.after is not None:
            await self.after()
        return id

    async def posted(self, address: Address, *, key: str, since: datetime, under: str = "") -> str | None:
        """See the port."""
        return await self._outlet.posted(address, key=key, since=since, under=under)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A platform with a channel, and with another one in another workspace."""

    address: Address
    beside: Address
    outlet: Eventful
    standing: Callable[[], list[str]]
    """For each message that stands in the channel what tells it from the others, oldest first."""
    standing_beside: Callable[[], list[str]]
    fail: Callable[[], None]
    """From now on nothing is answered but errors about the channel."""
    mend: Callable[[], None]
    """That is over."""
    told: Callable[[str], list[str]] = lambda _: []
    """What a person was told in private, by their id."""


@asynccontextmanager
async def in_memory(store: RedisStore, clock: Clock) -> AsyncIterator[Stage]:
    """A platform without a platform."""
    outlet = KeepingOutlet(threads=True)
    one, other = Address("terminal", "local", "ml-reading"), Address("terminal", "elsewhere", "vision")
    eventful = Eventful(outlet)

    async def refuse() -> None:
        raise NotSent("down")

    def fail() -> None:
        eventful.before = refuse

    def mend() -> None:
        eventful.before = None

    yield Stage(
        address=one,
        beside=other,
        outlet=eventful,
        standing=lambda: [key for where, _, key in outlet.posts if where == one],
        standing_beside=lambda: [key for where, _, key in outlet.posts if where == other],
        fail=fail,
        mend=mend,
    )


@asynccontextmanager
async def on_slack(store: RedisStore, clock: Clock, *, history: bool = True) -> AsyncIterator[Stage]:
    """The real SDK in front of a fake Slack.

    Args:
        history: Whether the app may look what stands in its channels.
    """
    async with FakeSlack(clock) as slack:
        if not history:
            slack.acme.scopes.discard("channels:history")
        await installed(store, slack.acme)
        other = slack.team("T0OTHER", name="Other", token="xoxb-other", app_token="xapp-other")
        await installed(store, other)
        other.channel("C0BESIDE", "beside")

        def fail() -> None:
            slack.chance = lambda call: slack_error() if call.args.get("channel") == READING.channel else None

        def mend() -> None:
            slack.chance = None

        def keys(team: Team, channel: str) -> list[str]:
            return [str(said.metadata["event_payload"]["key"]) for said in team[channel].visible if said.metadata]

        async with slack_outlet(slack, store) as outlet:
            yield Stage(
                address=READING,
                beside=Address("slack", other.id, "C0BESIDE"),
                outlet=Eventful(outlet),
                standing=lambda: keys(slack.acme, READING.channel),
                standing_beside=lambda: keys(other, "C0BESIDE"),
                fail=fail,
                mend=mend,
                told=lambda user: [said.text for said in slack.acme.im(user).visible],
            )
        assert not slack.problems


@asynccontextmanager
async def on_discord(store: RedisStore, clock: Clock) -> AsyncIterator[Stage]:
    """The real SDK in front of a fake Discord."""
    async with FakeDiscord(clock) as server:
        elsewhere = server.guild("Other")
        other = elsewhere.text("beside")

        def fail() -> None:
            server.chance = lambda call: discord_error(503) if call.params.get("channel_id") == server.reading.id else None

        def mend() -> None:
            server.chance = None

        with pointed(server):
            async with discord_outlet(server, store) as outlet:
                yield Stage(
                    address=Address("discord", server.acme.id, server.reading.id),
                    beside=Address("discord", elsewhere.id, other.id),
                    outlet=Eventful(outlet),
                    standing=lambda: [
                        str(said.nonce) for place in server.channels.values() if place is not other for said in place.messages
                    ],
                    standing_beside=lambda: [str(said.nonce) for said in other.messages],
                    fail=fail,
                    mend=mend,
                )
        assert not server.problems


STAGES = {"memory": in_memory, "Slack": on_slack, "Discord": on_discord}
