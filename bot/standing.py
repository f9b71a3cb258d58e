"""How the delivery stands at one moment: what waits, since when, and what nobody will try again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from bot.ports import Backlog, Overdue, Store

PLATFORMS = ("slack", "discord", "terminal")
"""Every platform that something may wait for, whether or not this process serves it: the store is everybody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One look at the store; no channel's or person's name is in it."""

    at: datetime
    """The store's time, aware UTC."""
    backlogs: Mapping[str, Backlog]
    """By platform, in the order asked for."""
    overdue: Overdue
    dead: int
    """Deliveries of the last 30 days that will not be tried again, over all platforms."""

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to tell: nothing waits, is overdue or dead."""
        return not (self.overdue.slots or self.dead or any(backlog.waiting for backlog in self.backlogs.values()))

    def age(self, moment: datetime | None) -> timedelta:
        """How long ago that was; nothing for None, and for what a clock says is still to come."""
        return timedelta() if moment is None else max(self.at - moment, timedelta())


async def standing(store: Store, platforms: Iterable[str] = PLATFORMS) -> Standing:
    """Look at the store: a handful of small questions, however much it holds."""
    return Standing(
        at=await store.now(),
        backlogs={platform: await store.deliveries.backlog(platform) for platform in platforms},
        overdue=await store.channels.overdue(),
        dead=await store.deliveries.died(),
    )
