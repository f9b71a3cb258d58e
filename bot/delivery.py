"""How one part of a delivery is posted: what every outcome means, and the few effects around it.

> a lease -> if in doubt, find out -> begin -> post -> decide -> settle

If we die at any `await`, the lease runs out and somebody else takes up from what the store knows: before `begin` nothing is out;
after it the part comes back as UNKNOWN, and whoever gets it asks the platform before posting again.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import structlog

from bot.counts import Counts
from bot.errors import Busy, ChannelGone, MessageRefused, NotSent, PostTrouble, StoreAway, StoreFull, StoreTrouble, WorkspaceGone
from bot.plain import plain
from bot.ports import Dead, Doubtful, Later, Sent, Settled, State
from bot.stopping import raise_if_cancelled
from bot.telling import span
from bot.uptime import uptime
from bot.votes import note_shown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from bot.channel import Address
    from bot.message import Message
    from bot.ports import Lease, Outcome, Outlet, Store

REQUEST = timedelta(seconds=20)
"""No request of an outlet takes longer; a lease has to be at least three times as long."""

RETRIES = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
)
"""After the first failure, the second, ...; Svix's plan, a bit shorter: 17 hours and a half until nothing is tried any more."""
JITTER = 0.2
"""By what share a wait may be longer or shorter, so that what failed together is not tried again together."""
LONGEST_FAILING = timedelta(days=5)
"""A channel in which nothing but transient failures happened for so long is paused."""

