"""What a process counts as it works: each thing that happens once, and nothing that does not."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.channel import Address
from bot.commands import answer
from bot.commands.call import Asker, Call
from bot.delivery import REQUEST, Courier, Decider
from bot.errors import Busy, MessageRefused, NotSent, OutcomeUnknown, SourceBusy, SourceTrouble, StoreAway
from bot.fetching import read_source
from bot.ports import Planned
from bot.settings import Settings
from bot.sources.config import Config, Rhythm
from bot.ticker import Ticker
from bot.wiring import open_desk
from bot.worker import Worker
from tests.feed import Feed
from tests.library import LIBRARY
from tests.outlet import KeepingOutlet
from tests.sources.web_server import Reply, WebServer
from tests.test_fetching import hourly
from tests.test_worker import a_desk, a_due_digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from bot.desk import Desk
    from bot.ports import Harvest
    from bot.store.store import RedisStore
    from tests.clock import Clock

HERE = Address("terminal", "local", "#papers")
ADA = Asker(id="U1", name="ada")


@pytest.fixture
def outlet() -> KeepingOutlet:
    return KeepingOutlet()


@pytest.fixture
def desk(store: RedisStore, outlet: KeepingOutlet) -> Desk:
    return a_desk(store, outlet)


@pytest.fixture
def worker(desk: Desk) -> Worker:
    courier = Courier(desk.store, counts=desk.counts, decider=Decider(chance=lambda: 0.5))
    return Worker(desk, courier=courier, ticker=Ticker(), next_reading=hourly)


def counted(desk: Desk, *names: str) -> Mapping[str, float]:
    """What was counted of these, by name and labels; 0 is left out. Buckets are not of interest here."""
    _, grown = desk.counts.batch()
    found = {" ".join((series.name, *(value for _, value in series.labels))): number for series, number in grown.items()}
    return {name: number for name, number in found.items() if number and "_bucket" not in name and name.startswith(names)}


DELIVERY = ("paperboy_slots", "paperboy_deliveries", "paperboy_posts", "paperboy_leases", "paperboy_throttled", "paperboy_lateness")


async def test_a_digest_that_is_posted_is_one_slot_one_digest_and_one_lateness(desk: Desk, worker: Worker, clock: Clock) -> None:
    await a_due_digest(desk, clock)
    clock.advance(timedelta(seconds=40))
    await worker.plan_due()
    await worker.deliver_due()
    await worker.plan_due()
    await worker.deliver_due()
    told = counted(desk, *DELIVERY)
    assert told.keys() == {
        "paperboy_slots_due_total terminal",
        "paperboy_deliveries_sent_total terminal",
        "paperboy_lateness_seconds_sum terminal",
        "paperboy_lateness_seconds_count terminal",
    }
    assert told["paperboy_lateness_seconds_count terminal"] == 1
    assert told["paperboy_lateness_seconds_sum terminal"] >= 40


async def test_a_digest_that_has_to_be_patient_is_put_off_and_nothing_else(
    desk: Desk, worker: Worker, outlet: KeepingOutlet, clock: Clock
) -> None:
    await a_due_digest(desk, clock)
    outlet.failures.append(Busy("slow down", retry_after=timedelta(seconds=30)))
    await worker.plan_due()
    await worker.deliver_due()
    # Not even a 429: that is counted where it is heard, and most who have to be patient only know of one.
    assert counted(desk, *DELIVERY) == {"paperboy_slots_due_total terminal": 1}


async def test_a_post_whose_fate_is_unknown_is_counted_once_and_found_out_it_counts_as_sent(
    desk: Desk, worker: Worker, outlet: KeepingOutlet, clock: Clock
) -> None:
    await a_due_digest(desk, clock)
    outlet.late.append(OutcomeUnknown("no answer"))
    await worker.plan_due()
    await worker.deliver_due()
    clock.advance(10 * REQUEST)
    await worker.deliver_due()
    told = counted(desk, *DELIVERY)
    assert told["paperboy_posts_unknown_total terminal"] == 1
    assert told["paperboy_deliveries_sent_total terminal"] == 1
    assert told["paperboy_lateness_seconds_count terminal"] == 1


async def test_a_digest_of_three_parts_is_one_digest_with_one_lateness(
    desk: Desk, worker: Worker, outlet: KeepingOutlet, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlet, "limits", dataclasses.replace(outlet.limits, blocks=2))
    await a_due_digest(desk, clock)
    await worker.plan_due()
    await worker.deliver_due()
    assert len(outlet.posts) > 2
    told = counted(desk, "paperboy_deliveries", "paperboy_lateness_seconds_count")
    assert told == {"paperboy_deliveries_sent_total terminal": 1, "paperboy_lateness_seconds_count terminal": 1}


async def test_a_slot_that_another_worker_planned_is_counted_there(
    desk: Desk, worker: Worker, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_due_digest(desk, clock)
    plan = desk.store.deliveries.plan

    async def second(*what: Any, **how: Any) -> Planned:
        assert await plan(*what, **how) is Planned.PLANNED
        return await plan(*what, **how)

    monkeypatch.setattr(desk.store.deliveries, "plan", second)
    assert await worker.plan_due() == 1
    assert counted(desk, "paperboy_slots") == {}


async def test_who_asks_in_vain_what_became_of_a_post_has_not_posted_again(
    desk: Desk, worker: Worker, outlet: KeepingOutlet, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cannot(*_: object, **__: object) -> str:
        raise NotSent("no connection")

    await a_due_digest(desk, clock)
    outlet.late.append(OutcomeUnknown("no answer"))
    await worker.plan_due()
    await worker.deliver_due()
    monkeypatch.setattr(outlet, "posted", cannot)
    clock.advance(10 * REQUEST)
    assert await worker.deliver_due() == 1
    assert counted(desk, "paperboy_posts") == {"paperboy_posts_unknown_total terminal": 1}


async def test_a_digest_that_two_workers_tell_of_is_one_digest_with_one_lateness(
    desk: Desk, worker: Worker, outlet: KeepingOutlet, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_due_digest(desk, clock)
    await worker.plan_due()
    courier, post = Courier(desk.store, counts=desk.counts), outlet.post

    async def frozen_afterwards(*what: Any, **how: Any) -> str:
        posted = await post(*what, **how)
        clock.advance(4 * REQUEST)
        [successor] = await desk.store.deliveries.claim("terminal", limit=1, lease=3 * REQUEST)
        clock.advance(5 * REQUEST / 2)
        await courier.deliver(successor, outlet)
        return posted

    monkeypatch.setattr(outlet, "post", frozen_afterwards)
    [lease] = await desk.store.deliveries.claim("terminal", limit=1, lease=3 * REQUEST)
    await courier.deliver(lease, outlet)
    assert len(outlet.posts) == 1
    told = counted(desk, "paperboy_deliveries", "paperboy_leases", "paperboy_lateness_seconds_count")
    assert told == {
        "paperboy_deliveries_sent_total terminal": 1,
        "paperboy_leases_lost_total terminal": 1,
        "paperboy_lateness_seconds_count terminal": 1,
    }


async def test_a_digest_that_is_refused_for_good_is_dead_and_not_sent(
    desk: Desk, worker: Worker, outlet: KeepingOutlet, clock: Clock
) -> None:
    await a_due_digest(desk, clock)
    outlet.failures.extend([MessageRefused("invalid_blocks"), MessageRefused("invalid_blocks")])
    await worker.plan_due()
    await worker.deliver_due()
    assert counted(desk, *DELIVERY) == {"paperboy_slots_due_total terminal": 1, "paperboy_deliveries_died_total terminal": 1}


async def test_a_lease_that_was_over_is_counted_as_lost(desk: Desk, worker: Worker, outlet: KeepingOutlet, clock: Clock) -> None:
    await a_due_digest(desk, clock)
    await worker.plan_due()
    [lease] = await desk.store.deliveries.claim("terminal", limit=1, lease=3 * REQUEST)
    clock.advance(4 * REQUEST)
    await Courier(desk.store, counts=desk.counts).deliver(lease, outlet)
    assert counted(desk, "paperboy_leases", "paperboy_deliveries") == {"paperboy_leases_lost_total terminal": 1}


async def test_a_store_that_goes_away_right_after_a_post_was_settled_costs_a_figure_and_no_more(
    desk: Desk, worker: Worker, outlet: KeepingOutlet, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_due_digest(desk, clock)
    await worker.plan_due()
    [lease] = await desk.store.deliveries.claim("terminal", limit=1, lease=3 * REQUEST)

    async def away() -> None:
        raise StoreAway("nobody answers")

    monkeypatch.setattr(desk.store, "now", away)
    delivered = await Courier(desk.store, counts=desk.counts).deliver(lease, outlet)
    assert delivered.went_well
    assert counted(desk, "paperboy_deliveries") == {"paperboy_deliveries_sent_total terminal": 1}


async def test_a_reading_is_counted_with_its_papers_and_the_time_of_matching(desk: Desk) -> None:
    await read_source(desk, desk.sources[0], hourly)
    assert counted(desk, "paperboy_readings", "paperboy_papers", "paperboy_matching_seconds_count") == {
        "paperboy_readings_total well library": 1,
        "paperboy_papers_total library": len(LIBRARY),
        "paperboy_matching_seconds_count": 1,
    }


async def test_a_reading_without_news_is_a_reading_and_no_matching(desk: Desk) -> None:
    await read_source(desk, desk.sources[0], hourly)
    desk.counts.batch()
    desk.counts.came_through()
    await read_source(desk, desk.sources[0], hourly, force=True)
    told = counted(desk, "paperboy_readings", "paperboy_papers", "paperboy_matching")
    assert told == {"paperboy_readings_total well library": 1}


@pytest.mark.parametrize(
    "trouble", [SourceTrouble("404"), SourceBusy("no connection"), SourceBusy("429", retry_after=timedelta(minutes=1))]
)
async def test_a_source_in_trouble_is_counted_as_that(desk: Desk, trouble: SourceTrouble) -> None:
    class Failing(Feed):
        async def fetch(self, mark: bytes, now: datetime) -> Harvest:
            raise trouble

    await read_source(desk, Failing("library"), hourly)
    told = counted(desk, "paperboy_readings", "paperboy_papers", "paperboy_throttled")
    assert told == {"paperboy_readings_total trouble library": 1}


async def test_a_source_that_asks_for_patience_is_heard_at_the_desk_that_asked(tmp_path: Path) -> None:
    async with WebServer() as server:
        server.says("/rss/cs.CL", Reply(status=429, headers={"Retry-After": "3600"}))
        settings = Settings(data_dir=tmp_path, arxiv_rss_url=server.url + "/rss")  # type: ignore[arg-type]  # as in the environment
        async with open_desk(
            settings, Config(rhythms={"arxiv": Rhythm(every=timedelta(hours=1))}, categories=("cs.CL",)), directory=tmp_path
        ) as desk:
            await read_source(desk, desk.sources[0], hourly)
            assert counted(desk, "paperboy_throttled") == {"paperboy_throttled_total arxiv.org": 1}


@pytest.mark.parametrize(
    ("typed", "name"), [("list", "list"), ("  LIST here", "list"), ("subscribe (", "subscribe"), ("xyzzy: secret", ""), ("", "help")]
)
async def test_a_command_is_counted_by_its_name_as_the_table_has_it(desk: Desk, typed: str, name: str) -> None:
    await answer(desk, Call(address=HERE, channel_name="#papers", asker=ADA, text=typed))
    told = counted(desk, "paperboy_command")
    assert told[f"paperboy_commands_total {name} well terminal"] == 1
    assert told["paperboy_command_seconds_count terminal"] == 1
    assert len(told) == 3


async def test_a_command_that_the_store_keeps_from_an_answer_is_trouble(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise StoreAway("nobody answers")

    monkeypatch.setattr(desk.store.channels, "load", away)
    await answer(desk, Call(address=HERE, channel_name="#papers", asker=ADA, text="list"))
    assert counted(desk, "paperboy_commands_total") == {"paperboy_commands_total list trouble terminal": 1}
