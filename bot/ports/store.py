"""The store as a whole, and the small things it keeps for all processes: doors to hosts, a cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime, timedelta

    from bot.ports.channels import Channels
    from bot.ports.deliveries import Deliveries
    from bot.ports.fetches import Fetches
    from bot.ports.figures import Figures
    from bot.ports.installations import Installations
    from bot.ports.locks import Locks
    from bot.ports.papers import Papers
    from bot.ports.votes import Votes


class Gate(Protocol):
    """One door per outside host for all processes: how often it may be asked, and whether at all."""

    def enter(self, host: str, *, gap: timedelta, patience: timedelta) -> AbstractAsyncContextManager[None]:
        """Wait for our turn; inside, no other process asks this host, and the next may only `gap` after we entered.

        Raises:
            SourceBusy: Our turn would not come within `patience`, or the door is shut; `retry_after` says how long.
        """

    async def shut(self, host: str, *, until: datetime, reason: str) -> None:
        """Nobody asks this host before `until` (a later moment already set stays)."""

    async def turn(self, name: str, *, gap: timedelta, burst: int, patience: timedelta) -> timedelta:
        """Reserve the next turn at the door `name` and return how long to wait for it; the caller waits, and several may be inside at once.

        Over all processes, in any stretch of time begin at most `burst` turns and one more for each whole `gap` in it. A turn that is
        not used is lost; so is one whose answer did not reach us (`StoreTrouble`).

        Args:
            gap: The time between turns in the long run, longer than nothing; whole microseconds count.
            burst: How many may begin at once after a rest, at least 1.

        Raises:
            Busy: The wait would be longer than `patience`, or the door is shut; `retry_after` says how long. Nothing is reserved.
        """
        ...

    async def strike(self, name: str, *, limit: int, per: timedelta, rest: timedelta) -> bool:
        """Count one bad answer at the door `name`; with the `limit`-th within the last `per` it is shut for `rest`, in all processes.

        Returns whether it is shut now. Bad answers are counted while it is shut too, and another one after that shuts it again if
        there are still as many within `per`.
        """
        ...


class Cache(Protocol):
    """Bytes worth keeping for a while. Losing them only costs time."""

    async def get(self, key: str) -> bytes | None:
        """What was put, if it is still there."""

    async def put(self, key: str, value: bytes, *, keep: timedelta) -> None:
        """Keep for so long, or shorter."""

    async def first(self, key: str, *, keep: timedelta) -> bool:
        """Whether nobody, in any process, asked this with the same key within `keep`."""

    async def allow(self, key: str, *, limit: int, per: timedelta) -> bool:
        """Count one use; False once more than `limit` fell into the current window of length `per`."""

    async def forget(self, platform: str, workspace: str) -> int:
        """Drop whatever is kept of a workspace: under keys that begin with the platform and have the workspace between two colons.

        Returns how many entries those were. Twice is as good as once. Slow.
        """


class Store(Protocol):
    """All that is kept."""

    @property
    def channels(self) -> Channels:
        """Records of channels, and the agenda."""
        ...

    @property
    def papers(self) -> Papers:
        """Records of papers, inboxes, reading lists."""
        ...

    @property
    def deliveries(self) -> Deliveries:
        """The outbox and its log."""
        ...

    @property
    def fetches(self) -> Fetches:
        """The books of the sources."""
        ...

    @property
    def votes(self) -> Votes:
        """What channels think of papers."""
        ...

    @property
    def installations(self) -> Installations:
        """Who the bot is in each workspace."""
        ...

    @property
    def figures(self) -> Figures:
        """What all processes counted, and which are alive."""
        ...

    @property
    def gate(self) -> Gate:
        """The doors to outside hosts."""
        ...

    @property
    def locks(self) -> Locks:
        """Names that one process at a time holds."""
        ...

    @property
    def cache(self) -> Cache:
        """Things worth keeping for a while."""
        ...

    async def now(self) -> datetime:
        """The store's own time: the only clock that slots and leases go by."""

    async def sweep(self) -> Mapping[str, int]:
        """Hourly housekeeping: drop what is past its promise. Returns what was dropped, by kind. Safe at any time, by anybody."""
