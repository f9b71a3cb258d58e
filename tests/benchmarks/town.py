"""A town on two platforms for the benchmark of what fits: workspaces and servers with their channels, the rules made there, and a past."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from datetime import timedelta
from itertools import cycle, islice
from typing import TYPE_CHECKING

from bot.channel import Address, Channel, QueryText, Schedule, Subscription
from bot.delivery import slot_id
from bot.document import document
from bot.installation import Installation
from bot.matching import Percolator
from bot.memory import rules_of
from bot.paper import PaperId
from bot.ports import Attempt, Delivery, Filing
from bot.query import parse
from bot.store import keys
from bot.store.codec import pack_attempt, pack_delivery
from bot.store.connection import ms
from tests.benchmarks import crowd, due
from tests.discord.fake import EVERYONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.store.connection import Sendable
    from bot.store.store import RedisStore
    from tests.discord.fake import FakeDiscord
    from tests.slack.fake import FakeSlack

RULES = 10
"""Of each channel."""
PAPERS_A_DAY = 900
"""What five large arXiv categories announce."""
OTHER_CHANNELS = 18
"""Of a Discord server, which nobody subscribed in; the bot sees them all the same."""
SHOWN = 5
"""Papers of a digest, as a channel's settings are from the start."""
_MANAGE_GUILD = 1 << 5
_MATCHED_MS, _DELIVERED_MS = (span // timedelta(milliseconds=1) for span in (keys.MATCHED, keys.DELIVERED))
_DISTINCT = 40_000
_CHANNELS_AT_ONCE = 25
_PAPERS_AT_ONCE = 200


def on_slack(slack: FakeSlack, count: int) -> list[Address]:
    """So many channels, twelve to a workspace with its own token."""
    where = due.addresses(count)
    for address in where:
        team = slack.teams.get(address.workspace) or slack.team(address.workspace, name="Acme", token=f"xoxb-{address.workspace}")
        team.channel(address.channel, "reading")
    return where


def on_discord(server: FakeDiscord, count: int) -> list[Address]:
    """So many channels, twelve to a server that has eighteen others. Ada manages every server."""
    made: list[Address] = []
    while len(made) < count:
        guild = server.guild(f"Town {len(server.guilds)}")
        guild.member(server.ada, EVERYONE | _MANAGE_GUILD)
        some = min(due.CHANNELS_OF_A_WORKSPACE, count - len(made))
        made += [Address("discord", guild.id, guild.text(f"reading-{number}").id) for number in range(some)]
        for number in range(OTHER_CHANNELS):
            guild.text(f"talk-{number}")
    return made


async def install(store: RedisStore, slack: FakeSlack) -> None:
    """The app in every workspace of that Slack, the tokens sealed."""
    for team in slack.teams.values():
        installation = Installation(
            platform="slack",
            workspace=team.id,
            name=team.name,
            token=team.install.token,
            scopes=frozenset(team.install.scopes),
            bot_user=team.bot_user_id,
            bot=team.bot_id,
            app=team.app_id,
        )
        await store.installations.save(installation)


def channels(where: Sequence[Address], *, now: datetime) -> Iterator[Channel]:
    """With ten rules each, drawn from a crowd's; their digests are not due in the next hours unless `due.ring` says so."""
    drawn = cycle([QueryText(str(parse(query))) for _, queries in crowd.rules(_DISTINCT) for query in queries])
    schedule = Schedule(days=tuple(range(7)), hour=(now.hour + 12) % 24)
    for address in where:
        queries: dict[QueryText, None] = {}
        while len(queries) < RULES:
            queries |= dict.fromkeys(islice(drawn, RULES - len(queries)))
        rules = tuple(Subscription(query, "Ada Lovelace", now, "U0ADA") for query in queries)
        yield Channel(address=address, name="#reading", subscriptions=rules, schedule=schedule)


async def live(store: RedisStore, settled: Sequence[Channel], *, days: int, now: datetime) -> float:
    """What so many days, of which five in seven are working days, leave behind: papers, and what each channel was given and shown.

    Returns how many papers a channel is given each working day.
    """
    percolator = Percolator()
    for channel in settled:
        percolator.replace(channel.address, rules_of(channel))
    a_day = crowd.papers(PAPERS_A_DAY)
    given = Counter({address: len(ids) for address, ids in percolator.match([document(paper) for paper in a_day]).items()})
    # What is older than half a year is forgotten anyway.
    past = [now - timedelta(days=day * 7 / 5) for day in range(1, min(days, keys.MATCHED.days) * 5 // 7 + 1)]
    await _papers(store, past)
    await _given(store, given, past, now=now)
    return given.total() / len(settled)


def _id(day: int, number: int) -> PaperId:
    return PaperId(f"24{day // 28 % 12 + 1:02}.{day % 28 * PAPERS_A_DAY + number:05}")


async def _papers(store: RedisStore, days: Sequence[datetime]) -> None:
    """All that were announced, for somebody among so many channels wanted each; those of half a year, as long as they are kept."""
    for day, moment in enumerate(days):
        made = crowd.papers(PAPERS_A_DAY, seed=100 + day)
        papers = [dataclasses.replace(paper, id=_id(day, n), first_seen=moment) for n, paper in enumerate(made)]
        for start in range(0, len(papers), _PAPERS_AT_ONCE):
            await store.papers.file(Filing(papers=papers[start : start + _PAPERS_AT_ONCE], inboxes={}, rules=1))
        await store.connection.read_all([("PEXPIRE", keys.paper(paper.id), _MATCHED_MS) for paper in papers])


async def _given(store: RedisStore, given: Mapping[Address, int], days: Sequence[datetime], *, now: datetime) -> None:
    """Straight into the keys, as filing, planning, posting and noting would have left them."""
    chance = random.Random(8)
    everyone = list(given.items())
    for start in range(0, len(everyone), _CHANNELS_AT_ONCE):
        commands: list[tuple[Sendable, ...]] = []
        for address, count in everyone[start : start + _CHANNELS_AT_ONCE]:
            read = [(moment, [_id(day, n) for n in chance.sample(range(PAPERS_A_DAY), count)]) for day, moment in enumerate(days)]
            commands += _remembered(address, read)
            for moment, ids in read:
                commands += _sent(address, moment, ids) if now - moment < keys.DELIVERED else ()
        await store.connection.read_all(commands)


def _remembered(address: Address, read: Sequence[tuple[datetime, Sequence[PaperId]]]) -> Iterator[tuple[Sendable, ...]]:
    for key, first, last in ((keys.filed(address), 0, None), (keys.posted(address), 0, SHOWN), (keys.capped(address), SHOWN, None)):
        members = [part for moment, ids in read for id in ids[first:last] for part in (ms(moment), id)]
        if members:
            yield ("ZADD", key, *members)
            yield ("PEXPIRE", key, _MATCHED_MS)


def _sent(address: Address, slot: datetime, ids: Sequence[PaperId]) -> Iterator[tuple[Sendable, ...]]:
    id, at, message = slot_id(address, slot), ms(slot), f"{slot.timestamp():.6f}"
    rule = QueryText("gradient descent")
    record = Delivery(id=id, address=address, due=slot, parts=(), papers=tuple(ids[:SHOWN]), remainder=tuple(ids[SHOWN:]), tags=(rule,))
    stands: dict[str, Sendable] = {
        "record": pack_delivery(record),
        "state": "sent",
        "address": str(address),
        "message:0": message,
        "parts": 1,
        **dict.fromkeys(("part", "until"), 0),
        **dict.fromkeys(("fence", "settled"), at),
    }
    yield ("HSET", keys.delivery(id), *(part for pair in stands.items() for part in pair))
    yield ("PEXPIRE", keys.delivery(id), _DELIVERED_MS)
    yield ("ZADD", keys.deliveries_of(address), at, id)
    yield ("LPUSH", keys.log(address), pack_attempt(Attempt(at=slot, delivery=id, part=0, outcome="sent", detail=message)))
    yield ("HSET", keys.shown(address), message, " ".join(ids[:SHOWN]))
    yield ("ZADD", keys.shown_at(address), at, message)
