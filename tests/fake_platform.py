"""What every platform's fake has: problems it noted, calls it holds back, and bounded waits."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class FakePlatform:
    """A platform before it is known which."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.patience = 10.0
        """Seconds of real time until a bounded wait gives up."""
        self.problems: list[str] = []
        self._late: list[Callable[[], object]] = []
        self._held = asyncio.Event()

    def release(self) -> None:
        """End every hang and let every late call land."""
        late, self._late = self._late, []
        for perform in late:
            perform()
        self._held.set()
        self._held = asyncio.Event()

    def postpone(self, perform: Callable[[], object]) -> None:
        """Keep a call for the next release."""
        self._late.append(perform)

    async def held(self) -> None:
        """Return at the next release."""
        await self._held.wait()

    @contextmanager
    def expecting_problems(self) -> Iterator[list[str]]:
        """Keep the problems of the block out of `problems`; they are in the yielded list at its end."""
        before, found = len(self.problems), list[str]()
        try:
            yield found
        finally:
            found += self.problems[before:]
            del self.problems[before:]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until the condition is true.

        Raises:
            TimeoutError: It was not within `patience`.
        """
        async with asyncio.timeout(self.patience):
            while not condition():
                await asyncio.sleep(0.002)

    def problem(self, where: str, what: str) -> None:
        """Note something that should not have been sent."""
        self.problems.append(f"{where}: {what}")
