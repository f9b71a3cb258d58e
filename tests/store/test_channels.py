from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.channel import Address, Channel, QueryText, Subscription
from bot.errors import CorruptRecord
from bot.paper import Paper, PaperId
from bot.ports import Due, Filing, RuleChanges, Saved
from bot.store import channels as module
from bot.store import keys
from bot.store.codec import pack_channel
from bot.votes import Vote
from tests.store.outbox import PLANNING, PLATFORMS, claims, delivery, post_now, waiting

if TYPE_CHECKING:
    from bot.store.store import RedisStore
    from tests.clock import Clock

READING = Address("slack", "T1", "C1")
VISION = Address("discord", "42", "7:thread")
OWL, EEL = PaperId("2505.00001"), PaperId("2505.00002")


def _with_rules(channel: Channel, *queries: str) -> Channel:
    at = datetime(2025, 11, 20, tzinfo=UTC)
    return dataclasses.replace(channel, subscriptions=tuple(Subscription(QueryText(query), "Ada", at) for query in queries))


async def _save(store: RedisStore, address: Address, *queries: str, due: datetime | None = None) -> Channel:
    channel = _with_rules(await store.channels.load(address), *queries)
    assert await store.channels.save(channel, due=due) is Saved.SAVED
    return await store.channels.load(address)


async def _changes(store: RedisStore, since: int) -> list[RuleChanges]:
    return [batch async for batch in store.channels.changes(since)]


def _queries(batches: list[RuleChanges]) -> dict[Address, list[str]]:
    return {channel.address: [one.query for one in channel.subscriptions] for batch in batches for channel in batch.channels}


async def test_a_channel_never_stored_comes_with_version_0_and_the_defaults(store: RedisStore) -> None:
    assert await store.channels.load(READING) == Channel(address=READING)


async def test_a_saved_channel_comes_back_with_the_next_version(store: RedisStore) -> None:
    channel = _with_rules(Channel(address=VISION, name="#vision"), "diffusion", "title:owl")
    assert await store.channels.save(channel, due=None) is Saved.SAVED
    assert await store.channels.load(VISION) == dataclasses.replace(channel, version=1)


async def test_of_two_who_change_the_same_version_the_second_is_told_to_read_again(store: RedisStore) -> None:
    read = await _save(store, READING, "curriculum")
    mine, theirs = _with_rules(read, "curriculum", "owl"), _with_rules(read, "curriculum", "eel")
    assert await store.channels.save(mine, due=None) is Saved.SAVED
    assert await store.channels.save(theirs, due=None) is Saved.CONFLICT
    assert [one.query for one in (await store.channels.load(READING)).subscriptions] == ["curriculum", "owl"]


async def test_a_refused_save_changes_nothing_else_either(store: RedisStore, clock: Clock) -> None:
    old = await store.channels.load(READING)
    await _save(store, READING, "curriculum", due=clock.now)
    (before,) = [batch.revision for batch in await _changes(store, 0) if batch.revision]
    assert await store.channels.save(old, due=None, backlog=[OWL]) is Saved.CONFLICT
    assert await store.channels.next_due(READING) == clock.now
    assert not await store.papers.inbox(READING)
    assert not await _changes(store, before)


async def test_saving_again_after_a_lost_answer_is_no_conflict_and_no_second_change(store: RedisStore) -> None:
    channel = _with_rules(Channel(address=READING), "curriculum")
    assert await store.channels.save(channel, due=None) is Saved.SAVED
    assert await store.channels.save(channel, due=None) is Saved.SAVED
    assert (await store.channels.load(READING)).version == 1
    assert not await _changes(store, 1)


async def test_a_backlog_waits_in_the_inbox_and_what_was_filed_before_does_not_come_again(store: RedisStore, clock: Clock) -> None:
    papers = [Paper(id=OWL, title="Owl", doi="10.1000/owl"), Paper(id=EEL, title="Eel")]
    await store.papers.file(Filing(papers=papers, inboxes={READING: [OWL]}, rules=0))
    clock.advance(timedelta(days=1))
    channel = _with_rules(Channel(address=READING), "owl OR eel")
    assert await store.channels.save(channel, due=None, backlog=[OWL, EEL, PaperId("2505.99999")]) is Saved.SAVED
    yesterday = clock.now - timedelta(days=1)
    assert await store.papers.inbox(READING) == [(OWL, yesterday), (EEL, clock.now), (PaperId("2505.99999"), clock.now)]


