"""What the bot tells about a channel: why a paper came or did not, how the sources are, what waits."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.channel import FOREVER
from bot.commands import Asker, Call, answer
from bot.desk import Desk
from bot.errors import MessageRefused, NotSent, OutcomeUnknown, PostTrouble, SourceGarbled
from bot.fetching import read_source
from bot.jobs import take_in
from bot.memory import Memory
from bot.paper import PaperId
from bot.ports import Harvest
from tests.feed import Feed
from tests.library import LIBRARY, ROBOT
from tests.outlet import KeepingOutlet
from tests.plain import words
from tests.test_fetching import hourly

if TYPE_CHECKING:
    from bot.channel import Address
    from bot.store.store import RedisStore
    from tests.clock import Clock


async def said(desk: Desk, here: Address, *texts: str) -> str:
    """The answer to the last of the texts."""
    calls = [Call(address=here, channel_name="#ml-reading", asker=Asker(id="U1", name="Ada"), text=text) for text in texts]
    return [words((await answer(desk, call)).message) for call in calls][-1]


# ---------------------------------------------------------------- why


async def test_why_a_paper_waits(desk: Desk, here: Address) -> None:
    told = await said(desk, here, "subscribe curriculum", "why 2611.00001")
    assert "waits for the next digest" in told
    assert "The digest is due" in told
    assert "points: " in told


async def test_why_a_paper_was_only_counted(desk: Desk, here: Address) -> None:
    told = await said(desk, here, "settings limit 1", "subscribe curriculum", "digest", "why 2611.00002")
    assert "It was among the best, but not the 1 paper of a digest" in told


async def test_why_a_paper_that_was_chosen_is_on_its_way(desk: Desk, here: Address) -> None:
    desk.outlets = {}
    told = await said(desk, here, "subscribe curriculum", "digest", "why 2611.00001")
    assert "is on its way" in told


@pytest.mark.parametrize(
    ("trouble", "why", "status"),
    [
        (
            MessageRefused("no_text"),
            "but its digest could not be posted, and I gave it up today 09:00: no_text. Whoever runs me can see it",
            "today 09:00: given up no_text",
        ),
        (
            NotSent("nobody answers"),
            "is on its way. The last attempt, today 09:00: put off: nobody answers.",
            "today 09:00: put off nobody answers",
        ),
        (
            OutcomeUnknown("not answered"),
            "is on its way. The last attempt, today 09:00: perhaps sent; I find out before I try again: not answered.",
            "today 09:00: perhaps sent; I find out before I try again not answered",
        ),
    ],
)
async def test_why_and_status_tell_what_keeps_a_digest_from_being_posted(
    desk: Desk, here: Address, trouble: PostTrouble, why: str, status: str
) -> None:
    outlet = KeepingOutlet()
    outlet.failures.extend([trouble, trouble])  # a message that is refused is tried again in plain text
    desk.outlets = {here.platform: outlet}
    told = await said(desk, here, "subscribe curriculum", "digest", "why 2611.00001")
    assert why in told
    assert status in await said(desk, here, "status")


async def test_why_a_paper_is_not_told_the_trouble_of_another_digest(desk: Desk, here: Address, clock: Clock) -> None:
    outlet = KeepingOutlet()
    outlet.failures.extend([MessageRefused("no_text")] * 2)
    desk.outlets = {here.platform: outlet}
    await said(desk, here, "subscribe diffusion", "digest")
    desk.outlets = {}
    clock.advance(timedelta(minutes=1))
    told = await said(desk, here, "subscribe robot", "digest", "why 2611.00001")
    assert "is on its way." in told
    assert "no_text" not in told


async def test_why_a_paper_from_before_the_rule_did_not_come(desk: Desk, here: Address, clock: Clock) -> None:
    clock.advance(timedelta(days=10))
    told = await said(desk, here, "subscribe curriculum", "why 2611.00001")
    assert "A rule meets it now, but the paper came before the rule did" in told


async def test_why_names_the_term_that_kept_a_paper_out(desk: Desk, here: Address) -> None:
    told = await said(desk, here, "subscribe curriculum -robot", "subscribe curriculum upvotes>=100", "why 2611.00001")
    assert "does not: -robot" in told or "does not: robot" in told
    assert "does not: upvotes>=100" in told


async def test_why_in_a_channel_without_rules(desk: Desk, here: Address) -> None:
    assert "This channel has no rules" in await said(desk, here, "why 2611.00001")


# ---------------------------------------------------------------- when


async def test_a_schedule_in_utc_for_want_of_a_zone_says_so(desk: Desk, here: Address) -> None:
    eve = Asker(id="U3", name="Eve", untold="I cannot see anybody's time zone.")

    async def told(text: str, *, asker: Asker = eve) -> str:
        return words((await answer(desk, Call(address=here, channel_name="", asker=asker, text=text))).message)

    advice = "I cannot see anybody's time zone. So the time is UTC until you name your zone"
    assert advice in await told("subscribe curriculum")
    assert advice not in await told("subscribe diffusion"), "once is enough"
    assert advice in await told("schedule 8:00")
    assert advice not in await told("schedule 8:30 UTC"), "who writes it means it"
    assert advice not in await told("schedule 9:00 Europe/Berlin")
    await told("schedule 9:00 UTC")
    assert "until you name" not in await told("schedule weekly", asker=Asker(id="U1", name="Ada")), "nothing would make it known"
    assert "until you name" not in await told("schedule daily", asker=Asker(id="U2", name="Bob", zone="Asia/Tokyo", untold=eve.untold))


# ---------------------------------------------------------------- status


@pytest.fixture
def feeds(desk: Desk) -> tuple[Feed, Feed]:
    feeds = Feed("huggingface", *LIBRARY), Feed("arxiv:cs.CL")
    desk.sources = feeds
    return feeds


async def test_status_tells_of_each_source_what_it_last_gave_and_when_it_is_read_next(
    desk: Desk, here: Address, feeds: tuple[Feed, Feed], clock: Clock
) -> None:
    assert "huggingface not read yet" in await said(desk, here, "status")
    sound, broken = feeds
    broken.trouble = SourceGarbled("HTML in place of XML")
    for feed in feeds:
        await read_source(desk, feed, hourly)
    clock.advance(timedelta(minutes=1))
    told = await said(desk, here, "status")
    assert "huggingface read today 09:00: 4 papers, 0 new; as told; next today 10:00" in told
    assert "trouble since today 09:00: HTML in place of XML" in told
    assert sound.marks


async def test_status_tells_what_became_of_the_last_digests(desk: Desk, here: Address) -> None:
    told = await said(desk, here, "subscribe curriculum", "digest", "status")
    assert "today 09:00: sent" in told
    assert "Next digest" in told


async def test_status_tells_why_delivery_was_paused_and_resume_begins_again(desk: Desk, here: Address) -> None:
    await said(desk, here, "subscribe curriculum")
    channel = await desk.store.channels.load(here)
    await desk.store.channels.save(dataclasses.replace(channel, trouble="the channel is archived", paused_until=FOREVER), due=None)
    assert "was paused: the channel is archived" in await said(desk, here, "status")
    assert "was paused" not in await said(desk, here, "resume", "status")
    assert await desk.store.channels.next_due(here) is not None


# ---------------------------------------------------------------- what waits


async def test_preview_says_when_nothing_waits(desk: Desk, here: Address) -> None:
    assert "Nothing waits" in await said(desk, here, "subscribe astronomy", "preview")
    assert "Nothing new for astronomy" in await said(desk, here, "preview astronomy")


async def test_preview_of_a_paused_or_unscheduled_channel_promises_no_digest(desk: Desk, here: Address) -> None:
    assert "No digest is scheduled" in await said(desk, here, "subscribe curriculum", "pause", "preview")
    assert "No digest is scheduled" in await said(desk, here, "resume", "schedule off", "preview")


async def test_a_pause_keeps_a_digest_that_was_still_being_tried(desk: Desk, here: Address) -> None:
    desk.outlets = {}
    await said(desk, here, "subscribe curriculum", "digest")
    assert not await desk.store.papers.inbox(here)
    await said(desk, here, "pause")
    assert len(await desk.store.papers.inbox(here)) == 3


async def test_digest_takes_no_words(desk: Desk, here: Address) -> None:
    assert "To try a query, preview" in await said(desk, here, "digest curriculum")


async def test_a_digest_without_more_papers_says_so(desk: Desk, here: Address) -> None:
    await said(desk, here, "subscribe curriculum", "digest")
    [outlet] = desk.outlets.values()
    [(_, _, _)] = outlet.posts  # type: ignore[attr-defined]  # the fixture's outlet keeps what it posted
    [sent] = {attempt.delivery for attempt in await desk.store.deliveries.log(here)}
    assert "showed all of its papers" in await said(desk, here, f"more {sent}")


# ---------------------------------------------------------------- an archive with a history


async def test_a_backtest_over_a_whole_week_tells_the_pace(desk: Desk, here: Address, clock: Clock) -> None:
    for day in range(7):
        clock.advance(timedelta(days=1))
        papers = tuple(dataclasses.replace(ROBOT, id=PaperId(f"2611.3{day}{n:03}"), title=f"Cups {day} {n}") for n in range(2))
        await take_in(desk, "library", Harvest(papers=papers), clock.now)
    assert "15 papers in the last 7 days, about 3 a working day" in await said(desk, here, "subscribe cups")


async def test_an_empty_archive_says_that_it_cannot_tell(store: RedisStore, here: Address) -> None:
    desk = Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers))
    assert "I have read no papers yet" in await said(desk, here, "subscribe cups")


async def test_suggestions_that_do_not_exist_are_not_made_up(desk: Desk, here: Address) -> None:
    assert "too few papers" in await said(desk, here, "narrow cups")
    assert "knows no other words" in await said(desk, here, "broaden nonexistentword")


async def test_an_import_brings_what_came_since_the_last_digest(desk: Desk, here: Address) -> None:
    await said(desk, here, "import subscribe curriculum\nsubscribe diffusion\n# a comment\n/papers settings limit 3")
    assert len(await desk.store.papers.inbox(here)) == 4
    assert (await desk.store.channels.load(here)).settings.limit == 3
