"""Deliveries that died, and an operator who asks about them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bot.channel import Address
from bot.operating import Asked, answered
from bot.ports import Dead, Settled
from bot.store.visiting import Visit
from tests.store.outbox import ADDRESS, NEED, SLOT, claims, delivery, post_now

if TYPE_CHECKING:
    from bot.store.store import RedisStore

TWIN = SLOT[:10] + "b" * 54
OTHER = "c" * 64
TERMINAL = Address("terminal", "local", "#papers")
GONE = Dead("the channel is archived", merge=True)


async def died(store: RedisStore, id: str = SLOT, outcome: Dead | None = None, *, address: Address = ADDRESS, parts: int = 1) -> None:
    """Plan a delivery, attempt it, and give it up."""
    await post_now(store, delivery(id, parts=parts, address=address))
    for lease in await claims(store):
        assert await store.deliveries.begin(lease, need=NEED)
        assert await store.deliveries.settle(lease, outcome or Dead("invalid_blocks")) is Settled.SETTLED


async def told(store: RedisStore, *, alone: bool = False, status: int = 0, **asked: Any) -> str:
    """What the operator reads."""
    said, ended = await answered(Visit(store, alone=alone), Asked(**asked))
    assert ended == status, said
    return said


def entries(said: str) -> list[dict[str, Any]]:
    return list(json.loads(said)["dead"])
