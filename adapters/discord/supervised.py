"""What the gateway's supervision expects of a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from typing import Any

    import discord
    from discord.http import HTTPClient


class Client(Protocol):
    """What is supervised: `adapters.discord.listener.Bot`, or any other AutoShardedClient that can finish its work."""

    @property
    def shards(self) -> Mapping[int, discord.ShardInfo]:
        """Those connected or coming back, by number."""
        ...

    @property
    def latency(self) -> float:
        """Seconds from heartbeat to acknowledgement, over all shards."""
        ...

    def is_ready(self) -> bool:
        """Whether READY was heard and the servers are known."""
        ...

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Tell of an event."""

    def event(self, coro: Any, /) -> Any:
        """Listen to an event by the function's name."""
        ...

    async def login(self, token: str) -> None:
        """Ask who we are."""

    async def fetch_session_start_limits(self) -> discord.SessionStartLimits:
        """Ask how many identifies are left."""
        ...

    async def connect(self) -> None:
        """Stay connected."""

    async def finish(self, *, patience: timedelta) -> bool:
        """Wait until everything heard has been answered."""
        ...

    @property
    def http(self) -> HTTPClient:
        """What the gateway is found with."""
        ...

    async def close(self) -> None:
        """Close all that is open."""
