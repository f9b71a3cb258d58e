"""The store for a look and a small change, whether or not a bot is at work in DATA_DIR at the moment.

An operator looks after deliveries while the bot runs. On the embedded store that is another process's server: a visitor talks to it through
its socket, and neither starts, stops nor takes over anything. Only where nobody is at work does a server of our own run for the visit.
"""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.errors import OperatorMistake, StoreAway
from bot.store.connection import Connection
from bot.store.store import RedisStore, open_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

PATIENCE_S = 10.0
"""Seconds to wait for a bot that has just begun, or is about to end, and whose server does not answer."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A store that may be another's."""

    store: RedisStore
    alone: bool
    """Whether surely nobody else is at work on it."""


@asynccontextmanager
async def visit_store(url: str = "", *, directory: Path, verify: bool = True) -> AsyncIterator[Visit]:
    """The store at `url`, or, without one, that in `directory`: of the bot that is at work there, if one is.

    Args:
        url: REDIS_URL; "" for the embedded server.
        directory: DATA_DIR; left alone if there is a `url`.
        verify: Whether a `rediss://` server must prove who it is.

    Raises:
        OperatorMistake: There is no store there, or it belongs to another user.
        StoreAway: Nobody answers at `url`, or at the server of the bot; or that ended in the midst of the block, with its bot.
    """
    async with AsyncExitStack() as stack:
        if url:
            yield Visit(await stack.enter_async_context(open_store(url, directory=directory, verify=verify)), alone=False)
            return
        yield await _visited(_with_a_store(directory), stack)


@asynccontextmanager
async def running_store(url: str = "", *, directory: Path, verify: bool = True) -> AsyncIterator[RedisStore | None]:
    """The store at `url`, or, without one, that of the bot at work in `directory`; None if none is. Starts nothing, whatever it finds.

    Raises:
        OperatorMistake: The server at `url` cannot be used.
        StoreAway: Nobody answers.
    """
    async with AsyncExitStack() as stack:
        if url:
            yield await stack.enter_async_context(open_store(url, directory=directory, verify=verify))
            return
        if (at := _socket_of_a_bot(directory)) is None:
            yield None
            return
        connection = await Connection.open(f"unix://{quote(str(at))}")
        stack.push_async_callback(connection.close)
        yield RedisStore(connection, keeps=True)


async def _visited(directory: Path, stack: AsyncExitStack) -> Visit:
    from bot.store.directory import InUse, open_socket  # noqa: PLC0415  # here, for it needs Unix

    until = time.monotonic() + PATIENCE_S
    while True:
        away: Exception | None = None
        if _is_ours(directory):
            try:
                return Visit(await stack.enter_async_context(open_store(directory=directory)), alone=True)
            except InUse as in_use:
                away = in_use
        try:
            if (at := open_socket(directory)) is not None:
                connection = await Connection.open(f"unix://{quote(str(at))}")
                stack.push_async_callback(connection.close)
                return Visit(RedisStore(connection, keeps=True), alone=False)
        except StoreAway as error:  # it still reads its file, or is on its way out
            away = error
        if away is None:
            # A server of ours would leave files there that the bot could not write.
            raise OperatorMistake(f"DATA_DIR {directory} belongs to another user, and no bot is at work there: start this as that user")
        if time.monotonic() >= until:
            raise StoreAway(f"the bot at work in DATA_DIR {directory} has a server that does not answer; try again in a moment") from away
        await asyncio.sleep(0.05)


def _socket_of_a_bot(directory: Path) -> Path | None:
    from bot.store.directory import open_socket  # noqa: PLC0415  # here, for it needs Unix

    return open_socket(directory.resolve()) if directory.is_dir() else None


def _is_ours(directory: Path) -> bool:
    return directory.stat().st_uid == os.geteuid()


def _with_a_store(directory: Path) -> Path:
    try:
        if (directory / "appendonlydir").is_dir():
            return directory.resolve()
    except OSError as error:
        raise OperatorMistake(
            f"DATA_DIR {directory.absolute()} cannot be read ({error.strerror}): start this as the user that the bot runs as"
        ) from error
    # Else a directory mistyped, or a relative one in another working directory, would look like a bot with nothing to do.
    raise OperatorMistake(
        f"There is no store in DATA_DIR {directory.absolute()}: start this where the bot runs, with the same DATA_DIR or REDIS_URL"
    )
