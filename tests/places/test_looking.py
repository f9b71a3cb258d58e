"""Which deliveries a worker looks for, how often, and who hears of the end."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot import places, worker
from bot.places import Places
from tests.places.crossing import A_TICK, Crossing, a_desk, a_worker, claims_of, planned, until

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from bot.desk import Desk
    from bot.ports import Lease
    from bot.store.store import RedisStore
    from bot.worker import Worker


async def test_a_delivery_waits_for_a_worker_that_reaches_its_platform(desk: Desk, store: RedisStore, slack: Crossing) -> None:
    await planned(desk, "T1", 1)
    elsewhere = a_worker(a_desk(store, {"discord": slack}))

    assert await elsewhere.deliver_due() == 0
    assert await a_worker(desk).deliver_due() == 1, "and nobody has put it off"


async def test_a_platform_that_is_reached_only_later_is_served_from_then_on(
    desk: Desk, machine: Worker, slack: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "LOOK_EVERY", A_TICK)
    desk.outlets = {}
    await planned(desk, "T1", 1)
    machine.start()

    desk.outlets = {"slack": slack}

    await until(lambda: len(slack.posts) == 1)


async def test_a_large_workspace_costs_few_looks(desk: Desk, machine: Worker, slack: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_BREATH", timedelta(hours=1))
    await planned(desk, "T1", 100)
    claims = claims_of(desk, monkeypatch)

    assert await machine.deliver_due() == 100

    assert claims["slack"] <= 40, "not one for each"


async def test_who_waited_hears_of_their_own_end_though_somebody_has_begun_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    places = Places("slack", desk.store.deliveries, worker_of_nothing)
    claim = desk.store.deliveries.claim
    anew: list[Coroutine[Any, Any, int]] = []

    def begin_anew(_: object) -> None:
        # Between the end of what was waited for and the turn of whoever waited.
        anew.append(places.fill())
        anew[-1].send(None)

    async def last(platform: str, **wanted: Any) -> Sequence[Lease]:
        if not anew and (working := asyncio.current_task()) is not None:
            working.add_done_callback(begin_anew)
        return await claim(platform, **wanted)

    monkeypatch.setattr(desk.store.deliveries, "claim", last)

    assert await places.fill() == 0

    assert len(anew) == 1
    anew[0].close()
    await places.stop(patience=timedelta(seconds=10))


async def worker_of_nothing(lease: Lease) -> bool:
    pytest.fail(f"nothing is due, and here is {lease}")
