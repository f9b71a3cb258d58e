"""What a bot left behind, compared with what it swore: read from the store and the outlet's log alone."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from bot.channel import Address
from bot.query import parse
from bot.store import keys
from bot.store.codec import unpack_delivery
from tests.crash import journal
from tests.crash.world import CHANNELS, fulfils, paper, title
from tests.key_leaks import leaks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from bot.ports import Delivery
    from bot.store.store import RedisStore
    from tests.crash.journal import Line

_STUDY = re.compile(r"\bStudy\d{5}\b")


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivery as the store has it."""

    delivery: Delivery
    state: str
    parts: int


@dataclass(frozen=True, slots=True)
class Post:
    """A line of the outlet's log."""

    key: str
    address: str
    studies: frozenset[str]
    """The papers in it, by the first words of their titles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found."""

    wrong: Sequence[str]
    """A sentence for each broken promise."""
    counts: dict[str, int]


async def audit(store: RedisStore, directory: Path) -> Findings:
    """Check every promise. All that is due must have been posted before."""
    lines = journal.read(directory / "journal")
    deliveries = await _deliveries(store)
    posts, torn = _posts(directory / "terminal.jsonl")
    wrong: list[str] = []
    counts: Counter[str] = Counter()
    for address in CHANNELS:
        mine = [one for one in deliveries if one.delivery.address == address]
        wrong += await _channel(store, address, lines, mine, [post for post in posts if post.address == str(address)], counts)
    wrong += _posted_once(deliveries, posts)
    wrong += _under_their_own(deliveries, lines)
    wrong += [f"{line.about} was posted again although it stood there" for line in lines if line.event == "repeat"]
    wrong += [f"delivery {id.decode()} is dead" for id in await store.connection.read("ZRANGE", keys.DEAD, 0, -1)]
    waiting = await store.connection.read("ZRANGE", keys.waiting("terminal"), 0, -1)
    wrong += [f"delivery {id.decode()} is still in the outbox" for id in waiting]
    wrong += await leaks(store.connection)
    if unreadable := await store.connection.read("GET", keys.CORRUPT_COUNT):
        wrong.append(f"{int(unreadable)} records could not be read")
    events = Counter(line.event for line in lines)
    counts.update(
        {
            "subscriptions acknowledged": events["ack"],
            "digests on demand": events["digest"],
            "papers printed": max((int(line.about) for line in lines if line.event == "print"), default=0),
            "deliveries": len(deliveries),
            "threads": sum(one.delivery.threaded for one in deliveries),
            "posts": len(posts),
            "requests to post": events["request"],
            "found under way after a kill": sum(int(line.about) for line in lines if line.event == "found"),
            "found waiting after a kill": sum(int(line.detail) for line in lines if line.event == "found"),
            "torn lines of the log": torn,
        }
    )
    return Findings(wrong=wrong, counts=dict(counts))


async def _channel(
    store: RedisStore, address: Address, lines: Sequence[Line], deliveries: Sequence[Delivered], posts: Sequence[Post], counts: Counter[str]
) -> list[str]:
    name = address.channel
    rules = {str(one.query) for one in (await store.channels.load(address)).subscriptions}
    wrong = [
        f"{name} lost its subscription {line.detail!r}"
        for line in lines
        if line.event == "ack" and line.about == name and str(parse(line.detail)) not in rules
    ]
    if rules and await store.channels.next_due(address) is None:
        wrong.append(f"{name} is on no agenda")
    places = {place: await _ids(store, key) for place, key in _places(address).items()}
    filed, waiting, posted, capped = (places[place] for place in ("filed", "waiting", "posted", "capped"))
    wrong += [f"{name} was never given {id}" for id in _owed(name, lines) - filed]
    wrong += [f"{name} was given {id}, which no rule wants" for id in filed if not any(fulfils(_number(id), rule) for rule in rules)]
    fates = Counter([*waiting, *posted, *capped])
    wrong += [f"in {name} {id} is in {fates[id]} places of waiting, posted and capped" for id in filed | set(fates) if fates[id] != 1]
    wrong += [f"in {name} {id} still waits" for id in waiting]
    wrong += _settled_once(name, deliveries, posted, capped)
    shown = Counter(study for post in posts for study in post.studies)
    twice = {id for one in deliveries if one.delivery.threaded for id in one.delivery.papers}  # in the list of titles, and by itself
    wanted = Counter({title(_number(id)).split()[0]: 2 if id in twice else 1 for id in posted})
    wrong += [
        f"in {name} {study} can be read {shown[study]} times instead of {wanted[study]}"
        for study in shown | wanted
        if shown[study] != wanted[study]
    ]
    counts.update({"subscriptions": len(rules), "papers filed": len(filed), "papers posted": len(posted), "papers counted": len(capped)})
    return wrong


