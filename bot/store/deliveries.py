"""The outbox on a server: `bot.ports.Deliveries` kept with the atomic steps of `bot.store.outbox`."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from bot.channel import Address
from bot.errors import CorruptRecord
from bot.ports import Attempt, Dead, Doubtful, Later, Lease, Planned, Sent, Settled, State
from bot.store import keys, outbox
from bot.store.aside import set_aside
from bot.store.codec import NewerRecord, pack_attempt, pack_delivery, unpack_attempt, unpack_delivery
from bot.store.connection import moment, ms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from bot.paper import PaperId
    from bot.ports import Delivery, Outcome
    from bot.store.connection import Connection, Sendable


class StoredDeliveries:
    """See `bot.ports.Deliveries`. Every step may be repeated when its reply was lost: the second time changes nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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
        places = [keys.AGENDA, keys.OUTBOX, keys.delivery(id), keys.deliveries_of(address), keys.inbox(address)]
        return Planned.PLANNED if await self._connection.run(outbox.PLAN, keys=places, args=args) else Planned.TAKEN

    async def recall(self, address: Address, *, slot: datetime | None = None) -> Sequence[PaperId]:
        """See the port. Read the inbox after it: where the reply was lost, a second call finds nothing more to take back."""
        recalled: list[PaperId] = []
        for id in await self._connection.read("ZRANGE", keys.deliveries_of(address), 0, -1):
            record, state, stands = await self._connection.read("HMGET", keys.delivery(id.decode()), "record", "state", "address")
            if record is None or state not in {b"pending", b"dead"}:
                continue
            delivery = await self._unpacked(id.decode(), record, stands)
            papers = [*delivery.papers, *delivery.remainder] if delivery else []
            if delivery is None or not papers:  # what people are told about a trouble is no digest, and comes with none
                continue
            places = [
                keys.delivery(delivery.id),
                keys.OUTBOX,
                keys.DEAD,
                keys.deliveries_of(address),
                keys.inbox(address),
                keys.filed(address),
                keys.posted(address),
                keys.AGENDA,
            ]
            due = "" if slot is None else round(slot.timestamp())
            if await self._connection.run(outbox.RECALL, keys=places, args=[delivery.id, str(address), due, *papers]):
                recalled += papers
        return recalled

    async def claim(self, *, limit: int, lease: timedelta) -> Sequence[Lease]:
        """See the port. If the reply is lost, what was claimed comes back when its lease is over."""
        args: list[Sendable] = [limit, _whole(lease), keys.delivery(""), keys.PREFIX + "failing:"]
        claimed = await self._connection.run(outbox.CLAIM, keys=[keys.OUTBOX], args=args)
        leases = [await self._lease(id.decode(), fields, failing) for id, fields, failing in claimed]
        return [lease for lease in leases if lease is not None]

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
        args += [int(counts), int(merge), int(doubtful), int(pauses), line]
        args += [len(lease.delivery.papers), *lease.delivery.papers, *lease.delivery.remainder]
        places = [keys.delivery(lease.delivery.id), keys.OUTBOX, keys.DEAD]
        return Settled.SETTLED if await self._connection.run(outbox.SETTLE, keys=places, args=args) else Settled.LOST

    async def release(self, lease: Lease) -> None:
        """See the port. A lease under which a request was begun is not unused: it stays until it is settled or over."""
        places = [keys.delivery(lease.delivery.id), keys.OUTBOX]
        await self._connection.run(outbox.RELEASE, keys=places, args=[lease.delivery.id, lease.fence])

    async def get(self, id: str) -> Delivery | None:
        """See the port."""
        record, address = await self._connection.read("HMGET", keys.delivery(id), "record", "address")
        return None if record is None else _delivery(id, record, address)

    async def dead(self, *, limit: int = 100) -> Sequence[Lease]:
        """See the port. `Lease.reason` says why."""
        ids = [id.decode() for id in await self._connection.read("ZRANGE", keys.DEAD, 0, limit - 1, "REV")]
        found = await self._connection.read_all([("HGETALL", keys.delivery(id)) for id in ids])
        leases = [await self._lease(id, fields, None) for id, fields in zip(ids, found, strict=True) if fields]
        return [lease for lease in leases if lease is not None]

    async def replay(self, id: str) -> bool:
        """See the port. One that may have been posted comes back as UNKNOWN: whoever claims it finds out first."""
        places = [keys.delivery(id), keys.OUTBOX, keys.DEAD]
        return bool(await self._connection.run(outbox.REPLAY, keys=places, args=[id]))

    async def log(self, address: Address) -> Sequence[Attempt]:
        """See the port."""
        lines = await self._connection.read("LRANGE", keys.log(address), 0, outbox.LOGGED - 1)
        oldest = await self._connection.now() - keys.DELIVERED
        attempts = [unpack_attempt(line, key=keys.log(address)) for line in lines]
        return [attempt for attempt in attempts if attempt.at >= oldest]

    async def sweep(self) -> int:
        """Take off the list of the dead what is older than 30 days; returns how many. Safe at any time."""
        oldest = ms(await self._connection.now() - keys.DELIVERED)
        return int(await self._connection.call("ZREMRANGEBYSCORE", keys.DEAD, "-inf", f"({oldest}"))

    async def _lease(self, id: str, flat: Sequence[bytes], failing: bytes | None) -> Lease | None:
        fields = dict(zip(flat[::2], flat[1::2], strict=True))
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
            # One that a newer version wrote is whole: its lease runs out, and in the end a worker of that version gets it.
            if not isinstance(error, NewerRecord):
                await self._connection.run(outbox.DROP, keys=[key, keys.OUTBOX, keys.DEAD], args=[id, record])
        return None


def _delivery(id: str, record: bytes, address: bytes) -> Delivery:
    return unpack_delivery(record, address=Address.parse(address.decode()), key=keys.delivery(id))


def _whole(duration: timedelta) -> int:
    return round(duration.total_seconds() * 1000)


def _moment(milliseconds: bytes | None) -> datetime | None:
    return None if milliseconds is None else moment(milliseconds)
