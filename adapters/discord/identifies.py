"""How often and how fast a bot may identify itself, over all processes: Discord resets a token that does so 1,000 times in a day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

import structlog

from bot.errors import Busy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from discord import SessionStartLimits

    from bot.ports import Gate

RESERVE = 0.1
"""The share of a day's identifies that is left for whoever has to start the program by hand."""
IDENTIFY_WINDOW = timedelta(seconds=5.1)
"""So long for `max_concurrency` identifies: five seconds (discord.com/developers/docs/topics/gateway), and a little, for clocks differ."""
PATIENCE = timedelta(seconds=45)
"""How long an identify waits for its turn: discord.py gives a connection 60 seconds."""

_log = structlog.get_logger()


class Asks(Protocol):
    """A client that is logged in."""

    async def fetch_session_start_limits(self) -> SessionStartLimits:
        """Ask how many identifies are left."""
        ...


class Identifies:
    """The identifies of one token.

    Args:
        name: Of the door in the store, one for each token.
        wait: Lets seconds pass.
    """

    def __init__(self, name: str, gate: Gate, *, wait: Callable[[float], Awaitable[object]]) -> None:
        self._name = name
        self._gate = gate
        self._wait = wait

    async def afforded(self, client: Asks) -> SessionStartLimits:
        """See that there are some left; how many.

        Raises:
            Busy: There are not, until the day is over.
            Whatever discord.py raises when it asks.
        """
        limits = await client.fetch_session_start_limits()
        if limits.remaining <= RESERVE * limits.total:
            reason = f"{limits.remaining} of {limits.total} identifies are left today"
            raise Busy(reason, retry_after=timedelta(milliseconds=limits.reset_after))
        return limits

    async def turn(self, client: Asks, shard: int | None) -> None:
        """Wait until this shard may identify.

        Raises:
            Busy: There are too few left today, or too many others before it.
            StoreTrouble: It is not known whose turn it is.
            Whatever discord.py raises when it asks.
        """
        limits = await self.afforded(client)
        gap = IDENTIFY_WINDOW / max(1, limits.max_concurrency)
        wait = await self._gate.turn(self._name, gap=gap, burst=1, patience=PATIENCE)
        await self._wait(wait.total_seconds())
        _log.info("discord_identify", shard=shard, left=limits.remaining)
