"""Ends a client of the gateway for good, whatever it is doing: what was asked of discord.py is not always done by it."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import structlog
from discord.gateway import DiscordWebSocket, KeepAliveHandler

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from adapters.discord.supervised import Client

CANCEL_SECONDS = 0.1
"""How long something that is cancelled may take to notice."""
CLOSE_SECONDS = 3.0
"""How long a connection may take to say goodbye."""
GOODBYE = 1000
"""The close code that ends a session."""

_log = structlog.get_logger()


async def leave(client: Client, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Close the client and end its tasks. Afterwards it hears nothing more. Never raises.

    Args:
        tasks: What is done around it, its `connect()` among them.
    """
    # Before the tasks are cancelled: a `connect` that is cancelled while it closes takes the closing with it. And a `connect` that swallows
    # its cancellation, because that found it opening a connection again, sees that the client is closed, and ends.
    await _goodbye(client.close())
    pending = {*tasks}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
    for connection in _half_open(client):
        await _goodbye(connection.close(code=GOODBYE))
    await _goodbye(client.http.close())  # once more, for a goodbye that took too long


def _half_open(client: Client) -> list[DiscordWebSocket]:
    """Connections that were left before they identified: discord.py knows nothing more of them, but their heartbeats go on."""
    threads = [thread for thread in threading.enumerate() if isinstance(thread, KeepAliveHandler)]
    # No public name leads from a connection to its client.
    return [thread.ws for thread in threads if thread.ws._dispatch == client.dispatch]  # noqa: SLF001


async def _goodbye(closing: Awaitable[None]) -> None:
    """Close politely, but a dead connection does not say goodbye."""
    # In a task of its own, for what is closed may have been cancelled, which is not to be taken for our own end.
    task = asyncio.ensure_future(closing)
    done, _ = await asyncio.wait([task], timeout=CLOSE_SECONDS)
    task.cancel()
    if not done or task.cancelled() or task.exception():
        _log.info("discord_not_closed")
