"""Work on something that was heard: once, whoever hears it, and never in silence."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from bot.commands.apologies import AWAY, WRONG
from bot.errors import PaperboyError, PostTrouble, StoreAway, StoreTrouble

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from bot.message import Message
    from bot.ports import Cache

REMEMBERED = timedelta(hours=1)
"""After a lost connection Discord tells again what was not acknowledged; a session that can do so lives some minutes."""
QUICK = timedelta(seconds=0.8)
"""Within this the store tells whether something was heard before; of the three seconds until a form must be open."""

_log = structlog.get_logger()


class Once:
    """How every listener works."""

    def __init__(self, cache: Cache) -> None:
        self.at_work: set[asyncio.Task[Any]] = set()
        """What is not done yet."""
        self._cache = cache

    @contextmanager
    def working(self) -> Iterator[None]:
        """Around everything that the current task does for something it heard."""
        task = asyncio.current_task()
        assert task is not None
        # Whatever started it may hold no reference, and a task nobody holds may vanish in the middle.
        self.at_work.add(task)
        try:
            yield
        finally:
            self.at_work.discard(task)

    async def do(
        self, id: str, work: Callable[[], Awaitable[None]], apologise: Callable[[Message], Awaitable[object]], **about: str
    ) -> None:
        """Do the work unless somebody began it before; whatever happens, the person who asked hears something. Never raises.

        Args:
            id: The same for whatever is the same.
            apologise: How to tell whoever asked that it failed.
            about: For the log: what and where; nothing anybody wrote, no token.
        """
        try:
            if not await self._is_first(id):
                _log.info("repeat_dropped", id=id, **about)
                return
            await work()
        except StoreTrouble as exc:
            _log.error("store_trouble", reason=str(exc), id=id, **about)
            await self._apologised(apologise, AWAY, about)
        except PostTrouble as exc:
            _log.warning("answer_not_delivered", reason=str(exc), id=id, **about)
        except Exception:  # noqa: BLE001  # one payload's bug is no reason to leave somebody without an answer
            _log.exception("listener_failed", id=id, **about)
            await self._apologised(apologise, WRONG, about)

    async def quietly(self, work: Callable[[], Awaitable[None]], **about: str) -> None:
        """Do the work, for which nobody waits. Never raises."""
        try:
            await work()
        except PaperboyError as exc:
            _log.error("event_not_served", reason=str(exc), **about)
        except Exception:  # noqa: BLE001  # one event's bug is no reason to miss the next
            _log.exception("listener_failed", **about)

    async def _is_first(self, id: str) -> bool:
        try:
            async with asyncio.timeout(QUICK.total_seconds()):
                return await self._cache.first(f"discord:heard:{id}", keep=REMEMBERED)
        except TimeoutError as exc:
            raise StoreAway("the store does not answer in time") from exc

    async def _apologised(self, apologise: Callable[[Message], Awaitable[object]], message: Message, about: Mapping[str, str]) -> None:
        try:
            await apologise(message)
        except PaperboyError as exc:
            _log.warning("apology_not_delivered", reason=str(exc), **about)
