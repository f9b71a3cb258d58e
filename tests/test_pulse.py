"""The pulse of a process, what it counts, and what `healthcheck` makes of it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import healthcheck as healthchecks
from bot import pulse as pulses
from bot.counts import Counts
from bot.errors import StoreAway
from bot.healthcheck import age, healthcheck, living
from bot.ports import MISSED, Pulse, Series
from bot.pulse import STUCK, TELLTALE, Beating, beating, resident
from bot.settings import Settings
from bot.store import connection
from bot.store.connection import Connection
from bot.store.embedded import EmbeddedServer
from bot.store.store import open_store
from bot.ticker import Tally
from tests.desks import desk_with

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bot.desk import Desk
    from bot.store.store import RedisStore

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
GONE = 2**22 + 1
"""No process has so high a number."""
SENT = Series("paperboy_deliveries_sent_total", (("platform", "slack"),))


async def nothing_lacks() -> Sequence[str]:
    return ()


async def slack_lacks() -> Sequence[str]:
    return ("slack",)


@pytest.fixture
def desk(store: RedisStore) -> Desk:
    return desk_with(store)


# ---------------------------------------------------------------- counting


def test_a_batch_is_the_same_until_it_came_through_and_what_is_counted_meanwhile_waits_for_the_next() -> None:
    counts = Counts()
    assert counts.batch() == (0, {})
    counts.sent("slack")
    assert counts.batch() == (1, {SENT: 1})
    counts.sent("slack")
    assert counts.batch() == (1, {SENT: 1})
    counts.came_through()
    assert counts.batch() == (2, {SENT: 1})
    counts.came_through()
    assert counts.batch() == (2, {})


@given(st.lists(st.timedeltas(min_value=timedelta(days=-1), max_value=timedelta(days=9)), min_size=1, max_size=20))
def test_every_lateness_is_in_the_last_bucket_and_buckets_never_shrink(late: list[timedelta]) -> None:
    counts = Counts()
    for one in late:
        counts.began("slack", one)
    _, grown = counts.batch()
    buckets = {float(dict(series.labels)["le"]): number for series, number in grown.items() if series.name.endswith("_bucket")}
    in_order = [buckets[bound] for bound in sorted(buckets)]
    assert in_order == sorted(in_order)
    assert in_order[-1] == len(late) == grown[Series("paperboy_lateness_seconds_count", (("platform", "slack"),))]


# ---------------------------------------------------------------- beating


async def test_a_process_tells_what_it_is_and_what_it_counted_and_leaves_at_its_end(desk: Desk) -> None:
    desk.counts.sent("slack")
    async with beating(desk, role="worker", not_ready=slack_lacks) as pulse:
        while not await desk.store.figures.pulses():
            await asyncio.sleep(0)
        [told] = await desk.store.figures.pulses()
        desk.counts.sent("slack")
    assert (told.process, told.role, told.host, told.pid) == (pulse.process, "worker", socket.gethostname(), os.getpid())
    assert told.not_ready == ("slack",)
    assert told.memory == resident() or told.memory > 10**6
    assert await desk.store.figures.pulses() == []
    assert (await desk.store.figures.totals())[SENT] == 2


async def test_what_the_store_did_not_hear_is_told_the_next_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    beat = Beating(desk, role="worker", not_ready=nothing_lacks, ticks=dict)
    desk.counts.sent("slack")

    async def away(*_: object) -> None:
        raise StoreAway("nobody answers")

    with monkeypatch.context() as patch:
        patch.setattr(desk.store.figures, "add", away)
        with pytest.raises(StoreAway):
            await beat.beat()
    desk.counts.sent("slack")
    await beat.beat()
    await beat.beat()
    assert (await desk.store.figures.totals())[SENT] == 2


async def test_ticks_are_counted_as_they_come_to_their_end(desk: Desk) -> None:
    ticks = {"plan": Tally(3, 1, NOW), "sweep": Tally()}
    beat = Beating(desk, role="worker", not_ready=nothing_lacks, ticks=lambda: ticks)
    await beat.beat()
    ticks["plan"] = Tally(5, 1, NOW)
    await beat.beat()
    totals = await desk.store.figures.totals()
    assert totals[Series("paperboy_ticks_total", (("tick", "plan"),))] == 5
    assert totals[Series("paperboy_ticks_failed_total", (("tick", "plan"),))] == 1
    [told] = await desk.store.figures.pulses()
    assert told.ticks == {"plan": NOW, "sweep": None}


async def test_a_process_whose_telltale_stands_still_is_stuck_and_falls_silent(desk: Desk) -> None:
    passed, ticks = [0.0], {TELLTALE: Tally(1, 0, NOW), "deliver slack": Tally()}
    beat = Beating(desk, role="worker", not_ready=nothing_lacks, ticks=lambda: ticks, clock=lambda: passed[0])
    assert beat.alive()
    passed[0] += STUCK.total_seconds() - 1
    assert beat.alive()
    passed[0] += 1
    assert not beat.alive()
    await beat.beat()
    assert await desk.store.figures.pulses() == []
    ticks[TELLTALE] = Tally(2, 0, NOW)
    assert beat.alive()


async def test_a_process_without_ticks_is_alive_as_long_as_it_can_say_so(desk: Desk) -> None:
    passed = [0.0]
    beat = Beating(desk, role="web", not_ready=nothing_lacks, ticks=dict, clock=lambda: passed[0])
    passed[0] += 10 * STUCK.total_seconds()
    assert beat.alive()


async def test_a_store_that_is_away_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulses, "GOODBYE_S", 1.0)
    async with open_store(directory=tmp_path) as gone:
        desk = desk_with(gone)
    async with beating(desk, role="web", not_ready=nothing_lacks):
        await asyncio.sleep(0)


# ---------------------------------------------------------------- healthcheck


def pulse(**other: object) -> Pulse:
    fields: Mapping[str, object] = {
        "process": "p",
        "role": "worker",
        "host": "den",
        "pid": os.getpid(),
        "version": "1",
        "started": NOW,
        "at": NOW,
    }
    return Pulse(**{**fields, **other})  # type: ignore[arg-type]  # one of each


@pytest.mark.parametrize(
    ("one", "is_alive"),
    [
        (pulse(), True),
        (pulse(at=NOW - MISSED), False),
        (pulse(at=NOW - MISSED + timedelta(seconds=1)), True),
        (pulse(host="elsewhere"), False),
        (pulse(pid=GONE), False),
        (pulse(pid=1), True),
    ],
)
def test_alive_is_whoever_runs_on_this_host_and_said_so_within_a_minute(
    one: Pulse, monkeypatch: pytest.MonkeyPatch, *, is_alive: bool
) -> None:
    monkeypatch.setattr(healthchecks, "age", lambda pid: age(pid) and timedelta(hours=1))
    assert bool(living([one], now=NOW, host="den")) is is_alive


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells since when a process is there")
async def test_a_pulse_older_than_its_process_is_of_another_that_had_its_number() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "print(flush=True); input()", stdin=-1, stdout=-1)
    assert process.stdin is not None
    assert process.stdout is not None
    await process.stdout.readline()
    assert timedelta() < age(process.pid) < age(1)
    [living_one] = living([pulse(pid=process.pid), pulse(pid=process.pid, at=NOW - MISSED / 2)], now=NOW, host="den")
    assert living_one.at == NOW
    process.stdin.close()
    await process.wait()
    assert age(process.pid) == timedelta()


async def checked(**settings: object) -> tuple[int, str]:
    said: list[str] = []
    status = await healthcheck(Settings(**settings), said.append)  # type: ignore[arg-type]  # names of settings
    return status, "".join(said)


async def test_a_bot_at_work_is_alive_and_one_that_ended_is_not(tmp_path: Path) -> None:
    async with open_store(directory=tmp_path) as store:
        async with beating(desk_with(store), role="run", not_ready=slack_lacks):
            while not await store.figures.pulses():
                await asyncio.sleep(0)
            assert await checked(data_dir=tmp_path) == (0, "run is alive, 0 seconds ago; not ready: slack\n")
        status, said = await checked(data_dir=tmp_path)
        assert (status, "has said for 60 seconds" in said) == (1, True)
    status, said = await checked(data_dir=tmp_path)
    assert (status, said) == (1, f"no bot is at work in DATA_DIR {tmp_path}\n")


async def test_a_directory_that_is_not_there_holds_no_bot_and_is_not_made(tmp_path: Path) -> None:
    status, _ = await checked(data_dir=tmp_path / "nowhere")
    assert status == 1
    assert not (tmp_path / "nowhere").exists()


async def test_while_the_store_is_away_nobody_can_say(tmp_path: Path) -> None:
    status, said = await checked(redis_url="redis://127.0.0.1:9/0", data_dir=tmp_path)
    assert (status, "nobody can say" in said) == (0, True)


async def test_a_store_that_is_full_hears_no_pulse_and_to_start_the_bot_again_would_not_help(tmp_path: Path) -> None:
    server = await EmbeddedServer.start(tmp_path)
    try:
        own = await Connection.open(server.url)
        await own.call("CONFIG", "SET", "maxmemory", "1")
        status, said = await checked(data_dir=tmp_path)
        assert (status, "takes nothing" in said) == (0, True)
        await own.call("CONFIG", "SET", "maxmemory", "0")
        status, _ = await checked(data_dir=tmp_path)
        assert status == 1
        await own.close()
    finally:
        await server.close()


async def test_a_server_of_the_bots_own_that_hangs_is_mended_by_starting_the_bot_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await EmbeddedServer.start(tmp_path)
    try:
        os.kill(server.pid, signal.SIGSTOP)
        monkeypatch.setattr(connection, "PATIENCE_S", 0.05)
        status, said = await checked(data_dir=tmp_path)
        assert (status, "does not answer" in said) == (1, True)
    finally:
        os.kill(server.pid, signal.SIGCONT)
        await server.close()
