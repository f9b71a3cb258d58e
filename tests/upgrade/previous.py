"""A worker of release 0.1, which had one outbox for all workspaces: its steps as they went to the server, word for word.

`scripts_of_0_1` is what that release sent to EVAL. Here stand only the keys and arguments that it gave them.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

from bot.channel import Address
from bot.ports import Attempt, Later, Sent
from bot.store import keys
from bot.store.codec import pack_attempt, pack_delivery, unpack_delivery
from bot.store.connection import moment, ms
from tests.upgrade.contents import LEASE

if TYPE_CHECKING:
    from datetime import datetime

    from bot.ports import Delivery
    from bot.store.connection import Connection, Sendable
    from tests.clock import Clock

OUTBOX = "pb:outbox"
NEED_MS = 20_000
LOGGED = 50
_SCRIPTS = {file.stem: file.read_text("utf-8") for file in (Path(__file__).parent / "scripts_of_0_1").glob("*.lua")}
_SHARED = _SCRIPTS.pop("shared")
"""What stood before each of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OldLease:
    """What a claim of that release gave."""

    delivery: Delivery
    part: int
    fence: int
    state: str
    last_attempt: datetime | None
    """When the last request for this part went out."""

    @property
    def key(self) -> str:
        """The idempotency key of this part, as that release made it."""
        return sha256(f"{self.delivery.id}/{self.part}".encode()).hexdigest()


class PreviousRelease:
    """Its half of `Deliveries` and `Channels`, on any store."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    async def _run(self, name: str, places: list[str], args: list[Sendable]) -> Any:
        return await self._connection.call("EVAL", _SHARED + _SCRIPTS[name], len(places), *places, ms(self._clock()), *args)

    async def plan(self, delivery: Delivery, *, due: datetime | None = None, then: datetime | None = None) -> bool:
        """With `due` a slot of the agenda, else one that no schedule asked for."""
        address = delivery.address
        places = [keys.AGENDA, OUTBOX, keys.delivery(delivery.id), keys.deliveries_of(address), keys.inbox(address)]
        moments: list[Sendable] = ["" if one is None else round(one.timestamp()) for one in (due, then)]
        args: list[Sendable] = [str(address), *moments, delivery.id, pack_delivery(delivery), len(delivery.parts)]
        return bool(await self._run("plan", places, [*args, *delivery.papers, *delivery.remainder]))

    async def claim(self, *, limit: int = 20) -> list[OldLease]:
        """Of all platforms and workspaces."""
        args: list[Sendable] = [limit, round(LEASE.total_seconds() * 1000), "pb:delivery:", "pb:failing:"]
        return [self._lease(id.decode(), flat) for id, flat, *_ in await self._run("claim", [OUTBOX], args)]

    def _lease(self, id: str, flat: list[bytes]) -> OldLease:
        fields = dict(zip(flat[::2], flat[1::2], strict=True))
        address = Address.parse(fields[b"address"].decode())
        delivery = unpack_delivery(fields[b"record"], address=address, key=keys.delivery(id))
        return OldLease(
            delivery=delivery,
            part=int(fields[b"part"]),
            fence=int(fields[b"fence"]),
            state=fields[b"state"].decode(),
            last_attempt=moment(fields[b"last"]) if b"last" in fields else None,
        )

    async def begin(self, lease: OldLease) -> bool:
        """Whether a request may go out."""
        return bool(await self._run("begin", [keys.delivery(lease.delivery.id)], [lease.fence, lease.part, NEED_MS]))

    async def settle(self, lease: OldLease, outcome: Sent | Later) -> bool:
        """False if it was told that somebody else has it."""
        delivery = lease.delivery
        match outcome:
            case Sent(detail):
                kind, at, counts = "sent", 0, 0
            case Later(when, detail):
                kind, at, counts = "later", ms(when), 1
            case _:
                assert_never(outcome)
        line = pack_attempt(Attempt(at=self._clock(), delivery=delivery.id, part=lease.part, outcome=kind, detail=detail))
        args: list[Sendable] = [delivery.id, lease.fence, lease.part, kind, detail, at, counts, 0, 0, 0, line]
        args += [len(delivery.papers), *delivery.papers, *delivery.remainder]
        return bool(await self._run("settle", [keys.delivery(delivery.id), OUTBOX, keys.DEAD], args))

    async def release(self, lease: OldLease) -> bool:
        """Give it back unused."""
        return bool(await self._run("release", [keys.delivery(lease.delivery.id), OUTBOX], [lease.delivery.id, lease.fence]))

    async def forget(self, address: Address) -> None:
        """Erase a channel."""
        records = [keys.bucket_of(address), keys.RULES_REVISION, keys.CHANGED, keys.FORGOTTEN, keys.AGENDA, keys.workspace_of(address)]
        places = [*records, keys.kept(address), keys.deliveries_of(address), OUTBOX, keys.DEAD, "pb:corrupt:at:none"]
        await self._run("forget", [*places, *keys.of_channel(address)], [str(address)])

    async def move(self, old: Address, new: Address) -> bool:
        """Give a channel another address."""
        places = [keys.bucket_of(old), keys.bucket_of(new), keys.workspace_of(old), keys.workspace_of(new), keys.RULES_REVISION]
        places += [keys.CHANGED, keys.FORGOTTEN, keys.AGENDA, keys.kept(old), keys.deliveries_of(old)]
        pairs = zip(keys.of_channel(old), keys.of_channel(new), strict=True)
        return bool(await self._run("move", [*places, *(key for pair in pairs for key in pair)], [str(old), str(new), LOGGED]))
