"""An event loop that runs until nothing moves by itself, and whose time passes only when it is told."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, TypeVarTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

Ts = TypeVarTuple("Ts")


class _Silence(selectors.SelectSelector):
    """Hears nothing from outside, and notices when the loop would wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self.idle: Callable[[], object] = lambda: None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout > 0:
            self.idle()
        return []


class StillLoop(asyncio.SelectorEventLoop):
    """The loop of one process whose every answer comes from the test.

    Args:
        clock: Seconds since some moment.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._silence = _Silence()
        self._seconds = clock
        self._timers: list[asyncio.TimerHandle] = []
        self._ran = 0.0
        super().__init__(self._silence)
        self._silence.idle = self.stop

    def time(self) -> float:
        return self._seconds()

    def call_at(self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None) -> asyncio.TimerHandle:
        timer = super().call_at(when, callback, *args, context=context)
        self._timers.append(timer)
        return timer

    def run(self) -> None:
        """Do all that can be done now."""
        self._ran = self.time()
        self.run_forever()

    def next_timer(self) -> float | None:
        """When something is next to be done, by the clock; None if nothing waits for a moment."""
        self._timers = [timer for timer in self._timers if not timer.cancelled() and timer.when() > self._ran + 1e-6]
        return min((timer.when() for timer in self._timers), default=None)
