"""Votes, and the messages they were cast on."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channel import Address
from bot.paper import PaperId
from bot.store import keys
from bot.store import votes as module
from bot.votes import Vote
from tests.store import values

if TYPE_CHECKING:
    from bot.ports import Votes
    from bot.store.store import RedisStore
    from tests.clock import Clock

READING, VISION = Address("slack", "T1", "C1"), Address("discord", "42", "7:thread")
OWL, EEL, FOX = PaperId("2505.00001"), PaperId("hep-th/9901001"), PaperId("10.1000/x<y>(2)")
LIKED = Vote(paper=OWL, voter="U1", sign="+1", value=1)


async def test_a_message_shows_its_papers_in_the_order_it_numbers_them(store: RedisStore) -> None:
    port: Votes = store.votes
    for _ in range(2):
        await port.shown(READING, "1732179600.000100", [FOX, OWL, EEL])
    assert await port.shown_by(READING, "1732179600.000100") == (FOX, OWL, EEL)
    assert await port.shown_by(READING, "1732179600.000200") == ()
    assert await port.shown_by(VISION, "1732179600.000100") == ()


async def test_a_message_without_papers_is_not_noted(store: RedisStore) -> None:
    await store.votes.shown(READING, "1", [])
    assert await store.votes.shown_by(READING, "1") == ()
    assert await store.connection.read("KEYS", "*") == []


async def test_what_a_message_showed_is_known_for_thirty_days(store: RedisStore, clock: Clock) -> None:
    await store.votes.shown(READING, "old", [OWL])
    clock.advance(keys.SHOWN - timedelta(seconds=1))
    await store.votes.shown(READING, "young", [EEL])
    assert await store.votes.shown_by(READING, "old") == (OWL,)
    clock.advance(timedelta(seconds=1))
    await store.votes.shown(READING, "new", [FOX])
    assert [await store.votes.shown_by(READING, message) for message in ("old", "young", "new")] == [(), (EEL,), (FOX,)]


async def test_only_so_many_messages_are_remembered_the_newest(store: RedisStore, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_MESSAGES", 3)
    for number in range(5):
        await store.votes.shown(READING, f"m{number}", [OWL])
        clock.advance(timedelta(seconds=1))
    assert [await store.votes.shown_by(READING, f"m{number}") for number in range(5)] == [(), (), (OWL,), (OWL,), (OWL,)]
    assert await store.connection.read("HLEN", keys.shown(READING)) == 3
    assert await store.connection.read("ZCARD", keys.shown_at(READING)) == 3


async def test_votes_come_oldest_first_each_channel_for_itself(store: RedisStore, clock: Clock) -> None:
    cast = [LIKED, Vote(paper=FOX, voter="U2", sign="button", value=-1), Vote(paper=EEL, voter="U1", sign="❤️", value=1)]
    for vote in cast:
        await store.votes.cast(READING, vote)
        clock.advance(timedelta(seconds=1))
    assert await store.votes.of(READING) == cast
    assert await store.votes.of(VISION) == []


async def test_a_vote_cast_again_is_as_old_as_it_was(store: RedisStore, clock: Clock) -> None:
    second = dataclasses.replace(LIKED, voter="U2")
    for vote in (LIKED, second, LIKED):
        await store.votes.cast(READING, vote)
        clock.advance(timedelta(seconds=1))
    assert await store.votes.of(READING) == [LIKED, second]


async def test_the_same_vote_twice_counts_once_and_with_another_value_the_last_stands(store: RedisStore) -> None:
    for value in (1, 1, -1):
        await store.votes.cast(READING, dataclasses.replace(LIKED, value=value))
    assert await store.votes.of(READING) == [dataclasses.replace(LIKED, value=-1)]


@pytest.mark.parametrize("value", [1, -1])
async def test_a_vote_is_taken_back_whatever_its_value_and_others_stay(store: RedisStore, value: int) -> None:
    others = [
        dataclasses.replace(LIKED, **{field: other})  # type: ignore[arg-type]  # each field gets its own type
        for field, other in (("sign", "heart"), ("voter", "U2"), ("paper", EEL))
    ]
    for vote in (LIKED, *others):
        await store.votes.cast(READING, vote)
    for _ in range(2):
        await store.votes.withdraw(READING, dataclasses.replace(LIKED, value=value))
    assert sorted(await store.votes.of(READING), key=str) == sorted(others, key=str)


async def test_taking_back_what_was_not_cast_changes_nothing(store: RedisStore) -> None:
    await store.votes.withdraw(READING, LIKED)
    assert await store.votes.of(READING) == []


async def test_votes_are_kept_180_days_and_can_be_cast_again(store: RedisStore, clock: Clock) -> None:
    await store.votes.cast(READING, LIKED)
    clock.advance(timedelta(days=90))
    disliked = Vote(paper=EEL, voter="U1", sign="-1", value=-1)
    await store.votes.cast(READING, disliked)
    clock.advance(timedelta(days=90) - timedelta(milliseconds=1))
    assert await store.votes.of(READING) == [LIKED, disliked]
    clock.advance(timedelta(milliseconds=1))
    assert await store.votes.of(READING) == [disliked]
    await store.votes.cast(READING, LIKED)
    assert await store.votes.of(READING) == [disliked, LIKED]


async def test_only_so_many_votes_are_kept_the_newest(store: RedisStore, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_VOTES", 3)
    for number in range(5):
        await store.votes.cast(READING, dataclasses.replace(LIKED, voter=f"U{number}"))
        clock.advance(timedelta(seconds=1))
    assert [vote.voter for vote in await store.votes.of(READING)] == ["U2", "U3", "U4"]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])  # the store is emptied by the test itself
@given(st.lists(st.tuples(st.booleans(), values.votes), max_size=12))
async def test_of_whatever_was_cast_and_taken_back_the_last_word_stands(store: RedisStore, said: list[tuple[bool, Vote]]) -> None:
    await store.connection.call("DEL", keys.votes(READING))
    stands: dict[tuple[str, str, str], Vote] = {}
    for is_cast, vote in said:
        key = (vote.paper, vote.voter, vote.sign)
        if is_cast:
            await store.votes.cast(READING, vote)
            stands[key] = vote
        else:
            await store.votes.withdraw(READING, vote)
            stands.pop(key, None)
    assert {(vote.paper, vote.voter, vote.sign): vote for vote in await store.votes.of(READING)} == stands
