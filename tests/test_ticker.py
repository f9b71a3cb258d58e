"""The ticks of a process."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.errors import StoreAway
from bot.ticker import Ticker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from datetime import tzinfo

OFTEN = timedelta(milliseconds=2)
SELDOM = timedelta(hours=1)


@pytest.fixture
async def ticker() -> AsyncIterator[Ticker]:
    ticker = Ticker()
    yield ticker
    await ticker.stop(patience=timedelta())


class Bell:
    """A tick that can be waited for."""

    def __init__(self, *acts: Exception | None) -> None:
        self.rung = 0
        self._acts = list(acts)
        self._changed = asyncio.Condition()

    async def __call__(self) -> None:
        act = self._acts.pop(0) if self._acts else None
        async with self._changed:
            self.rung += 1
            self._changed.notify_all()
        if act:
            raise act

    async def times(self, count: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self.rung >= count)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0)


class Slow:
    """A tick that lasts until it is let go."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        self.inside = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self) -> None:
        self.begun += 1
        self.inside.set()
        await self.go.wait()
        self.ended += 1


async def test_a_tick_runs_at_once_and_again_and_again(ticker: Ticker) -> None:
    bell = Bell()
    ticker.every(OFTEN, bell, "plan")
    ticker.start()

    await bell.times(3)


async def test_a_seldom_tick_runs_at_once_too(ticker: Ticker) -> None:
    bell = Bell()
    ticker.every(SELDOM, bell, "sweep")
    ticker.start()

    await bell.times(1)


async def test_a_tick_never_runs_twice_at_once(ticker: Ticker) -> None:
    slow, bell = Slow(), Bell()
    ticker.every(OFTEN, slow, "slow")
    ticker.every(OFTEN, bell, "other")
    ticker.start()

    await bell.times(10)

    assert slow.begun == 1


async def test_a_tick_that_fails_is_told_with_its_name_and_comes_again(ticker: Ticker) -> None:
    bell = Bell(ZeroDivisionError("half a paper"))
    ticker.every(OFTEN, bell, "plan")
    with capture_logs() as logs:
        ticker.start()
        await bell.times(3)
        await ticker.stop()

    told = [entry for entry in logs if entry["event"] == "tick_failed"]
    assert [(entry["tick"], entry["log_level"], entry["exc_info"]) for entry in told] == [("plan", "error", True)]
    assert ticker.tallies()["plan"].failed == 1
    assert ticker.tallies()["plan"].done == bell.rung
    assert ticker.tallies()["plan"].last is not None


async def test_a_store_that_is_away_is_told_once_when_it_goes_and_once_when_it_is_back(ticker: Ticker) -> None:
    plan, deliver = Bell(*[StoreAway("gone")] * 3), Bell(*[StoreAway("gone")] * 5)
    ticker.every(OFTEN, plan, "plan")
    ticker.every(OFTEN, deliver, "deliver")
    with capture_logs() as logs:
        ticker.start()
        await plan.times(5)
        await deliver.times(7)
        await ticker.stop()

    assert [entry["event"] for entry in logs] == ["store_away", "store_back"]
    assert (ticker.tallies()["plan"].failed, ticker.tallies()["deliver"].failed) == (3, 5)


async def test_a_second_outage_is_told_again(ticker: Ticker) -> None:
    bell = Bell(StoreAway("gone"), None, StoreAway("gone again"), None)
    ticker.every(OFTEN, bell, "plan")
    with capture_logs() as logs:
        ticker.start()
        await bell.times(5)
        await ticker.stop()

    assert [entry["event"] for entry in logs] == ["store_away", "store_back"] * 2


async def test_stopping_waits_for_what_runs_and_begins_nothing(ticker: Ticker) -> None:
    slow, bell = Slow(), Bell()
    ticker.every(OFTEN, slow, "slow")
    ticker.every(OFTEN, bell, "bell")
    ticker.start()
    await slow.inside.wait()

    stopping = asyncio.create_task(ticker.stop())
    await asyncio.sleep(0)
    rung = bell.rung
    ticker.nudge("bell")
    assert not stopping.done()
    slow.go.set()
    await stopping

    assert (slow.begun, slow.ended) == (1, 1)
    assert bell.rung == rung
    await ticker.stop()


