"""The promise of the store about papers: their records, every channel's inbox and reading list."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime

    from bot.channel import Address
    from bot.paper import Paper, PaperId


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """New papers with the channels that want them: recorded and filed in one atomic call."""

    papers: Sequence[Paper]
    """Complete, merged records; they replace what is stored."""
    inboxes: Mapping[Address, Sequence[PaperId]]
    """Which papers each channel gets. A paper already filed there, however long ago, is left out by the store."""
    rules: int
    """The revision of the rules the papers were matched against."""
    mark: tuple[str, bytes] | None = None
    """A source's name and its new watermark, written in the same call; None leaves it."""


class Filed(Enum):
    """What became of a filing."""

    FILED = "filed"
    STALE = "rules changed meanwhile: nothing was written; match again"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the store knows about one paper in one channel."""

    filed: datetime | None = None
    """When it entered the channel's inbox; None if it never matched."""
    waiting: bool = False
    """Whether it is in the inbox for the next digest."""
    posted: datetime | None = None
    """When a digest with it was posted."""
    capped: datetime | None = None
    """When a digest was posted that only counted it among "n more"."""


class Papers(Protocol):
    """Records of papers, and every channel's inbox."""

    async def get(self, ids: Sequence[PaperId]) -> dict[PaperId, Paper]:
        """Those of the papers that are known. A corrupt record is set aside, counted, and missing here."""

    async def find(self, names: Sequence[str]) -> dict[str, PaperId]:
        """The identities under which papers with these other names (DOI, title key) are recorded; unknown ones are missing."""

    async def file(self, filing: Filing) -> Filed:
        """Record the papers, file them into the inboxes, and move the source's watermark: all or nothing. Twice is as good as once."""

    async def gone(self, ids: Sequence[PaperId]) -> set[PaperId]:
        """Those of the papers that are not recorded any more: nobody wanted them, and their time was over."""

    def changes(self, since: int) -> AsyncIterator[tuple[int, Sequence[Paper]]]:
        """Papers recorded or changed after revision `since`, in batches, oldest change first, each with the revision reached."""

    async def inbox(self, address: Address) -> Sequence[tuple[PaperId, datetime]]:
        """What waits for the channel's next digest, with when each was filed, oldest first."""

    async def history(self, address: Address, id: PaperId) -> History:
        """What became of this paper in this channel."""

    async def keep(self, address: Address, id: PaperId) -> bool:
        """Put a recorded paper on the channel's reading list; it is then kept for ever. False if it stood there already."""

    async def drop(self, address: Address, id: PaperId) -> bool:
        """Take it off the reading list. False if it did not stand there."""

    async def kept(self, address: Address) -> Sequence[tuple[PaperId, datetime]]:
        """The channel's reading list, newest first."""
