"""The whole app as Slack meets it: the real Bolt app over Socket Mode, on a real store, in front of the fake Slack."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.slack.listener import Listener, listener
from adapters.slack.outlet import SlackOutlet
from adapters.slack.socket import SocketMode
from adapters.slack.workspaces import Workspaces
from bot.channel import Address
from tests.desks import library_desk
from tests.slack.words import words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.desk import Desk
    from bot.store.store import RedisStore
    from tests.slack.fake import FakeSlack, Interaction

READING = Address("slack", "T0TEAM", "C0READING")


@dataclass(slots=True, kw_only=True)
class Paperboy:
    """One running copy of the app."""

    slack: FakeSlack
    desk: Desk
    workspaces: Workspaces
    app: Listener

    async def done(self) -> None:
        """Everything that was acknowledged is answered."""
        assert await self.app.finish()

    async def typed(self, text: str, **how: Any) -> str:
        """What comes back, to whomever, when somebody types `/papers text`: private words first."""
        before = len(self.messages)
        interaction = await self.slack.command(text, **how)
        await self.done()
        return "\n".join([*self.private(interaction), *(words(one.blocks) or one.text for one in self.messages[before:])])

    def private(self, interaction: Interaction) -> list[str]:
        """What its response url brought to the asker alone."""
        answers = [answer for answer in interaction.answers if answer["response_type"] == "ephemeral"]
        return [words(answer.get("blocks", ())) or answer["text"] for answer in answers]

    @property
    def messages(self) -> list[Any]:
        """Of all channels, in their order."""
        return [message for channel in self.slack.acme.channels.values() for message in channel.messages]

    def said(self, channel: str = "C0READING") -> list[str]:
        """The words of each message of the channel, oldest first."""
        return [words(message.blocks) or message.text for message in self.slack.acme[channel].visible]


async def stocked(store: RedisStore) -> Desk:
    """A desk whose outlets come with the app."""
    return await library_desk(store, {})


@asynccontextmanager
async def running(slack: FakeSlack, desk: Desk, *, connections: int = 1) -> AsyncIterator[Paperboy]:
    """A copy of the app, connected by Socket Mode.

    Args:
        connections: How many copies are connected when this one is.
    """
    workspaces = Workspaces(installations=desk.store.installations, cache=desk.store.cache, api_url=slack.api_url, clock=slack.clock)
    await workspaces.lone(slack.acme.token)
    desk.outlets = {"slack": SlackOutlet(workspaces, desk.store.cache, slack.clock, pause=slack.clock.pause)}
    app = listener(desk, workspaces)
    task = asyncio.create_task(SocketMode(app, "xapp-acme", slack.api_url).run())
    try:
        await slack.connected(connections)
        slack.calls.clear()
        yield Paperboy(slack=slack, desk=desk, workspaces=workspaces, app=app)
    finally:
        await app.finish()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await workspaces.close()
