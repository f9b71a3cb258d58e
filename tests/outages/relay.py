"""A door between the bot and its server that a test shuts, jams, opens again, or puts in front of another server."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.store.scripts import Script


class Relay:
    """Passes bytes between `url`, where the bot connects, and the server at `target`."""

    def __init__(self, target: str) -> None:
        self.target = target
        """Where new connections lead, as redis-py reads addresses."""
        self.url = ""
        self._open = True
        self._deaf = False
        self._lines: set[asyncio.Task[None]] = set()
        self._wanted = b""
        self._kept = asyncio.Event()
        self._free = asyncio.Event()

    def cut(self) -> None:
        """The server is gone: connections end, new ones are closed as they come."""
        self._open = False
        for line in self._lines:
            line.cancel()

    def jam(self) -> None:
        """The server's machine is gone, and nobody says so: connections stay, what is said there is never answered."""
        self._deaf = True

    def mend(self) -> None:
        """It is back. Connections that were jammed are gone for good."""
        if self._deaf:
            self._deaf = False
            for line in self._lines:
                line.cancel()
        self._open = True

    def lead_to(self, target: str) -> None:
        """Another server has the address from now on."""
        self.cut()
        self.target = target
        self.mend()

    def keep(self, script: Script) -> None:
        """Hold the next call of the script back, and all that its connection says after it, until `let_go`."""
        self._wanted = script.sha.encode()
        self._kept.clear()
        self._free.clear()

    async def has_kept(self) -> None:
        """Return when a call is held back."""
        await self._kept.wait()

    def let_go(self) -> None:
        """What was held back goes on its way."""
        self._free.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        line = asyncio.current_task()
        assert line is not None
        self._lines.add(line)
        ends = [writer]
        try:
            if self._open:
                there, back = await _connected(self.target)
                ends.append(back)
                async with asyncio.TaskGroup() as ways:
                    ways.create_task(self._pass(reader, back, asking=True))
                    ways.create_task(self._pass(there, writer, asking=False))
        except* (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._lines.discard(line)
            for end in ends:
                end.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, asking: bool) -> None:
        while said := await reader.read(65536):
            if asking and self._wanted and self._wanted in said:
                self._wanted = b""
                self._kept.set()
                await self._free.wait()
            if not self._deaf:
                writer.write(said)
                await writer.drain()
        raise ConnectionResetError


async def _connected(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return await asyncio.open_unix_connection(unquote(parts.path))
    return await asyncio.open_connection(parts.hostname, parts.port)


@asynccontextmanager
async def relay_to(target: str) -> AsyncIterator[Relay]:
    """An open door to the server at an address of redis-py."""
    relay = Relay(target)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    database = urlsplit(target).path if not target.startswith("unix:") else ""
    relay.url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}{database}"
    try:
        yield relay
    finally:
        relay.let_go()
        relay.cut()
        server.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                await server.wait_closed()
