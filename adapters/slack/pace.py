"""How fast Slack may be asked, kept for all processes: a post a second in a channel, and the waits it asked for."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.errors import Busy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.channel import Address
    from bot.ports import Cache

BETWEEN_POSTS = timedelta(seconds=1)
"""In one channel; in bursts above that Slack drops messages from view (rate limits page, "Posting messages")."""


class Pace:
    """Slack counts by method and workspace, so one that has to wait holds up no other.

    Args:
        cache: Shared by all processes. What it forgets costs one request that Slack turns away.
        clock: Now, aware UTC.
        pause: How to wait, given seconds.
    """

    def __init__(self, cache: Cache, clock: Callable[[], datetime], *, pause: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self._cache = cache
        self._clock = clock
        self._pause = pause

    async def may(self, workspace: str, method: str) -> None:
        """Return if no wait is known.

        Raises:
            Busy: Slack asked for patience with this method in this workspace, and the time is not over.
        """
        known = await self._cache.get(_wait(workspace, method))
        left = _until(known) - self._clock() if known else timedelta()
        if left > timedelta():
            raise Busy(f"{method}: Slack asked for patience", retry_after=left)

    async def must_wait(self, workspace: str, method: str, wait: timedelta) -> None:
        """Remember that Slack asked for patience from now on. A later word replaces an earlier one."""
        await self._cache.put(_wait(workspace, method), (self._clock() + wait).isoformat().encode(), keep=wait)

    async def take_turn(self, address: Address) -> None:
        """Wait until nothing was posted in the channel within the last second; from now on something is.

        Raises:
            Busy: Somebody, in any process, was quicker again: several parts of several messages want to go there.
        """
        if await self._is_free(address):
            return
        # The next reply of a thread: to put it off would cost a delivery's tick, and a line in the channel's log that means nothing.
        await self._pause(BETWEEN_POSTS.total_seconds())
        if not await self._is_free(address):
            raise Busy("one post a second in a channel", retry_after=BETWEEN_POSTS)

    async def _is_free(self, address: Address) -> bool:
        return await self._cache.first(f"slack-post:{address.workspace}:{address.channel}", keep=BETWEEN_POSTS)


def _wait(workspace: str, method: str) -> str:
    return f"slack-wait:{workspace}:{method}"


def _until(known: bytes) -> datetime:
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(known.decode())
    # Written by another version: as if nothing were known.
    return datetime.min.replace(tzinfo=UTC)
