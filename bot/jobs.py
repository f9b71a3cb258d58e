"""The product's two straight lines.

> new papers from a source -> which channels want them -> file them once
> a channel's hour has come -> take its inbox -> compose -> plan; the courier posts and settles
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.channel import FOREVER
from bot.delivery import slot_id
from bot.digest import compose
from bot.document import document, known_document
from bot.errors import UserMistake
from bot.identity import names
from bot.memory import rules_of
from bot.opinions import opinions
from bot.paging import split
from bot.paper import merge
from bot.ports import Delivery, Filed, Filing, Planned
from bot.query import hits, matches
from bot.ranking import Matched
from bot.timetable import next_due
from bot.uptime import uptime

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.channel import Address, Channel
    from bot.desk import Desk
    from bot.digest import Digest
    from bot.paper import Paper, PaperId
    from bot.ports import Harvest
    from bot.query import Query

_log = structlog.get_logger()

PAPERS_AT_ONCE = 200
"""Papers matched and filed in one go: the loop stays responsive and one atomic call stays short."""


# ---------------------------------------------------------------- new papers from a source


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What a reading of a source came to."""

    seen: int
    """Papers in the reading, all together."""
    new: int
    """Of these, never recorded before."""
    changed: int
    """Of these, known before and now better known (votes, another source)."""
    refused: int


@dataclass(frozen=True, slots=True)
class Change:
    """A record that a reading brought up to date."""

    before: Paper | None
    after: Paper

    @property
    def earlier(self) -> Paper | None:
        """The paper as channels could have had it: a new version of a paper never recorded here had a first one all the same.

        So a replacement comes to rules about updates (`is:update`), and not to every rule as if it were new.
        """
        if self.before is None and self.after.is_update:
            return dataclasses.replace(self.after, version=1)
        return self.before


async def take_in(desk: Desk, source: str, harvest: Harvest, now: datetime) -> Intake:
    """Merge a reading with what is known, find the channels that want it, and file it with the source's new watermark.

    A channel is given a paper when one of its rules meets it now and met no earlier record of it: rising votes bring a paper to
    `upvotes>=10` on the day it gets there, and do not bring last week's papers to a rule made today. Calling it twice with the
    same harvest files nothing twice.
    """
    changes = await _changes(desk, harvest.papers, now)
    groups = [changes[start : start + PAPERS_AT_ONCE] for start in range(0, len(changes), PAPERS_AT_ONCE)] or [[]]
    for place, group in enumerate(groups, start=1):
        await _file(desk, group, now=now, mark=(source, harvest.mark) if place == len(groups) else None)
    new = sum(change.before is None for change in changes)
    return Intake(seen=len(harvest.papers), new=new, changed=len(changes) - new, refused=harvest.refused)


async def _changes(desk: Desk, papers: Sequence[Paper], now: datetime) -> list[Change]:
    aliases = await desk.store.papers.find([name for paper in papers for name in names(paper)])
    identity = {paper.id: next((aliases[name] for name in names(paper) if name in aliases), paper.id) for paper in papers}
    recorded = await desk.store.papers.get([*{paper.id for paper in papers} | set(identity.values())])
    latest = dict(recorded)
    for paper in papers:
        # Its own record goes before another's with the same title: an alias may be a coincidence, an id is not.
        known = latest.get(paper.id) or latest.get(identity[paper.id])
        after = merge(known, paper) if known else dataclasses.replace(paper, first_seen=now)
        latest[after.id] = after
    return [
        Change(recorded.get(id), dataclasses.replace(after, refreshed=now)) for id, after in latest.items() if after != recorded.get(id)
    ]


async def _file(desk: Desk, changes: Sequence[Change], *, mark: tuple[str, bytes] | None, now: datetime) -> None:
    papers = tuple(change.after for change in changes)
    after = [document(paper) for paper in papers]
    before = [document(earlier) for change in changes if (earlier := change.earlier) is not None]
    filed = Filed.STALE
    while filed is Filed.STALE:  # a rule came or went between matching and filing: match again
        await desk.memory.catch_up(now)
        percolator = desk.memory.percolator
        had = {(address, id) for address, ids in percolator.match(before).items() for id in ids}
        began = uptime()
        wanted = percolator.match(after)
        if papers:  # a reading without news files its watermark alone
            desk.counts.matched(timedelta(seconds=uptime() - began))
        inboxes = {address: new for address, ids in wanted.items() if (new := [id for id in ids if (address, id) not in had])}
        filed = await desk.store.papers.file(Filing(papers=papers, inboxes=inboxes, rules=desk.memory.rules, mark=mark))


# ---------------------------------------------------------------- a channel's hour has come


