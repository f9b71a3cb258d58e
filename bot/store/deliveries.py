"""The outbox on a server: `bot.ports.Deliveries` kept with the atomic steps of `bot.store.outbox`."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

from bot.channel import Address
from bot.errors import CorruptRecord, NewerRecord
from bot.ports import Attempt, Backlog, Dead, DeadLetter, Doubtful, Later, Lease, Planned, Sent, Settled, State
from bot.store import keys, outbox
from bot.store.aside import set_aside
from bot.store.codec import pack_attempt, pack_delivery, unpack_attempt, unpack_delivery
from bot.store.connection import moment, ms

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from bot.paper import PaperId
    from bot.ports import Delivery, Outcome
    from bot.store.connection import Connection, Sendable

OTHERS_TURN = timedelta(seconds=5)
"""How long a worker that cannot read a delivery leaves it to others."""
_SETTLED = (Settled.LOST, Settled.SETTLED, Settled.KNOWN)
"""By what the step of that name answers."""


class StoredDeliveries:
    """See `bot.ports.Deliveries`. Every step may be repeated when its reply was lost: the second time changes nothing.

    Args:
        keeps: Whether the server keeps all that it acknowledged, so that there is no doubt about what it says after a restart.
    """

    def __init__(self, connection: Connection, *, keeps: bool = False) -> None:
        self._connection = connection
        self._keeps = keeps

    async def plan(self, address: Address, *, due: datetime, then: datetime | None, delivery: Delivery | None) -> Planned:
        """See the port. Where the delivery exists already, the agenda moves on and the answer is TAKEN."""
        following = "" if then is None else round(then.timestamp())
        return await self._plan(address, due=round(due.timestamp()), following=following, delivery=delivery)

    async def post_now(self, delivery: Delivery) -> Planned:
        """See the port."""
        return await self._plan(delivery.address, due="", following="", delivery=delivery)

    async def _plan(self, address: Address, *, due: int | str, following: int | str, delivery: Delivery | None) -> Planned:
        id = delivery.id if delivery else ""
        args: list[Sendable] = [str(address), due, following, id]
        if delivery:
            args += [pack_delivery(delivery), len(delivery.parts), *delivery.papers, *delivery.remainder]
        else:
            args += ["", 0]
        places = [keys.AGENDA, keys.PLANNING, keys.delivery(id), keys.deliveries_of(address), keys.inbox(address)]
        return Planned.PLANNED if await self._connection.run(outbox.PLAN, keys=places, args=args) else Planned.TAKEN

    async def recall(self, address: Address, *, slot: datetime | None = None) -> Sequence[PaperId]:
        """See the port. Read the inbox after it: where the reply was lost, a second call finds nothing more to take back."""
        recalled: list[PaperId] = []
        for id, record, stands in await self._connection.ask(outbox.RECALLABLE, keys=[keys.deliveries_of(address)]):
            delivery = await self._unpacked(id.decode(), record, stands)
            papers = [*delivery.papers, *delivery.remainder] if delivery else []
            if delivery is None or not papers:  # what people are told about a trouble is no digest, and comes with none
                continue
            places = [
                keys.delivery(delivery.id),
                keys.DEAD,
                keys.deliveries_of(address),
                keys.inbox(address),
                keys.filed(address),
                keys.posted(address),
                keys.AGENDA,
            ]
            due = "" if slot is None else round(slot.timestamp())
            if await self._connection.run(outbox.RECALL, keys=places, args=[delivery.id, str(address), due, int(self._keeps), *papers]):
                recalled += papers
        return recalled

    async def claim(
        self, platform: str, *, limit: int, lease: timedelta, apiece: int | None = None, without: Collection[str] = ()
    ) -> Sequence[Lease]:
        """See the port. If the reply is lost, what was claimed comes back when its lease is over.

        What was being sent under a lease that is over comes as UNKNOWN, its last request as of this claim. So does, once, whatever was due
        when the data turned up on another server: its predecessor's last writes may be lost, and with them that something was posted.
        """
        args: list[Sendable] = [platform, limit, _whole(lease), limit if apiece is None else apiece, int(self._keeps), *without]
        places = [keys.lanes(platform), keys.waiting(platform)]
        claimed = await self._connection.run(outbox.CLAIM, keys=places, args=args)
        leases: list[Lease] = []
        for id, flat, failing in claimed:
            if (mine := await self._lease(id.decode(), flat, failing)) is not None:
                leases.append(mine)
            else:
                # Of a newer version, most likely: it is for a worker that can read it.
                await self._release(id.decode(), int(_fields(flat)[b"fence"]), wait=OTHERS_TURN)
        return leases

    async def begin(self, lease: Lease, *, need: timedelta) -> bool:
        """See the port. Several requests under one lease count as one attempt."""
        args: list[Sendable] = [lease.fence, lease.part, _whole(need)]
        return bool(await self._connection.run(outbox.BEGIN, keys=[keys.delivery(lease.delivery.id)], args=args))

    async def settle(self, lease: Lease, outcome: Outcome) -> Settled:
        """See the port. LOST as well if the channel was forgotten meanwhile; if it moved, the news go with it."""
        at, counts, merge, doubtful, pauses = 0, False, False, False, False
        match outcome:
            case Sent(detail):
                kind = "sent"
            case Later(when, detail, counts):
                kind, at = "later", ms(when)
            case Doubtful(when, detail, counts):
                kind, at = "doubtful", ms(when)
            case Dead(detail, merge, doubtful, pauses):
                kind = "dead"
            case _:
                assert_never(outcome)
        now = await self._connection.now()
        line = pack_attempt(Attempt(at=now, delivery=lease.delivery.id, part=lease.part, outcome=kind, detail=detail))
        args: list[Sendable] = [lease.delivery.id, lease.fence, lease.part, kind, detail, at]
        # What was said stands in the channel: here it would be two thirds of all that is kept for thirty days.
        silent = pack_delivery(dataclasses.replace(lease.delivery, parts=())) if kind == "sent" else ""
        args += [int(counts), int(merge), int(doubtful), int(pauses), line, silent]
        args += [len(lease.delivery.papers), *lease.delivery.papers, *lease.delivery.remainder]
        places = [keys.delivery(lease.delivery.id), keys.DEAD]
        return _SETTLED[int(await self._connection.run(outbox.SETTLE, keys=places, args=args))]

    async def release(self, lease: Lease) -> None:
        """See the port. A lease under which a request was begun is not unused: it stays until it is settled or over."""
        await self._release(lease.delivery.id, lease.fence)

    async def _release(self, id: str, fence: int, *, wait: timedelta = timedelta()) -> None:
        await self._connection.run(outbox.RELEASE, keys=[keys.delivery(id)], args=[id, fence, _whole(wait)])

    async def get(self, id: str) -> Delivery | None:
        """See the port."""
        record, address = await self._connection.read("HMGET", keys.delivery(id), "record", "address")
        return None if record is None else _delivery(id, record, address)

    async def backlog(self, platform: str) -> Backlog:
        """See the port."""
        waits = keys.waiting(platform)
        waiting, first = await self._connection.read_all([("ZCARD", waits), ("ZRANGE", waits, 0, 0, "WITHSCORES")])
        return Backlog(waiting=waiting, oldest=moment(first[1]) if first else None)

    async def died(self) -> int:
        """See the port."""
        oldest = ms(await self._connection.now() - keys.DELIVERED)
        return int(await self._connection.read("ZCOUNT", keys.DEAD, oldest, "+inf"))

    async def dead(self, *, limit: int = 100) -> Sequence[DeadLetter]:
        """See the port."""
        scored = await self._connection.read(*await self._dead_since(), "LIMIT", 0, limit, "WITHSCORES")
        ids = [id.decode() for id in scored[::2]]
        found = await self._connection.read_all([("HGETALL", keys.delivery(id)) for id in ids])
        letters = [await self._letter(id, died, flat) for id, died, flat in zip(ids, scored[1::2], found, strict=True) if flat]
        return [letter for letter in letters if letter is not None]

    async def dead_ids(self) -> Sequence[str]:
        """See the port."""
        return [id.decode() for id in await self._connection.read(*await self._dead_since())]

    async def _dead_since(self) -> Sequence[Sendable]:
        """The command that reads the list of the dead of the last 30 days."""
        return ["ZRANGE", keys.DEAD, "+inf", ms(await self._connection.now() - keys.DELIVERED), "BYSCORE", "REV"]

    async def _letter(self, id: str, died: bytes, flat: Sequence[bytes]) -> DeadLetter | None:
        lease = await self._lease(id, flat, None)
        if lease is None:
            return None
        stands = dict(zip(flat[::2], flat[1::2], strict=True))
        return DeadLetter(
            **{field.name: getattr(lease, field.name) for field in dataclasses.fields(lease)},
            died=moment(died),
            doubtful=stands.get(b"was") == b"unknown",
            # Of one that got as far as a later part, something stands in the channel already: it is not taken back.
            merge=stands.get(b"merge") == b"1" and lease.part == 0,
        )

    async def replay(self, id: str) -> bool:
        """See the port. One that may have been posted comes back as UNKNOWN: whoever claims it finds out first."""
        return bool(await self._connection.run(outbox.REPLAY, keys=[keys.delivery(id), keys.DEAD], args=[id]))

    async def log(self, address: Address) -> Sequence[Attempt]:
        """See the port."""
        lines = await self._connection.read("LRANGE", keys.log(address), 0, outbox.LOGGED - 1)
        oldest = await self._connection.now() - keys.DELIVERED
        attempts: list[Attempt] = []
        for line in lines:
            try:
                attempts.append(unpack_attempt(line, key=keys.log(address)))
            except CorruptRecord as error:
                await set_aside(self._connection, error, line, move=False)
        return [attempt for attempt in attempts if attempt.at >= oldest]

    async def sweep(self) -> int:
        """Take off the list of the dead what is older than 30 days; returns how many. Safe at any time."""
        oldest = ms(await self._connection.now() - keys.DELIVERED)
        return int(await self._connection.call("ZREMRANGEBYSCORE", keys.DEAD, "-inf", f"({oldest}"))

    async def _lease(self, id: str, flat: Sequence[bytes], failing: bytes | None) -> Lease | None:
        fields = _fields(flat)
        delivery = await self._unpacked(id, fields[b"record"], fields[b"address"])
        if delivery is None:
            return None
        return Lease(
            delivery=delivery,
            part=int(fields[b"part"]),
            fence=int(fields[b"fence"]),
            until=moment(fields[b"until"]),
            state=State(fields[b"state"].decode()),
            attempt=int(fields[b"attempt"]),
            first_attempt=_moment(fields.get(b"first")),
            failing_since=_moment(failing),
            last_attempt=_moment(fields.get(b"last")),
            failures=int(fields[b"failures"]),
            reason=fields.get(b"reason", b"").decode(),
            under=fields.get(b"message:0", b"").decode() if delivery.threaded else "",
        )

    async def _unpacked(self, id: str, record: bytes, address: bytes) -> Delivery | None:
        """The delivery; None after setting aside one that cannot be read, for it would come back for ever."""
        key = keys.delivery(id)
        try:
            return _delivery(id, record, address)
        except CorruptRecord as error:
            await set_aside(self._connection, error, record, move=False)
            # One that a newer version wrote is whole.
            if not isinstance(error, NewerRecord):
                await self._connection.run(outbox.DROP, keys=[key, keys.DEAD], args=[id, record])
        return None


def _delivery(id: str, record: bytes, address: bytes) -> Delivery:
    return unpack_delivery(record, address=Address.parse(address.decode()), key=keys.delivery(id))


def _fields(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _whole(duration: timedelta) -> int:
    return round(duration.total_seconds() * 1000)


def _moment(milliseconds: bytes | None) -> datetime | None:
    return None if milliseconds is None else moment(milliseconds)
