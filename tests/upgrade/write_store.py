"""Makes a stored file with the code of the release it is run with.

> git worktree add --detach RELEASE TAG
> cp -r tests/upgrade RELEASE/tests/                      (for a release that has no such folder yet)
> cd RELEASE && PYTHONPATH=. python -m tests.upgrade.write_store OUT.json

The file is added to this folder as `store_of_X_Y.json` and never changed again; the tests read every file there is. `store_of_0_1.json`
was made so with the last commit that had one outbox for all workspaces. It speaks to the store through `bot.store` alone, in the order
in which a bot would, at moments of its own choosing.
"""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import json
import sys
import tempfile
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.ports import Dead, Doubtful, Due, Filed, Filing, Later, Planned, Saved, Sent, Settled
from bot.store.store import open_store
from tests.upgrade import contents as c
from tests.upgrade.dump import dump

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.ports import Delivery, Lease, Outcome
    from bot.store.store import RedisStore

NEED = timedelta(seconds=20)


class Hand:
    """The store's clock, moved by hand."""

    def __init__(self) -> None:
        self.now = c.WRITTEN - timedelta(hours=2)

    def __call__(self) -> datetime:
        return self.now


async def write(store: RedisStore, clock: Hand) -> None:
    """Everything of `contents`; `clock` ends at WRITTEN."""
    await _channels(store)
    await _papers(store)
    await _deliveries(store, clock)
    await _votes(store)
    await _sources(store)
    await _installations(store)
    await _doors(store)


async def _channels(store: RedisStore) -> None:
    first = dataclasses.replace(c.READING, subscriptions=c.READING.subscriptions[:1], version=0)
    assert await store.channels.save(first, due=c.AGENDA[c.READING.address]) is Saved.SAVED
    assert await store.channels.save(dataclasses.replace(c.READING, version=1), due=Due.KEEP) is Saved.SAVED
    for channel in c.CHANNELS[1:]:
        due = c.AGENDA.get(channel.address)
        assert await store.channels.save(dataclasses.replace(channel, version=0), due=due) is Saved.SAVED
    gone = dataclasses.replace(c.ANYONE, address=c.FORGOTTEN, version=0)
    assert await store.channels.save(gone, due=c.WRITTEN + timedelta(hours=3), backlog=[c.ROBOT.id]) is Saved.SAVED
    await store.channels.forget(c.FORGOTTEN)


async def _papers(store: RedisStore) -> None:
    wanted = [c.ROBOT.id, c.SYLLABUS.id]
    inboxes = {delivery.address: wanted for delivery in c.DELIVERIES}
    inboxes |= {channel.address: [*wanted, c.DOI_ONLY.id] for channel in (c.READING, c.ANYONE)}
    rules = int(await store.connection.read("GET", "pb:rules:revision"))
    filing = Filing(papers=c.PAPERS, inboxes=inboxes, rules=rules, mark=c.MARK)
    assert await store.papers.file(filing) is Filed.FILED
    assert await store.papers.keep(c.READING.address, c.DOI_ONLY.id)


async def _deliveries(store: RedisStore, clock: Hand) -> None:
    clock.now = c.WRITTEN - c.LEASE
    for delivery in (c.ABANDONED, c.ABANDONED_ELSEWHERE):
        await _begun(store, delivery)
    clock.now = c.WRITTEN - timedelta(seconds=30)
    await _settled(store, c.SENT, Sent("m-sent"))
    await _settled(store, c.REFUSED, Dead(c.DEAD[c.REFUSED.id]))
    await _settled(store, c.MERGING, Dead(c.DEAD[c.MERGING.id], merge=True))
    await _settled(store, c.DEAD_IN_DOUBT, Dead(c.DEAD[c.DEAD_IN_DOUBT.id], doubtful=True))
    await _settled(store, c.DOUBTFUL, Doubtful(c.WRITTEN + timedelta(seconds=40), "not answered"))
    await _settled(store, c.FAILED, Later(c.WRITTEN + timedelta(minutes=5), "no connection"))
    await _begun(store, c.SENDING)
    await _claimed(store, c.CLAIMED)
    await _settled(store, c.THREADED, Sent("m-threaded-0"))
    await _settled(store, c.THIRD_PART, Sent("m-third-0"))
    await _settled(store, c.THIRD_PART, Sent("m-third-1"))
    clock.now = c.WRITTEN
    await _planned(store, c.UNTOUCHED)


