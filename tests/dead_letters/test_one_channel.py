"""The log of one channel."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.ports import Dead, Sent
from bot.store import keys
from tests.dead_letters.asking import died, told
from tests.store.outbox import ADDRESS, NEED, SLOT, claims, delivery, post_now, subscribe

if TYPE_CHECKING:
    from bot.store.store import RedisStore
    from tests.clock import Clock


async def test_a_channels_log_tells_each_attempt_the_newest_first(store: RedisStore, clock: Clock) -> None:
    await post_now(store, delivery(parts=2))
    for outcome in (Sent("1"), Dead("\x1b[2Jtoo_long")):
        [lease] = await claims(store)
        await store.deliveries.begin(lease, need=NEED)
        await store.deliveries.settle(lease, outcome)
        clock.advance(timedelta(seconds=3))
    assert (await told(store, channel=str(ADDRESS))).splitlines() == [
        "The last 2 attempts in slack:T1:C1, newest first (50 at most, of 30 days).",
        "2025-11-21 09:00:03 UTC  dead      aaaaaaaa part 2  [2Jtoo_long",
        "2025-11-21 09:00:00 UTC  sent      aaaaaaaa part 1  1",
    ]
    log = json.loads(await told(store, channel=str(ADDRESS), json=True))
    assert (log["channel"], log["name"], len(log["attempts"])) == ("slack:T1:C1", "", 2)
    assert log["attempts"][0] == {
        "at": "2025-11-21T09:00:03Z",
        "delivery": SLOT,
        "part": 2,
        "outcome": "dead",
        "detail": "[2Jtoo_long",
    }


async def test_a_channel_that_cannot_be_read_still_tells_its_log(store: RedisStore) -> None:
    await subscribe(store, due=None)
    await store.connection.call("HSET", keys.bucket_of(ADDRESS), str(ADDRESS), b"\xffnewer")
    await died(store)
    assert "in slack:T1:C1, newest first" in await told(store, channel=str(ADDRESS))
    assert "  where     slack:T1:C1\n" in await told(store, dead=True)
