"""Redis as a host runs it: a server, and a replica that takes its place and misses its last writes."""

from __future__ import annotations

import subprocess
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.store.connection import Connection
from bot.store.directory import accepts
from bot.store.embedded import _program
from tests.outages.relay import relay_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.outages.relay import Relay


@contextmanager
def running(directory: Path, **options: str) -> Iterator[str]:
    """A server of its own, with nothing in it. Yields its address; it answers."""
    at = directory / "s"
    told = {"port": "0", "unixsocket": str(at), "dir": str(directory), "save": "", "appendonly": "no", **options}
    command = [str(_program()), *(part for name, value in told.items() for part in (f"--{name.replace('_', '-')}", value))]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not accepts(at):
            assert process.poll() is None, "it did not start"
        yield f"unix://{quote(str(at))}"
    finally:
        process.kill()
        process.wait()


class Pair:
    """A server behind a door, and a replica that is as far as `remember` was."""

    def __init__(self, relay: Relay, replica: str) -> None:
        self.relay = relay
        self._replica = replica
        self._known: list[tuple[bytes, int, bytes]] = []

    async def remember(self) -> None:
        """The replica hears of no write after this one."""
        connection = Connection.to(self.relay.target)
        names = await connection.call("KEYS", "*")
        left = await connection.read_all([("PTTL", name) for name in names])
        held = await connection.read_all([("DUMP", name) for name in names])
        await connection.close()
        self._known = list(zip(names, (max(0, ms) for ms in left), held, strict=True))

    async def fail_over(self) -> None:
        """The server is gone, and the replica has its address."""
        connection = Connection.to(self._replica)
        for name, left, held in self._known:
            await connection.call("RESTORE", name, left, held)
        await connection.close()
        self.relay.lead_to(self._replica)


@asynccontextmanager
async def a_pair(one: str, other: str) -> AsyncIterator[Pair]:
    """Two servers at these addresses, emptied first."""
    for url in (one, other):
        connection = Connection.to(url)
        await connection.call("FLUSHALL")
        await connection.close()
    async with relay_to(one) as relay:
        yield Pair(relay, other)
