"""Supervises the gateway client of one bot token: one process holds it, comes back from whatever ends it, and never wears out the token.

discord.py resumes by itself what can be resumed. What ends its `connect()` is ours: a first connection that fails, an event it stumbles
over, a close code it will not go on after, a lost lock. discord.py counts no identifies; Discord resets the token after 1,000 in a day.
"""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

import structlog

from adapters.discord.holding import Lost
from adapters.discord.identifies import Identifies
from adapters.discord.leaving import leave
from adapters.discord.mistakes import mistake
from bot.errors import Busy, PostTrouble, WorkspaceGone
from bot.stopping import raise_if_cancelled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence
    from typing import Any

    from adapters.discord.holding import Holding
    from adapters.discord.supervised import Client
    from bot.ports import Gate

FIRST_WAIT, LONGEST_WAIT = 5.0, 300.0
"""Seconds between two tries: the first pause, doubled each time up to the last; 1,000 identifies last for three days of that."""
STEADY_SECONDS = 300.0
"""After so long a connection the next pause is the first again."""

_log = structlog.get_logger()


class _Ended(Exception):
    """The client's work is over."""


class Gateway:
    """One process's share in the gateway of a bot token. Of all processes with the token and the store, one is connected.

    Args:
        token: The bot's.
        holding: Which process is connected.
        make: Makes a client, to be used for one life; what it is given must be awaited before every IDENTIFY, with the shard's number.
        prepare: Done with every client before it connects: registering the commands. Where it fails for a time the client connects all
            the same, and it is tried again.
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
        self._identifies = Identifies(f"{holding.name}:identify", gate, wait=wait)
        self._prepare = prepare
        self._wait = wait
        self._finish = finish
        self._opening = opening
        self._client: Client | None = None
        self._over: asyncio.Future[None] | None = None
        self.was_open = False
        """Whether Discord has let us in since the start, or was letting another process in."""

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
            self.was_open |= await self._holding.taken()
            begun = loop.time()
            try:
                await self._live()
            except Lost as lost:
                _log.warning("discord_gateway_given_up", reason=str(lost))
                continue
            except _Ended as ended:
                reason, pause = str(ended), 0.0
            except Busy as busy:
                reason, pause = str(busy), busy.retry_after.total_seconds()
            except Exception as error:  # whatever discord.py stumbles over, the process lives on
                if (found := mistake(error)) is not None:
                    raise found from error
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
        tried = asyncio.Event()
        parts: list[Coroutine[Any, Any, None]] = [
            self._connected(client, tried),
            self._holding.kept(),
            self._opened(client),
            self._prepared(tried),
        ]
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            await asyncio.wait([over, *tasks], return_when=asyncio.FIRST_COMPLETED)
            ended = next(one for one in (over, *tasks) if one.done())
            # Cancelled by discord.py itself: that is no word from whoever may cancel us.
            raise _Ended("the client cancelled itself") if ended.cancelled() else ended.exception() or _Ended("the client ended")
        finally:
            over.cancel()
            leaving = asyncio.create_task(self._leave(client, tasks))
            try:
                await asyncio.shield(leaving)
            except asyncio.CancelledError:
                # Told to stop in the midst of it: what is open is closed all the same.
                await leaving
                raise

    async def _connected(self, client: Client, tried: asyncio.Event) -> NoReturn:
        await client.login(self._token)
        await self._identifies.afforded(client)
        await tried.wait()
        await client.connect()
        raise _Ended("the connection ended")

    async def _prepared(self, tried: asyncio.Event) -> None:
        """Prepare, again and again until it is done: a bot with the commands of yesterday is better than none."""
        wait = FIRST_WAIT
        while (trouble := await self._failed()) is not None:
            pause = max(wait, trouble.retry_after.total_seconds() if isinstance(trouble, Busy) else 0.0)
            _log.warning("discord_commands_not_registered", reason=str(trouble), again_in_seconds=pause)
            tried.set()
            await self._wait(pause)
            wait = min(2 * wait, LONGEST_WAIT)
        tried.set()
        await asyncio.Event().wait()

    async def _failed(self) -> PostTrouble | None:
        """Prepare once; why that could not be done now."""
        try:
            await self._prepare()
        except WorkspaceGone:
            raise
        except PostTrouble as trouble:
            return trouble
        return None

    async def _opened(self, client: Client) -> None:
        # AutoShardedClient tries its first connection for ever, every five seconds and one call deeper each time.
        await asyncio.sleep(self._opening)
        if not client.shards:
            raise _Ended("no connection came about")
        await asyncio.Event().wait()

    async def _leave(self, client: Client, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Hear nothing new, let another process take over, finish what was heard."""
        await leave(client, tasks)
        self._client = None
        await self._holding.released()
        await client.finish(patience=self._finish)

    async def _before_identify(self, shard: int | None) -> None:
        """Raises what ends the client's life where it must not identify: discord.py alone would try for ever."""
        client, over = self._client, self._over
        assert client is not None
        assert over is not None
        try:
            await self._identifies.turn(client, shard)
        except Exception as error:
            if not over.done():
                over.set_exception(error)
            raise

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
