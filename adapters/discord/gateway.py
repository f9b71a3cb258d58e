"""Supervises the gateway client of one bot token: one process holds it, comes back from whatever ends it, and never wears out the token.

discord.py resumes by itself what can be resumed. What ends its `connect()` is ours: a first connection that fails, an event it stumbles
over, a close code it will not go on after, a lost lock. discord.py counts no identifies; Discord resets the token after 1,000 in a day.
"""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn, Protocol

import discord
import structlog

from adapters.discord.errors import TokenRefused
from adapters.discord.holding import Lost
from bot.errors import Busy, OperatorMistake
from bot.stopping import raise_if_cancelled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
    from typing import Any

    from discord.http import HTTPClient

    from adapters.discord.holding import Holding
    from bot.ports import Gate

FIRST_WAIT, LONGEST_WAIT = 5.0, 300.0
"""Seconds between two tries: the first pause, doubled each time up to the last; 1,000 identifies last for three days of that."""
STEADY_SECONDS = 300.0
"""After so long a connection the next pause is the first again."""
RESERVE = 0.1
"""The share of a day's identifies that is left for whoever has to start the program by hand."""
IDENTIFY_WINDOW = timedelta(seconds=5.1)
"""So long for `max_concurrency` identifies: five seconds (discord.com/developers/docs/topics/gateway), and a little, for clocks differ."""
PATIENCE = timedelta(seconds=45)
"""How long an identify waits for its turn: discord.py gives a connection 60 seconds."""
CANCEL_SECONDS = 0.1
"""How long something that is cancelled may take to notice."""
CLOSE_SECONDS = 3.0
"""How long a connection may take to say goodbye."""

NOT_ACCEPTED = "DISCORD_TOKEN: Discord does not accept it. Copy it again: page Bot of the application, Reset Token. See config/env.example."
"""For the operator."""

_BAD_TOKEN, _BAD_INTENTS = frozenset({4004}), frozenset({4013, 4014})
_log = structlog.get_logger()


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


class _Ended(Exception):
    """The client's work is over.

    Args:
        wait: At least so many seconds until the next try.
    """

    def __init__(self, reason: str, *, wait: float = 0) -> None:
        super().__init__(reason)
        self.wait = wait


