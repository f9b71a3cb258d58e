"""Bytes and counts worth keeping for a while."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.store import keys

if TYPE_CHECKING:
    from bot.store.store import RedisStore
    from tests.clock import Clock

MINUTE = timedelta(minutes=1)


async def test_what_was_put_can_be_got_until_it_goes(store: RedisStore) -> None:
    assert await store.cache.get("k") is None
    await store.cache.put("k", b"\x00old", keep=MINUTE)
    await store.cache.put("k", b"\x00new", keep=MINUTE)

    assert await store.cache.get("k") == b"\x00new"
    assert 0 < await store.connection.read("PTTL", keys.cache("k")) <= 60_000


async def test_nothing_is_kept_for_ever(store: RedisStore) -> None:
    await store.cache.put("k", b"v", keep=timedelta(days=1000))
    await store.cache.put("gone", b"v", keep=timedelta())

    assert await store.connection.read("PTTL", keys.cache("k")) <= timedelta(days=30).total_seconds() * 1000


async def test_of_many_who_ask_at_once_one_is_first(store: RedisStore) -> None:
    answers = await asyncio.gather(*(store.cache.first("event", keep=MINUTE) for _ in range(8)))

    assert sorted(answers) == [False] * 7 + [True]


async def test_after_a_while_somebody_is_first_again(store: RedisStore, clock: Clock) -> None:
    assert await store.cache.first("event", keep=MINUTE)
    clock.advance(MINUTE - timedelta(seconds=1))
    assert not await store.cache.first("event", keep=MINUTE)
    clock.advance(timedelta(seconds=1))
    assert await store.cache.first("event", keep=MINUTE)


async def test_a_window_allows_so_many_uses_and_the_next_window_as_many_again(store: RedisStore, clock: Clock) -> None:
    answers = [await store.cache.allow("u1", limit=3, per=MINUTE) for _ in range(5)]

    assert answers == [True, True, True, False, False]
    assert await store.cache.allow("u2", limit=3, per=MINUTE)
    clock.advance(MINUTE)
    assert await store.cache.allow("u1", limit=3, per=MINUTE)


async def test_uses_of_different_windows_are_counted_apart(store: RedisStore) -> None:
    assert await store.cache.allow("u1", limit=1, per=MINUTE)
    assert await store.cache.allow("u1", limit=1, per=timedelta(hours=1))


@pytest.mark.parametrize("other", ["T11", "t1", "T*", "?1"])
async def test_what_is_kept_of_one_workspace_is_dropped_and_of_no_other(store: RedisStore, other: str) -> None:
    for workspace in ("T1", other):
        await store.cache.put(f"slack:person:{workspace}:U1", b"Ada", keep=MINUTE)
        assert await store.cache.first(f"slack:hello:{workspace}:C1", keep=MINUTE)
    await store.cache.put("slack-retired:T1", b"it left", keep=MINUTE)
    await store.cache.put("discord:command:T1:token", b"list", keep=MINUTE)

    assert await store.cache.forget("slack", "T1") == 2
    assert await store.cache.forget("slack", "T1") == 0

    assert await store.cache.get("slack:person:T1:U1") is None
    assert await store.cache.first("slack:hello:T1:C1", keep=MINUTE)
    assert await store.cache.get(f"slack:person:{other}:U1") == b"Ada"
    assert not await store.cache.first(f"slack:hello:{other}:C1", keep=MINUTE)
    assert await store.cache.get("slack-retired:T1") == b"it left"
    assert await store.cache.get("discord:command:T1:token") == b"list"