SETTLING_FOR = timedelta(minutes=15)
"""How long the store is told again what became of a request, the attempts themselves not counted. What is not told would have to be found
out from the platform, and a Slack app that may not read a channel's history would post it twice."""
_LAST_WAIT = timedelta(seconds=5)
_SETTLING = (timedelta(milliseconds=200), timedelta(seconds=1), timedelta(seconds=4), *[_LAST_WAIT] * (SETTLING_FOR // _LAST_WAIT - 1))
"""Waits between attempts to tell the store."""

_log = structlog.get_logger()


def slot_id(address: Address, due: datetime) -> str:
    """The identity of a slot, for `Delivery.id`: the same on every machine, before and after a restart. 64 hex digits.

    Args:
        due: The moment as the agenda has it, `spread` and all; aware, in any zone. A channel has one schedule, so its slots need no more.
    """
    return sha256(f"{address} {due.astimezone(UTC).isoformat()}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class PauseChannel:
    """Nothing more can be posted there until somebody resumes."""

    address: Address
    reason: str
    """For the channel's people, a sentence without full stop."""


@dataclass(frozen=True, slots=True)
class PauseWorkspace:
    """Nothing more can be posted in any channel of the workspace, and it is not to be asked again."""

    platform: str
    workspace: str
    reason: str
    removed: bool = False
    """Whether the app is no longer installed there: then what is kept of the workspace is to be erased."""


Pause = PauseChannel | PauseWorkspace


@dataclass(frozen=True, slots=True)
class Decision:
    """What an outcome means."""

    outcome: Outcome
    pause: Pause | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """How a lease was used up, for whoever claimed it."""

    pause: Pause | None = None
    """What is to be paused because of it."""
    went_well: bool | None = None
    """Whether the platform did what it was asked; None if it was not asked anything."""


@dataclass(frozen=True, slots=True)
class Decider:
    """Every rule about outcomes. Touches nothing.

    Args:
        request: How long a request takes at most.
        chance: A number from 0 to 1, different every time.
    """

    request: timedelta = REQUEST
    chance: Callable[[], float] = random.random

    def quarantined(self, lease: Lease, now: datetime) -> Doubtful | None:
        """Whether it is too early to ask the platform what became of the last request: one accepted late may still land."""
        last = lease.last_attempt or lease.first_attempt
        if last is None or now >= last + 2 * self.request:
            return None
        return Doubtful(at=last + 2 * self.request, reason=lease.reason or "not answered", counts=False)

    def exhausted(self, lease: Lease, now: datetime) -> Decision | None:
        """Whether a part of which it turned out that it was not posted is not to be tried again either."""
        if lease.failures < len(RETRIES):
            return None
        return self._given_up(lease, now, lease.reason or "not answered", doubtful=False)

    def after_posting(self, lease: Lease, happened: Sent | Exception, now: datetime) -> Decision:
        """What to do when a request ended so. An exception that is no PostTrouble is our bug, and may have struck after the post."""
        match happened:
            case Sent():
                return Decision(happened)
            case NotSent():
                return self._failed(lease, happened, now)
            case MessageRefused():
                return Decision(Dead(_text(happened)))
            case Busy() | ChannelGone() | WorkspaceGone():
                return self._turned_away(lease, happened, now, doubtful=False)
            case _:
                # Not given up here, however often: it may stand in the channel, and that can still be found out.
                wait = max(2 * self.request, self._jittered(RETRIES[min(lease.failures, len(RETRIES) - 1)]))
                return Decision(Doubtful(at=now + wait, reason=_text(happened)))

    def after_asking(self, lease: Lease, trouble: Exception, now: datetime) -> Decision:
        """What to do when the platform could not be asked whether the part stands there."""
        match trouble:
            case Busy() | ChannelGone() | WorkspaceGone():
                return self._turned_away(lease, trouble, now, doubtful=True)
            case _:
                return self._failed(lease, trouble, now, doubtful=True)

    def _turned_away(self, lease: Lease, trouble: Busy | ChannelGone | WorkspaceGone, now: datetime, *, doubtful: bool) -> Decision:
        address, reason = lease.delivery.address, _text(trouble)
        if isinstance(trouble, Busy):
            # Never earlier than asked for, and no failure: the platform works as promised.
            at = now + trouble.retry_after * (1 + JITTER * self.chance())
            return Decision(Doubtful(at, reason, counts=False) if doubtful else Later(at, reason, counts=False))
        dead = Dead(reason, merge=not doubtful, doubtful=doubtful, pauses=True)
        if isinstance(trouble, ChannelGone):
            return Decision(dead, PauseChannel(address, reason))
        return Decision(dead, PauseWorkspace(address.platform, address.workspace, reason, removed=trouble.removed))

    def _failed(self, lease: Lease, trouble: Exception, now: datetime, *, doubtful: bool = False) -> Decision:
        if lease.failures >= len(RETRIES) or self._failing_long(lease, now):
            return self._given_up(lease, now, _text(trouble), doubtful=doubtful)
        at = now + self._jittered(RETRIES[lease.failures])
        return Decision(Doubtful(at, _text(trouble)) if doubtful else Later(at, _text(trouble)))

    def _given_up(self, lease: Lease, now: datetime, reason: str, *, doubtful: bool) -> Decision:
        long = self._failing_long(lease, now)
        dead = Dead(reason, merge=not doubtful, doubtful=doubtful, pauses=long)
        return Decision(dead, PauseChannel(lease.delivery.address, f"nothing could be posted for 5 days: {reason}") if long else None)

    def _failing_long(self, lease: Lease, now: datetime) -> bool:
        return lease.failing_since is not None and now - lease.failing_since >= LONGEST_FAILING

    def _jittered(self, wait: timedelta) -> timedelta:
        return wait * (1 - JITTER + 2 * JITTER * self.chance())


class Courier:
    """Posts one part and settles it.

    Args:
        decider: Its rules; `decider.request` also ends requests of outlets that do not keep to it.
        pause: How to wait, given seconds.
        clock: Seconds, to tell how long something took.
        counts: Where it is counted how deliveries end.
    """

    def __init__(
        self,
        store: Store,
        *,
        counts: Counts | None = None,
        decider: Decider | None = None,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = uptime,
    ) -> None:
        self._store = store
        self._counts = counts or Counts()
        self._decider = decider or Decider()
        self._pause = pause
        self._clock = clock

    async def deliver(self, lease: Lease, outlet: Outlet) -> Delivered:
        """Use a lease up: post the part, or find out that it stands there already, and settle it.

        Never posts without a valid lease. `Delivered.pause` is for the caller to see to. A store that is away when it is to be told is
        waited for, up to SETTLING_FOR.

        Raises:
            StoreTrouble: The store could not be asked, or not be told. When the lease is over, the part comes back as PENDING or UNKNOWN.
        """
        log = _log.bind(**about(lease))
        decision = None
        if lease.state is State.UNKNOWN:
            if wait := self._decider.quarantined(lease, await self._store.now()):
                await self._settle(lease, wait, log)
                return Delivered()
            decision = await self._found_out(lease, outlet, log)
        if decision is None:
            happened = await self._posted(lease, outlet, lease.delivery.parts[lease.part], log)
            if isinstance(happened, MessageRefused):
                log.error("message_refused", reason=str(happened), fallback="plain text")
                happened = await self._posted(lease, outlet, plain(lease.delivery.parts[lease.part], outlet.limits.text), log)
            if happened is None:
                log.warning("lease_too_old_to_begin")
                self._counts.lease_lost(lease.delivery.address.platform)
                return Delivered()
            if isinstance(happened, Sent):
                # Nothing is asked in between: a store that is away has to hear of it when it is back.
                decision = Decision(happened)
            else:
                decision = self._decider.after_posting(lease, happened, await self._store.now())
                if isinstance(decision.outcome, Doubtful):
                    self._counts.unknown(lease.delivery.address.platform)  # here, for whoever asks in vain later has sent nothing
        await self._settle(lease, decision.outcome, log)
        return Delivered(decision.pause, went_well=isinstance(decision.outcome, Sent))

    async def _found_out(self, lease: Lease, outlet: Outlet, log: structlog.typing.FilteringBoundLogger) -> Decision | None:
        """What became of an earlier request; None if it is to be sent again."""
        try:
            async with asyncio.timeout(self._decider.request.total_seconds()):
                since = lease.first_attempt or lease.delivery.due
                found = await outlet.posted(lease.delivery.address, key=lease.key, since=since, under=lease.under)
        except Exception as trouble:  # noqa: BLE001 - as in _posted
            _tell_bug(trouble, log)
            return self._decider.after_asking(lease, trouble, await self._store.now())
        log.info("outcome_found_out", posted=found is not None)
        return self._decider.exhausted(lease, await self._store.now()) if found is None else Decision(Sent(found))

    async def _posted(
        self, lease: Lease, outlet: Outlet, message: Message, log: structlog.typing.FilteringBoundLogger
    ) -> Sent | Exception | None:
        """How a request ended; None if there was no right to send it."""
        asked = self._clock()
        if not await self._store.deliveries.begin(lease, need=self._decider.request):
            return None
        # Frozen in between, perhaps for longer than the lease. Nothing is awaited from here to the request's own time limit.
        if self._clock() - asked > self._decider.request.total_seconds() / 2:
            return None
        try:
            async with asyncio.timeout(self._decider.request.total_seconds()):
                address, tags = lease.delivery.address, () if lease.part else lease.delivery.tags
                with span("posting", **about(lease)):
                    return Sent(await outlet.post(address, message, key=lease.key, under=lease.under, tags=tags))
        except Exception as trouble:  # noqa: BLE001 - a bug in an outlet must not cost the lease: what it did is in doubt, and told loudly
            _tell_bug(trouble, log)
            return trouble

    async def _settle(self, lease: Lease, outcome: Outcome, log: structlog.typing.FilteringBoundLogger) -> None:
        settled = await self._told(lease, outcome, log)
        await self._count(lease, outcome, settled)
        if settled is Settled.LOST:
            log.warning("lease_lost", outcome=type(outcome).__name__)
            return
        match outcome:
            case Sent(message_id):
                log.info("delivery_sent", message_id=message_id)
                await note_shown(self._store.votes, lease.delivery.address, message_id, lease.delivery.parts, lease.part)
            case Later(at, reason) | Doubtful(at, reason):
                log.info("delivery_put_off", outcome=type(outcome).__name__, at=at.isoformat(), reason=reason)
            case Dead(reason):
                log.error("delivery_dead", reason=reason)

    async def _count(self, lease: Lease, outcome: Outcome, settled: Settled) -> None:
        platform, parts = lease.delivery.address.platform, lease.delivery.parts
        if settled is not Settled.SETTLED:
            self._counts.lease_lost(platform)
            return
        match outcome:
            case Sent():
                if lease.part == 0:
                    with suppress(StoreTrouble):  # a figure less; what was posted is settled
                        self._counts.began(platform, await self._store.now() - lease.delivery.due)
                if lease.part == len(parts) - 1:
                    self._counts.sent(platform)
            case Dead():
                self._counts.died(platform)

    async def _told(self, lease: Lease, outcome: Outcome, log: structlog.typing.FilteringBoundLogger) -> Settled:
        for number, wait in enumerate(_SETTLING):
            try:
                return await self._store.deliveries.settle(lease, outcome)
            except (StoreAway, StoreFull) as trouble:
                if number == 0:
                    log.warning("store_not_told_yet", outcome=type(outcome).__name__, reason=str(trouble))
                raise_if_cancelled()
                await self._pause(wait.total_seconds())
        return await self._store.deliveries.settle(lease, outcome)


def about(lease: Lease) -> dict[str, str | int]:
    """What every line of the log, and every span, says of a delivery: whose it is, and that it is the same one as in another line."""
    address = lease.delivery.address
    return {
        "delivery_key": lease.key,
        "slot": lease.delivery.due.isoformat(),
        "platform": address.platform,
        "workspace": address.workspace,
        "channel": str(address),
        "attempt": lease.attempt,
    }


def _tell_bug(trouble: Exception, log: structlog.typing.FilteringBoundLogger) -> None:
    if not isinstance(trouble, (PostTrouble, TimeoutError)):
        log.error("outlet_bug", exc_info=trouble)


def _text(trouble: Exception) -> str:
    if isinstance(trouble, TimeoutError):
        return "not answered in time"
    return str(trouble).strip().removesuffix(".") if isinstance(trouble, PostTrouble) else f"{type(trouble).__name__}: {trouble}"
