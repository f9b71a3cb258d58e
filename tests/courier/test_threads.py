"""The parts of a thread stand under its first, in their order."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from bot.delivery import REQUEST
from bot.errors import Busy, MessageRefused, NotSent, OutcomeUnknown
from bot.message import Message, Text
from bot.ports import Planned
from tests.courier.world import ADDRESS, SECOND, Platform, World, delivery

if TYPE_CHECKING:
    from bot.store.store import RedisStore


def said(platform: Platform) -> list[tuple[Message, str]]:
    return [(message, under) for (_, message), under in zip(platform.stands, platform.under, strict=True)]


WHOLE = [(Message((Text("Opening"),)), ""), (Message((Text("First"),)), "m1"), (Message((Text("Second"),)), "m1")]


async def test_the_parts_of_a_thread_stand_in_order_under_the_first(thread: World) -> None:
    await thread.until_quiet()

    assert said(thread.platform) == WHOLE


async def test_parts_that_are_no_thread_stand_in_the_channel(store: RedisStore, thread: World) -> None:
    await thread.until_quiet()
    thread.platform.stands.clear()
    thread.platform.under.clear()
    parts = tuple(message for message, _ in WHOLE)
    loose = dataclasses.replace(delivery(*parts), id="f" * 64, papers=())
    assert await store.deliveries.post_now(loose) is Planned.PLANNED

    await thread.until_quiet()

    assert thread.platform.under == ["", "", ""]


async def test_only_the_first_part_bears_the_tags_of_a_digest(store: RedisStore, thread: World) -> None:
    await thread.until_quiet()
    assert thread.platform.tags == [(), (), ()]
    thread.platform.tags.clear()
    tagged = dataclasses.replace(
        delivery(*(message for message, _ in WHOLE)), id="e" * 64, papers=(), threaded=True, tags=("robot", "cat:cs.CL")
    )
    assert await store.deliveries.post_now(tagged) is Planned.PLANNED

    await thread.until_quiet()

    assert thread.platform.tags == [("robot", "cat:cs.CL"), (), ()]


async def test_a_reply_whose_answer_got_lost_is_looked_for_in_its_thread(thread: World) -> None:
    thread.platform.acts = [None, ("late", OutcomeUnknown("reset"))]

    await thread.until_quiet()

    assert said(thread.platform) == WHOLE
    assert thread.platform.asked_under == ["m1"]


async def test_whoever_takes_over_after_a_crash_goes_on_in_the_same_thread(thread: World) -> None:
    await thread.deliver()
    crashed = await thread.claimed()
    assert await thread.store.deliveries.begin(crashed, need=REQUEST)
    await thread.platform.post(ADDRESS, crashed.delivery.parts[1], key=crashed.key, under=crashed.under)

    await thread.until_quiet()

    assert said(thread.platform) == WHOLE
    assert thread.platform.asked_under == ["m1"]


async def test_no_reply_goes_out_before_the_opening_stands(thread: World) -> None:
    thread.platform.acts = [OutcomeUnknown("reset"), NotSent("refused"), Busy("slow", retry_after=SECOND)]

    await thread.until_quiet()

    assert said(thread.platform) == WHOLE


async def test_replies_to_an_opening_that_somebody_deleted_stand_in_the_channel(thread: World) -> None:
    await thread.deliver()
    thread.platform.deleted.add("m1")

    await thread.until_quiet()

    assert [under for _, under in said(thread.platform)] == ["", "", ""]
    assert await thread.outcomes() == ["sent"] * 3


async def test_a_reply_that_is_refused_is_posted_as_plain_text_in_the_same_thread(thread: World) -> None:
    thread.platform.acts = [None, MessageRefused("invalid_blocks")]

    await thread.until_quiet()

    assert [under for _, under in said(thread.platform)] == ["", "m1", "m1"]