async def plan_slot(desk: Desk, address: Address, due: datetime) -> Planned:
    """Turn a due slot into a delivery, or into nothing when nothing matched, and put the next slot on the agenda.

    Slots missed while nobody was there have become one: the inbox holds all of them, and the next slot is the first after now.
    Safe to call from any number of processes: one of them plans the slot, the others are told TAKEN.
    """
    now = await desk.store.now()
    channel = await desk.store.channels.load(address)
    delivery = None
    if channel.subscriptions and not channel.is_paused(now):
        await desk.store.deliveries.recall(address, slot=due)
        delivery = await _edition(desk, channel, due=due, now=now)
    # The clock may have been set back since the slot was found due: it must not become its own successor, and be planned again.
    then = due_of(channel, max(now, due))
    return await desk.store.deliveries.plan(address, due=due, then=then, delivery=delivery)


async def post_now(desk: Desk, address: Address) -> Delivery | None:
    """Post what waits for the channel's next digest at once; the next one does not repeat it. None when nothing waits."""
    while True:
        now = await desk.caught_up()
        channel = await desk.store.channels.load(address)
        await desk.store.deliveries.recall(address)
        delivery = await _edition(desk, channel, due=now, now=now)
        if delivery is None or await desk.store.deliveries.post_now(delivery) is Planned.PLANNED:
            return delivery
        # The inbox changed while the digest was composed: compose anew from what is left.


async def waiting(desk: Desk, channel: Channel) -> list[Matched]:
    """The papers in the channel's inbox that one of its rules still meets, oldest first, with why."""
    return await matched(desk, (id for id, _ in await desk.store.papers.inbox(channel.address)), rules_of(channel))


async def matched(desk: Desk, ids: Iterable[PaperId], queries: Sequence[Query]) -> list[Matched]:
    """Those of the papers that any of the queries meets, in the order given, with the queries and the places they hit."""
    wanted = list(ids)
    papers = await desk.store.papers.get(wanted)
    found = []
    for id in wanted:
        if id in papers and (one := match_of(papers[id], queries)) is not None:
            found.append(one)
        await asyncio.sleep(0)  # a full inbox takes a tenth of a second, and meanwhile somebody waits for an answer
    return found


def match_of(paper: Paper, queries: Sequence[Query]) -> Matched | None:
    """The paper with those of the queries that meet it and where they hit; None when none does."""
    subject = known_document(paper)
    met = tuple(query for query in queries if matches(query, subject))
    if not met:
        return None
    found = dict.fromkeys(itertools.chain.from_iterable(hits(query, subject) for query in met))
    return Matched(paper=paper, queries=met, hits=tuple(found))


def due_of(channel: Channel, now: datetime) -> datetime | None:
    """When the channel's next digest is due after `now`; None while it has no rules, no schedule, or is paused without end."""
    after = max(now, channel.paused_until or now)
    if not channel.subscriptions or after >= FOREVER:
        return None
    return next_due(channel.schedule, channel.address, after)


async def mend_agenda(desk: Desk, *, recompute: bool) -> int:
    """Put every channel on the agenda that should stand there and does not; returns how many changed. Safe at any time, by anybody.

    Args:
        recompute: Whether the moments that stand there are computed anew too, for the rules of a time zone may have changed with
            the program.
    """
    mended = 0
    async for batch in desk.store.channels.changes(0):
        now = await desk.store.now()
        dues = {channel.address: due for channel in batch.channels if (due := due_or_told(channel, now)) is not None}
        mended += await desk.store.channels.put_on_agenda(dues, move=recompute)
    return mended


def due_or_told(channel: Channel, now: datetime) -> datetime | None:
    """The same; None as well, with a line in the log, if this machine does not know the channel's time zone."""
    try:
        return due_of(channel, now)
    except UserMistake as error:
        _log.error("schedule_not_understood", channel=str(channel.address), reason=error.reason)
        return None


async def _edition(desk: Desk, channel: Channel, *, due: datetime, now: datetime) -> Delivery | None:
    id = slot_id(channel.address, due)
    outlet = desk.outlets.get(channel.address.platform)
    threads = outlet is not None and outlet.limits.threads
    async with desk.composing:
        digest = await edition(desk, channel, await waiting(desk, channel), now=now, delivery_id=id, threads=threads)
    if digest is None:
        return None
    said = (digest.message, *digest.replies)
    parts = tuple(part for one in said for part in split(one, outlet.limits, measure=outlet.measure)) if outlet else said
    return Delivery(
        id=id,
        address=channel.address,
        due=due,
        parts=parts,
        papers=digest.shown,
        remainder=digest.remainder,
        threaded=bool(digest.replies),
        tags=digest.tags,
    )


async def edition(
    desk: Desk, channel: Channel, found: Sequence[Matched], *, now: datetime, delivery_id: str = "", threads: bool = False
) -> Digest | None:
    """Rank the papers by the archive as it stands and the channel's own opinions, and lay them out as it wants; None when there are none.

    Args:
        threads: Whether it goes where a message can stand under another.
    """
    if not found:
        return None
    return compose(
        channel,
        found,
        rarity=desk.memory.archive.rarity,
        now=now,
        delivery_id=delivery_id,
        reactions=await opinions(desk, channel, found),
        threads=threads,
    )
