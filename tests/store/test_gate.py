"""The doors to outside hosts: one at a time, with a gap, and shut when we are not wanted."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import Busy, SourceBusy, StoreAway
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


# ---------------------------------------------------------------- turns

TOKEN = "discord:123"
TICK = timedelta(milliseconds=20)


async def turns(gate: StoredGate, count: int, *, name: str = TOKEN, burst: int = 1, gap: timedelta = TICK) -> list[timedelta]:
    return [await gate.turn(name, gap=gap, burst=burst, patience=timedelta(hours=1)) for _ in range(count)]


async def test_turns_are_given_one_after_the_other_a_gap_apart(gate: StoredGate) -> None:
    assert await turns(gate, 4) == [0 * TICK, 1 * TICK, 2 * TICK, 3 * TICK]


async def test_after_a_rest_a_burst_may_begin_at_once(gate: StoredGate, clock: Clock) -> None:
    assert await turns(gate, 7, burst=5) == [NONE] * 5 + [1 * TICK, 2 * TICK]

    clock.advance(timedelta(minutes=1))
    assert await turns(gate, 6, burst=5) == [NONE] * 5 + [1 * TICK], "a longer rest gives no more"


async def test_time_that_passes_gives_turns_back_one_for_each_gap(gate: StoredGate, clock: Clock) -> None:
    await turns(gate, 5, burst=5)
    clock.advance(2 * TICK)

    assert await turns(gate, 3, burst=5) == [NONE, NONE, TICK]


async def test_parts_of_a_millisecond_are_not_lost(gate: StoredGate, clock: Clock) -> None:
    waits = await turns(gate, 1001, gap=timedelta(microseconds=1300))

    assert waits[-1] == timedelta(microseconds=1_300_000)


async def test_turns_at_one_name_take_none_at_another(gate: StoredGate) -> None:
    await turns(gate, 3)

    assert await turns(gate, 1, name="discord:456") == [NONE]


async def test_all_processes_share_the_turns(gate: StoredGate, connection: Connection) -> None:
    other = StoredGate(connection)
    waits = await asyncio.gather(*(turns(one, 10) for one in (gate, other)))

    assert sorted([*waits[0], *waits[1]]) == [number * TICK for number in range(20)]


async def test_whoever_would_wait_too_long_is_told_how_long_and_takes_no_turn(gate: StoredGate) -> None:
    await turns(gate, 3)
    for _ in range(3):
        with pytest.raises(Busy, match=TOKEN) as caught:
            await gate.turn(TOKEN, gap=TICK, burst=1, patience=2 * TICK)
        assert caught.value.retry_after == 3 * TICK

    assert await gate.turn(TOKEN, gap=TICK, burst=1, patience=3 * TICK) == 3 * TICK


async def test_there_are_no_turns_at_a_shut_door(gate: StoredGate, clock: Clock) -> None:
    await gate.shut(TOKEN, until=clock.now + timedelta(minutes=10), reason="Cloudflare turned us away")

    with pytest.raises(Busy, match="Cloudflare") as caught:
        await gate.turn(TOKEN, gap=TICK, burst=50, patience=timedelta(days=1))

    assert caught.value.retry_after == timedelta(minutes=10)
    clock.advance(timedelta(minutes=10))
    assert await turns(gate, 1) == [NONE]


async def test_turns_taken_far_ahead_are_remembered_until_they_are_over(gate: StoredGate, connection: Connection) -> None:
    await turns(gate, 100, gap=timedelta(seconds=1))

    assert await connection.call("PTTL", f"pb:gate:{TOKEN}") > 99_000


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])  # each example has its own name
@given(
    burst=st.integers(1, 6),
    gap=st.integers(100, 50_000).map(lambda micros: timedelta(microseconds=micros)),
    pauses=st.lists(st.integers(0, 120).map(lambda millis: timedelta(milliseconds=millis)), min_size=2, max_size=40),
)
async def test_in_no_stretch_of_time_begin_more_turns_than_the_burst_and_one_for_each_gap(
    gate: StoredGate, clock: Clock, burst: int, gap: timedelta, pauses: list[timedelta]
) -> None:
    clock.advance(timedelta(days=1))
    name, beginnings = f"{clock.now.timestamp()}", list[datetime]()
    for pause in pauses:
        clock.advance(pause)
        # Those who are turned away take nothing.
        with suppress(Busy):
            beginnings.append(clock.now + await gate.turn(name, gap=gap, burst=burst, patience=timedelta(milliseconds=60)))

    assert beginnings == sorted(beginnings)
    for first, since in enumerate(beginnings):
        for last, until in enumerate(beginnings[first:], start=1):
            # A microsecond at each end, for the store rounds to whole ones.
            assert last <= burst + (until - since + timedelta(microseconds=2)) / gap


# ---------------------------------------------------------------- strikes

PER = timedelta(minutes=10)
REST = timedelta(minutes=5)


async def struck(gate: StoredGate, count: int, *, limit: int = 3) -> list[bool]:
    return [await gate.strike(TOKEN, limit=limit, per=PER, rest=REST) for _ in range(count)]


async def test_with_the_last_bad_answer_that_may_be_the_door_is_shut_for_a_rest(gate: StoredGate, clock: Clock) -> None:
    assert await struck(gate, 2) == [False, False]
    assert await turns(gate, 1) == [NONE]
    assert await struck(gate, 1) == [True]

    with pytest.raises(Busy, match="too many bad answers") as caught:
        await turns(gate, 1)
    assert caught.value.retry_after == REST
    with pytest.raises(SourceBusy, match="too many bad answers"):
        await entered(gate, clock, host=TOKEN)
    clock.advance(REST)
    assert await turns(gate, 1) == [NONE]


async def test_bad_answers_of_long_ago_do_not_count(gate: StoredGate, clock: Clock) -> None:
    for _ in range(10):
        assert await struck(gate, 1) == [False]
        clock.advance(PER / 2)


async def test_one_more_bad_answer_after_the_rest_shuts_the_door_again_while_the_others_count(gate: StoredGate, clock: Clock) -> None:
    await struck(gate, 3)
    clock.advance(REST)
    assert await struck(gate, 1) == [True]

    clock.advance(PER)
    assert await struck(gate, 1) == [False]


async def test_bad_answers_at_one_name_shut_no_other(gate: StoredGate) -> None:
    await struck(gate, 3)

    assert await turns(gate, 1, name="discord:456") == [NONE]


async def test_a_door_that_is_shut_for_longer_stays_shut_for_longer(gate: StoredGate, clock: Clock) -> None:
    await gate.shut(TOKEN, until=clock.now + timedelta(hours=1), reason="not wanted")
    assert await struck(gate, 3) == [True, True, True]

    with pytest.raises(Busy, match="not wanted"):
        await turns(gate, 1)


async def test_no_more_bad_answers_are_kept_than_count(gate: StoredGate, connection: Connection) -> None:
    await struck(gate, 10)

    assert await connection.call("ZCARD", f"pb:strikes:{TOKEN}") == 3
