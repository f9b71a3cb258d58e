"""Keeps the parts of a process apart while they run, and brings them to an end together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import structlog

from bot.errors import OperatorMistake, PostTrouble, StoreAway, WorkspaceGone
from bot.stopping import raise_if_cancelled
from bot.uptime import uptime

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence
    from typing import Any

FIRST_WAIT, LONGEST_WAIT = 5.0, 300.0
"""Seconds until a platform that could not be reached, or a part that failed, is tried again: doubled each time."""

T = TypeVar("T")
Question: TypeAlias = Callable[[], Awaitable[bool]]
"""Whether a part can work."""

_log = structlog.get_logger()


async def supervised(name: str, part: Callable[[], Awaitable[None]], *, clock: Callable[[], float] = uptime) -> None:
    """Run a part, and again if it fails: a bug or an outage of one must not end the others.

    Args:
        clock: Seconds that only grow.

    Raises:
        OperatorMistake: It cannot work as configured.
    """
    wait = FIRST_WAIT
    while True:
        begun = clock()
        try:
            await part()
        except OperatorMistake:
            raise
        except StoreAway as error:
            # No bug of the part's, and our own store may be asked as often: the part is to be back soon after it.
            wait = FIRST_WAIT
            _log.error("store_away", part=name, reason=str(error), again_in_seconds=wait)
        except Exception:  # noqa: BLE001  # whatever it is, and it is logged whole
            if clock() - begun > LONGEST_WAIT:
                wait = FIRST_WAIT  # what goes well for days and fails once in a while is not to be away for longer each time
            _log.exception("part_failed", part=name, again_in_seconds=wait)
        raise_if_cancelled()
        await asyncio.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT)


async def reached(platform: str, ask: Callable[[], Awaitable[T]]) -> T:
    """Ask a platform who we are there, again and again while it cannot be reached.

    Raises:
        WorkspaceGone: It was reached, and does not want us. And whatever else is no PostTrouble.
    """
    wait = FIRST_WAIT
    while True:
        try:
            return await ask()
        except WorkspaceGone:
            raise
        except PostTrouble as trouble:
            _log.warning("platform_not_reached", platform=platform, reason=str(trouble), again_in_seconds=wait)
        raise_if_cancelled()
        await asyncio.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT)


async def together(parts: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Run the parts side by side; if one fails, or this is cancelled, cancel them all and wait until they have tidied up.

    Raises what the first one did that failed.
    """
    try:
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(part)
    except BaseExceptionGroup as failed:
        first: BaseException = failed
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None


def asks(state: Callable[[], bool]) -> Question:
    """The question whether a part is ready, for the web server."""

    async def asked() -> bool:
        return state()

    return asked
