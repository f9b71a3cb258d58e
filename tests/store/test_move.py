"""A channel that its platform gives another address takes everything with it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.channel import Address, Channel, QueryText, Subscription
from bot.errors import CorruptRecord
from bot.paper import Paper, PaperId
from bot.ports import Dead, Filed, Filing, Later, Planned, RuleChanges, Saved, Sent, Settled
from bot.store import keys
from bot.votes import Vote
from tests.store.outbox import (
    ADDRESS,
    COUNTED,
    DUE,
    LEASE,
    NEED,
    PLANNING,
    PLATFORMS,
    SHOWN,
    SLOT,
    THEN,
    begun,
    claimed,
    delivery,
    idle,
    planned,
    post_now,
    settled,
)

if TYPE_CHECKING:
    from bot.store.store import RedisStore
    from tests.clock import Clock

OLD, NEW = ADDRESS, Address("slack", "T1", "C9")
NEIGHBOUR = Address("slack", "T1", "C10")
OWL, EEL = PaperId("2505.00001"), PaperId("2505.00002")
LIKED = Vote(paper=OWL, voter="U1", sign="+1", value=1)


async def furnish(store: RedisStore, address: Address, due: datetime) -> None:
    """Something under every key that a channel can have."""
    name = address.channel
    at = datetime(2025, 11, 20, tzinfo=UTC)
    rules = (Subscription(QueryText("owl"), "Ada", at, "U1"),)
    await store.channels.save(dataclasses.replace(await store.channels.load(address), name=name, subscriptions=rules), due=due)
    papers = [Paper(id=id, title=id) for id in (OWL, EEL)]
    revision = int(await store.connection.read("GET", keys.RULES_REVISION))
    assert await store.papers.file(Filing(papers=papers, inboxes={address: [OWL]}, rules=revision)) is Filed.FILED
    await store.papers.keep(address, EEL)
    await post_now(store, dataclasses.replace(delivery(f"sent-{name}", address=address), remainder=(PaperId("2505.77777"),)))
    lease = await begun(store)
    await store.deliveries.settle(lease, Sent("m"))
    await post_now(store, delivery(f"dead-{name}", address=address))
    lease = await begun(store)
    await store.deliveries.settle(lease, Dead("x"))
    await post_now(store, delivery(f"waiting-{name}", address=address))
    lease = await begun(store)
    await store.deliveries.settle(lease, Later(THEN, "x"))
    await store.votes.shown(address, "m", [OWL])
    await store.votes.cast(address, LIKED)
    await store.cache.put(f"undo:{address}", b"{}", keep=LEASE)


async def contents(store: RedisStore) -> dict[str, bytes]:
    """What lies under each key that belongs to channels one by one."""
    found = sorted(key.decode() for key in await store.connection.read("KEYS", "*"))
    return {
        key: await store.connection.read("DUMP", key)
        for key in found
        if not key.startswith((keys.PREFIX + "rules:", keys.PREFIX + "allow:"))
    }


async def changes(store: RedisStore, since: int) -> list[RuleChanges]:
    return [batch async for batch in store.channels.changes(since)]


async def test_no_key_and_no_entry_is_left_under_the_old_address(store: RedisStore, clock: Clock) -> None:
    await furnish(store, OLD, clock.now)
    await furnish(store, NEIGHBOUR, clock.now)
    neighbours = {key: value for key, value in (await contents(store)).items() if key.endswith(f":{NEIGHBOUR}")}
    furnished = set(keys.of_channel(OLD))
    assert {key for key in await contents(store) if key.endswith(f":{OLD}")} == furnished

    assert await store.channels.move(OLD, NEW)

    left = await contents(store)
    assert {key for key in left if key.endswith(f":{NEW}")} == set(keys.of_channel(NEW))
    assert not [key for key in left if key.endswith(f":{OLD}")]
    # In rules:* the old address stays for a while, so that every process hears that nothing is there any more.
    old = str(OLD).encode()
    for key in left:
        kind = await store.connection.read("TYPE", key)
        members = {b"set": ("SMEMBERS", key), b"zset": ("ZRANGE", key, 0, -1), b"hash": ("HGETALL", key)}.get(kind)
        assert members is None or old not in await store.connection.read(*members), key
    assert {key: value for key, value in left.items() if key.endswith(f":{NEIGHBOUR}")} == neighbours


async def test_everything_that_was_kept_is_found_under_the_new_one(store: RedisStore, clock: Clock) -> None:
    await furnish(store, OLD, clock.now)
    record = await store.channels.load(OLD)
    inbox, kept, log = await store.papers.inbox(OLD), await store.papers.kept(OLD), await store.deliveries.log(OLD)
    histories = [await store.papers.history(OLD, id) for id in (OWL, EEL, PaperId("2505.77777"), PaperId("2511.1000sent-C1"))]
    lives = [await store.connection.read("PTTL", key) for key in keys.of_channel(OLD)]

    assert await store.channels.move(OLD, NEW)

    assert await store.channels.load(NEW) == dataclasses.replace(record, address=NEW)
    assert await store.channels.next_due(NEW) == clock.now
    assert (await store.papers.inbox(NEW), await store.papers.kept(NEW), await store.deliveries.log(NEW)) == (inbox, kept, log)
    assert [await store.papers.history(NEW, id) for id in (OWL, EEL, PaperId("2505.77777"), PaperId("2511.1000sent-C1"))] == histories
    assert await store.votes.of(NEW) == [LIKED]
    assert await store.votes.shown_by(NEW, "m") == (OWL,)
    assert await store.connection.read("SMEMBERS", keys.keepers(EEL)) == [str(NEW).encode()]
    for key, life in zip(keys.of_channel(NEW), lives, strict=True):
        assert life - 60_000 < await store.connection.read("PTTL", key) <= life
    assert await store.channels.load(OLD) == Channel(address=OLD)
    assert await store.channels.next_due(OLD) is None


async def test_moving_again_after_a_lost_answer_changes_nothing(store: RedisStore, clock: Clock) -> None:
    await furnish(store, OLD, clock.now)
    assert await store.channels.move(OLD, NEW)
    before = await contents(store)
    assert not await store.channels.move(OLD, NEW)
    assert await contents(store) == before


async def test_a_channel_of_which_nothing_is_kept_does_not_move(store: RedisStore) -> None:
    assert not await store.channels.move(OLD, NEW)
    assert await store.connection.read("KEYS", "*") == []


async def test_a_channel_does_not_move_over_another(store: RedisStore, clock: Clock) -> None:
    await furnish(store, OLD, clock.now)
    await store.channels.save(Channel(address=NEW, name="#new"), due=None)
    before = await contents(store)
    assert not await store.channels.move(OLD, NEW)
    assert not await store.channels.move(OLD, OLD)
    assert await contents(store) == before


async def test_a_channel_without_a_record_moves_with_what_it_has(store: RedisStore) -> None:
    await store.papers.file(Filing(papers=[Paper(id=EEL, title="Eel")], inboxes={}, rules=0))
    await store.papers.keep(OLD, EEL)
    assert await store.channels.move(OLD, NEW)
    assert [id for id, _ in await store.papers.kept(NEW)] == [EEL]
    assert await changes(store, 0) == []
    assert await store.channels.of("slack", "T1") == []


async def test_who_follows_the_rules_hears_that_they_moved(store: RedisStore, clock: Clock) -> None:
    await furnish(store, OLD, clock.now)
    (since,) = [batch.revision for batch in await changes(store, 0) if batch.revision]
    await store.channels.move(OLD, NEW)
    told = [channel for batch in await changes(store, since) for channel in batch.channels]
    assert told == [Channel(address=OLD), await store.channels.load(NEW)]
    clock.advance(keys.TOMBSTONE)
    assert (await store.sweep())["forgotten channels"] == 1
    assert [channel.address for batch in await changes(store, 0) for channel in batch.channels] == [NEW]


async def test_papers_matched_for_the_old_address_are_refused_after_the_move(store: RedisStore, clock: Clock) -> None:
    await furnish(store, OLD, clock.now)
    revision = int(await store.connection.read("GET", keys.RULES_REVISION))
    await store.channels.move(OLD, NEW)
    filing = Filing(papers=[Paper(id=PaperId("2505.5"), title="x")], inboxes={OLD: [PaperId("2505.5")]}, rules=revision)
    assert await store.papers.file(filing) is Filed.STALE


async def test_who_read_the_channel_before_it_moved_reads_again(store: RedisStore, clock: Clock) -> None:
    await furnish(store, OLD, clock.now)
    stale, blank = await store.channels.load(OLD), await store.channels.load(NEW)
    await store.channels.move(OLD, NEW)
    assert await store.channels.save(stale, due=None) is Saved.CONFLICT
    assert await store.channels.save(blank, due=None) is Saved.CONFLICT


async def test_a_channel_may_move_back(store: RedisStore, clock: Clock) -> None:
    await furnish(store, OLD, clock.now)
    record = await store.channels.load(OLD)
    assert await store.channels.move(OLD, NEW)
    assert await store.channels.move(NEW, OLD)
    assert await store.channels.load(OLD) == record
    clock.advance(timedelta(days=2))
    assert (await store.sweep())["forgotten channels"] == 1
    assert [channel.address for channel in await store.channels.of("slack", "T1")] == [OLD]


async def test_a_record_that_cannot_be_read_moves_as_it_is(store: RedisStore, clock: Clock) -> None:
    await store.channels.save(Channel(address=OLD), due=clock.now)
    await store.connection.call("HSET", keys.bucket_of(OLD), str(OLD), b"\x01rubbish")
    with pytest.raises(CorruptRecord):
        await store.channels.load(OLD)
    assert await store.channels.move(OLD, NEW)
    with pytest.raises(CorruptRecord):
        await store.channels.load(NEW)
    assert await store.connection.read("KEYS", f"*{OLD}") == []
    await store.channels.forget(NEW)
    assert await store.connection.read("KEYS", f"*{NEW}") == []


# ---------------------------------------------------------------- deliveries


async def test_what_is_not_sent_yet_is_for_the_new_address(store: RedisStore) -> None:
    await planned(store, parts=2)
    await settled(store, Sent("m0"))
    await store.channels.move(OLD, NEW)

    lease = await begun(store)

    assert lease.delivery == dataclasses.replace(delivery(parts=2), address=NEW)
    assert await store.deliveries.get(SLOT) == lease.delivery
    assert await store.deliveries.settle(lease, Sent("m1")) is Settled.SETTLED
    assert (await store.papers.history(NEW, SHOWN[0])).posted == DUE
    assert await store.connection.read("KEYS", f"*{OLD}") == []


@pytest.mark.parametrize("outcome", [Sent("m"), Later(DUE, "x"), Dead("x")])
async def test_who_claimed_before_the_move_settles_after_it_for_the_new_address(store: RedisStore, outcome: Sent | Later | Dead) -> None:
    await planned(store)
    lease = await begun(store)
    await store.channels.move(OLD, NEW)

    assert await store.deliveries.settle(lease, outcome) is Settled.SETTLED

    assert [one.delivery for one in await store.deliveries.log(NEW)] == [SLOT]
    assert ((await store.papers.history(NEW, SHOWN[0])).posted is not None) is isinstance(outcome, Sent)
    assert ((await store.papers.history(NEW, COUNTED[0])).capped is not None) is isinstance(outcome, Sent)
    assert await store.connection.read("KEYS", f"*{OLD}") == []


async def test_what_is_taken_back_after_the_move_returns_to_the_new_inbox(store: RedisStore) -> None:
    await planned(store)
    await store.channels.move(OLD, NEW)
    assert await store.deliveries.recall(OLD) == []
    assert await store.deliveries.recall(NEW) == [*SHOWN, *COUNTED]
    assert {id for id, _ in await store.papers.inbox(NEW)} == {*SHOWN, *COUNTED}
    assert await store.connection.read("KEYS", f"*{OLD}") == []


async def test_a_move_between_reading_and_taking_back_takes_nothing_back(store: RedisStore) -> None:
    await planned(store)
    # As if the list had been read just before the move.
    await store.channels.move(OLD, NEW)
    await store.connection.call("ZADD", keys.deliveries_of(OLD), 1, SLOT)
    assert await store.deliveries.recall(OLD) == []
    assert (await claimed(store)).delivery.address == NEW
    await store.connection.call("DEL", keys.deliveries_of(OLD))


async def test_a_dead_delivery_is_replayed_in_the_new_place(store: RedisStore) -> None:
    await planned(store)
    await settled(store, Dead("gone"))
    await store.channels.move(OLD, NEW)
    assert [lease.delivery.address for lease in await store.deliveries.dead()] == [NEW]
    assert await store.deliveries.replay(SLOT)
    assert (await claimed(store)).delivery.address == NEW
    assert await store.connection.read("KEYS", f"*{OLD}") == []


async def test_a_slot_of_the_old_address_is_not_planned_any_more(store: RedisStore, clock: Clock) -> None:
    await furnish(store, OLD, DUE)
    await store.channels.move(OLD, NEW)
    assert await store.deliveries.plan(OLD, due=DUE, then=THEN, delivery=None) is Planned.TAKEN
    assert await store.channels.due(PLATFORMS, limit=9, lease=PLANNING) == [(NEW, clock.now)]


async def test_forgetting_the_moved_channel_erases_what_it_brought(store: RedisStore, clock: Clock) -> None:
    await furnish(store, OLD, clock.now)
    await store.channels.move(OLD, NEW)
    await store.channels.forget(NEW)
    left = [key.decode() for key in await store.connection.read("KEYS", "*")]
    assert not [key for key in left if "C1" in key or "C9" in key]
    clock.advance(THEN - DUE)
    assert await idle(store)


async def test_a_delivery_that_has_gone_in_its_time_does_not_come_back(store: RedisStore) -> None:
    await planned(store)
    await store.connection.call("DEL", keys.delivery(SLOT))
    await store.channels.move(OLD, NEW)
    assert await store.connection.read("EXISTS", keys.delivery(SLOT)) == 0


# ---------------------------------------------------------------- spoken in already


async def test_what_was_said_under_the_new_address_before_the_move_stays_too(store: RedisStore, clock: Clock) -> None:
    await furnish(store, OLD, clock.now)
    clock.advance(timedelta(minutes=1))
    await store.papers.keep(NEW, OWL)
    await store.papers.keep(NEW, EEL)
    await store.votes.shown(NEW, "m2", [EEL])
    await store.votes.cast(NEW, dataclasses.replace(LIKED, voter="U2"))
    await post_now(store, delivery("said", address=NEW))
    lease = await begun(store)
    await store.deliveries.settle(lease, Later(clock.now + LEASE, "slow"))
    expected = [*await store.deliveries.log(NEW), *await store.deliveries.log(OLD)]
    failing = await store.connection.read("GET", keys.failing(OLD))
    # The young half of its time is over: the longer one stands.
    await store.connection.call("PEXPIRE", keys.votes(NEW), 1000)

    assert await store.channels.move(OLD, NEW)

    assert dict(await store.papers.kept(NEW)) == {OWL: clock.now, EEL: clock.now}
    assert await store.connection.read("PTTL", keys.kept(NEW)) == -1
    assert [await store.votes.shown_by(NEW, message) for message in ("m", "m2")] == [(OWL,), (EEL,)]
    assert [vote.voter for vote in await store.votes.of(NEW)] == ["U1", "U2"]
    assert await store.connection.read("PTTL", keys.votes(NEW)) > timedelta(days=170).total_seconds() * 1000
    assert await store.deliveries.log(NEW) == expected
    assert await store.connection.read("GET", keys.failing(NEW)) == failing
    assert await store.connection.read("KEYS", f"*{OLD}") == []
    assert await store.deliveries.begin(lease, need=NEED) is False
    await store.channels.forget(NEW)
    assert await store.deliveries.get("said") is None
