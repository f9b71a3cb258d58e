"""How all is, as the store tells it; and when that is worth a look."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.counts import Counts
from bot.ports import MISSED, Dead, Health
from bot.status import DAYS, LATE, LONGEST_TROUBLE, UNREAD, Lateness, PlatformStatus, SourceStatus, status
from tests.store.outbox import ADDRESS, DUE, delivery, post_now, settled, subscribe
from tests.web.samples import NOW, first_day, ill, pulse, well

if TYPE_CHECKING:
    from bot.status import Status
    from bot.store.store import RedisStore
    from tests.clock import Clock


async def look(store: RedisStore, *, platforms: tuple[str, ...] = ("slack",)) -> Status:
    return await status(store, sources=("huggingface", "arxiv:cs.CL"), platforms=platforms)


async def counted(store: RedisStore, counts: Counts, batch: int = 1) -> None:
    await store.figures.add("worker-1", batch, counts.batch()[1])
    counts.came_through()


async def test_of_an_empty_store_everything_is_known_and_nothing_has_happened(store: RedisStore, clock: Clock) -> None:
    seen = await look(store)
    assert (seen.at, seen.days[-1], len(seen.days)) == (clock(), clock().date(), DAYS)
    assert seen.sources == tuple(SourceStatus(name=name, papers=(0,) * DAYS) for name in ("huggingface", "arxiv:cs.CL"))
    assert seen.platforms == (PlatformStatus(name="slack", sent=(0,) * DAYS),)
    assert (seen.sent, seen.waiting, seen.overdue, seen.dead, seen.processes) == ((0,) * DAYS, 0, 0, 0, ())
    assert (seen.lateness.share(LATE), seen.lateness.half) == (None, None)
    assert seen.oldest == timedelta()


async def test_papers_and_digests_are_told_by_the_day_on_which_they_came(store: RedisStore, clock: Clock) -> None:
    counts = Counts()
    counts.read("huggingface", well=True, new=40)
    counts.read("arxiv:cs.CL", well=True, new=0)
    counts.sent("slack")
    counts.sent("discord")
    await counted(store, counts)
    clock.advance(timedelta(days=1))
    counts.read("huggingface", well=True, new=2)
    counts.sent("slack")
    await counted(store, counts, batch=2)
    seen = await look(store)
    nothing = (0,) * (DAYS - 2)
    assert [one.papers for one in seen.sources] == [(*nothing, 40, 2), (0,) * DAYS]
    assert [(one.name, one.sent) for one in seen.platforms] == [("slack", (*nothing, 1, 1)), ("discord", (*nothing, 1, 0))], (
        "what is not configured any more is not forgotten"
    )
    assert seen.sent == (*nothing, 2, 1)


async def test_how_late_digests_were_is_told_over_all_platforms(store: RedisStore) -> None:
    counts = Counts()
    for platform, seconds in (("slack", 0.5), ("slack", 4), ("discord", 200), ("discord", 4000)):
        counts.began(platform, timedelta(seconds=seconds))
    await counted(store, counts)
    lateness = (await look(store)).lateness
    assert lateness.digests == 4
    assert lateness.half == timedelta(seconds=5)
    assert [lateness.share(timedelta(seconds=bound)) for bound in (1, 300, 10800)] == [0.25, 0.75, 1]


def test_if_half_were_later_than_any_bound_none_is_named() -> None:
    assert Lateness(digests=4, within={1.0: 0, 60.0: 1}).half is None


async def test_how_a_source_does_is_told_and_what_it_said_is_fit_to_be_shown(store: RedisStore, clock: Clock) -> None:
    await store.fetches.ensure("huggingface")
    turn = await store.fetches.claim("huggingface", lease=timedelta(seconds=60))
    assert turn is not None
    since = clock() - timedelta(hours=5)
    said = f"status 503 at https://u:hunter2@host\u202e\x1b[31m {'and on ' * 99}"
    await store.fetches.finish(
        turn, Health(last_good=since, failures=3, failing_since=since, trouble=said), again=clock() + timedelta(minutes=20)
    )
    seen = (await look(store)).sources[0]
    assert (seen.last_good, seen.failing_since, seen.again) == (since, since, clock() + timedelta(minutes=20))
    assert seen.trouble.startswith("status 503 at https://[redacted]@host[31m and on")
    assert len(seen.trouble) <= LONGEST_TROUBLE


async def test_what_waits_is_overdue_or_was_given_up_is_told(store: RedisStore, clock: Clock) -> None:
    await post_now(store, delivery("d"))
    await settled(store, Dead("invalid_blocks"))
    await post_now(store, delivery())
    await subscribe(store, due=DUE + timedelta(seconds=30))
    clock.advance(timedelta(minutes=20))
    seen = await look(store, platforms=())
    assert (seen.dead, seen.overdue, seen.waiting) == (1, 1, 1)
    assert (seen.platforms[0].name, seen.oldest, seen.overdue_for) == ("slack", timedelta(minutes=20), timedelta(minutes=19, seconds=30))
    assert seen.late() == seen.platforms
    assert seen.unplanned()


async def test_the_processes_that_are_alive_are_told(store: RedisStore, clock: Clock) -> None:
    await store.figures.beat(pulse("worker", at=clock()))
    seen = await look(store)
    assert [one.role for one in seen.processes] == ["worker"]
    assert seen.works
    assert seen.is_well


async def test_nothing_of_a_workspace_or_channel_is_in_it(store: RedisStore) -> None:
    await subscribe(store)
    await post_now(store, delivery())
    seen = repr(await look(store))
    assert ADDRESS.workspace not in seen
    assert ADDRESS.channel not in seen


# ---------------------------------------------------------------- what is worth a look


def test_a_good_day_and_a_first_day_are_well() -> None:
    assert well().is_well
    assert first_day().is_well


def test_on_a_bad_day_everything_is_named() -> None:
    seen = ill()
    assert not seen.is_well
    assert not seen.works
    assert [one.name for one in seen.unread()] == ["huggingface"], "a failure of five minutes is life"
    assert [one.name for one in seen.late()] == ["slack", "discord"]
    assert seen.unplanned()
    assert [one.role for one in seen.unwell()] == ["gateway", "web"]


def _at_the_edge(by: timedelta) -> dict[str, Status]:
    fine = well()
    failing = replace(fine.sources[0], failing_since=NOW - UNREAD - by)
    waits = replace(fine.platforms[0], waiting=1, oldest=LATE + by)
    return {
        "source": replace(fine, sources=(failing, *fine.sources[1:])),
        "waiting": replace(fine, platforms=(waits, *fine.platforms[1:])),
        "overdue": replace(fine, overdue=1, overdue_for=LATE + by),
        "silent": replace(fine, processes=(pulse("run", at=NOW - MISSED - by),)),
    }


@pytest.mark.parametrize("what", _at_the_edge(timedelta()))
def test_each_alone_is_worth_a_look_but_only_after_a_while(what: str) -> None:
    assert _at_the_edge(timedelta())[what].is_well
    assert not _at_the_edge(timedelta(seconds=1))[what].is_well


def test_without_anybody_who_works_nothing_is_well() -> None:
    assert not replace(well(), processes=(pulse("web"), pulse("gateway"))).is_well
    assert replace(well(), processes=(pulse("run"),)).is_well


def test_a_process_of_which_a_part_cannot_work_is_worth_a_look() -> None:
    assert not replace(well(), processes=(pulse("run", not_ready=("discord",)),)).is_well
