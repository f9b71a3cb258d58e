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
from bot.errors import StoreAway
from bot.metrics import KEPT_S, Metrics, exposition
from bot.ports import Backlog, Dead, Overdue
from bot.standing import PLATFORMS, Standing
from bot.store.store import open_store
from bot.ticker import Tally
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
    assert read == {
        ("paperboy_deliveries_waiting", "slack"): 1,
        ("paperboy_deliveries_waiting", "discord"): 0,
        ("paperboy_deliveries_waiting", "terminal"): 0,
        ("paperboy_oldest_pending_seconds", "slack"): 120,
        ("paperboy_oldest_pending_seconds", "discord"): 0,
        ("paperboy_oldest_pending_seconds", "terminal"): 0,
        ("paperboy_deliveries_dead",): 1,
        ("paperboy_slots_overdue",): 1,
        ("paperboy_oldest_overdue_seconds",): 90,
    }


def test_every_figure_has_its_help_and_its_type() -> None:
    page = exposition(IDLE, {"plan": Tally()}).decode()
    families = list(text_string_to_metric_families(page))
    assert len(families) == 8
    assert all(family.documentation and family.type in {"gauge", "counter"} for family in families)
    assert page.count("# HELP ") == page.count("# TYPE ") == 8
    assert page.endswith("\n")


def test_the_ticks_of_the_process_are_told_if_it_has_any() -> None:
    read = samples(exposition(IDLE, {"plan": Tally(3, 1, DUE), 'fetch "odd"\\\n': Tally()}))
    assert (read["paperboy_ticks_total", "plan"], read["paperboy_ticks_failed_total", "plan"]) == (3, 1)
    assert read["paperboy_tick_last_timestamp_seconds", "plan"] == DUE.timestamp()
    assert read["paperboy_ticks_total", 'fetch "odd"\\\n'] == 0
    assert ("paperboy_tick_last_timestamp_seconds", 'fetch "odd"\\\n') not in read
    assert not any(name.startswith("paperboy_tick") for name, *_ in samples(exposition(IDLE, {})))


def test_a_clock_that_was_set_back_makes_nothing_younger_than_new() -> None:
    ahead = DUE + timedelta(hours=1)
    stands = Standing(at=DUE, backlogs={"slack": Backlog(waiting=1, oldest=ahead)}, overdue=Overdue(1, ahead), dead=0)
    read = samples(exposition(stands, {}))
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