async def test_a_paper_that_came_by_a_backlog_is_kept_as_long_as_a_matched_one(store: RedisStore) -> None:
    await store.papers.file(Filing(papers=[Paper(id=OWL, title="Owl", doi="10.1000/owl")], inboxes={}, rules=0))
    await store.channels.save(_with_rules(Channel(address=READING), "owl"), due=None, backlog=[OWL])
    for key in (keys.paper(OWL), keys.alias("doi:10.1000/owl")):
        assert timedelta(milliseconds=await store.connection.read("PTTL", key)) > timedelta(days=179)


# ---------------------------------------------------------------- the agenda


async def test_due_channels_come_longest_overdue_first_with_the_moment_they_were_due(store: RedisStore, clock: Clock) -> None:
    hour = timedelta(hours=1)
    await _save(store, READING, "owl", due=clock.now - hour)
    await _save(store, VISION, "owl", due=clock.now - 2 * hour)
    await _save(store, Address("terminal", "local", "me"), "owl", due=clock.now + timedelta(seconds=1))
    assert await store.channels.due(PLATFORMS, limit=1, lease=timedelta(0)) == [(VISION, clock.now - 2 * hour)]
    assert await store.channels.due(PLATFORMS, limit=10, lease=timedelta(0)) == [
        (VISION, clock.now - 2 * hour),
        (READING, clock.now - hour),
    ]
    clock.advance(timedelta(seconds=1))
    assert len(await store.channels.due(PLATFORMS, limit=10, lease=PLANNING)) == 3


async def test_a_change_that_is_none_of_the_agendas_business_leaves_it_alone(store: RedisStore, clock: Clock) -> None:
    for due in (None, clock.now):
        await _save(store, READING, "owl", due=due)
        channel = await store.channels.load(READING)
        assert await store.channels.save(dataclasses.replace(channel, name="#reading"), due=Due.KEEP) is Saved.SAVED
        assert await store.channels.next_due(READING) == due


async def test_none_takes_a_channel_off_the_agenda(store: RedisStore, clock: Clock) -> None:
    await _save(store, READING, "owl", due=clock.now)
    await _save(store, READING, "owl", due=None)
    assert await store.channels.next_due(READING) is None
    assert not await store.channels.due(PLATFORMS, limit=10, lease=PLANNING)


# ---------------------------------------------------------------- workspaces