async def _planned(store: RedisStore, delivery: Delivery) -> None:
    if await store.deliveries.get(delivery.id) is None:
        assert await store.deliveries.post_now(delivery) is Planned.PLANNED


async def _claimed(store: RedisStore, delivery: Delivery) -> Lease:
    await _planned(store, delivery)
    found = None
    for lease in await _due(store, delivery.address.platform):
        if lease.delivery.id == delivery.id:
            found = lease
        else:
            await store.deliveries.release(lease)
    assert found is not None
    return found


async def _due(store: RedisStore, platform: str) -> Sequence[Lease]:
    claim: Any = store.deliveries.claim
    # Release 0.1 had one outbox for all platforms.
    whose = (platform,) if "platform" in inspect.signature(claim).parameters else ()
    leases: Sequence[Lease] = await claim(*whose, limit=100, lease=c.LEASE)
    return leases


async def _begun(store: RedisStore, delivery: Delivery) -> Lease:
    lease = await _claimed(store, delivery)
    assert await store.deliveries.begin(lease, need=NEED)
    return lease


async def _settled(store: RedisStore, delivery: Delivery, outcome: Outcome) -> None:
    assert await store.deliveries.settle(await _begun(store, delivery), outcome) is Settled.SETTLED


async def _votes(store: RedisStore) -> None:
    for vote in c.VOTES:
        await store.votes.cast(c.READING.address, vote)
    taken_back = dataclasses.replace(c.VOTES[0], sign="rocket")
    await store.votes.cast(c.READING.address, taken_back)
    await store.votes.withdraw(c.READING.address, taken_back)
    await store.votes.shown(c.READING.address, *c.SHOWN_BY)


async def _sources(store: RedisStore) -> None:
    for source, health in (("arxiv", c.HEALTHY), ("huggingface", c.FAILING)):
        await store.fetches.ensure(source)
        turn = await store.fetches.claim(source, lease=c.LEASE)
        assert turn is not None
        assert await store.fetches.finish(turn, health, again=c.AGAIN)
    assert await store.fetches.claim("huggingface", lease=c.LEASE, force=True)
    await store.fetches.ensure("sample")


async def _installations(store: RedisStore) -> None:
    first = dataclasses.replace(c.INSTALLATION, token="expired", version=0)
    assert await store.installations.save(first) is Saved.SAVED
    assert await store.installations.save(dataclasses.replace(c.INSTALLATION, version=1)) is Saved.SAVED
    assert await store.installations.save(dataclasses.replace(c.SECOND_INSTALLATION, version=0)) is Saved.SAVED
    platform, workspace, erase_at = c.LEFT
    leaving = dataclasses.replace(c.INSTALLATION, platform=platform, workspace=workspace, version=0)
    assert await store.installations.save(leaving) is Saved.SAVED
    assert await store.installations.remove(platform, workspace, erase_at=erase_at)


async def _doors(store: RedisStore) -> None:
    await store.gate.shut("papers.example", until=c.SHUT_UNTIL, reason="not wanted (403)")
    await store.gate.turn("slack:T1", gap=timedelta(minutes=1), burst=1, patience=timedelta(0))
    await store.gate.strike("discord", limit=3, per=timedelta(hours=1), rest=timedelta(hours=1))
    assert await store.locks.hold("gateway", holder="an earlier process", keep=timedelta(hours=1))
    await store.cache.put("answer", b"\x00bytes\xff", keep=timedelta(hours=1))
    assert await store.cache.first("event 1", keep=timedelta(hours=1))
    for _ in range(3):
        assert await store.cache.allow("user 1", limit=3, per=timedelta(hours=1))


async def main(out: Path) -> None:
    """Write the file."""
    clock = Hand()
    with tempfile.TemporaryDirectory() as temporary:
        async with open_store(directory=Path(temporary), clock=clock, secret_keys=[c.SECRET_KEY]) as store:
            await write(store, clock)
            found = {"release": version("paperboy"), "written": c.WRITTEN.isoformat(), "keys": await dump(store.connection)}
    out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