class Gateway:
    """One process's share in the gateway of a bot token. Of all processes with the token and the store, one is connected.

    Args:
        token: The bot's.
        holding: Which process is connected.
        make: Makes a client, to be used for one life; what it is given must be awaited before every IDENTIFY, with the shard's number.
        prepare: Done with every client before it connects, when it is known who we are: registering the commands.
        wait: Lets seconds pass between two tries; a test's does not.
        finish: How long a stop waits for answers under way.
        opening: Seconds until a first connection that does not come about is begun anew.
    """

    def __init__(
        self,
        token: str,
        make: Callable[[Callable[[int | None], Awaitable[None]]], Client],
        *,
        holding: Holding,
        gate: Gate,
        prepare: Callable[[], Awaitable[object]],
        wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
        finish: timedelta = timedelta(seconds=10),
        opening: float = 60.0,
    ) -> None:
        self._token = token
        self._make = make
        self._holding = holding
        self._gate = gate
        self._prepare = prepare
        self._wait = wait
        self._finish = finish
        self._opening = opening
        self._client: Client | None = None
        self._over: asyncio.Future[None] | None = None
        self.was_open = False
        """Whether Discord has let us in since the start."""

    @property
    def holding_name(self) -> str:
        """What the store knows the gateway by."""
        return self._holding.name

    @property
    def is_connected(self) -> bool:
        """Whether Discord can reach this process now, over every shard."""
        client = self._client
        return client is not None and client.is_ready() and not any(shard.is_closed() for shard in client.shards.values())

    @property
    def is_ready(self) -> bool:
        """Whether all is as it should be: connected, or waiting while another process is.

        A new release that waits counts as ready: platforms end the old one only then.
        """
        return self._holding.is_standing_by or self.is_connected

    @property
    def latency(self) -> float:
        """Seconds between a heartbeat and its acknowledgement; nan without a connection."""
        return self._client.latency if self._client is not None else float("nan")

    async def run(self) -> None:
        """Be the gateway whenever nobody else is, until cancelled; then hear nothing new, hand over, finish what was heard, and close.

        Raises:
            OperatorMistake: Discord does not accept the token or the intents: trying again would be no use.
        """
        wait = FIRST_WAIT
        loop = asyncio.get_running_loop()
        while True:
            raise_if_cancelled()
            await self._holding.taken()
            begun = loop.time()
            try:
                await self._live()
            except Lost as lost:
                _log.warning("discord_gateway_given_up", reason=str(lost))
                continue
            except _Ended as ended:
                reason, pause = str(ended), ended.wait
            except Busy as busy:
                reason, pause = str(busy), busy.retry_after.total_seconds()
            except Exception as error:  # whatever discord.py stumbles over, the process lives on
                if (mistake := _mistake(error)) is not None:
                    raise mistake from error
                reason, pause = f"{type(error).__name__}: {error}", 0.0
            if loop.time() - begun > STEADY_SECONDS:
                wait = FIRST_WAIT
            pause = max(wait, pause)
            _log.warning("discord_gateway_lost", reason=reason, again_in_seconds=pause)
            # Uneven, so that processes that lost Discord together do not come back together.
            await self._wait(pause * random.uniform(1, 1.2))  # noqa: S311  # nothing secret
            wait = min(2 * wait, LONGEST_WAIT)

    async def _live(self) -> NoReturn:
        """From the login to the end of one client."""
        client = self._make(self._before_identify)
        for listener in (self.on_shard_ready, self.on_shard_resumed, self.on_shard_disconnect):
            client.event(listener)
        over = asyncio.get_running_loop().create_future()
        self._client, self._over = client, over
        parts: list[Coroutine[Any, Any, None]] = [self._connected(client), self._holding.kept(), self._opened(client)]
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            await asyncio.wait([over, *tasks], return_when=asyncio.FIRST_COMPLETED)
            raise next(error for ended in (over, *tasks) if ended.done() and (error := ended.exception()))
        finally:
            over.cancel()
            leaving = asyncio.create_task(self._leave(client, tasks))
            try:
                await asyncio.shield(leaving)
            except asyncio.CancelledError:
                # Told to stop in the midst of it: what is open is closed all the same.
                await leaving
                raise

    async def _connected(self, client: Client) -> NoReturn:
        await client.login(self._token)
        self._must_afford(await client.fetch_session_start_limits())
        await self._prepare()
        await client.connect()
        raise _Ended("the connection ended")

    async def _opened(self, client: Client) -> None:
        # AutoShardedClient tries its first connection for ever, every five seconds and one call deeper each time.
        await asyncio.sleep(self._opening)
        if not client.shards:
            raise _Ended("no connection came about")
        await asyncio.Event().wait()

    async def _leave(self, client: Client, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Hear nothing new, let another process take over, finish what was heard, close."""
        # Before the tasks are cancelled: a `connect` that is cancelled while it closes takes the closing with it.
        await _goodbye(client.close())
        pending = {*tasks}
        while pending:
            # More than once: discord.py swallows a cancellation that finds it opening a connection again.
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=CANCEL_SECONDS)
        await asyncio.gather(*tasks, return_exceptions=True)
        await _goodbye(client.http.close())  # once more, for a goodbye that took too long
        self._client = None
        await self._holding.released()
        await client.finish(patience=self._finish)

    async def _before_identify(self, shard: int | None) -> None:
        """Raises what ends the client's life where it must not identify: discord.py alone would try for ever."""
        client, over = self._client, self._over
        assert client is not None
        assert over is not None
        try:
            limits = await client.fetch_session_start_limits()
            self._must_afford(limits)
            gap = IDENTIFY_WINDOW / max(1, limits.max_concurrency)
            turn = await self._gate.turn(f"{self._holding.name}:identify", gap=gap, burst=1, patience=PATIENCE)
        except Exception as error:
            if not over.done():
                over.set_exception(error)
            raise
        await self._wait(turn.total_seconds())
        _log.info("discord_identify", shard=shard, left=limits.remaining)

    async def on_shard_ready(self, shard: int) -> None:
        """A session began; many times in a process's life."""
        self.was_open = True
        _log.info("discord_gateway_open", shard=shard)

    async def on_shard_resumed(self, shard: int) -> None:
        """A session goes on."""
        _log.info("discord_gateway_resumed", shard=shard)

    async def on_shard_disconnect(self, shard: int) -> None:
        """A connection ended; discord.py opens another, or `connect` ends."""
        _log.info("discord_gateway_left", shard=shard)

    def _must_afford(self, limits: discord.SessionStartLimits) -> None:
        if limits.remaining <= RESERVE * limits.total:
            reason = f"{limits.remaining} of {limits.total} identifies are left today"
            raise _Ended(reason, wait=limits.reset_after / 1000)


async def _goodbye(closing: Awaitable[None]) -> None:
    """Close politely, but a dead connection does not say goodbye."""
    # In a task of its own, for what is closed may have been cancelled, which is not to be taken for our own end.
    task = asyncio.ensure_future(closing)
    done, _ = await asyncio.wait([task], timeout=CLOSE_SECONDS)
    task.cancel()
    if not done or task.cancelled() or task.exception():
        _log.info("discord_not_closed")


def _mistake(error: Exception) -> OperatorMistake | None:
    """What the operator has to put right, if it is that."""
    code = error.code if isinstance(error, discord.ConnectionClosed) else 0
    status = error.status if isinstance(error, discord.HTTPException) else 0
    if isinstance(error, discord.LoginFailure | TokenRefused) or code in _BAD_TOKEN or status == 401:  # noqa: PLR2004  # unauthorized
        return OperatorMistake(NOT_ACCEPTED)
    if isinstance(error, discord.PrivilegedIntentsRequired) or code in _BAD_INTENTS:
        return OperatorMistake(
            f"DISCORD_TOKEN: Discord does not allow this bot what it wants to hear ({code or 4014}). "
            "Page Bot of the application, Privileged Gateway Intents, or set DISCORD_REACTIONS=false. See config/env.example."
        )
    return None
