"""The promise of the store about channels: their records, who changed them, and when each is due."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence
    from datetime import datetime, timedelta

    from bot.channel import Address, Channel
    from bot.paper import PaperId


class Saved(Enum):
    """What became of an attempt to save a channel."""

    SAVED = "saved"
    CONFLICT = "somebody else changed it first; read it again"


class Due(Enum):
    """What `Channels.save` does with the agenda when it is not told a moment."""

    KEEP = "as it stands: the change does not touch the schedule"


@dataclass(frozen=True, slots=True)
class RuleChanges:
    """Channels whose rules may have changed since a revision."""

    revision: int
    """Ask from here next time."""
    channels: tuple[Channel, ...]
    """As they are now; a forgotten channel comes without subscriptions."""
    complete: bool = False
    """True if this is everything there is: forget all that is not in it."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """Slots whose moment has come and of which no delivery was made yet."""

    slots: int
    oldest: datetime | None
    """The earliest of these moments; None when there are none."""


class Channels(Protocol):
    """Every channel's record, one value each."""

    async def load(self, address: Address) -> Channel:
        """The channel as stored; one that was never stored comes with version 0 and the defaults."""

    async def save(self, channel: Channel, *, due: datetime | Due | None, backlog: Sequence[PaperId] = ()) -> Saved:
        """Write the channel if it is still at `channel.version`, and all that must agree with it, in one atomic call.

        Args:
            channel: The changed value, still carrying the version it was read at; it is stored with the next one.
            due: When its next digest is due, whole seconds; None takes it off the agenda; Due.KEEP leaves the agenda alone.
            backlog: Papers to file into its inbox as well, as if they had matched when they came; those filed before are left out.
        """

    async def forget(self, address: Address) -> None:
        """Erase the channel and all that is kept about it: inbox, history, reading list, deliveries. Twice is as good as once."""

    async def move(self, old: Address, new: Address) -> bool:
        """Give the channel another address on its platform, with all that is kept about it, in one atomic call.

        That is its record, its place on the agenda, inbox, histories, reading list, votes and log. Deliveries not yet sent are for the new
        address from then on, whoever has claimed them.

        False, and nothing changes, if nothing is kept under `old` (twice is as good as once) or a record stands under `new`.
        """

    async def of(self, platform: str, workspace: str) -> Sequence[Channel]:
        """The channels of one workspace that have a record, in the order of their addresses. One that cannot be read is left out."""

    async def traces(self, platform: str, workspace: str) -> Sequence[Address]:
        """Every address of a workspace under which anything is kept, with or without a record, readable or not; in order.

        For erasing: what people kept or voted where there are no rules, what somebody was told. Slow.
        """

    def changes(self, since: int) -> AsyncIterator[RuleChanges]:
        """Channels changed after revision `since`, oldest change first, in batches; everything, in batches, for `since=0`.

        The last batch carries the revision to ask from next time; nothing at all is yielded when nothing changed.
        """

    async def due(self, platforms: Collection[str], *, limit: int, lease: timedelta) -> Sequence[tuple[Address, datetime]]:
        """Up to `limit` channels of these platforms whose digest is due by now, the longest overdue first, with the moment it was due.

        For `lease` nobody else is given them, so that workers share the work; `Deliveries.plan` is what makes a slot planned once. One that
        is not planned by then is given out again.
        """

    async def overdue(self) -> Overdue:
        """How many slots are due by now and not planned, and since when the first is, over all platforms."""

    async def put_on_agenda(self, dues: Mapping[Address, datetime], *, move: bool) -> int:
        """Put channels on the agenda that are not on it; returns how many changed. A slot that is due by now is never moved.

        Args:
            dues: When the next digest of each is due, whole seconds.
            move: Whether those that are on it for a later moment are moved as well (the rules of a time zone changed).
        """

    async def next_due(self, address: Address) -> datetime | None:
        """When its next digest is due; None while it is on no agenda."""