def _settled_once(name: str, deliveries: Sequence[Delivered], posted: set[str], capped: set[str]) -> list[str]:
    wrong = [f"in {name} delivery {one.delivery.id} is {one.state}" for one in deliveries if one.state != "sent"]
    shown = Counter(id for one in deliveries for id in one.delivery.papers)
    counted = Counter(id for one in deliveries for id in one.delivery.remainder)
    wrong += [f"in {name} {id} stands in {times} deliveries" for id, times in (shown + counted).items() if times != 1]
    if (set(shown), set(counted)) != (posted, capped):
        wrong.append(f"in {name} the history tells of other papers than the deliveries")
    return wrong


def _posted_once(deliveries: Sequence[Delivered], posts: Sequence[Post]) -> list[str]:
    planned = {
        sha256(f"{one.delivery.id}/{part}".encode()).hexdigest(): f"part {part} of delivery {one.delivery.id}"
        for one in deliveries
        for part in range(one.parts)
    }
    times = Counter(post.key for post in posts)
    wrong = [f"{what} was posted {times[key]} times" for key, what in planned.items() if times[key] != 1]
    return wrong + [f"the log has {key}, which no delivery planned" for key in times if key not in planned]


def _under_their_own(deliveries: Sequence[Delivered], lines: Sequence[Line]) -> list[str]:
    """Whether what belongs into a thread was sent into that of its own digest, and nothing else into any."""
    under = {line.about: line.detail for line in lines if line.event == "request"}
    names = {
        (one.delivery.id, part): sha256(f"{one.delivery.id}/{part}".encode()).hexdigest() for one in deliveries for part in range(one.parts)
    }
    threaded = {one.delivery.id for one in deliveries if one.delivery.threaded}
    right = {(id, part): names[id, 0][:16] if id in threaded and part else "" for id, part in names}
    return [
        f"part {part} of delivery {id} was sent under {under[key]!r} instead of {right[id, part]!r}"
        for (id, part), key in names.items()
        if key in under and under[key] != right[id, part]
    ]


def _owed(name: str, lines: Iterable[Line]) -> set[str]:
    """The papers that were printed after a subscription to them was acknowledged."""
    rules: list[str] = []
    owed: set[str] = set()
    printed = 0
    for line in lines:
        if line.event == "ack" and line.about == name:
            rules.append(line.detail)
        elif line.event == "print":
            new = range(printed, int(line.about))
            owed |= {paper(number).id for number in new if any(fulfils(number, rule) for rule in rules)}
            printed = int(line.about)
    return owed


def _places(address: Address) -> dict[str, str]:
    return {"filed": keys.filed(address), "waiting": keys.inbox(address), "posted": keys.posted(address), "capped": keys.capped(address)}


async def _ids(store: RedisStore, key: str) -> set[str]:
    return {id.decode() for id in await store.connection.read("ZRANGE", key, 0, -1)}


def _number(id: str) -> int:
    return int(id.partition(".")[2])


async def _deliveries(store: RedisStore) -> list[Delivered]:
    """All that there ever were: none is older than the 30 days that they are kept."""
    found = [key.decode() for key in await store.connection.read("KEYS", keys.delivery("*"))]
    fields = await store.connection.read_all([("HMGET", key, "record", "address", "state", "parts") for key in found])
    return [
        Delivered(unpack_delivery(record, address=Address.parse(address.decode()), key=key), state.decode(), int(parts))
        for key, (record, address, state, parts) in zip(found, fields, strict=True)
    ]


def _posts(log: Path) -> tuple[list[Post], int]:
    """What can be read in the log, and how many lines cannot."""
    posts, torn = [], 0
    for line in log.read_text().splitlines() if log.exists() else ():
        try:
            post = json.loads(line)
        except ValueError:
            torn += 1
        else:
            posts.append(Post(post["key"], post["address"], frozenset(_STUDY.findall(post["text"]))))
    return posts, torn
