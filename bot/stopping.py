"""How the process is told to stop: by signals, which become a cancellation, so that all that was opened is closed in order."""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

GOODBYES = ("SIGTERM", "SIGHUP")
"""Told by whoever runs us, and by a window that closes. Windows has neither."""


async def until_told(work: Coroutine[Any, Any, int], *, serving: bool) -> int:
    """Do the work, unless SIGTERM or SIGHUP comes first: then cancel it, once, and wait until it has cleaned up.

    Args:
        serving: Whether the work has no end of its own. Being told to stop is then its good end, and SIGINT tells it too.

    Returns:
        What the work returns; told to stop, 0 if it was serving, else 128 and the signal's number, as a shell has it.
    """
    with _cancelled_by((*GOODBYES, "SIGINT") if serving else GOODBYES) as told:
        try:
            return await work
        except (asyncio.CancelledError, OSError):
            # OSError: with its window gone, a conversation cannot even tidy up the screen.
            if not told:
                raise
            return 0 if serving else 128 + told[0]


def cancellations() -> int:
    """How often the current task was asked to end, and has not yet; 0 outside of any task."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no loop
        return 0
    return task.cancelling() if task is not None else 0


def raise_if_cancelled() -> None:
    """To be called between two steps of work that goes on for long.

    Python 3.11's `asyncio.wait_for` swallows a cancellation that comes together with its result (python/cpython#86296).
    """
    if cancellations():
        raise asyncio.CancelledError


@contextmanager
def _cancelled_by(names: tuple[str, ...]) -> Iterator[list[int]]:
    """While open, the first of these signals cancels the current task; gives the list it is put into."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    told: list[int] = []

    def stop(number: int) -> None:
        # A second one, as from a terminal and its shell, must not interrupt the tidying up.
        if not told:
            told.append(number)
            task.cancel()

    taken = []
    for number in (getattr(signal, name, None) for name in names):
        # What nohup ignores stays ignored.
        if number is None or signal.getsignal(number) is signal.SIG_IGN:
            continue
        try:
            loop.add_signal_handler(number, stop, number)
        except (NotImplementedError, RuntimeError, ValueError):  # Windows; a loop outside the main thread
            continue
        taken.append(number)
    try:
        yield told
    finally:
        for number in taken:
            loop.remove_signal_handler(number)
