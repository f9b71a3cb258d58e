"""A TCP proxy before a Redis server that swallows replies, delays, and cuts connections at random."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from typing_extensions import override

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

FORWARDS, REPLY_LOST, REPLY_CUT, REQUEST_LOST, DELAYED, STALLED = (
    *("forwarded", "reply swallowed", "reply cut in its middle", "cut before forwarding"),
    *("delayed by up to 0.5 s", "stalled for up to 9 s"),
)
SHORT_S, LONG_S = (0.01, 0.5), (1.0, 9.0)
"""Seconds; a client of ours gives up after five, and what it asked for is carried out all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubles:
    """How likely each befalls a request."""

    reply_lost: float = 0.0004
    reply_cut: float = 0.0002
    request_lost: float = 0.0003
    delayed: float = 0.002
    stalled: float = 0.0001
    latency_s: tuple[float, float] = (0.001, 0.008)
    """How long every request is on its way, in seconds: the store is on another machine. A worker may be frozen meanwhile."""


class Proxy:
    """Between workers and the server at a unix socket. Use with `async with`; `url` is what goes into REDIS_URL.

    Args:
        chance: Where all that happens is drawn from.
    """

    def __init__(self, socket: Path, chance: random.Random) -> None:
        self.socket = socket
        self.chance = chance
        self.troubles: Troubles | None = None
        """None: everything passes."""
        self.counts: Counter[str] = Counter()
        self.connections: set[Client] = set()
        self._away = False
        self.url = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(lambda: Client(self), "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"redis://127.0.0.1:{port}/0"
        return self

    async def __aexit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._server.close()
        for client in list(self.connections):
            client.cut()
        await self._server.wait_closed()

    @property
    def is_away(self) -> bool:
        """Whether nobody is let in at present."""
        return self._away

    @contextmanager
    def away(self) -> Iterator[None]:
        """Cut every connection, and let no new one live, until the block ends."""
        self.counts["went away"] += 1
        self._away = True
        for client in list(self.connections):
            client.cut()
        try:
            yield
        finally:
            self._away = False

    def fate(self) -> str:
        """What befalls the next request."""
        if (troubles := self.troubles) is None:
            return FORWARDS
        (fate,) = self.chance.choices(
            (REPLY_LOST, REPLY_CUT, REQUEST_LOST, DELAYED, STALLED, FORWARDS),
            cum_weights=(
                troubles.reply_lost,
                troubles.reply_lost + troubles.reply_cut,
                troubles.reply_lost + troubles.reply_cut + troubles.request_lost,
                troubles.reply_lost + troubles.reply_cut + troubles.request_lost + troubles.delayed,
                troubles.reply_lost + troubles.reply_cut + troubles.request_lost + troubles.delayed + troubles.stalled,
                1.0,
            ),
        )
        return fate

    def latency(self, fate: str) -> float:
        """How long a request with this fate is on its way, in seconds."""
        if self.troubles is None:
            return 0.0
        extra = {DELAYED: SHORT_S, STALLED: LONG_S}.get(fate, (0.0, 0.0))
        return self.chance.uniform(*self.troubles.latency_s) + self.chance.uniform(*extra)


class Client(asyncio.Protocol):
    """A worker's end of a connection. Each piece that arrives is taken for a request, as our client waits for each answer."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._transport: asyncio.Transport | None = None
        self._upstream: asyncio.Transport | None = None
        self._opening: asyncio.Task[None] | None = None
        self._waiting: list[bytes] = []
        """What arrived before the server was reached."""
        self._on_their_way: deque[bytes] = deque()
        """A queue, for the loop calls what falls due at the same moment in no order."""
        self._last = 0.0
        """When, by the loop's clock, the latest request arrives: none overtakes another."""
        self.reply = FORWARDS
        """What befalls the next reply."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._proxy.is_away:
            transport.abort()
            return
        self._proxy.connections.add(self)
        self._opening = asyncio.get_running_loop().create_task(self._open())

    async def _open(self) -> None:
        try:
            upstream, _ = await asyncio.get_running_loop().create_unix_connection(lambda: Upstream(self), str(self._proxy.socket))
        except OSError:
            self.cut()
            return
        if self._transport is None:
            upstream.abort()
            return
        self._upstream = upstream
        waiting, self._waiting = self._waiting, []
        for data in waiting:
            upstream.write(data)

    @override
    def data_received(self, data: bytes) -> None:
        fate = self._proxy.fate()
        self._proxy.counts[fate] += 1
        if fate == REQUEST_LOST:
            self.cut()
            return
        if fate in (REPLY_LOST, REPLY_CUT):
            self.reply = fate
        wait = self._proxy.latency(fate)
        if not wait and not self._on_their_way:
            self._forward(data)
            return
        loop = asyncio.get_running_loop()
        self._last = max(self._last, loop.time() + wait)
        self._on_their_way.append(data)
        loop.call_at(self._last, self._arrived)

    def _arrived(self) -> None:
        self._forward(self._on_their_way.popleft())
        if self._transport is None and self._upstream is not None and not self._on_their_way:
            # Whoever asked has given up; the server carries out what it was sent before the end.
            self._upstream.close()

    def _forward(self, data: bytes) -> None:
        if self._upstream is None:
            self._waiting.append(data)
        else:
            self._upstream.write(data)

    def replied(self, data: bytes) -> None:
        """Pass a reply on, or what is left of it."""
        if self._transport is None:
            return
        if self.reply == FORWARDS:
            self._transport.write(data)
            return
        if self.reply == REPLY_CUT:
            self._transport.write(data[: len(data) // 2])
            # Not `abort`: what was written has to arrive.
            self._transport.close()
        self.cut(gently=True)

    def cut(self, *, gently: bool = False) -> None:
        """End both sides."""
        self._proxy.connections.discard(self)
        for transport in (self._transport, self._upstream):
            if transport is not None:
                transport.close() if gently else transport.abort()
        self._transport = self._upstream = None

    @override
    def connection_lost(self, error: Exception | None) -> None:
        self._proxy.connections.discard(self)
        self._transport = None
        if self._upstream is not None and not self._on_their_way:
            self._upstream.close()

    @override
    def pause_writing(self) -> None:
        if self._upstream is not None:
            self._upstream.pause_reading()

    @override
    def resume_writing(self) -> None:
        if self._upstream is not None:
            self._upstream.resume_reading()


class Upstream(asyncio.Protocol):
    """The server's end."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @override
    def data_received(self, data: bytes) -> None:
        self._client.replied(data)

    @override
    def connection_lost(self, error: Exception | None) -> None:
        self._client.cut(gently=True)
