"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Call it for the time. Starts on a Friday at nine."""

    def __init__(self) -> None:
        self.now = datetime(2025, 11, 21, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> datetime:
        self.now += by
        return self.now

    async def pause(self, seconds: float) -> None:
        """Wait, in the time of the test: for what asks how to."""
        self.advance(timedelta(seconds=seconds))
