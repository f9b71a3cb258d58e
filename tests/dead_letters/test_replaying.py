"""What died comes back when somebody asks for it."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import pytest

from bot.channel import FOREVER
from bot.dead_letters import replayed_text
from bot.ports import Saved, State
from tests.dead_letters.asking import OTHER, TWIN, died, told
from tests.store.outbox import ADDRESS, SLOT, claims, subscribe

if TYPE_CHECKING:
    from bot.store.store import RedisStore


async def test_what_is_replayed_waits_again_and_is_dead_no_more(store: RedisStore) -> None:
    await died(store)
    assert await told(store, replay=["AAAA"]) == (
        "AAAA: brought back, for slack:T1:C1.\n"
        "A running worker takes them up within seconds. How it went: python -m bot deliveries --channel ADDRESS\n"
    )
    [lease] = await claims(store)
    assert (lease.delivery.id, lease.state) == (SLOT, State.PENDING)
    again = await told(store, replay=[SLOT], status=1)
    assert again == f"{SLOT}: it is not dead: it was sent, or is on its way.\n"


async def test_all_are_replayed_by_one_word(store: RedisStore) -> None:
    for id in (SLOT, TWIN, OTHER):
        await died(store, id)
    said = await told(store, replay=["all"], alone=True)
    assert said.count("brought back") == 3
    assert f"{TWIN[:11]}: brought back" in said
    assert said.endswith("No bot is at work here: the next one takes them up when it starts.\n")
    assert await store.deliveries.dead_ids() == []


async def test_each_that_cannot_be_replayed_says_why_and_the_others_are(store: RedisStore) -> None:
    for id in (SLOT, TWIN, OTHER):
        await died(store, id)
    typed = ["aaaaaaaa", "cccc", "cccc", "dddd", "all?", "aaa", "\x1b[31m"]
    said = await told(store, replay=typed, status=1)
    assert said.splitlines()[:-1] == [
        "aaaaaaaa: 2 dead deliveries begin so (aaaaaaaaaab, aaaaaaaaaaa); which one.",
        "cccc: brought back, for slack:T1:C1.",
        "dddd: no dead delivery of the last 30 days begins so; those there are: python -m bot deliveries --dead.",
        "all?: this is no id, nor 4 digits of one; those there are: python -m bot deliveries --dead.",
        "aaa: this is no id, nor 4 digits of one; those there are: python -m bot deliveries --dead.",
        "[31m: this is no id, nor 4 digits of one; those there are: python -m bot deliveries --dead.",
    ]
    assert set(await store.deliveries.dead_ids()) == {SLOT, TWIN}
    as_json = json.loads(await told(store, replay=[TWIN, "dddd"], json=True, status=1))
    assert as_json["replayed"] == [TWIN]
    assert [one["id"] for one in as_json["refused"]] == ["dddd"]
    assert "brought back" not in replayed_text([], alone=True)


async def test_one_that_is_named_twice_is_replayed_once(store: RedisStore) -> None:
    await died(store)
    twice = await told(store, replay=["aaaa", "aaaaa"], status=1)
    assert "aaaa: brought back" in twice
    assert "aaaaa: it is dead no more: replayed already, or a later digest has its papers." in twice


async def test_many_that_begin_alike_are_not_all_named(store: RedisStore) -> None:
    for digit in "12345":
        await died(store, "f" * 63 + digit)
    assert "5 dead deliveries begin so (" in (said := await told(store, replay=["ffff"], status=1))
    assert said.count("f" * 63) == 3
    assert ", ...); which one" in said


@pytest.mark.parametrize("trouble", ["the channel is archived", ""])
async def test_a_paused_channel_stays_paused_and_the_delivery_is_tried_all_the_same(store: RedisStore, trouble: str) -> None:
    await subscribe(store, due=None)
    channel = await store.channels.load(ADDRESS)
    paused = dataclasses.replace(channel, paused_until=FOREVER, trouble=trouble)
    assert await store.channels.save(paused, due=None) is Saved.SAVED
    await died(store)
    said = await told(store, dead=True)
    assert f"  paused    by {'itself: the channel is archived' if trouble else 'its people'}; a replay" in said
    assert "which is paused: this delivery is tried all the same, digests wait for `resume` there" in await told(store, replay=["aaaa"])
    assert len(await claims(store)) == 1
    assert (await store.channels.load(ADDRESS)).paused_until == FOREVER
