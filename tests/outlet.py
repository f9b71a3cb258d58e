"""A platform's mouth that keeps what it said, and fails when told to."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from bot.paging import characters
from bot.ports import Limits

if TYPE_CHECKING:
    from datetime import datetime

    from bot.channel import Address
    from bot.message import Message


class KeepingOutlet:
    """Posts into `posts`, in order. Each exception in `failures` is raised instead, once; those in `late` after the post was made."""

    platform = "terminal"
    limits = Limits(characters=10_000, blocks=100, text=3_000)

    measure = staticmethod(characters)

    def __init__(self) -> None:
        self.posts: list[tuple[Address, Message, str]] = []
        self.failures: deque[Exception] = deque()
        self.late: deque[Exception] = deque()

    async def post(self, address: Address, message: Message, *, key: str) -> str:
        if self.failures:
            raise self.failures.popleft()
        self.posts.append((address, message, key))
        if self.late:
            raise self.late.popleft()
        return f"m{len(self.posts)}"

    async def posted(self, address: Address, *, key: str, since: datetime) -> str | None:
        return next((f"m{n}" for n, (where, _, known) in enumerate(self.posts, start=1) if (where, known) == (address, key)), None)
