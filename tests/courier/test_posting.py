"""Nothing is lost or posted twice, whatever gets lost on the way to the platform and back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.delivery import REQUEST, Courier, Decider, Delivered
from bot.errors import Busy, ChannelGone, NotSent, OutcomeUnknown
from bot.paper import PaperId
from tests.courier.world import ADDRESS, LEASE, MESSAGE, NOW, SECOND, World, lease


async def test_a_delivery_is_posted_once_and_settled(world: World) -> None:
    assert await world.deliver() == Delivered(went_well=True)

    assert [message for _, message in world.platform.stands] == [MESSAGE]
    assert await world.outcomes() == ["sent"]
    assert (await world.store.papers.history(ADDRESS, PaperId("2511.00001"))).posted == world.clock.now


async def test_what_was_not_sent_is_sent_later_under_the_same_key(world: World) -> None:
    world.platform.acts = [NotSent("refused"), Busy("slow", retry_after=SECOND)]

    await world.until_quiet()

    assert await world.outcomes() == ["later", "later", "sent"]
    assert [key for key, _ in world.platform.stands] == [lease().key]
    assert world.platform.asked == []


async def test_an_answer_that_got_lost_is_found_out_and_not_posted_again(world: World) -> None:
    started = world.clock.now
    world.platform.acts = [("late", OutcomeUnknown("reset"))]

    await world.until_quiet()

    assert len(world.platform.stands) == 1
    assert world.platform.asked == [started]
    assert await world.outcomes() == ["doubtful", "sent"]


async def test_a_request_that_got_lost_is_found_out_and_posted_again(world: World) -> None:
    world.platform.acts = [OutcomeUnknown("reset")]

    await world.until_quiet()

    assert len(world.platform.stands) == 1
    assert await world.outcomes() == ["doubtful", "sent"]


async def test_a_platform_that_cannot_say_is_asked_again_before_anything_is_posted(world: World) -> None:
    world.platform.acts = [("late", OutcomeUnknown("reset"))]
    world.platform.asking = OutcomeUnknown("history is away")
    await world.deliver()
    world.clock.advance(2 * REQUEST)
    await world.deliver()
    world.platform.asking = None

    await world.until_quiet()

    assert len(world.platform.stands) == 1
    assert await world.outcomes() == ["doubtful", "doubtful", "sent"]


async def test_after_a_crash_nobody_asks_before_a_late_post_must_have_landed(world: World) -> None:
    crashed = await world.claimed()
    world.clock.advance(LEASE - REQUEST)
    await world.store.deliveries.begin(crashed, need=REQUEST)
    world.clock.advance(REQUEST)

    await world.deliver()
    assert world.platform.asked == [], "whoever froze may have sent it just before we came"

    world.clock.advance(2 * REQUEST)
    await world.deliver()
    assert world.platform.asked == [NOW + LEASE - REQUEST]
    assert await world.outcomes() == ["doubtful", "sent"]


async def test_a_platform_that_never_answers_is_not_waited_for_longer_than_a_request(world: World) -> None:
    world.platform.acts = [lambda: None]
    courier = Courier(world.store, decider=Decider(request=timedelta(milliseconds=1)), clock=lambda: 0.0)

    await courier.deliver(await world.claimed(), world.platform)

    assert await world.outcomes() == ["doubtful"]


@pytest.mark.parametrize(
    ("act", "went_well"),
    [
        (None, True),
        (NotSent("refused"), False),
        (Busy("slow", retry_after=SECOND), False),
        (OutcomeUnknown("reset"), False),
        (KeyError("ts"), False),
        (ChannelGone("archived"), False),
    ],
)
async def test_it_is_told_whether_the_platform_did_what_it_was_asked(world: World, act: Exception | None, went_well: bool) -> None:  # noqa: FBT001 - a row of a table
    world.platform.acts = [act]

    assert (await world.deliver()).went_well is went_well


async def test_who_was_not_asked_anything_did_nothing_wrong(world: World) -> None:
    crashed = await world.claimed()
    await world.store.deliveries.begin(crashed, need=REQUEST)
    world.clock.advance(LEASE)

    assert await world.deliver() == Delivered(), "it is too early to ask"
