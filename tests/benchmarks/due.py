"""Channels whose hour has come: their records, what waits in their inboxes, the apps installed in their workspaces, and the agenda."""

from __future__ import annotations

import base64
import math
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import TYPE_CHECKING

from bot.channel import Address, Channel, QueryText, Schedule, Subscription
from bot.installation import Installation
from bot.ports import Filing
from bot.query import parse
from bot.store import keys
from bot.store.codec import pack_channel
from bot.timetable import spread
from tests.benchmarks import crowd

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.paper import PaperId
    from bot.store.store import RedisStore

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
"""Of SECRET_KEYS."""
CHANNELS_OF_A_WORKSPACE = 12
"""As in `crowd.rules`."""
RULES = 5
"""Of each channel: one that its papers meet, and four of `crowd.rules`."""
WAITING = 12
"""Papers in each inbox; five of them are shown."""
PAPERS = 900
"""A day of five arXiv categories: each stands in the inboxes of many channels."""
MET = "method OR approach OR model OR results"
DISTINCT = 20_000
"""Rules of the crowd that the channels' are drawn from."""
_AT_ONCE = 5_000


def addresses(count: int, *, platform: str = "slack", beginning: int = 0) -> list[Address]:
    """So many channels, twelve to a workspace."""
    numbers = range(beginning, beginning + count)
    return [Address(platform, f"T{number // CHANNELS_OF_A_WORKSPACE:08X}", f"C{number:09X}") for number in numbers]


def channels(where: Iterable[Address], *, now: datetime) -> Iterator[Channel]:
    """With five rules each, whose digest is not due in the next hours unless `ring` says so: the first sweep goes by the schedule."""
    some = [QueryText(str(parse(query))) for _, queries in crowd.rules(DISTINCT) for query in queries]
    drawn = cycle(some)
    met = QueryText(str(parse(MET)))
    schedule = Schedule(days=tuple(range(7)), hour=(now.hour + 12) % 24)
    for address in where:
        wanted = dict.fromkeys((met, *islice(drawn, RULES - 1)))
        rules = tuple(Subscription(query, "Ada Lovelace", now, "U0ADA") for query in wanted)
        yield Channel(address=address, name="#reading", subscriptions=rules, schedule=schedule)


async def save(store: RedisStore, made: Iterable[Channel]) -> None:
    """Write records straight into their buckets, as `save` would have left them."""
    rest = iter(made)
    while some := list(islice(rest, _AT_ONCE)):
        fields: dict[str, list[str | bytes]] = {}
        members: dict[str, list[str]] = {}
        for channel in some:
            address = channel.address
            fields.setdefault(keys.bucket_of(address), []).extend((str(address), pack_channel(channel, version=1)))
            members.setdefault(keys.workspace_of(address), []).append(str(address))
        await store.connection.read_all([("HSET", key, *pairs) for key, pairs in fields.items()])
        await store.connection.read_all([("SADD", key, *members) for key, members in members.items()])
    await store.connection.call("SET", keys.RULES_REVISION, 1)


def papers_alone() -> Filing:
    """The papers, as if nobody had wanted them yet."""
    return Filing(papers=crowd.papers(PAPERS), inboxes={}, rules=0)


async def file(store: RedisStore, where: Sequence[Address], *, waiting: int = WAITING, rules: int = 1) -> None:
    """Papers that all these channels' rules meet, some in each inbox.

    Args:
        rules: The revision that the rules stand at.
    """
    papers = crowd.papers(PAPERS)
    step = math.ceil(len(papers) / waiting)
    for start in range(0, len(where), _AT_ONCE):
        inboxes: dict[Address, list[PaperId]] = {}
        for number, address in enumerate(where[start : start + _AT_ONCE], start=start):
            inboxes[address] = [papers[(number + step * place) % len(papers)].id for place in range(waiting)]
        await store.papers.file(Filing(papers=papers if start == 0 else (), inboxes=inboxes, rules=rules))


async def install(store: RedisStore, where: Iterable[Address]) -> None:
    """The app in each of their workspaces, the token sealed."""
    for workspace in dict.fromkeys(address.workspace for address in where):
        await store.installations.save(
            Installation(
                platform="slack",
                workspace=workspace,
                name="Acme",
                token=f"xoxb-{workspace}",
                scopes=frozenset({"chat:write", "commands"}),
                bot_user="U0BOT",
                bot="B0BOT",
                app="A0APP",
            )
        )


async def fill(store: RedisStore, count: int, *, platform: str = "slack", where: Sequence[Address] = ()) -> Sequence[Address]:
    """So many channels with papers in their inboxes, on nobody's agenda yet; or those named."""
    where = where or addresses(count, platform=platform)
    await save(store, channels(where, now=datetime.now(UTC)))
    await file(store, where)
    if platform == "slack":
        await install(store, where)
    return where


async def ring(store: RedisStore, where: Sequence[Address], *, at: datetime, spread_out: bool = False) -> dict[str, float]:
    """Put them on the agenda: all for one moment (whole seconds), or for that and what each address adds to it, as schedules do.

    Returns the moment of each channel in seconds since 1970.
    """
    dues = {address: int((at + (spread(address) if spread_out else timedelta())).timestamp()) for address in where}
    listed = list(dues.items())
    for start in range(0, len(listed), _AT_ONCE):
        pairs = [part for address, due in listed[start : start + _AT_ONCE] for part in (due, str(address))]
        await store.connection.call("ZADD", keys.AGENDA, *pairs)
    return {address.channel: float(due) for address, due in dues.items()}