async def test_the_channels_of_a_workspace_come_by_address_and_no_others(
    store: RedisStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CHANGES_AT_ONCE", 2)
    for name in ("C3", "C1", "C2:thread", "C2"):
        await _save(store, Address("slack", "T1", name), name)
    for address in (Address("slack", "T10", "C1"), Address("discord", "T1", "C1")):
        await _save(store, address, "owl")
    await store.channels.put_on_agenda({Address("slack", "T1", "C9"): clock.now}, move=False)
    found = await store.channels.of("slack", "T1")
    assert [channel.address.channel for channel in found] == ["C1", "C2", "C2:thread", "C3"]
    assert [await store.channels.load(channel.address) for channel in found] == found
    assert await store.channels.of("slack", "T2") == []


async def test_a_workspace_knows_no_channel_that_was_forgotten_until_it_is_back(store: RedisStore) -> None:
    for address in (READING, Address("slack", "T1", "C2")):
        await _save(store, address, "owl")
        await store.channels.forget(address)
    assert await store.connection.read("EXISTS", keys.workspace("slack", "T1")) == 0
    back = await _save(store, READING, "eel")
    assert await store.channels.of("slack", "T1") == [back]


async def test_a_workspace_knows_no_channel_that_was_not_saved(store: RedisStore) -> None:
    assert await store.channels.save(Channel(address=READING, version=3), due=None) is Saved.CONFLICT
    assert await store.channels.of("slack", "T1") == []
    assert await store.connection.read("EXISTS", keys.workspace("slack", "T1")) == 0


async def test_a_channel_that_cannot_be_read_does_not_hide_the_others_of_its_workspace(store: RedisStore) -> None:
    await _save(store, READING, "owl")
    other = await _save(store, Address("slack", "T1", "C2"), "eel")
    await _damage(store, READING)
    with capture_logs():
        assert await store.channels.of("slack", "T1") == [other]


async def test_a_channel_forgotten_while_its_workspace_is_read_is_left_out(store: RedisStore) -> None:
    await _save(store, READING, "owl")
    await store.connection.call("HDEL", keys.bucket_of(READING), str(READING))
    assert await store.channels.of("slack", "T1") == []


# ---------------------------------------------------------------- changes


async def test_nothing_at_all_is_told_while_nothing_changed(store: RedisStore) -> None:
    assert not await _changes(store, 0)
    await _save(store, READING, "owl")
    (last,) = [batch.revision for batch in await _changes(store, 0) if batch.revision]
    assert not await _changes(store, last)


async def test_everything_comes_in_batches_of_which_the_first_says_forget_the_rest(store: RedisStore) -> None:
    addresses = [Address("slack", "T1", f"C{number}") for number in range(40)]
    for number, address in enumerate(addresses):
        await _save(store, address, f"rule{number}")
    first, *rest = await _changes(store, 0)
    assert first.complete
    assert not any(batch.complete for batch in rest)
    assert [batch.revision for batch in [first, *rest]] == [0] * len(rest) + [40]
    assert _queries([first, *rest]) == {address: [f"rule{number}"] for number, address in enumerate(addresses)}


async def test_who_asks_again_hears_only_what_changed_oldest_change_first(store: RedisStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CHANGES_AT_ONCE", 2)
    for name in "ABCD":
        await _save(store, Address("slack", "T1", name), "old")
    last = (await _changes(store, 0))[-1].revision
    for name in "CBA":
        await _save(store, Address("slack", "T1", name), "new")
    batches = await _changes(store, last)
    assert [[channel.address.channel for channel in batch.channels] for batch in batches] == [["C", "B"], ["A"]]
    assert not any(batch.complete for batch in batches)
    assert not await _changes(store, batches[-1].revision)
    assert [batch.revision for batch in batches] == [last + 2, last + 3]


async def test_a_forgotten_channel_is_told_without_rules(store: RedisStore) -> None:
    await _save(store, READING, "owl")
    await store.channels.forget(READING)
    assert await _changes(store, 1) == [RuleChanges(2, (Channel(address=READING),))]


async def test_who_asks_from_before_a_swept_forgetting_gets_everything_anew(store: RedisStore, clock: Clock) -> None:
    await _save(store, READING, "owl")
    await _save(store, VISION, "eel")
    await store.channels.forget(READING)
    clock.advance(keys.TOMBSTONE)
    assert (await store.sweep())["forgotten channels"] == 1
    batches = await _changes(store, 2)
    assert batches[0].complete
    assert _queries(batches) == {VISION: ["eel"]}
    assert batches[-1].revision == 3
    assert not await _changes(store, 3)


async def test_a_channel_that_came_back_is_no_longer_swept_as_forgotten(store: RedisStore, clock: Clock) -> None:
    await _save(store, READING, "owl")
    await store.channels.forget(READING)
    await _save(store, READING, "eel")
    clock.advance(timedelta(days=3))
    assert (await store.sweep())["forgotten channels"] == 0
    assert _queries(await _changes(store, 1)) == {READING: ["eel"]}


async def test_who_knows_another_stores_revision_gets_everything_of_this_one(store: RedisStore) -> None:
    await _save(store, READING, "owl")
    batches = await _changes(store, 500)
    assert batches[0].complete
    assert (_queries(batches), batches[-1].revision) == ({READING: ["owl"]}, 1)


async def test_an_emptied_store_says_that_there_is_nothing_any_more(store: RedisStore) -> None:
    batches = await _changes(store, 500)
    assert (batches[0].channels, batches[0].complete) == ((), True)
    assert (_queries(batches), batches[-1].revision) == ({}, 0)


async def test_a_change_during_the_telling_is_told_too(store: RedisStore) -> None:
    await _save(store, READING, "owl")
    seen: list[RuleChanges] = []
    async for batch in store.channels.changes(0):
        if not seen:
            await _save(store, READING, "eel")
        seen.append(batch)
    assert _queries(seen) == {READING: ["eel"]}
    assert seen[-1].revision == 2


# ---------------------------------------------------------------- trouble


async def _damage(store: RedisStore, address: Address) -> bytes:
    stored: bytes = await store.connection.read("HGET", keys.bucket_of(address), str(address))
    await store.connection.call("HSET", keys.bucket_of(address), str(address), stored[:-1])
    return stored[:-1]


async def test_a_record_that_cannot_be_read_is_told_and_neither_lost_nor_overwritten(store: RedisStore) -> None:
    await _save(store, READING, "owl")
    await _save(store, VISION, "eel")
    damaged = await _damage(store, READING)
    for _ in range(2):
        with pytest.raises(CorruptRecord, match=r"channels:.*slack:T1:C1"):
            await store.channels.load(READING)
    assert await store.channels.save(Channel(address=READING), due=None) is Saved.CONFLICT
    assert await store.connection.read("HGET", keys.bucket_of(READING), str(READING)) == damaged
    assert await store.connection.read("GET", keys.CORRUPT_COUNT) == b"1"
    assert await store.connection.read("GET", keys.corrupt(f"{keys.bucket_of(READING)}:{READING}")) == damaged


async def test_a_record_that_cannot_be_read_does_not_hide_the_others(store: RedisStore) -> None:
    await _save(store, READING, "owl")
    await _save(store, VISION, "eel")
    await _damage(store, READING)
    with capture_logs() as logs:
        assert _queries(await _changes(store, 0)) == {VISION: ["eel"]}
    assert [line["event"] for line in logs] == ["record_not_readable"]


async def test_a_record_too_short_to_have_a_version_is_not_overwritten(store: RedisStore) -> None:
    await store.connection.call("HSET", keys.bucket_of(READING), str(READING), b"\x01")
    assert await store.channels.save(Channel(address=READING), due=None) is Saved.CONFLICT


async def test_a_record_of_a_newer_program_is_left_alone(store: RedisStore) -> None:
    record = b"\x02" + pack_channel(Channel(address=READING), version=1)[1:]
    await store.connection.call("HSET", keys.bucket_of(READING), str(READING), record)
    with pytest.raises(CorruptRecord, match="upgrade"):
        await store.channels.load(READING)
    assert await store.connection.read("GET", keys.CORRUPT_COUNT) is None


# ---------------------------------------------------------------- forgetting


async def test_forgetting_erases_every_key_of_the_channel_and_only_those(store: RedisStore, clock: Clock) -> None:
    await store.papers.file(Filing(papers=[Paper(id=OWL, title="Owl")], inboxes={READING: [OWL], VISION: [OWL]}, rules=0))
    for address in (READING, VISION):
        await _save(store, address, "owl", due=clock.now)
        await store.papers.keep(address, OWL)
        await store.votes.shown(address, "m", [OWL])
        await store.votes.cast(address, Vote(paper=OWL, voter="U1", sign="+1", value=1))
        await post_now(store, delivery(f"d-{address.platform}", address=address))
        await store.connection.call("ZADD", keys.DEAD, 1, f"d-{address.platform}")
    await _damage(store, READING)
    with pytest.raises(CorruptRecord):
        await store.channels.load(READING)
    for _ in range(2):
        await store.channels.forget(READING)
    left = [key.decode() for key in await store.connection.read("KEYS", "*")]
    assert not [key for key in left if str(READING) in key or key.endswith("d-slack")]
    assert {key for key in keys.of_channel(VISION) if key in left} >= {keys.votes(VISION), keys.shown(VISION), keys.shown_at(VISION)}
    assert await store.channels.of("slack", "T1") == []
    assert [lease.delivery.id for lease in await claims(store)] == ["d-discord"]
    assert await waiting(store) == 1
    assert await store.connection.read("ZRANGE", keys.DEAD, 0, -1) == [b"d-discord"]
    assert await store.connection.read("SMEMBERS", keys.keepers(OWL)) == [str(VISION).encode()]
    assert await store.channels.load(READING) == Channel(address=READING)
    assert await store.channels.next_due(READING) is None
    assert await store.connection.read("GET", keys.RULES_REVISION) == b"3"


async def test_forgetting_the_last_keeper_lets_the_paper_go_in_its_time(store: RedisStore) -> None:
    await store.papers.file(Filing(papers=[Paper(id=OWL, title="Owl")], inboxes={}, rules=0))
    await store.papers.keep(READING, OWL)
    await store.channels.forget(READING)
    left = timedelta(milliseconds=await store.connection.read("PTTL", keys.paper(OWL)))
    assert timedelta(days=179) < left <= keys.MATCHED


# ---------------------------------------------------------------- several at once


async def test_many_who_add_a_rule_at_once_lose_none(store: RedisStore) -> None:
    async def add(query: str) -> int:
        tries = 1
        while True:
            channel = await store.channels.load(READING)
            queries = [*(one.query for one in channel.subscriptions), query]
            if await store.channels.save(_with_rules(channel, *queries), due=None) is Saved.SAVED:
                return tries
            tries += 1

    tries = await asyncio.gather(*(add(f"rule{number}") for number in range(10)))
    assert {one.query for one in (await store.channels.load(READING)).subscriptions} == {f"rule{number}" for number in range(10)}
    assert max(tries) > 1
