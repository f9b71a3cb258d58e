"""What every platform's fake has: problems it noted, calls it holds back, and bounded waits."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from aiohttp import web

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
        self.checking = True
        """Whether requests and answers are looked at for problems; a benchmark may do without."""
        self.recording = True
        """Whether calls are kept in `calls`; what makes a hundred thousand of them may do without."""
        self._late: list[Callable[[], object]] = []
        self._held = asyncio.Event()

    def release(self) -> None:
        """End every hang and let every late call land."""
        late, self._late = self._late, []
        for perform in late:
            perform()
        self._held.set()
        self._held = asyncio.Event()

    def postpone(self, perform: Callable[[], object], after: float | None = None) -> None:
        """Keep a call for the next release, or for so many seconds."""
        if after is None:
            self._late.append(perform)
        else:
            asyncio.get_running_loop().call_later(after, perform)

    async def held(self, after: float | None = None) -> None:
        """Return at the next release, or after so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(after):
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


async def torn(request: web.Request, whole: web.Response) -> web.StreamResponse:
    """Send the head of the answer and half of its body, then close the connection."""
    body = whole.body
    assert isinstance(body, bytes)
    answer = web.StreamResponse(status=whole.status, headers=whole.headers)
    answer.content_length = len(body)
    await answer.prepare(request)
    await answer.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return answer
