"""The embedded server keeps what every channel has of its own in the form that takes little."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.message import Hint, Message
from bot.paper import PaperId
from bot.ports import Delivery, Filing, Sent
from bot.store import keys
from tests.store.outbox import ADDRESS, DUE, SLOT, post_now, settled

if TYPE_CHECKING:
    from bot.store.store import RedisStore

SOME_MONTHS = 450
"""Papers that a channel is given in them, seven on every working day."""


@pytest.fixture
def embedded(store: RedisStore, redis_url: str) -> RedisStore:
    if not redis_url.startswith("unix:"):
        pytest.skip("this server is not ours to configure")
    return store


async def weight(store: RedisStore, key: str) -> int:
    return int(await store.connection.read("MEMORY", "USAGE", key, "SAMPLES", 0))


async def test_what_a_channel_was_given_in_some_months_takes_little(embedded: RedisStore) -> None:
    given = [PaperId(f"2511.{number:05}") for number in range(SOME_MONTHS)]
    await embedded.papers.file(Filing(papers=(), inboxes={ADDRESS: given}, rules=0))
    assert await weight(embedded, keys.filed(ADDRESS)) < 30 * SOME_MONTHS


async def test_a_digest_that_was_posted_takes_little_until_it_is_forgotten(embedded: RedisStore) -> None:
    papers = [PaperId(f"2511.{number:05}") for number in range(12)]
    said = Message((Hint("words " * 700),))
    digest = Delivery(id=SLOT, address=ADDRESS, due=DUE, parts=(said,), papers=tuple(papers[:5]), remainder=tuple(papers[5:]))
    await post_now(embedded, digest)
    await settled(embedded, Sent("1790000000.000001"))
    assert await weight(embedded, keys.delivery(SLOT)) < 800
