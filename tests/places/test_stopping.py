"""A stop: what is under way is brought to its end, and what is not is given back."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from bot import worker
from bot.delivery import REQUEST
from bot.errors import StoreAway
from bot.places import APIECE, LEASE
from bot.ports import State
from tests.places.crossing import Crossing, a_worker, planned, until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.channel import Address
    from bot.desk import Desk
    from bot.ports import Lease
    from bot.store.store import RedisStore
    from bot.worker import Worker
    from tests.clock import Clock


async def test_a_stop_finishes_what_is_under_way_and_claims_nothing_more(desk: Desk, machine: Worker, slack: Crossing) -> None:
    slack.bar("T1")
    await planned(desk, "T1", 20)
    work = asyncio.create_task(machine.deliver_due())
    await until(lambda: slack.inside["T1"] == APIECE)

    stop = asyncio.create_task(machine.stop())
    await asyncio.wait({stop}, timeout=0.01)
    assert not stop.done()
    slack.let_go("T1")
    await stop

    assert await work == APIECE
    assert slack.posted_in == {"T1": APIECE}
    assert await machine.deliver_due() == 0
    await machine.stop()


async def test_a_stop_gives_unused_leases_back(
    desk: Desk, store: RedisStore, machine: Worker, slack: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, claimed, go = desk.store.deliveries.claim, asyncio.Event(), asyncio.Event()

    async def slow(platform: str, **wanted: Any) -> Sequence[Lease]:
        leases = await claim(platform, **wanted)
        claimed.set()
        await go.wait()
        return leases

    await planned(desk, "T1", 3)
    with monkeypatch.context() as patched:
        patched.setattr(desk.store.deliveries, "claim", slow)
        work = asyncio.create_task(machine.deliver_due())
        await claimed.wait()
        stop = asyncio.create_task(machine.stop())
        await asyncio.sleep(0)
        go.set()
        await stop
        await work
    assert not slack.posts

    assert len(await store.deliveries.claim("slack", limit=9, lease=LEASE)) == 3, "another need not wait for the lease to run out"


async def test_what_a_stop_cannot_wait_for_is_given_back_unless_it_may_have_been_posted(
    desk: Desk, store: RedisStore, machine: Worker, slack: Crossing, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    [doubted] = await planned(desk, "T1", 1)
    [lease] = await store.deliveries.claim("slack", limit=1, lease=LEASE)
    assert await store.deliveries.begin(lease, need=REQUEST)
    clock.advance(LEASE)
    [lease] = await store.deliveries.claim("slack", limit=1, lease=LEASE)
    await store.deliveries.release(lease)
    clock.advance(LEASE)
    asked = asyncio.Event()

    async def silent(address: Address, *, key: str, since: datetime, under: str = "") -> str | None:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(slack, "posted", silent)
    slack.bar("T2")
    [hanging] = await planned(desk, "T2", 1)
    work = asyncio.create_task(machine.deliver_due())
    await asked.wait()
    await until(lambda: slack.inside["T2"] == 1)

    monkeypatch.setattr(worker, "PATIENCE", timedelta(milliseconds=1))
    await machine.stop()
    with pytest.raises(asyncio.CancelledError):
        await work

    [back] = await store.deliveries.claim("slack", limit=9, lease=LEASE)
    assert (back.delivery.id, back.state) == (doubted.id, State.UNKNOWN)
    clock.advance(LEASE)
    left = {lease.delivery.id: lease.state for lease in await store.deliveries.claim("slack", limit=9, lease=LEASE)}
    assert left == {doubted.id: State.UNKNOWN, hanging.id: State.UNKNOWN}


async def test_leases_that_cannot_be_given_back_are_left_to_their_end(
    desk: Desk, machine: Worker, slack: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: Lease) -> None:
        raise StoreAway("gone")

    monkeypatch.setattr(desk.store.deliveries, "release", away)
    slack.bar("T1")
    await planned(desk, "T1", 2)
    work = asyncio.create_task(machine.deliver_due())
    await until(lambda: slack.inside["T1"] == 2)
    monkeypatch.setattr(worker, "PATIENCE", timedelta(milliseconds=1))

    with capture_logs() as logs:
        await machine.stop()

    assert [log["event"] for log in logs if log["event"] == "lease_not_given_back"] == ["lease_not_given_back"] * 2
    await asyncio.wait({work})
    assert work.cancelled()


async def test_a_worker_that_never_worked_stops_at_once(desk: Desk) -> None:
    idle = a_worker(desk)
    await idle.stop()
    assert await idle.deliver_due() == 0
    await idle.stop()
