"""Names that one process at a time holds."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.store.locks import StoredLocks

if TYPE_CHECKING:
    from bot.ports import Locks, Store
    from bot.store.connection import Connection
    from bot.store.store import RedisStore
    from tests.clock import Clock

NAME = "gateway:123"
KEEP = timedelta(seconds=8)


@pytest.fixture
def locks(connection: Connection) -> StoredLocks:
    return StoredLocks(connection)


async def test_the_first_holds_the_name_and_the_second_does_not(locks: StoredLocks) -> None:
    assert await locks.hold(NAME, holder="one", keep=KEEP)
    assert not await locks.hold(NAME, holder="two", keep=KEEP)

    assert await locks.holder(NAME) == "one"


async def test_a_name_that_nobody_holds_has_no_holder(locks: StoredLocks) -> None:
    assert await locks.holder(NAME) is None


async def test_of_many_at_once_exactly_one_holds_the_name(locks: StoredLocks) -> None:
    held = await asyncio.gather(*(locks.hold(NAME, holder=f"process {n}", keep=KEEP) for n in range(20)))

    assert held.count(True) == 1
    assert await locks.holder(NAME) == f"process {held.index(True)}"


async def test_another_name_is_another_lock(locks: StoredLocks) -> None:
    await locks.hold(NAME, holder="one", keep=KEEP)

    assert await locks.hold("gateway:456", holder="two", keep=KEEP)


async def test_whoever_keeps_saying_so_keeps_the_name(locks: StoredLocks, clock: Clock) -> None:
    for _ in range(5):
        assert await locks.hold(NAME, holder="one", keep=KEEP)
        clock.advance(KEEP - timedelta(milliseconds=1))
        assert not await locks.hold(NAME, holder="two", keep=KEEP)


async def test_whoever_falls_silent_loses_the_name_when_its_time_is_over(locks: StoredLocks, clock: Clock) -> None:
    await locks.hold(NAME, holder="dead", keep=KEEP)
    clock.advance(KEEP)

    assert await locks.holder(NAME) is None
    assert await locks.hold(NAME, holder="next", keep=KEEP)
    assert not await locks.hold(NAME, holder="dead", keep=KEEP), "back from a long pause it must see that another has begun"


async def test_a_shorter_time_said_later_counts(locks: StoredLocks, clock: Clock) -> None:
    await locks.hold(NAME, holder="one", keep=timedelta(hours=1))
    await locks.hold(NAME, holder="one", keep=KEEP)
    clock.advance(KEEP)

    assert await locks.hold(NAME, holder="two", keep=KEEP)


async def test_a_name_given_up_is_free_at_once(locks: StoredLocks) -> None:
    await locks.hold(NAME, holder="one", keep=KEEP)

    assert await locks.release(NAME, holder="one")
    assert await locks.holder(NAME) is None
    assert await locks.hold(NAME, holder="two", keep=KEEP)


async def test_nobody_gives_up_what_another_holds(locks: StoredLocks) -> None:
    await locks.hold(NAME, holder="one", keep=KEEP)

    assert not await locks.release(NAME, holder="two")
    assert await locks.holder(NAME) == "one"


async def test_giving_up_twice_or_too_late_does_nothing(locks: StoredLocks, clock: Clock) -> None:
    await locks.hold(NAME, holder="one", keep=KEEP)
    assert await locks.release(NAME, holder="one")
    assert not await locks.release(NAME, holder="one")

    await locks.hold(NAME, holder="one", keep=KEEP)
    clock.advance(KEEP)
    assert not await locks.release(NAME, holder="one")


async def test_the_store_has_locks(store: RedisStore) -> None:
    kept: Store = store
    locks: Locks = kept.locks

    assert await locks.hold(NAME, holder="ünï:cödé", keep=KEEP)
    assert await locks.holder(NAME) == "ünï:cödé"


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("hold"), st.sampled_from("abc"), st.integers(1, 20)),
        st.tuples(st.just("release"), st.sampled_from("abc"), st.just(0)),
        st.tuples(st.just("wait"), st.just(""), st.integers(1, 20)),
    ),
    max_size=30,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])  # each example has its own name
@given(steps=_STEPS)
async def test_whatever_happens_the_name_is_the_last_ones_who_was_told_so(
    locks: StoredLocks, clock: Clock, steps: list[tuple[str, str, int]]
) -> None:
    name, held, until = f"{clock.now.timestamp()}", "", clock.now
    clock.advance(timedelta(days=1))
    for step, who, seconds in steps:
        is_free = held in {"", who} or until <= clock.now
        match step:
            case "hold":
                assert await locks.hold(name, holder=who, keep=timedelta(seconds=seconds)) == is_free
                if is_free:
                    held, until = who, clock.now + timedelta(seconds=seconds)
            case "release":
                assert await locks.release(name, holder=who) == (held == who and until > clock.now)
                held = "" if held == who else held
            case _:
                clock.advance(timedelta(seconds=seconds))
        assert await locks.holder(name) == (held if held and until > clock.now else None)
