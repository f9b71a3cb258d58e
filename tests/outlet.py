"""A platform's mouth that keeps what it said, and fails when told to."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from bot.paging import characters
from bot.ports import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.channel import Address
    from bot.message import Message


class KeepingOutlet:
    """Posts into `posts`, in order. Each exception in `failures` is raised instead, once; those in `late` after the post was made.

    Args:
        threads: Whether a message can stand under another.
    """

    platform = "terminal"

    measure = staticmethod(characters)

    def __init__(self, *, threads: bool = False) -> None:
        self.limits = Limits(characters=10_000, blocks=100, text=3_000, threads=threads)
        self.posts: list[tuple[Address, Message, str]] = []
        self.under: list[str] = []
        """For each post the id of the one it stands under, "" for those in the channel itself."""
        self.tags: list[tuple[str, ...]] = []
        """For each post the tags it was posted with."""
        self.deleted: set[str] = set()
        """Ids of posts that somebody took away: nothing can be put under them any more."""
        self.failures: deque[Exception] = deque()
        self.late: deque[Exception] = deque()

    async def post(self, address: Address, message: Message, *, key: str, under: str = "", tags: Sequence[str] = ()) -> str:
        assert not under or self.limits.threads
        if self.failures:
            raise self.failures.popleft()
        self.posts.append((address, message, key))
        self.under.append("" if under in self.deleted else under)
        self.tags.append(tuple(tags))
        if self.late:
            raise self.late.popleft()
        return f"m{len(self.posts)}"

    async def posted(self, address: Address, *, key: str, since: datetime, under: str = "") -> str | None:
        return next((f"m{n}" for n, (where, _, known) in enumerate(self.posts, start=1) if (where, known) == (address, key)), None)
