"""The store as a whole: one connection, and all that is kept behind it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.errors import OperatorMistake
from bot.store.cache import StoredCache
from bot.store.channels import StoredChannels
from bot.store.connection import Connection
from bot.store.deliveries import StoredDeliveries
from bot.store.fetches import StoredFetches
from bot.store.figures import StoredFigures
from bot.store.gate import StoredGate
from bot.store.installations import StoredInstallations
from bot.store.locks import StoredLocks
from bot.store.papers import StoredPapers
from bot.store.seal import Seal
from bot.store.sweep import sweep_papers, sweep_tombstones
from bot.store.votes import StoredVotes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path


class RedisStore:
    """Implements `bot.ports.Store`.

    Args:
        keeps: Whether the server keeps all that it acknowledged, whatever befalls it.
    """

    def __init__(self, connection: Connection, *, seal: Seal | None = None, keeps: bool = False) -> None:
        self.connection = connection
        self.channels = StoredChannels(connection)
        self.papers = StoredPapers(connection)
        self.deliveries = StoredDeliveries(connection, keeps=keeps)
        self.fetches = StoredFetches(connection)
        self.votes = StoredVotes(connection)
        self.installations = StoredInstallations(connection, seal or Seal(()))
        self.figures = StoredFigures(connection)
        self.gate = StoredGate(connection)
        self.locks = StoredLocks(connection)
        self.cache = StoredCache(connection)

    async def now(self) -> datetime:
        """See `bot.ports.Store.now`."""
        return await self.connection.now()

    async def sweep(self) -> Mapping[str, int]:
        """See `bot.ports.Store.sweep`."""
        return {
            "papers": await sweep_papers(self.connection),
            "forgotten channels": await sweep_tombstones(self.connection),
            "dead deliveries": await self.deliveries.sweep(),
        }


@asynccontextmanager
async def open_store(
    url: str = "",
    *,
    directory: Path,
    verify: bool = True,
    clock: Callable[[], datetime] | None = None,
    secret_keys: Sequence[str] = (),
) -> AsyncIterator[RedisStore]:
    """The store at `url`, or, without one, on a server of our own in `directory` that ends with the block.

    Args:
        url: REDIS_URL; "" for the embedded server.
        directory: DATA_DIR; left alone if there is a `url`.
        verify: Whether a `rediss://` server must prove who it is.
        clock: Tests set the time with it; None goes by the server's clock.
        secret_keys: SECRET_KEYS: what tokens are sealed with; the first seals, each of them opens.

    Raises:
        OperatorMistake: The store cannot be used as configured; one line with the remedy.
        StoreAway: Nobody answers at `url`; or, in the midst of the block, the server of our own ended: its disk is full, somebody
            killed it.
    """
    seal = Seal(secret_keys)
    if url:
        async with _at(url, verify=verify, clock=clock, seal=seal, keeps=False) as store:
            yield store
        return
    try:
        from bot.store.embedded import EmbeddedServer  # noqa: PLC0415  # here, for it needs Unix
    except ModuleNotFoundError as error:
        if error.name != "fcntl":
            raise
        raise OperatorMistake("this system has no embedded server: set REDIS_URL, or use Windows' WSL, where the demo runs too") from error

    server = await EmbeddedServer.start(directory)
    try:
        async with (
            _at(server.url, verify=verify, clock=clock, seal=seal, keeps=True) as store,
            _while_it_lives(server.watch()),
        ):
            yield store
    finally:
        await server.close()


@asynccontextmanager
async def _at(url: str, *, verify: bool, clock: Callable[[], datetime] | None, seal: Seal, keeps: bool) -> AsyncIterator[RedisStore]:
    connection = await Connection.open(url, verify=verify, clock=clock)
    try:
        yield RedisStore(connection, seal=seal, keeps=keeps)
    finally:
        await connection.close()


@asynccontextmanager
async def _while_it_lives(watch: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run the block until the watch ends; then cancel the block and raise what the watch found. Without its store nothing can go on."""
    block = asyncio.current_task()
    assert block is not None
    watching = asyncio.create_task(watch)
    watching.add_done_callback(lambda watched: watched.cancelled() or block.cancel())
    try:
        yield
    except asyncio.CancelledError:
        if watching.done():
            block.uncancel()
            watching.result()
        raise
    finally:
        watching.cancel()
        await asyncio.wait([watching])
