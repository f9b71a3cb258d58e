"""Papers put where a delivery takes them from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.ports import Filed, Filing
from bot.store import keys

if TYPE_CHECKING:
    from bot.ports import Delivery
    from bot.store.store import RedisStore


async def filed(store: RedisStore, delivery: Delivery) -> Delivery:
    """The delivery, after filing its papers into its channel's inbox; those that were ever filed there stay where they are."""
    rules = int(await store.connection.read("GET", keys.RULES_REVISION) or 0)
    inboxes = {delivery.address: [*delivery.papers, *delivery.remainder]}
    assert await store.papers.file(Filing(papers=(), inboxes=inboxes, rules=rules)) is Filed.FILED
    return delivery
