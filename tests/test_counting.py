"""What a process counts as it works: each thing that happens once, and nothing that does not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.channel import Address
from bot.commands import answer
from bot.commands.call import Asker, Call
from bot.delivery import REQUEST, Courier, Decider
from bot.errors import Busy, MessageRefused, OutcomeUnknown, SourceBusy, SourceTrouble, StoreAway
from bot.fetching import read_source
from bot.ticker import Ticker
from bot.worker import Worker
from tests.feed import Feed
from tests.library import LIBRARY
from tests.outlet import KeepingOutlet
from tests.test_fetching import hourly
from tests.test_worker import a_desk, a_due_digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

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


async def test_a_platform_that_asks_for_patience_is_counted_as_that_and_not_as_trouble(
    desk: Desk, worker: Worker, outlet: KeepingOutlet, clock: Clock
) -> None:
    await a_due_digest(desk, clock)
    outlet.failures.append(Busy("slow down", retry_after=timedelta(seconds=30)))
    await worker.plan_due()
    await worker.deliver_due()
    assert counted(desk, *DELIVERY) == {"paperboy_slots_due_total terminal": 1, "paperboy_throttled_total terminal": 1}


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


@pytest.mark.parametrize(("trouble", "throttled"), [(SourceTrouble("500"), 0), (SourceBusy("429", retry_after=timedelta(minutes=1)), 1)])
async def test_a_source_in_trouble_is_counted_as_that(desk: Desk, trouble: SourceTrouble, throttled: int) -> None:
    class Failing(Feed):
        async def fetch(self, mark: bytes, now: datetime) -> Harvest:
            raise trouble

    await read_source(desk, Failing("library"), hourly)
    told = counted(desk, "paperboy_readings", "paperboy_papers", "paperboy_throttled")
    assert told == {"paperboy_readings_total trouble library": 1} | ({"paperboy_throttled_total library": 1} if throttled else {})


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
