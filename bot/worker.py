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
from bot.delivery import REQUEST, PauseChannel, PauseWorkspace
from bot.errors import CorruptRecord, UserMistake
from bot.fetching import read_source
from bot.ports import Doubtful, Later, State

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from bot.channel import Address
    from bot.delivery import Courier, Pause
    from bot.desk import Desk
    from bot.fetching import NextReading
    from bot.ports import Lease, Source
    from bot.ticker import Ticker

PLAN_EVERY = timedelta(seconds=5)
DELIVER_EVERY = timedelta(seconds=2)
FETCH_EVERY = timedelta(seconds=30)
"""How often is looked whether a source's time has come; when that is, the table of sources says."""
SWEEP_EVERY = timedelta(hours=1)
REMEMBER_EVERY = timedelta(minutes=1)
"""How often the archive and the rules are brought up to date though nobody asks, so that whoever asks need not wait."""
LEASE = 3 * REQUEST
SLOTS_AT_ONCE = 100
LEASES_AT_ONCE = 20
UNREADABLE = timedelta(hours=1)
"""How long a slot whose record cannot be read is left alone before it is tried, and told, again."""
NO_OUTLET = timedelta(minutes=5)
"""How long a delivery waits for a worker that reaches its platform."""
PATIENCE = timedelta(seconds=20)
"""How long a stop waits for requests under way."""

_log = structlog.get_logger()


class Worker:
    """Fetches, plans and delivers what is on the desk, at the ticker's pace or when asked."""

    def __init__(self, desk: Desk, *, courier: Courier, ticker: Ticker, next_reading: NextReading) -> None:
        self._desk = desk
        self._courier = courier
        self._ticker = ticker
        self._next_reading = next_reading
        self._stopping = False
        self._swept = False
        self._unreadable: dict[tuple[Address, datetime], datetime] = {}

    def start(self) -> None:
        """Begin to work; returns at once."""
        self._ticker.every(PLAN_EVERY, self.plan_due, "plan")
        self._ticker.every(DELIVER_EVERY, self.deliver_due, "deliver")
        self._ticker.every(SWEEP_EVERY, self.sweep, "sweep")
        self._ticker.every(REMEMBER_EVERY, self._desk.caught_up, "remember", patient=False)
        for source in self._desk.sources:
            # A tick each: a slow or failing source never delays another.
            self._ticker.every(FETCH_EVERY, self._fetching(source), f"fetch {source.name}", patient=False)
        self._ticker.start()

    async def stop(self) -> None:
        """Claim nothing more, finish what is under way, and return. What cannot be finished in time is left to its lease."""
        self._stopping = True
        await self._ticker.stop(patience=PATIENCE)

    def _fetching(self, source: Source) -> Callable[[], Awaitable[None]]:
        async def fetch() -> None:
            await read_source(self._desk, source, self._next_reading)

        return fetch

    async def plan_due(self) -> int:
        """Turn the slots that are due into deliveries. Returns how many were looked at.

        The slot of a channel whose record or time zone cannot be read stays due: it may be of a newer version, or be mended. Nobody
        else waits for it.
        """
        planned = 0
        now = await self._desk.caught_up()  # once, and not for every slot: ranking goes by the archive
        self._unreadable = {slot: until for slot, until in self._unreadable.items() if until > now}
        left = set(self._unreadable)
        while not self._stopping:
            due = [slot for slot in await self._desk.store.channels.due(limit=SLOTS_AT_ONCE + len(left)) if slot not in left]
            if not due:
                break
            for address, moment in due:
                if address.platform not in self._desk.outlets:
                    left.add((address, moment))  # a worker that reaches the platform knows how its messages are parted
                    continue
                try:
                    outcome = await jobs.plan_slot(self._desk, address, moment)
                except (CorruptRecord, UserMistake) as error:
                    left.add((address, moment))
                    self._unreadable[address, moment] = now + UNREADABLE
                    _log.error("slot_not_planned", channel=str(address), slot=moment.isoformat(), reason=str(error))
                else:
                    _log.info("slot_planned", channel=str(address), slot=moment.isoformat(), outcome=outcome.name)
            planned += len(due)
        return planned

    async def deliver_due(self) -> int:
        """Deliver all parts whose time has come. Returns how many were worked on."""
        delivered = 0
        while not self._stopping and (leases := await self._desk.store.deliveries.claim(limit=LEASES_AT_ONCE, lease=LEASE)):
            ended = await asyncio.gather(*(self._deliver(lease) for lease in leases), return_exceptions=True)
            delivered += len(leases)
            # Only now: a store that failed one of them must not abandon the requests of the others.
            if troubles := [one for one in ended if isinstance(one, BaseException)]:
                raise troubles[0]
        return delivered

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
        _log.info("swept", **{kind.replace(" ", "_"): number for kind, number in dropped.items()})

    async def _deliver(self, lease: Lease) -> None:
        outlet = self._desk.outlets.get(lease.delivery.address.platform)
        if outlet is None:
            at, reason = await self._desk.store.now() + NO_OUTLET, "no worker here reaches this platform"
            # What may have been posted still may: whoever reaches the platform has to find out first.
            outcome = Doubtful(at, reason, counts=False) if lease.state is State.UNKNOWN else Later(at, reason, counts=False)
            await self._desk.store.deliveries.settle(lease, outcome)
            return
        pause = await self._courier.deliver(lease, outlet)
        if pause is not None:
            await self._pause(pause, lease.until - LEASE)

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
