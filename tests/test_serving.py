"""What keeps the parts of a process apart, and brings them to an end together."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from bot import parts
from bot.errors import NotSent, OperatorMistake, StoreAway
from bot.installation import Installation
from bot.on_slack import introduced
from bot.parts import LONGEST_WAIT, supervised, together
from bot.serving import _answering, _working


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "FIRST_WAIT", 0)


async def test_a_part_that_fails_begins_again() -> None:
    begun: list[int] = []

    async def part() -> None:
        begun.append(len(begun))
        if len(begun) == 3:
            raise OperatorMistake("enough")
        raise RuntimeError("a bug")

    with pytest.raises(OperatorMistake, match="enough"):
        await supervised("part", part)
    assert begun == [0, 1, 2]


async def test_a_part_whose_store_is_away_begins_again_and_only_that_is_told() -> None:
    begun: list[int] = []

    async def part() -> None:
        begun.append(len(begun))
        raise StoreAway("nobody answers") if len(begun) < 3 else OperatorMistake("enough")

    with capture_logs() as logs, pytest.raises(OperatorMistake, match="enough"):
        await supervised("part", part)
    assert [(line["event"], line["log_level"], "exc_info" in line) for line in logs] == [("store_away", "error", False)] * 2


async def test_a_part_that_went_well_for_long_is_back_as_soon_as_at_its_first_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "FIRST_WAIT", 0.001)
    begun: list[int] = []
    passed = [0.0]

    async def part() -> None:
        begun.append(len(begun))
        if len(begun) == 5:
            raise OperatorMistake("enough")
        passed[0] += LONGEST_WAIT + 1 if len(begun) == 3 else 1
        raise RuntimeError("a bug")

    with capture_logs() as logs, pytest.raises(OperatorMistake, match="enough"):
        await supervised("part", part, clock=lambda: passed[0])
    assert [line["again_in_seconds"] for line in logs] == [0.001, 0.002, 0.001, 0.002]


@pytest.mark.parametrize("ends", [None, RuntimeError("a bug")])
async def test_a_part_that_swallows_its_cancellation_is_not_begun_again(ends: Exception | None) -> None:
    begun: list[int] = []
    under_way = asyncio.Event()

    async def part() -> None:
        begun.append(len(begun))
        under_way.set()
        with suppress(asyncio.CancelledError):  # as `asyncio.wait_for` of Python 3.11 may
            await asyncio.Event().wait()
        if ends is not None:
            raise ends

    running = asyncio.create_task(supervised("part", part))
    await under_way.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 10)
    assert begun == [0]


async def test_a_mistake_in_one_part_ends_the_others_in_order() -> None:
    ended: list[str] = []

    async def steady() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("tidied up")

    async def wrong() -> None:
        raise OperatorMistake("a wrong token")

    with pytest.raises(OperatorMistake, match="a wrong token"):
        await together([steady(), wrong()])
    assert ended == ["tidied up"]


class Unreachable:
    """Answers at the third try."""

    def __init__(self) -> None:
        self.tries = 0

    async def lone(self, token: str) -> Installation:
        self.tries += 1
        if self.tries < 3:
            raise NotSent("auth.test: Slack cannot be reached")
        return Installation(platform="slack", workspace="T0TEAM", token=token)


async def test_a_slack_that_cannot_be_reached_is_asked_until_it_can() -> None:
    workspaces = Unreachable()
    await introduced(workspaces, "xoxe.xoxb-1")  # type: ignore[arg-type]  # no more of them is needed here
    assert workspaces.tries == 3


class Machine:
    """Tells what becomes of it."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.stopped = False

    def start(self) -> None:
        self.started.set()

    async def stop(self) -> None:
        self.stopped = True


async def test_the_machine_waits_for_no_platform_and_is_stopped_in_the_end() -> None:
    machine, idle = Machine(), asyncio.Event()
    task = asyncio.create_task(_working(machine, idle))  # type: ignore[arg-type]  # no more of a worker is needed here
    await machine.started.wait()
    assert not idle.is_set()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert machine.stopped
    assert idle.is_set()


class Broken(Machine):
    """Neither begins nor ends well."""

    def __init__(self, *, begins: bool) -> None:
        super().__init__()
        self._begins = begins

    @override
    def start(self) -> None:
        super().start()
        if not self._begins:
            raise RuntimeError("a bug")

    @override
    async def stop(self) -> None:
        raise RuntimeError("a bug")


@pytest.mark.parametrize("begins", [True, False])
async def test_a_machine_that_breaks_at_its_start_or_its_end_keeps_nobody_waiting(*, begins: bool) -> None:
    machine, idle = Broken(begins=begins), asyncio.Event()
    task = asyncio.create_task(_working(machine, idle))  # type: ignore[arg-type]  # as above
    await machine.started.wait()
    task.cancel()
    with pytest.raises(RuntimeError, match="a bug"):
        await task
    assert idle.is_set()


async def test_the_web_server_stays_open_until_all_else_is_idle() -> None:
    server, closed, leaving, idle = AsyncExitStack(), asyncio.Event(), asyncio.Event(), asyncio.Event()
    server.callback(closed.set)
    task = asyncio.create_task(_answering(server, None, leaving, idle))
    await asyncio.sleep(0)
    task.cancel()
    await leaving.wait()
    assert not closed.is_set()
    assert not task.done()
    idle.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed.is_set()
