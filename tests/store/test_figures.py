"""What all processes counted together, and which of them are alive."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ports import Pulse, Series
from bot.store import keys
from bot.store.codec import pack_pulse, unpack_pulse
from bot.store.figures import StoredFigures

if TYPE_CHECKING:
    from bot.store.connection import Connection
    from tests.clock import Clock

SENT = Series("paperboy_deliveries_sent_total", (("platform", "slack"),))
DUE = Series("paperboy_slots_due_total", (("platform", "slack"),))
MORNING = datetime(2026, 11, 23, 9, tzinfo=UTC)


def pulse(process: str = "worker-1", role: str = "worker", started: datetime = MORNING) -> Pulse:
    return Pulse(process=process, role=role, host="den", pid=7, version="0.3.0", started=started, at=MORNING, memory=90 * 2**20)


@pytest.fixture
def figures(connection: Connection) -> StoredFigures:
    return StoredFigures(connection)


async def test_nothing_was_counted_at_first(figures: StoredFigures) -> None:
    assert await figures.totals() == {}
    assert [counted for _, counted in await figures.days(3)] == [{}, {}, {}]
    assert await figures.pulses() == []


async def test_what_several_processes_count_adds_up(figures: StoredFigures) -> None:
    await figures.add("one", 1, {SENT: 2, DUE: 3})
    await figures.add("two", 1, {SENT: 0.5})
    await figures.add("one", 2, {SENT: 1})

    assert await figures.totals() == {SENT: 3.5, DUE: 3}


async def test_a_batch_that_is_told_twice_or_late_counts_once(figures: StoredFigures) -> None:
    await figures.add("one", 2, {SENT: 2})
    await figures.add("one", 2, {SENT: 2})
    await figures.add("one", 1, {SENT: 5})

    assert await figures.totals() == {SENT: 2}


async def test_each_day_has_figures_of_its_own_and_today_comes_last(figures: StoredFigures, clock: Clock) -> None:
    clock.now = MORNING
    await figures.add("one", 1, {SENT: 1})
    clock.now = MORNING + timedelta(days=2)
    await figures.add("one", 2, {SENT: 4})

    assert await figures.days(3) == [(date(2026, 11, 23), {SENT: 1}), (date(2026, 11, 24), {}), (date(2026, 11, 25), {SENT: 4})]


async def test_a_process_is_alive_for_two_minutes_after_it_said_so(figures: StoredFigures, clock: Clock) -> None:
    clock.now = MORNING
    await figures.beat(pulse())
    clock.now = MORNING + timedelta(seconds=119)
    assert [one.process for one in await figures.pulses()] == ["worker-1"]
    clock.now = MORNING + timedelta(seconds=121)
    assert await figures.pulses() == []


async def test_a_pulse_is_of_the_moment_the_store_heard_it(figures: StoredFigures, clock: Clock) -> None:
    clock.now = MORNING + timedelta(seconds=5)
    await figures.beat(dataclasses.replace(pulse(), at=MORNING - timedelta(days=9)))
    [heard] = await figures.pulses()
    assert heard == dataclasses.replace(pulse(), at=MORNING + timedelta(seconds=5))


async def test_processes_come_by_role_and_then_by_age_and_whoever_leaves_is_gone_at_once(figures: StoredFigures, clock: Clock) -> None:
    clock.now = MORNING
    await figures.beat(pulse("w-2", started=MORNING + timedelta(hours=1)))
    await figures.beat(pulse("w-1"))
    await figures.beat(pulse("g-1", role="gateway"))
    assert [one.process for one in await figures.pulses()] == ["g-1", "w-1", "w-2"]

    await figures.leave("w-1")
    await figures.leave("w-1")
    assert [one.process for one in await figures.pulses()] == ["g-1", "w-2"]


async def test_a_pulse_of_a_newer_version_is_left_out(figures: StoredFigures, connection: Connection, clock: Clock) -> None:
    clock.now = MORNING
    await figures.beat(pulse("w-1"))
    await figures.beat(pulse("w-2"))
    record = await connection.read("GET", keys.pulse("w-1"))
    await connection.call("SET", keys.pulse("w-1"), b"\xff" + record[1:], "KEEPTTL")
    assert [one.process for one in await figures.pulses()] == ["w-2"]


async def test_the_store_tells_how_much_memory_it_has_in_use(figures: StoredFigures) -> None:
    assert await figures.memory() > 100_000


@given(
    st.builds(
        Pulse,
        process=st.text(),
        role=st.text(),
        host=st.text(),
        pid=st.integers(0, 2**22),
        version=st.text(),
        started=st.datetimes(timezones=st.just(UTC)),
        at=st.datetimes(timezones=st.just(UTC)),
        not_ready=st.lists(st.text()).map(tuple),
        memory=st.integers(0, 2**40),
        ticks=st.dictionaries(st.text(), st.none() | st.datetimes(timezones=st.just(UTC))),
    )
)
def test_every_pulse_comes_back_as_it_was(pulse: Pulse) -> None:
    assert unpack_pulse(pack_pulse(pulse), key="a key") == pulse
