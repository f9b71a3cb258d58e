"""The doors to outside hosts: one at a time, with a gap, and shut when we are not wanted."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.errors import SourceBusy, StoreAway
from bot.store.gate import TURN, StoredGate

if TYPE_CHECKING:
    from bot.store.connection import Connection
    from tests.clock import Clock

HOST = "export.arxiv.org"
GAP = timedelta(seconds=3)
PATIENCE = timedelta(seconds=10)
NONE = timedelta()


@pytest.fixture
def gate(connection: Connection, clock: Clock) -> StoredGate:
    """A gate at which waiting moves the clock."""

    async def pause(seconds: float) -> None:
        clock.advance(timedelta(seconds=seconds))
        await asyncio.sleep(0)

    return StoredGate(connection, pause=pause)


async def entered(gate: StoredGate, clock: Clock, *, host: str = HOST, patience: timedelta = PATIENCE) -> datetime:
    async with gate.enter(host, gap=GAP, patience=patience):
        return clock.now


async def test_the_next_enters_a_gap_after_the_last_entered(gate: StoredGate, clock: Clock) -> None:
    started = clock.now

    moments = [await entered(gate, clock) for _ in range(3)]

    assert moments == [started, started + GAP, started + 2 * GAP]


async def test_another_host_has_another_door(gate: StoredGate, clock: Clock) -> None:
    started = clock.now

    assert await entered(gate, clock) == await entered(gate, clock, host="huggingface.co") == started


async def test_whoever_would_wait_longer_than_patience_is_told_how_long(gate: StoredGate, clock: Clock) -> None:
    await entered(gate, clock)
    clock.advance(timedelta(seconds=1))

    with pytest.raises(SourceBusy) as caught:
        await entered(gate, clock, patience=timedelta(seconds=1))

    assert caught.value.retry_after == timedelta(seconds=2)


async def test_whoever_is_just_patient_enough_enters(gate: StoredGate, clock: Clock) -> None:
    started = await entered(gate, clock)

    assert await entered(gate, clock, patience=GAP) == started + GAP


async def test_nobody_enters_while_somebody_is_inside(gate: StoredGate, clock: Clock) -> None:
    async with gate.enter(HOST, gap=NONE, patience=NONE):
        with pytest.raises(SourceBusy, match="another process"):
            await entered(gate, clock, patience=timedelta(seconds=5))

    await entered(gate, clock, patience=NONE)


async def test_of_many_at_once_never_are_two_inside_and_all_get_their_turn(gate: StoredGate, clock: Clock) -> None:
    started, inside, most, turns = clock.now, 0, 0, 0

    async def ask() -> None:
        nonlocal inside, most, turns
        async with gate.enter(HOST, gap=GAP, patience=timedelta(hours=1)):
            inside += 1
            most = max(most, inside)
            turns += 1
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(ask() for _ in range(6)))

    assert most == 1
    assert turns == 6
    assert clock.now - started >= 5 * GAP


async def test_whoever_dies_inside_is_counted_out_after_a_turn(gate: StoredGate, clock: Clock) -> None:
    dead = gate.enter(HOST, gap=GAP, patience=NONE)
    await dead.__aenter__()
    started = clock.now

    assert await entered(gate, clock, patience=TURN) - started == TURN


async def test_whoever_comes_out_late_does_not_let_a_third_in(gate: StoredGate, clock: Clock) -> None:
    slow = gate.enter(HOST, gap=NONE, patience=NONE)
    await slow.__aenter__()
    clock.advance(TURN)
    async with gate.enter(HOST, gap=NONE, patience=NONE):
        await slow.__aexit__(None, None, None)
        with pytest.raises(SourceBusy):
            await entered(gate, clock, patience=NONE)


async def test_trouble_inside_opens_the_door_again(gate: StoredGate, clock: Clock) -> None:
    async def fail() -> None:
        async with gate.enter(HOST, gap=NONE, patience=NONE):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    await entered(gate, clock, patience=NONE)


async def test_a_shut_door_says_why_and_until_when(gate: StoredGate, clock: Clock) -> None:
    await gate.shut(HOST, until=clock.now + timedelta(hours=6), reason="403, not wanted")

    with pytest.raises(SourceBusy, match="403, not wanted") as caught:
        await entered(gate, clock, patience=timedelta(days=1))

    assert caught.value.retry_after == timedelta(hours=6)
    clock.advance(timedelta(hours=6))
    await entered(gate, clock, patience=NONE)


async def test_a_door_stays_shut_for_the_longest_time_said(gate: StoredGate, clock: Clock) -> None:
    await gate.shut(HOST, until=clock.now + timedelta(hours=6), reason="first")
    await gate.shut(HOST, until=clock.now + timedelta(hours=1), reason="second")
    await gate.shut(HOST, until=clock.now - timedelta(hours=1), reason="third")

    with pytest.raises(SourceBusy, match="first"):
        await entered(gate, clock)


async def test_a_door_is_not_shut_until_yesterday(gate: StoredGate, clock: Clock, connection: Connection) -> None:
    await gate.shut(HOST, until=clock.now, reason="late")

    await entered(gate, clock, patience=NONE)


async def test_work_that_was_done_inside_does_not_fail_because_leaving_did(
    gate: StoredGate, clock: Clock, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise StoreAway("gone")

    async with gate.enter(HOST, gap=NONE, patience=NONE):
        monkeypatch.setattr(connection, "run", broken)
    monkeypatch.undo()

    with pytest.raises(SourceBusy):
        await entered(gate, clock, patience=NONE)
