"""Trouble of a workspace, of the store, of one delivery: what it takes from others, and what is told of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.errors import Busy, ChannelGone, CorruptRecord, NotSent, OutcomeUnknown, StoreAway
from bot.places import APIECE
from tests.places.crossing import Crossing, planned, until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.desk import Desk
    from bot.ports import Lease
    from bot.worker import Worker


@pytest.mark.parametrize(
    "trouble",
    [NotSent("refused"), Busy("slow down", retry_after=timedelta(minutes=1)), OutcomeUnknown("reset"), TimeoutError(), KeyError("ts")],
    ids=lambda trouble: type(trouble).__name__,
)
async def test_a_workspace_in_trouble_gets_one_place_until_one_succeeds_there(
    desk: Desk, machine: Worker, slack: Crossing, trouble: Exception
) -> None:
    slack.wrong["T1"] = trouble
    await planned(desk, "T1", 1)
    await machine.deliver_due()
    slack.most.clear()
    slack.bar("T1", "T2")
    await planned(desk, "T1", 7, to="D")
    await planned(desk, "T2", 7)

    work = asyncio.create_task(machine.deliver_due())
    await until(lambda: slack.inside["T1"] == 1 and slack.inside["T2"] > 1)
    again = asyncio.create_task(machine.deliver_due())
    slack.let_go("T2")
    await until(lambda: slack.posted_in["T2"] == 7)
    assert slack.most["T1"] == 1, "however often there was a look for more"

    del slack.wrong["T1"]
    slack.let_go("T1")
    slack.bar("T1")
    await until(lambda: slack.inside["T1"] == 6)
    slack.let_go("T1")
    assert await work == await again == 14


async def test_trouble_in_one_workspace_takes_no_place_from_another(desk: Desk, machine: Worker, slack: Crossing) -> None:
    slack.wrong["T1"] = NotSent("refused")
    await planned(desk, "T1", 3)
    await machine.deliver_due()
    slack.bar("T2")
    await planned(desk, "T2", 20)

    work = asyncio.create_task(machine.deliver_due())
    await until(lambda: slack.inside["T2"] > APIECE // 2)
    slack.let_go("T2")
    assert await work == 20


async def test_a_store_that_fails_one_delivery_abandons_no_other_and_is_told_in_the_end(
    desk: Desk, machine: Worker, slack: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, failed = desk.store.deliveries.begin, asyncio.Event()

    async def failing(lease: Lease, *, need: timedelta) -> bool:
        if lease.delivery.address.workspace == "T1":
            failed.set()
            raise StoreAway("gone")
        return await begin(lease, need=need)

    monkeypatch.setattr(desk.store.deliveries, "begin", failing)
    slack.bar("T2")
    await planned(desk, "T1", 1)
    await planned(desk, "T2", 2)
    work = asyncio.create_task(machine.deliver_due())
    await failed.wait()
    await until(lambda: slack.inside["T2"] == 2)
    await planned(desk, "T3", 1)
    assert not work.done()

    slack.let_go("T2")
    with pytest.raises(StoreAway):
        await work
    assert slack.posted_in == {"T2": 2}, "nothing more was claimed of a store that fails"

    assert await machine.deliver_due() == 1
    assert slack.posted_in == {"T2": 2, "T3": 1}


async def test_a_store_that_fails_a_claim_is_told_when_what_is_under_way_has_ended(
    desk: Desk, machine: Worker, slack: Crossing, discord: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.bar("T1")
    await planned(desk, "T1", 1)
    work = asyncio.create_task(machine.deliver_due())
    await until(lambda: slack.inside["T1"] == 1)

    async def away(*_: object, **__: object) -> Sequence[Lease]:
        raise StoreAway("gone")

    monkeypatch.setattr(desk.store.deliveries, "claim", away)
    again = asyncio.create_task(machine.deliver_due())
    await asyncio.wait({work, again}, timeout=0.01)
    assert not work.done()
    slack.let_go("T1")
    for one in (work, again):
        with pytest.raises(StoreAway):
            await one
    assert slack.posted_in == {"T1": 1}


async def test_what_a_channel_that_is_gone_brings_with_it_keeps_no_other_from_its_end(
    desk: Desk, machine: Worker, slack: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def rubbish(_: object) -> None:
        raise CorruptRecord("rubbish", key="pb:channels")

    monkeypatch.setattr(desk.store.channels, "load", rubbish)
    slack.wrong["T1"] = ChannelGone("archived")
    await planned(desk, "T1", 1)
    await planned(desk, "T2", 1)

    with pytest.raises(CorruptRecord):
        await machine.deliver_due()
    assert slack.posted_in == {"T2": 1}
