"""The machine: what a process does again and again until it is told to stop.

Any number of workers may run on one store: each slot, part and reading is claimed before it is worked on, and whoever comes second
finds nothing to do.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

import structlog

from bot import jobs, lifecycle
from bot.delivery import PauseChannel, PauseWorkspace
from bot.errors import CorruptRecord, StoreTrouble, UserMistake
from bot.fetching import FirstReading, read_source
from bot.places import LEASE, LOOK_EVERY, Places
from bot.ports import Planned
from bot.standing import standing
from bot.telling import span

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from bot.channel import Address
    from bot.delivery import Courier, Pause
    from bot.desk import Desk
    from bot.fetching import NextReading
    from bot.ports import Lease, Source
    from bot.ticker import Tally, Ticker

PLAN_EVERY = timedelta(seconds=5)
FETCH_EVERY = timedelta(seconds=30)
"""How often is looked whether a source's time has come; when that is, the table of sources says."""
SWEEP_EVERY = timedelta(hours=1)
REMEMBER_EVERY = timedelta(minutes=1)
"""How often the archive and the rules are brought up to date though nobody asks, so that whoever asks need not wait."""
TELL_EVERY = timedelta(minutes=1)
"""How often the log says what waits."""
SLOTS_AT_ONCE = 100
"""Taken from the agenda in one call."""
PLANNERS = 16
"""Slots that are planned side by side: while the store answers one, the next is composed."""
PLANNING = timedelta(seconds=20)
"""How long the slots taken are left to this worker: many times what it needs for them."""
UNREADABLE = timedelta(hours=1)
"""How long a slot whose record cannot be read is left alone before it is tried, and told, again."""
HURRY = timedelta(seconds=5)
"""How long somebody who is looking waits for a delivery; what takes longer comes in its time."""
PATIENCE = timedelta(seconds=12)
"""How long a stop waits for requests under way."""

_log = structlog.get_logger()


