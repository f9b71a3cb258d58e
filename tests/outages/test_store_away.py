"""Redis is gone for ten minutes in the middle of reading a source, of posting, of answering."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from adapters.slack.listener import QUICK
from bot import fetching, jobs
from bot.delivery import REQUEST, Courier
from bot.errors import StoreAway
from bot.fetching import read_source
from bot.ports import Harvest
from bot.ticker import Tally, Ticker
from bot.worker import Worker
from tests.desks import library_desk
from tests.discord.fake import FakeDiscord
from tests.discord.listening import private
from tests.discord.listening import running as running_discord
from tests.discord.listening import words as discord_words
from tests.feed import Feed
from tests.library import LIBRARY
from tests.outages.relay import Relay
from tests.outages.scene import CALM, comes_due, desk_of, wants
from tests.outages.stages import STAGES, on_slack
from tests.outlet import KeepingOutlet
from tests.slack.fake import FakeSlack, NotAcknowledged
from tests.slack.listening import running as running_slack
from tests.slack.words import words as slack_words
from tests.test_fetching import hourly
from tests.test_jobs import HERE, inbox, subscribed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.store.store import RedisStore
    from tests.clock import Clock

OUTAGE = timedelta(minutes=10)
LEASE = 3 * REQUEST

# ---------------------------------------------------------------- in the middle of reading a source


async def test_a_reading_that_the_outage_broke_off_is_made_again_from_the_same_watermark(
    beyond: RedisStore, relay: Relay, clock: Clock
) -> None:
    feed = Feed("library", *LIBRARY)
    desk = desk_of(beyond, sources=[feed])
    await subscribed(desk, HERE, "curriculum")

    async def meanwhile(mark: bytes, now: datetime) -> Harvest:
        relay.cut()
        return await Feed.fetch(feed, mark, now)

    feed.fetch = meanwhile  # type: ignore[method-assign]  # the store goes while the source is read
    with pytest.raises(StoreAway):
        await read_source(desk, feed, hourly)
    del feed.fetch
    clock.advance(OUTAGE)
    relay.mend()

    assert await read_source(desk, feed, hourly) is None, "the turn belongs to the reading that was broken off"
    clock.advance(fetching.LEASE - OUTAGE)
    reading = await read_source(desk, feed, hourly)

    assert reading is not None
    assert reading.intake is not None
    assert reading.intake.new == len(LIBRARY)
    assert feed.marks == [b"", b""], "nothing between the two is skipped"
    assert len(await inbox(desk, HERE)) == 3


# ---------------------------------------------------------------- in the middle of posting


MOMENTS = ("claimed", "begun", "posted")
"""What had happened to the first part when the store went."""


@pytest.mark.parametrize("dies", [False, True], ids=["the process lives", "the process dies"])
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("platform", STAGES)
async def test_a_digest_that_the_outage_broke_into_stands_once(
    store: RedisStore, beyond: RedisStore, relay: Relay, clock: Clock, *, platform: str, moment: str, dies: bool
) -> None:
    async with STAGES[platform](beyond, clock) as stage:
        desk = desk_of(beyond, stage.outlet)
        await wants(desk, stage.address, "curriculum", thread=True)
        await jobs.take_in(desk, "library", Harvest(papers=LIBRARY), await store.now())
        await comes_due(desk, clock, stage.address)
        await jobs.plan_slot(desk, stage.address, clock.now)

        class Died(Exception):  # it is no error of ours
            pass

        async def goes() -> None:
            stage.outlet.before = stage.outlet.after = None
            relay.cut()

        async def pause(seconds: float) -> None:
            if dies:
                raise Died
            clock.advance(timedelta(minutes=1))
            if clock.now > went + OUTAGE:
                relay.mend()

        if moment != "claimed":
            setattr(stage.outlet, "before" if moment == "begun" else "after", goes)
        [lease] = await beyond.deliveries.claim(stage.address.platform, limit=1, lease=LEASE)
        went = clock.now
        if moment == "claimed":
            await goes()
        try:
            await Courier(beyond, decider=CALM, pause=pause).deliver(lease, stage.outlet)
        except (StoreAway, Died):
            assert dies or moment == "claimed"
        relay.mend()
        clock.now = went + OUTAGE
        courier = Courier(beyond, decider=CALM, pause=clock.pause)
        while (await store.deliveries.backlog(stage.address.platform)).waiting:
            for lease in await store.deliveries.claim(stage.address.platform, limit=1, lease=LEASE):
                await courier.deliver(lease, stage.outlet)
            clock.advance(timedelta(seconds=20))
            assert clock.now < went + timedelta(hours=1), "it is never settled"

        assert len(stage.standing()) == 4
        assert len(set(stage.standing())) == 4


async def test_who_posted_keeps_telling_the_store_so_that_nobody_need_look(
    store: RedisStore, beyond: RedisStore, relay: Relay, clock: Clock
) -> None:
    """Slack lets an app without the scope not see what it posted: were it not told, it would be posted again."""
    async with on_slack(beyond, clock, history=False) as stage:
        desk = desk_of(beyond, stage.outlet)
        await wants(desk, stage.address, "curriculum")
        await jobs.take_in(desk, "library", Harvest(papers=LIBRARY), await store.now())
        went = await comes_due(desk, clock, stage.address)
        await jobs.plan_slot(desk, stage.address, went)

        async def goes() -> None:
            relay.cut()

        async def pause(seconds: float) -> None:
            clock.advance(timedelta(seconds=seconds))
            if clock.now > went + OUTAGE:
                relay.mend()

        stage.outlet.after = goes
        [lease] = await beyond.deliveries.claim("slack", limit=1, lease=LEASE)
        await Courier(beyond, decider=CALM, pause=pause).deliver(lease, stage.outlet)

        assert clock.now > went + OUTAGE
        assert not (await store.deliveries.backlog("slack")).waiting
        assert len(stage.standing()) == 1


async def test_an_outage_is_one_line_in_the_log_and_its_end_another(beyond: RedisStore, relay: Relay, clock: Clock) -> None:
    outlet = KeepingOutlet()
    desk = desk_of(beyond, outlet, sources=[Feed("library", *LIBRARY), Feed("another")])
    await subscribed(desk, HERE, "curriculum")
    ticker = Ticker()
    worker = Worker(desk, courier=Courier(beyond, decider=CALM, pause=clock.pause), ticker=ticker, next_reading=hourly)

    async def each(has: Callable[[Tally, Tally], bool]) -> None:
        """Every tick that asks the store runs until it has."""
        for name, before in ticker.tallies().items():
            if name == "reach out":
                continue
            while not has(before, ticker.tallies()[name]):
                ran = ticker.tallies()[name].done
                ticker.nudge(name)
                await _until(lambda name=name, ran=ran: ticker.tallies()[name].done > ran)  # type: ignore[misc]  # mypy knows no defaults here

    with capture_logs() as logs:
        worker.start()
        await _until(lambda: all(tally.done for tally in ticker.tallies().values()))
        relay.cut()
        await each(lambda before, now: now.failed >= before.failed + 3)
        relay.mend()
        await each(lambda before, now: now.done - now.failed > before.done - before.failed)
        clock.advance(timedelta(days=3))
        while not outlet.posts:
            await each(lambda before, now: now.done > before.done)
        await worker.stop()

    assert len(outlet.posts) == 1
    told = [line["event"] for line in logs if line["log_level"] in ("warning", "error", "critical") or line["event"] == "store_back"]
    assert told == ["store_away", "store_back"]


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


# ---------------------------------------------------------------- in the middle of answering


GONE = {"gone": Relay.cut, "silent": Relay.jam}
"""How a server can be away: connections are refused, or nothing is ever answered."""


@pytest.mark.parametrize("goes", GONE.values(), ids=GONE)
async def test_slack_says_a_kind_sentence_while_the_store_is_away(
    beyond: RedisStore, relay: Relay, clock: Clock, goes: Callable[[Relay], None]
) -> None:
    async with FakeSlack(clock) as slack, running_slack(slack, await library_desk(beyond, {})) as paperboy:
        await paperboy.typed("subscribe curriculum")
        await slack.home_opened()
        await paperboy.done()
        shown = len(slack.called("views.publish"))
        goes(relay)

        assert timedelta(seconds=3) > QUICK, "Slack's own patience"
        asked = await slack.command("list")
        slack.patience = 2.9
        with pytest.raises(NotAcknowledged) as refused:
            await slack.home_opened()
        slack.patience = 10
        await paperboy.done()
        assert "cannot reach my store" in asked.ack["text"]
        assert len(slack.called("views.publish")) == shown, "the page stands as it was"

        clock.advance(OUTAGE)
        relay.mend()
        assert "1. curriculum" in await paperboy.typed("list")
        await slack.resend(refused.value.interaction)  # as Slack does by itself
        await paperboy.done()
        assert len(slack.called("views.publish")) == shown + 1
        assert "curriculum" in slack_words(slack.homes["U0ADA"].blocks)
        assert not slack.problems


@pytest.mark.parametrize("goes", GONE.values(), ids=GONE)
async def test_discord_says_a_kind_sentence_while_the_store_is_away(
    beyond: RedisStore, relay: Relay, clock: Clock, goes: Callable[[Relay], None]
) -> None:
    async with FakeDiscord(clock) as server, running_discord(server, beyond, await library_desk(beyond, {})) as paperboy:
        await paperboy.typed("subscribe curriculum")
        goes(relay)

        asked = await server.command("list")
        form = await server.command("schedule")
        await paperboy.done()
        assert "cannot reach my store" in discord_words(private(asked)[0])
        assert "cannot reach my store" in discord_words(private(form)[0])

        clock.advance(OUTAGE)
        relay.mend()
        assert "curriculum" in await paperboy.typed("list")
        assert not server.problems
