"""One delivery to post, a thread of three, and one that shows papers."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from bot.delivery import Courier
from bot.message import Message, Text
from bot.ports import Planned
from tests.courier.world import MESSAGE, MIDDLE, Platform, World, delivery, papers_shown
from tests.inboxes import filed

if TYPE_CHECKING:
    from bot.store.store import RedisStore
    from tests.clock import Clock


@pytest.fixture
async def world(store: RedisStore, clock: Clock) -> World:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    assert await store.deliveries.post_now(await filed(store, delivery())) is Planned.PLANNED
    return World(store, clock, Platform(), Courier(store, decider=MIDDLE, pause=pause), pauses)


@pytest.fixture
async def thread(store: RedisStore, clock: Clock) -> World:
    """With an opening and two replies to post."""

    async def pause(_: float) -> None:
        return

    parts = [Message((Text(text),)) for text in ("Opening", "First", "Second")]
    planned = dataclasses.replace(delivery(*parts), threaded=True)
    assert await store.deliveries.post_now(await filed(store, planned)) is Planned.PLANNED
    return World(store, clock, Platform(), Courier(store, decider=MIDDLE, pause=pause), [])


@pytest.fixture
async def pictured(store: RedisStore, clock: Clock) -> World:
    """With two parts that show papers and one that does not."""

    async def pause(_: float) -> None:
        return

    planned = delivery(papers_shown(1, 2), papers_shown(3), MESSAGE)
    assert await store.deliveries.post_now(await filed(store, planned)) is Planned.PLANNED
    return World(store, clock, Platform(), Courier(store, decider=MIDDLE, pause=pause), [])
