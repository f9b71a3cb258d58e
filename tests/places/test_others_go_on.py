"""Who hangs holds up nobody else."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot import places, worker
from bot.places import APIECE, PLACES
from tests.places.crossing import A_TICK, Crossing, claims_of, planned, until

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.worker import Worker


async def test_one_workspace_that_hangs_holds_up_no_other(desk: Desk, machine: Worker, slack: Crossing) -> None:
    slack.bar("T1")
    await planned(desk, "T1", 40)
    await planned(desk, "T2", 5)

    work = asyncio.create_task(machine.deliver_due())
    await until(lambda: len(slack.posts) == 5)
    assert slack.posted_in == {"T2": 5}
    await until(lambda: slack.inside["T1"] == APIECE)

    slack.let_go("T1")
    assert await work == 45
    assert slack.posted_in == {"T1": 40, "T2": 5}
    assert slack.most["T1"] == APIECE


async def test_a_platform_that_hangs_holds_up_no_other(desk: Desk, machine: Worker, slack: Crossing, discord: Crossing) -> None:
    workspaces = [f"T{number}" for number in range(PLACES // APIECE + 1)]
    slack.bar(*workspaces)
    for workspace in workspaces:
        await planned(desk, workspace, APIECE)
    await planned(desk, "G1", 5, platform="discord")

    work = asyncio.create_task(machine.deliver_due())
    await until(lambda: len(discord.posts) == 5)
    await until(lambda: slack.inside[""] == PLACES)
    assert not slack.posts

    for workspace in workspaces:
        slack.let_go(workspace)
    assert await work == 5 + APIECE * len(workspaces)
    assert slack.most[""] == PLACES, "no more at once"


async def test_what_comes_due_while_others_hang_is_delivered_at_the_next_tick(
    desk: Desk, machine: Worker, slack: Crossing, discord: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "LOOK_EVERY", A_TICK)
    monkeypatch.setattr(worker, "LOOK_EVERY", A_TICK)
    slack.bar("T1")
    await planned(desk, "T1", 10)
    machine.start()
    await until(lambda: slack.inside["T1"] == APIECE)
    claims = claims_of(desk, monkeypatch)
    await until(lambda: claims["slack"] > 2)

    await planned(desk, "T2", 1)
    await planned(desk, "G1", 1, platform="discord")
    await until(lambda: len(slack.posts) == len(discord.posts) == 1)
    await planned(desk, "G2", 1, platform="discord")
    await until(lambda: len(discord.posts) == 2)


async def test_somebody_who_looks_need_not_wait_for_the_next_tick_nor_for_those_that_hang(
    desk: Desk, machine: Worker, slack: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "LOOK_EVERY", timedelta(hours=1))
    slack.bar("T1")
    await planned(desk, "T1", 1)
    work = asyncio.create_task(machine.deliver_due())
    await until(lambda: slack.inside["T1"] == 1)

    await planned(desk, "T2", 1, parts=3)
    hurried = asyncio.create_task(machine.hurry())
    await until(lambda: slack.posted_in["T2"] == 3)
    assert not hurried.done()
    monkeypatch.setattr(worker, "HURRY", timedelta(milliseconds=1))
    await machine.hurry()
    assert slack.inside["T1"] == 1, "it goes on"

    slack.let_go("T1")
    await hurried
    assert await work == 4


async def test_whoever_waits_no_longer_breaks_off_nothing(desk: Desk, machine: Worker, slack: Crossing) -> None:
    slack.bar("T1")
    await planned(desk, "T1", 1)
    work = asyncio.create_task(machine.deliver_due())
    await until(lambda: slack.inside["T1"] == 1)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work

    slack.let_go("T1")
    assert await machine.deliver_due() == 1
    assert len(slack.posts) == 1


async def test_a_free_place_is_taken_while_the_slowest_is_still_under_way(desk: Desk, machine: Worker, slack: Crossing) -> None:
    slack.bar("slow")
    await planned(desk, "slow", 1)
    await planned(desk, "T1", 100)

    work = asyncio.create_task(machine.deliver_due())
    await until(lambda: slack.posted_in["T1"] == 100)
    assert slack.inside["slow"] == 1

    slack.let_go("slow")
    await work
