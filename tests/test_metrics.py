"""The figures that Prometheus scrapes, and what whoever serves them sees of a store that is away."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import aiohttp
import pytest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.parser import text_string_to_metric_families

from adapters.web import server
from adapters.web.server import serving
from bot.counts import FAMILIES, Counts
from bot.errors import StoreAway
from bot.metrics import KEPT_S, Metrics, Reading, exposition
from bot.ports import Backlog, Dead, Health, Overdue, Pulse
from bot.standing import PLATFORMS, Standing
from bot.store.store import open_store
from tests.store.outbox import ADDRESS, DUE, delivery, post_now, settled, subscribe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.store.store import RedisStore
    from tests.clock import Clock

IDLE = Standing(at=DUE, backlogs=dict.fromkeys(PLATFORMS, Backlog(waiting=0, oldest=None)), overdue=Overdue(0, None), dead=0)


def samples(page: bytes) -> Mapping[tuple[str, ...], float]:
    """What a scraper reads: values by name and label."""
    families = text_string_to_metric_families(page.decode())
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


async def test_what_waits_is_overdue_and_died_is_told_with_its_age(store: RedisStore, clock: Clock) -> None:
    await post_now(store, delivery("d"))
    await settled(store, Dead("invalid_blocks"))
    await post_now(store, delivery())
    await subscribe(store, due=DUE + timedelta(seconds=30))
    clock.advance(timedelta(minutes=2))
    read = samples(await Metrics(store)())
    assert (
        read.items()
        >= {
            ("paperboy_deliveries_waiting", "slack"): 1,
            ("paperboy_deliveries_waiting", "discord"): 0,
            ("paperboy_deliveries_waiting", "terminal"): 0,
            ("paperboy_oldest_pending_seconds", "slack"): 120,
            ("paperboy_oldest_pending_seconds", "discord"): 0,
            ("paperboy_oldest_pending_seconds", "terminal"): 0,
            ("paperboy_deliveries_dead",): 1,
            ("paperboy_slots_overdue",): 1,
            ("paperboy_oldest_overdue_seconds",): 90,
        }.items()
    )


async def test_what_all_processes_counted_is_told_in_one_place(store: RedisStore) -> None:
    for process, times in (("worker-1", 2), ("worker-2", 1)):
        counts = Counts()
        for _ in range(times):
            counts.sent("slack")
            counts.began("slack", timedelta(seconds=20))
        await store.figures.add(process, *counts.batch())
    read = samples(await Metrics(store)())
    assert (read["paperboy_deliveries_sent_total", "slack"], read["paperboy_deliveries_sent_total", "discord"]) == (3, 0)
    assert (read["paperboy_lateness_seconds_bucket", "15.0", "slack"], read["paperboy_lateness_seconds_bucket", "30.0", "slack"]) == (0, 3)
    assert (read["paperboy_lateness_seconds_count", "slack"], read["paperboy_lateness_seconds_sum", "slack"]) == (3, 60)


def test_buckets_stand_in_their_order_as_prometheus_wants_them() -> None:
    counts = Counts()
    counts.answered("discord", "search", timedelta(seconds=0.2), well=True)
    _, totals = counts.batch()
    page = exposition(Reading(stands=IDLE, totals=totals)).decode()
    bounds = [
        line.partition('le="')[2].partition('"')[0] for line in page.splitlines() if line.startswith("paperboy_command_seconds_bucket")
    ]
    assert [float(bound) for bound in bounds] == sorted(float(bound) for bound in bounds)
    assert bounds[-1] == "+Inf"


def test_every_figure_has_its_help_and_its_type() -> None:
    page = exposition(Reading(stands=IDLE)).decode()
    families = {family.name: family for family in text_string_to_metric_families(page)}
    assert families.keys() >= {family.name for family in FAMILIES}
    assert all(family.documentation and family.type in {"gauge", "counter", "histogram"} for family in families.values())
    assert page.count("# HELP ") == page.count("# TYPE ") == len(families)
    assert page.endswith("\n")


async def test_each_process_is_told_with_its_ticks(store: RedisStore, clock: Clock) -> None:
    pulse = Pulse(
        process="w-1", role="worker", host="den", pid=7, version="1", started=DUE, at=DUE, not_ready=("slack",), memory=90,
        ticks={"plan": DUE, 'fetch "odd"\\\n': None},
    )  # fmt: skip
    await store.figures.beat(pulse)
    read = samples(await Metrics(store)())
    assert read["paperboy_processes", "worker"] == 1
    assert read["paperboy_process_parts_not_ready", "w-1", "worker"] == 1
    assert read["paperboy_process_memory_bytes", "w-1", "worker"] == 90
    assert read["paperboy_process_started_seconds", "w-1", "worker"] == DUE.timestamp()
    assert read["paperboy_tick_last_timestamp_seconds", "w-1", "worker", "plan"] == DUE.timestamp()
    assert ("paperboy_tick_last_timestamp_seconds", "w-1", "worker", 'fetch "odd"\\\n') not in read


async def test_how_long_ago_a_source_was_read_is_told(store: RedisStore, clock: Clock) -> None:
    await store.fetches.ensure("arxiv:cs.CL")
    turn = await store.fetches.claim("arxiv:cs.CL", lease=timedelta(minutes=1))
    assert turn is not None
    await store.fetches.finish(turn, Health(last_good=clock.now, failures=2), again=clock.now)
    clock.advance(timedelta(minutes=5))
    read = samples(await Metrics(store, sources=["arxiv:cs.CL", "never"])())
    assert (read["paperboy_source_age_seconds", "arxiv:cs.CL"], read["paperboy_source_failures", "arxiv:cs.CL"]) == (300, 2)
    assert ("paperboy_source_age_seconds", "never") not in read
    assert read["paperboy_store_memory_bytes",] > 0


def test_a_clock_that_was_set_back_makes_nothing_younger_than_new() -> None:
    ahead = DUE + timedelta(hours=1)
    stands = Standing(at=DUE, backlogs={"slack": Backlog(waiting=1, oldest=ahead)}, overdue=Overdue(1, ahead), dead=0)
    read = samples(exposition(Reading(stands=stands)))
    assert (read["paperboy_oldest_pending_seconds", "slack"], read["paperboy_oldest_overdue_seconds",]) == (0, 0)


async def test_nothing_of_a_channel_or_workspace_is_in_it(store: RedisStore) -> None:
    await subscribe(store)
    await post_now(store, delivery())
    page = (await Metrics(store)()).decode()
    assert ADDRESS.workspace not in page
    assert ADDRESS.channel not in page


async def test_however_often_somebody_asks_the_store_is_read_once_in_a_while(store: RedisStore) -> None:
    ticking = [0.0]
    metrics = Metrics(store, clock=lambda: ticking[0])
    await asyncio.gather(*(metrics() for _ in range(20)))
    await post_now(store, delivery())
    ticking[0] += KEPT_S / 2
    assert samples(await metrics())["paperboy_deliveries_waiting", "slack"] == 0
    ticking[0] += KEPT_S
    assert samples(await metrics())["paperboy_deliveries_waiting", "slack"] == 1


# ---------------------------------------------------------------- at the web server


async def test_the_web_server_answers_as_prometheus_wants_it(store: RedisStore) -> None:
    async with (
        serving([], host="127.0.0.1", port=0, ready={}, metrics=Metrics(store)) as port,
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{port}/metrics") as response,
    ):
        assert (response.status, response.headers["Content-Type"]) == (200, CONTENT_TYPE_PLAIN_0_0_4)
        assert samples(await response.read())["paperboy_deliveries_dead",] == 0


async def test_a_server_without_figures_has_no_such_page() -> None:
    async with (
        serving([], host="127.0.0.1", port=0, ready={}) as port,
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{port}/metrics") as response,
    ):
        assert response.status == 404


async def test_a_store_that_is_away_is_one_line_without_its_address(tmp_path: Path) -> None:
    async with open_store(directory=tmp_path) as store:
        metrics = Metrics(store)
    with pytest.raises(StoreAway):
        await metrics()
    async with (
        serving([], host="127.0.0.1", port=0, ready={}, metrics=metrics) as port,
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{port}/metrics") as response,
    ):
        assert (response.status, await response.text()) == (503, "the store does not answer\n")


async def test_a_store_that_hangs_is_not_waited_for_longer_than_a_scraper_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "FIGURES_SECONDS", 0.01)

    async def hangs() -> bytes:
        await asyncio.Event().wait()
        return b""

    async with (
        serving([], host="127.0.0.1", port=0, ready={}, metrics=hangs) as port,
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{port}/metrics") as response,
    ):
        assert response.status == 503
