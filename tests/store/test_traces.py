"""What is kept of a workspace is found wherever it lies."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from bot.channel import Address, Channel
from bot.message import Message, Text
from bot.paper import PaperId
from bot.ports import Delivery, Saved
from bot.store import keys
from bot.votes import Vote

if TYPE_CHECKING:
    from bot.store.store import RedisStore

HERE = Address("slack", "T1", "C1")
OWL = PaperId("2511.00001")


async def test_a_workspace_of_which_nothing_is_kept_has_no_traces(store: RedisStore) -> None:
    await store.channels.save(Channel(address=dataclasses.replace(HERE, workspace="T2")), due=None)

    assert await store.channels.traces("slack", "T1") == []


async def test_records_are_found_be_they_unreadable(store: RedisStore) -> None:
    assert await store.channels.save(Channel(address=HERE, name="#ml"), due=None) is Saved.SAVED
    await store.connection.call("HSET", keys.bucket_of(HERE), str(HERE), b"\x01rubbish")

    assert await store.channels.of("slack", "T1") == []
    assert await store.channels.traces("slack", "T1") == [HERE]


async def test_what_is_kept_without_a_record_is_found(store: RedisStore) -> None:
    voted, told, shown = (dataclasses.replace(HERE, channel=channel) for channel in ("C2", "U1", "C3:with a colon"))
    await store.votes.cast(voted, Vote(paper=OWL, voter="U1", sign="+1", value=1))
    await store.votes.shown(shown, "m1", [OWL])
    message = Message((Text("The digests of #ml have stopped"),))
    await store.deliveries.post_now(Delivery(id="d1", address=told, due=await store.now(), parts=(message,), papers=()))

    assert await store.channels.traces("slack", "T1") == [voted, shown, told]
    for address in (voted, shown, told):
        await store.channels.forget(address)
    assert await store.channels.traces("slack", "T1") == []


@pytest.mark.parametrize("other", ["T*", "T11", "?1", "[T]1", "T"])
async def test_one_workspace_is_not_taken_for_another(store: RedisStore, other: str) -> None:
    there = dataclasses.replace(HERE, workspace=other)
    for address in (HERE, there):
        await store.votes.cast(address, Vote(paper=OWL, voter="U1", sign="+1", value=1))

    assert await store.channels.traces("slack", "T1") == [HERE]
    assert await store.channels.traces("slack", other) == [there]