async def test_what_does_not_end_is_cancelled_when_patience_ends(ticker: Ticker) -> None:
    slow = Slow()
    ticker.every(OFTEN, slow, "slow")
    ticker.start()
    await slow.inside.wait()

    with capture_logs() as logs:
        await ticker.stop(patience=timedelta(milliseconds=1))

    assert slow.ended == 0
    assert [(entry["event"], entry["tick"]) for entry in logs] == [("tick_cancelled", "slow")]


async def test_a_ticker_that_was_never_started_can_be_stopped() -> None:
    ticker = Ticker()
    ticker.every(SELDOM, Bell(), "sweep")

    await ticker.stop()


async def test_a_nudged_tick_runs_now(ticker: Ticker) -> None:
    bell = Bell()
    ticker.every(SELDOM, bell, "deliver")
    ticker.start()
    await bell.times(1)
    await until(lambda: ticker.tallies()["deliver"].done == 1)

    ticker.nudge("deliver")

    await bell.times(2)


async def test_a_tick_nudged_while_it_runs_runs_once_more(ticker: Ticker) -> None:
    slow = Slow()
    ticker.every(SELDOM, slow, "deliver")
    ticker.start()
    await slow.inside.wait()

    ticker.nudge("deliver")
    ticker.nudge("deliver")
    assert slow.begun == 1
    slow.go.set()
    await until(lambda: slow.ended == 2)


# ---------------------------------------------------------------- a clock that is set


class Wall:
    """This machine's wall clock, which a test may set."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def now(self, _: tzinfo) -> datetime:
        """As APScheduler asks for it."""
        return self()


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    wall = Wall()
    monkeypatch.setattr("apscheduler.schedulers.base.datetime", wall)
    monkeypatch.setattr("bot.ticker.WATCH_EVERY", OFTEN)
    return wall


@pytest.fixture
async def on_the_wall(wall: Wall) -> AsyncIterator[Ticker]:
    ticker = Ticker(clock=wall)
    yield ticker
    await ticker.stop(patience=timedelta())


async def test_a_clock_that_is_set_back_stops_no_tick(on_the_wall: Ticker, wall: Wall) -> None:
    often, seldom = Bell(), Bell()
    on_the_wall.every(OFTEN, often, "deliver")
    on_the_wall.every(SELDOM, seldom, "sweep")
    on_the_wall.start()
    await often.times(3)
    await seldom.times(1)

    with capture_logs() as logs:
        wall.ahead -= 24 * SELDOM
        async with asyncio.timeout(30):
            await often.times(often.rung + 10)
            await seldom.times(2)
            await often.times(often.rung + 10)

    assert seldom.rung == 2, "called anew at once, as nobody knows how long ago it last was, and from then on as ever"
    assert [sorted(log["ticks"]) for log in logs if log["event"] == "clock_set_back"] == [["deliver", "sweep"]]


async def test_a_clock_that_is_set_forward_by_a_thousand_years_brings_each_tick_once(on_the_wall: Ticker, wall: Wall) -> None:
    sweep, other = Bell(), Bell()
    on_the_wall.every(SELDOM, sweep, "sweep")
    on_the_wall.start()
    await sweep.times(1)

    wall.ahead += timedelta(days=365_000)
    async with asyncio.timeout(30):  # a list of all that were missed takes longer
        on_the_wall.every(OFTEN, other, "other")
        await sweep.times(2)
        await other.times(10)

    assert sweep.rung == 2


async def test_a_tick_may_be_added_while_others_run(ticker: Ticker) -> None:
    first, second = Bell(), Bell()
    ticker.every(SELDOM, first, "first")
    ticker.start()
    await first.times(1)

    ticker.every(SELDOM, second, "second")

    await second.times(1)


async def test_two_ticks_of_one_name_are_a_bug(ticker: Ticker) -> None:
    tick: Callable[[], Awaitable[object]] = Bell()
    ticker.every(SELDOM, tick, "plan")

    with pytest.raises(ValueError, match="plan"):
        ticker.every(SELDOM, tick, "plan")