class Worker:
    """Fetches, plans and delivers what is on the desk, at the ticker's pace or when asked."""

    def __init__(self, desk: Desk, *, courier: Courier, ticker: Ticker, next_reading: NextReading) -> None:
        self._desk = desk
        self._courier = courier
        self._ticker = ticker
        self._next_reading = next_reading
        self._places: dict[str, Places] = {}
        self._stopping = False
        self._swept = False
        self._first_reading: FirstReading | None = None
        self._unreadable: dict[tuple[Address, datetime], datetime] = {}
        self._reached: set[str] = set()
        """Platforms that have a tick."""
        self._behind: set[str] = set()
        """Platforms of which the log last said that something waits."""

    def start(self) -> None:
        """Begin to work; returns at once."""
        self._first_reading = FirstReading(source.name for source in self._desk.sources)
        self._ticker.every(PLAN_EVERY, self.plan_due, "plan")
        self._ticker.every(LOOK_EVERY, self._reach_out, "reach out")
        self._ticker.every(SWEEP_EVERY, self.sweep, "sweep")
        self._ticker.every(REMEMBER_EVERY, self._desk.caught_up, "remember", patient=False)
        self._ticker.every(TELL_EVERY, self.tell_backlog, "tell backlog", patient=False)
        for source in self._desk.sources:
            # A tick each: a slow or failing source never delays another.
            self._ticker.every(FETCH_EVERY, self._fetching(source), f"fetch {source.name}", patient=False)
        self._ticker.start()

    async def stop(self) -> None:
        """Claim nothing more, finish what is under way, and return. What cannot be finished in time is left to its lease."""
        self._stopping = True
        places = [one.stop(patience=PATIENCE) for one in self._places.values()]
        await asyncio.gather(*places, self._ticker.stop(patience=PATIENCE))

    def tallies(self) -> Mapping[str, Tally]:
        """How each tick has been doing."""
        return self._ticker.tallies()

    def _fetching(self, source: Source) -> Callable[[], Awaitable[None]]:
        async def fetch() -> None:
            try:
                await read_source(self._desk, source, self._next_reading)
            finally:
                if self._first_reading is not None and self._first_reading.ended(source.name):
                    self._ticker.nudge("plan")

        return fetch

    async def plan_due(self) -> int:
        """Turn the slots of the platforms reached from here that are due into deliveries. Returns how many were looked at.

        The slot of a channel whose record or time zone cannot be read stays due: it may be of a newer version, or be mended. Nobody
        else waits for it.
        """
        if self._first_reading is not None and not self._first_reading.is_over():
            return 0
        planned = 0
        now = await self._desk.caught_up()  # once, and not for every slot: ranking goes by the archive
        self._unreadable = {slot: until for slot, until in self._unreadable.items() if until > now}
        while not self._stopping:
            due = await self._desk.store.channels.due(self._desk.outlets.keys(), limit=SLOTS_AT_ONCE, lease=PLANNING)
            if not due:
                break
            left = iter(due)
            ended = await asyncio.gather(*(self._plan(left, now) for _ in range(PLANNERS)), return_exceptions=True)
            # Only now: what the others have begun is to be whole.
            _raise_first(ended)
            planned += len(due)
        return planned

    async def _plan(self, slots: Iterator[tuple[Address, datetime]], now: datetime) -> None:
        """One planner: takes the next slot from those that all share, until none is left."""
        for address, moment in slots:
            if (address, moment) in self._unreadable:
                continue
            try:
                with span("planning", platform=address.platform, workspace=address.workspace, slot=moment.isoformat()):
                    outcome = await jobs.plan_slot(self._desk, address, moment)
            except (CorruptRecord, UserMistake) as error:
                self._unreadable[address, moment] = now + UNREADABLE
                _log.error("slot_not_planned", channel=str(address), slot=moment.isoformat(), reason=str(error))
            else:
                if outcome is Planned.PLANNED:
                    self._desk.counts.slot_due(address.platform)
                _log.info("slot_planned", channel=str(address), slot=moment.isoformat(), outcome=outcome.name)

    async def deliver_due(self) -> int:
        """Deliver all parts whose time has come, on all platforms side by side. Returns how many were worked on."""
        worked_on = await asyncio.gather(*(self._at(platform).fill() for platform in self._desk.outlets), return_exceptions=True)
        _raise_first(worked_on)
        return sum(number for number in worked_on if isinstance(number, int))

    async def hurry(self) -> None:
        """Deliver what is due now: somebody is looking. Returns when it is delivered, or after HURRY, while the rest goes on.

        A store that fails one of the deliveries, perhaps a stranger's, is logged: all are tried again.
        """
        try:
            async with asyncio.timeout(HURRY.total_seconds()):
                await self.deliver_due()
        except TimeoutError:
            pass
        except StoreTrouble as trouble:
            _log.warning("hurry_ended", reason=str(trouble))

    async def _reach_out(self) -> None:
        """A tick for each platform that is reached by now, as some are only after a while: one that hangs never delays another."""
        for platform in self._desk.outlets:
            if platform not in self._reached:
                self._reached.add(platform)
                self._ticker.every(LOOK_EVERY, self._at(platform).fill, f"deliver {platform}")

    def _at(self, platform: str) -> Places:
        if platform not in self._places:
            self._places[platform] = Places(platform, self._desk.store.deliveries, self._deliver)
        return self._places[platform]

    async def tell_backlog(self) -> None:
        """Say in the log what waits on each platform, and once more when nothing does any longer.

        Slots that are overdue, and the dead of the last 30 days, are counted over all platforms.
        """
        stands = await standing(self._desk.store, self._desk.outlets)
        for platform, backlog in stands.backlogs.items():
            is_behind = bool(backlog.waiting or stands.overdue.slots)
            if is_behind or platform in self._behind:
                _log.info(
                    "backlog",
                    platform=platform,
                    waiting=backlog.waiting,
                    oldest_pending_seconds=round(stands.age(backlog.oldest).total_seconds()),
                    overdue_slots=stands.overdue.slots,
                    dead=stands.dead,
                )
            (self._behind.add if is_behind else self._behind.discard)(platform)

    async def sweep(self) -> None:
        """Hourly housekeeping; the first time with every moment of the agenda computed anew, as a new release may bring new time zones."""
        mended = await jobs.mend_agenda(self._desk, recompute=not self._swept)
        self._swept = True
        if mended:
            _log.warning("agenda_mended", channels=mended)
        dropped = {
            "channels that left": await lifecycle.erase_left(self._desk),
            **await self._desk.store.sweep(),
            "papers of the archive": await self._desk.memory.forget_gone(),
        }
        _log.info("swept", dropped=dropped)

    async def _deliver(self, lease: Lease) -> bool | None:
        delivered = await self._courier.deliver(lease, self._desk.outlets[lease.delivery.address.platform])
        if delivered.pause is not None:
            await self._pause(delivered.pause, lease.until - LEASE)
        return delivered.went_well

    async def _pause(self, pause: Pause, since: datetime) -> None:
        match pause:
            case PauseChannel(address, reason):
                await lifecycle.pause_channel(self._desk, address, reason)
            case PauseWorkspace(platform, workspace, reason, removed):
                _log.error("workspace_gone", platform=platform, workspace=workspace, reason=reason, removed=removed)
                # A refused token alone is no removal: then only posting stops, in all its channels at once.
                await lifecycle.close_workspace(self._desk, platform, workspace, reason, erase=removed, at=since)
            case _:
                assert_never(pause)


def _raise_first(ended: Iterable[object]) -> None:
    for one in ended:
        if isinstance(one, BaseException):
            raise one
