"""The two straight lines, from a source's papers to a planned digest, on a real store."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from bot import jobs
from bot.channel import FOREVER, Address, Channel, QueryText, Schedule, Subscription
from bot.desk import AT_ONCE, Desk
from bot.memory import Memory
from bot.message import Card, Heading
from bot.paper import Paper, PaperId
from bot.ports import Due, Harvest, Lease, Planned, Saved, Sent
from bot.query import parse
from bot.store import keys
from bot.votes import Vote
from tests.library import DIFFUSION, FORGETTING, LIBRARY, ROBOT, SYLLABUS
from tests.outlet import KeepingOutlet
from tests.plain import buttons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.digest import Digest
    from bot.ranking import Matched
    from bot.store.connection import Connection
    from bot.store.store import RedisStore
    from tests.clock import Clock

HERE = Address("terminal", "local", "ml-reading")
THERE = Address("terminal", "local", "vision")


@pytest.fixture
def outlet() -> KeepingOutlet:
    return KeepingOutlet()


@pytest.fixture
def desk(store: RedisStore, outlet: KeepingOutlet) -> Desk:
    return Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets={"terminal": outlet})


def rule(text: str) -> Subscription:
    return Subscription(QueryText(str(parse(text))), "Ada", datetime(2025, 11, 1, tzinfo=UTC))


async def subscribed(
    desk: Desk, address: Address, *queries: str, schedule: Schedule | None = None, paused_until: datetime | None = None
) -> Channel:
    channel = await desk.store.channels.load(address)
    changed = dataclasses.replace(
        channel,
        subscriptions=tuple(rule(query) for query in queries),
        schedule=schedule or channel.schedule,
        paused_until=paused_until,
    )
    due = jobs.due_of(changed, await desk.store.now())
    assert await desk.store.channels.save(changed, due=due) is Saved.SAVED
    return await desk.store.channels.load(address)


async def taken_in(desk: Desk, *papers: Paper, source: str = "library", mark: bytes = b"1") -> jobs.Intake:
    return await jobs.take_in(desk, source, Harvest(papers=papers, mark=mark), await desk.store.now())


async def inbox(desk: Desk, address: Address) -> set[PaperId]:
    return {id for id, _ in await desk.store.papers.inbox(address)}


# ---------------------------------------------------------------- papers come in


async def test_papers_are_filed_into_the_channels_that_want_them(desk: Desk) -> None:
    await subscribed(desk, HERE, "curriculum")
    await subscribed(desk, THERE, "diffusion", "robot")

    intake = await taken_in(desk, *LIBRARY)

    assert (intake.seen, intake.new, intake.changed) == (4, 4, 0)
    assert await inbox(desk, HERE) == {ROBOT.id, SYLLABUS.id, FORGETTING.id}
    assert await inbox(desk, THERE) == {DIFFUSION.id, ROBOT.id}


async def test_the_same_reading_twice_files_nothing_twice(desk: Desk) -> None:
    await subscribed(desk, HERE, "curriculum")
    await taken_in(desk, ROBOT)
    assert await jobs.post_now(desk, HERE)

    again = await taken_in(desk, ROBOT)

    assert (again.new, again.changed) == (0, 0)
    assert await inbox(desk, HERE) == set()


async def test_a_paper_listed_by_two_sources_is_one_paper_with_what_both_know(desk: Desk) -> None:
    await subscribed(desk, HERE, "curriculum")
    arxiv = Paper(id=ROBOT.id, title=ROBOT.title, abstract="The abstract as arXiv has it: a curriculum.", version=1, sources=("arxiv",))

    await taken_in(desk, ROBOT)
    await taken_in(desk, arxiv, source="arxiv")

    [stored] = (await desk.store.papers.get([ROBOT.id])).values()
    assert stored.abstract == arxiv.abstract
    assert stored.upvotes == ROBOT.upvotes
    assert stored.sources == ("arxiv", "huggingface")
    assert await inbox(desk, HERE) == {ROBOT.id}


async def test_a_paper_that_comes_under_another_name_is_still_the_same(desk: Desk) -> None:
    await subscribed(desk, HERE, "curriculum")
    by_doi = Paper(id=PaperId("10.1000/cups"), doi="10.1000/cups", title="Cups, by Curriculum", abstract="curriculum", sources=("journal",))
    by_arxiv = Paper(id=PaperId("2611.00009"), doi="10.1000/cups", title="Cups, by Curriculum", sources=("arxiv",))

    await taken_in(desk, by_doi)
    await taken_in(desk, by_arxiv, source="arxiv")

    assert await inbox(desk, HERE) == {by_doi.id}
    assert (await desk.store.papers.get([by_doi.id]))[by_doi.id].sources == ("arxiv", "journal")


async def test_rising_votes_bring_a_paper_to_a_rule_about_votes_on_the_day_it_gets_there(desk: Desk) -> None:
    await subscribed(desk, HERE, "upvotes>=10")
    await taken_in(desk, dataclasses.replace(SYLLABUS, upvotes=7))
    assert await inbox(desk, HERE) == set()

    await taken_in(desk, dataclasses.replace(SYLLABUS, upvotes=12))

    assert await inbox(desk, HERE) == {SYLLABUS.id}


async def test_refreshed_votes_do_not_bring_last_weeks_papers_to_a_rule_made_today(desk: Desk) -> None:
    await taken_in(desk, SYLLABUS)
    await subscribed(desk, HERE, "curriculum")

    changed = await taken_in(desk, dataclasses.replace(SYLLABUS, upvotes=99))

    assert changed.changed == 1
    assert await inbox(desk, HERE) == set()


async def test_a_new_version_comes_to_rules_about_updates_and_to_no_others(desk: Desk) -> None:
    await subscribed(desk, HERE, "curriculum")
    await subscribed(desk, THERE, "curriculum is:update")

    await taken_in(desk, dataclasses.replace(ROBOT, version=3, sources=("arxiv",)), source="arxiv")

    assert await inbox(desk, HERE) == set()
    assert await inbox(desk, THERE) == {ROBOT.id}


async def test_the_watermark_moves_with_the_papers_also_when_there_are_none(desk: Desk) -> None:
    await desk.store.fetches.ensure("library")
    await taken_in(desk, mark=b"monday")
    turn = await desk.store.fetches.claim("library", lease=timedelta(minutes=1))
    assert turn is not None
    assert turn.mark == b"monday"


async def test_a_large_reading_is_filed_whole(desk: Desk) -> None:
    await subscribed(desk, HERE, "robots")
    many = [dataclasses.replace(ROBOT, id=PaperId(f"2611.{n:05}"), title=f"Robot {n}") for n in range(jobs.PAPERS_AT_ONCE * 2 + 1)]

    intake = await taken_in(desk, *many)

    assert intake.new == len(many)
    assert len(await inbox(desk, HERE)) == len(many)


async def test_a_rule_made_by_another_process_counts_at_once(desk: Desk, store: RedisStore) -> None:
    await taken_in(desk, DIFFUSION)
    elsewhere = Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers))
    await subscribed(elsewhere, HERE, "curriculum")

    await taken_in(desk, ROBOT)

    assert await inbox(desk, HERE) == {ROBOT.id}


# ---------------------------------------------------------------- a digest goes out


async def due_now(desk: Desk, clock: Clock, address: Address = HERE) -> datetime:
    due = await desk.store.channels.next_due(address)
    assert due is not None
    clock.now = due
    return due


async def claimed(desk: Desk) -> Sequence[Lease]:
    return await desk.store.deliveries.claim("terminal", limit=10, lease=timedelta(minutes=1))


async def test_whoever_waits_for_an_answer_has_a_turn_while_a_full_inbox_is_gone_through(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await subscribed(desk, HERE, "robots")
    await taken_in(desk, *(dataclasses.replace(ROBOT, id=PaperId(f"2611.{n:05}"), title=f"Robot {n}") for n in range(100)))
    turns, match_of = 0, jobs.match_of
    seen: list[int] = []

    def watched(*args: Any) -> Matched | None:
        seen.append(turns)
        return match_of(*args)

    async def ask() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    monkeypatch.setattr(jobs, "match_of", watched)
    somebody = asyncio.create_task(ask())
    found = await jobs.waiting(desk, await desk.store.channels.load(HERE))
    somebody.cancel()

    assert len(found) == len(set(seen)) == 100


async def test_few_digests_are_composed_side_by_side_however_many_are_planned(
    desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = most = 0
    together = asyncio.Event()

    async def edition(*args: Any, **kwargs: Any) -> Digest | None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        if inside == AT_ONCE:
            together.set()
        await together.wait()
        for _ in range(100):  # the others have every opportunity to come
            await asyncio.sleep(0)
        made = await composed(*args, **kwargs)
        inside -= 1
        return made

    composed = jobs.edition
    monkeypatch.setattr(jobs, "edition", edition)
    addresses = [dataclasses.replace(HERE, channel=f"C{n}") for n in range(10)]
    for address in addresses:
        await subscribed(desk, address, "curriculum")
    await taken_in(desk, *LIBRARY)
    dues = {address: await desk.store.channels.next_due(address) for address in addresses}
    clock.advance(timedelta(days=1))

    outcomes = await asyncio.gather(*(jobs.plan_slot(desk, address, due) for address, due in dues.items() if due))

    assert outcomes == [Planned.PLANNED] * 10
    assert most == AT_ONCE


async def test_a_due_slot_becomes_one_delivery_and_the_next_slot(desk: Desk, clock: Clock) -> None:
    await subscribed(desk, HERE, "curriculum", schedule=Schedule(days=(0, 1, 2, 3, 4, 5, 6)))
    await taken_in(desk, *LIBRARY)
    due = await due_now(desk, clock)

    assert await jobs.plan_slot(desk, HERE, due) is Planned.PLANNED
    assert await jobs.plan_slot(desk, HERE, due) is Planned.TAKEN

    [lease] = await claimed(desk)
    assert set(lease.delivery.papers) == {ROBOT.id, SYLLABUS.id, FORGETTING.id}
    assert lease.delivery.papers[0] == ROBOT.id, "in the title, with the most votes"
    assert await inbox(desk, HERE) == set()
    following = await desk.store.channels.next_due(HERE)
    assert following is not None
    assert following - due == timedelta(days=1)


async def test_workers_at_one_slot_do_not_take_back_what_the_first_of_them_planned(desk: Desk, store: RedisStore, clock: Clock) -> None:
    others = [Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets=desk.outlets) for _ in range(5)]
    await subscribed(desk, HERE, "curriculum")
    await taken_in(desk, ROBOT)
    await jobs.plan_slot(desk, HERE, await due_now(desk, clock))
    await taken_in(desk, SYLLABUS)
    due = await due_now(desk, clock)

    outcomes = await asyncio.gather(*(jobs.plan_slot(other, HERE, due) for other in others))

    assert sorted(outcome.name for outcome in outcomes) == ["PLANNED", *["TAKEN"] * 4]
    [lease] = await claimed(desk)
    assert set(lease.delivery.papers) == {ROBOT.id, SYLLABUS.id}, "with what could not be posted the day before"


async def test_a_slot_is_planned_once_although_the_clock_is_set_back(desk: Desk, clock: Clock) -> None:
    await subscribed(desk, HERE, "curriculum")
    await taken_in(desk, ROBOT)
    due = await due_now(desk, clock)
    clock.advance(-timedelta(seconds=1))

    assert await jobs.plan_slot(desk, HERE, due) is Planned.PLANNED
    assert await jobs.plan_slot(desk, HERE, due) is Planned.TAKEN

    following = await desk.store.channels.next_due(HERE)
    assert following is not None
    assert following > due


async def test_no_matches_no_message(desk: Desk, clock: Clock) -> None:
    await subscribed(desk, HERE, "astronomy")
    await taken_in(desk, *LIBRARY)
    assert await jobs.plan_slot(desk, HERE, await due_now(desk, clock)) is Planned.PLANNED
    assert await claimed(desk) == []


async def test_missed_slots_become_one_digest(desk: Desk, clock: Clock) -> None:
    await subscribed(desk, HERE, "curriculum")
    due = await desk.store.channels.next_due(HERE)
    assert due is not None
    await taken_in(desk, ROBOT)
    clock.now = due + timedelta(days=9)
    await taken_in(desk, SYLLABUS)

    await jobs.plan_slot(desk, HERE, due)

    [lease] = await claimed(desk)
    assert set(lease.delivery.papers) == {ROBOT.id, SYLLABUS.id}
    following = await desk.store.channels.next_due(HERE)
    assert following is not None
    assert clock.now < following <= clock.now + timedelta(days=3, hours=1)


async def test_a_paused_channel_gets_nothing_and_later_one_digest_with_all(desk: Desk, clock: Clock) -> None:
    await subscribed(desk, HERE, "curriculum")
    due = await due_now(desk, clock)
    channel = await desk.store.channels.load(HERE)
    await desk.store.channels.save(dataclasses.replace(channel, paused_until=due + timedelta(days=3)), due=Due.KEEP)
    await taken_in(desk, ROBOT)

    assert await jobs.plan_slot(desk, HERE, due) is Planned.PLANNED
    assert await claimed(desk) == []

    following = await desk.store.channels.next_due(HERE)
    assert following is not None
    assert following > due + timedelta(days=3)
    clock.now = following
    await jobs.plan_slot(desk, HERE, following)
    assert [lease.delivery.papers for lease in await claimed(desk)] == [(ROBOT.id,)]


async def test_a_channel_paused_without_end_is_on_no_agenda(desk: Desk) -> None:
    channel = await subscribed(desk, HERE, "curriculum", paused_until=FOREVER)
    assert jobs.due_of(channel, await desk.store.now()) is None
    assert await desk.store.channels.next_due(HERE) is None


async def test_a_digest_that_could_not_be_posted_is_merged_into_the_next(desk: Desk, clock: Clock) -> None:
    await subscribed(desk, HERE, "curriculum")
    await taken_in(desk, ROBOT)
    await jobs.plan_slot(desk, HERE, await due_now(desk, clock))
    await taken_in(desk, SYLLABUS)

    await jobs.plan_slot(desk, HERE, await due_now(desk, clock))

    [lease] = await claimed(desk)
    assert set(lease.delivery.papers) == {ROBOT.id, SYLLABUS.id}


async def test_more_papers_than_the_limit_are_counted_and_not_repeated(desk: Desk, clock: Clock) -> None:
    channel = await subscribed(desk, HERE, "curriculum")
    limited = dataclasses.replace(channel, settings=dataclasses.replace(channel.settings, limit=1))
    await desk.store.channels.save(limited, due=Due.KEEP)
    await taken_in(desk, *LIBRARY)

    await jobs.plan_slot(desk, HERE, await due_now(desk, clock))

    [lease] = await claimed(desk)
    assert lease.delivery.papers == (ROBOT.id,)
    assert set(lease.delivery.remainder) == {SYLLABUS.id, FORGETTING.id}
    assert await inbox(desk, HERE) == set()


async def test_a_digest_is_tagged_with_the_rules_of_the_papers_it_shows(desk: Desk) -> None:
    await subscribed(desk, HERE, "replay", "curriculum", "quantum")
    await taken_in(desk, *LIBRARY)

    delivery = await jobs.post_now(desk, HERE)

    assert delivery is not None
    assert delivery.tags == ("curriculum", "replay")
    kept = await desk.store.deliveries.get(delivery.id)
    assert kept is not None
    assert kept.tags == delivery.tags


async def test_where_messages_can_stand_under_others_each_paper_gets_its_own(desk: Desk, clock: Clock) -> None:
    desk.outlets = {"terminal": KeepingOutlet(threads=True)}
    channel = await subscribed(desk, HERE, "curriculum")
    wanted = dataclasses.replace(channel.settings, thread=True, limit=2)
    await desk.store.channels.save(dataclasses.replace(channel, settings=wanted), due=Due.KEEP)
    await taken_in(desk, *LIBRARY)

    await jobs.plan_slot(desk, HERE, await due_now(desk, clock))

    [lease] = await claimed(desk)
    assert lease.delivery.threaded
    cards = [[block.paper for block in part.blocks if isinstance(block, Card)] for part in lease.delivery.parts]
    first, second = lease.delivery.papers
    assert cards == [[first, second], [first], [second], []]
    assert [button.command for button in buttons(lease.delivery.parts[-1])] == [f"more {lease.delivery.id}"]


async def test_every_message_of_a_thread_keeps_the_limits_and_the_opening_comes_first(desk: Desk) -> None:
    outlet = KeepingOutlet(threads=True)
    outlet.limits = dataclasses.replace(outlet.limits, characters=250, text=200)
    desk.outlets = {"terminal": outlet}
    channel = await subscribed(desk, HERE, "curriculum")
    wanted = dataclasses.replace(channel.settings, thread=True)
    await desk.store.channels.save(dataclasses.replace(channel, settings=wanted), due=Due.KEEP)
    await taken_in(desk, *LIBRARY)

    delivery = await jobs.post_now(desk, HERE)

    assert delivery is not None
    assert all(sum(map(outlet.measure, part.blocks)) <= 250 for part in delivery.parts)
    numbers = [block.number for part in delivery.parts for block in part.blocks if isinstance(block, Card)]
    assert numbers == [1, 2, 3, 1, 2, 3]
    assert isinstance(delivery.parts[0].blocks[0], Heading)


@pytest.mark.parametrize("outlets", [{}, {"terminal": KeepingOutlet()}])
async def test_where_there_are_no_threads_the_wish_for_them_changes_nothing(desk: Desk, outlets: dict[str, KeepingOutlet]) -> None:
    desk.outlets = outlets
    channel = await subscribed(desk, HERE, "curriculum")
    wanted = dataclasses.replace(channel.settings, thread=True)
    await desk.store.channels.save(dataclasses.replace(channel, settings=wanted), due=Due.KEEP)
    await taken_in(desk, *LIBRARY)

    delivery = await jobs.post_now(desk, HERE)

    assert delivery is not None
    assert (delivery.threaded, len(delivery.parts)) == (False, 1)


async def test_what_the_channels_people_think_decides_what_comes_first(desk: Desk) -> None:
    await subscribed(desk, HERE, "curriculum")
    await taken_in(desk, *LIBRARY)
    for voter in range(50):
        for paper, value in ((ROBOT, -1), (SYLLABUS, 1)):
            await desk.store.votes.cast(HERE, Vote(paper=paper.id, voter=f"U{voter}", sign=f"{value:+}", value=value))

    delivery = await jobs.post_now(desk, HERE)

    assert delivery is not None
    assert delivery.papers == (SYLLABUS.id, FORGETTING.id, ROBOT.id), "the other way round where nobody said anything"


async def test_a_paper_whose_rule_is_gone_is_not_posted(desk: Desk, clock: Clock) -> None:
    await subscribed(desk, HERE, "curriculum", "diffusion")
    await taken_in(desk, *LIBRARY)
    await subscribed(desk, HERE, "diffusion")

    await jobs.plan_slot(desk, HERE, await due_now(desk, clock))

    assert [lease.delivery.papers for lease in await claimed(desk)] == [(DIFFUSION.id,)]


async def test_a_digest_posted_now_is_not_repeated_by_the_next(desk: Desk, clock: Clock) -> None:
    await subscribed(desk, HERE, "curriculum")
    await taken_in(desk, *LIBRARY)

    assert await jobs.post_now(desk, HERE)
    [asked] = await claimed(desk)
    await desk.store.deliveries.settle(asked, Sent("m1"))
    assert await jobs.post_now(desk, HERE) is None
    await jobs.plan_slot(desk, HERE, await due_now(desk, clock))

    assert len(asked.delivery.papers) == 3
    assert await claimed(desk) == []


async def test_a_digest_on_demand_at_the_very_moment_of_a_slot_repeats_nothing(desk: Desk, store: RedisStore, clock: Clock) -> None:
    other = Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets=desk.outlets)
    await subscribed(desk, HERE, "curriculum")
    await taken_in(desk, *LIBRARY)
    due = await due_now(desk, clock)

    await asyncio.gather(jobs.plan_slot(desk, HERE, due), jobs.post_now(other, HERE), jobs.post_now(desk, HERE))
    await jobs.plan_slot(desk, HERE, due)

    papers = [id for lease in await claimed(desk) for id in lease.delivery.papers]
    assert sorted(papers) == sorted([ROBOT.id, SYLLABUS.id, FORGETTING.id])


# ---------------------------------------------------------------- the agenda is kept in order


async def test_a_channel_that_fell_off_the_agenda_is_put_back(desk: Desk, connection: Connection) -> None:
    await subscribed(desk, HERE, "curriculum")
    await subscribed(desk, THERE, "diffusion", paused_until=FOREVER)
    due = await desk.store.channels.next_due(HERE)
    await connection.call("DEL", keys.AGENDA)

    assert await jobs.mend_agenda(desk, recompute=False) == 1
    assert await desk.store.channels.next_due(HERE) == due
    assert await desk.store.channels.next_due(THERE) is None
    assert await jobs.mend_agenda(desk, recompute=True) == 0


async def test_a_moment_of_an_older_time_zone_is_computed_anew_and_a_due_slot_is_not_skipped(desk: Desk, clock: Clock) -> None:
    await subscribed(desk, HERE, "curriculum")
    await subscribed(desk, THERE, "diffusion")
    right = await desk.store.channels.next_due(HERE)
    wrong = clock.now + timedelta(hours=1)
    for address, due in ((HERE, wrong), (THERE, clock.now)):
        await desk.store.channels.save(await desk.store.channels.load(address), due=due)

    assert await jobs.mend_agenda(desk, recompute=False) == 0
    assert await jobs.mend_agenda(desk, recompute=True) == 1

    assert await desk.store.channels.next_due(HERE) == right
    assert await desk.store.channels.next_due(THERE) == clock.now, "it is due this minute"


async def test_a_zone_that_this_machine_does_not_know_holds_up_nobody_else(desk: Desk, connection: Connection) -> None:
    await subscribed(desk, HERE, "curriculum")
    channel = await subscribed(desk, THERE, "diffusion")
    lost = dataclasses.replace(channel, schedule=Schedule(zone="Mars/Olympus_Mons"))
    await desk.store.channels.save(lost, due=Due.KEEP)
    await connection.call("DEL", keys.AGENDA)

    with capture_logs() as logs:
        assert await jobs.mend_agenda(desk, recompute=False) == 1
    assert [log["event"] for log in logs] == ["schedule_not_understood"]
