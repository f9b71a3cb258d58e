"""The rest of a digest: under it for everybody, once; then for whoever asks."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.commands import Asker, Call, answer
from bot.message import Hint
from tests.plain import words

if TYPE_CHECKING:
    from bot.channel import Address
    from bot.commands import Answer
    from bot.desk import Desk
    from tests.clock import Clock


async def asked(desk: Desk, here: Address, text: str, *, who: str = "Ada") -> Answer:
    return await answer(desk, Call(address=here, channel_name="#ml-reading", asker=Asker(id=who, name=who), text=text))


async def a_digest(desk: Desk, here: Address) -> str:
    """The id of one that shows one paper and counts two."""
    for text in ("settings limit 1", "subscribe curriculum", "digest"):
        await asked(desk, here, text)
    return (await desk.store.deliveries.log(here))[0].delivery


async def test_the_first_who_asks_for_the_rest_of_a_digest_shows_it_to_everybody_in_its_thread(desk: Desk, here: Address) -> None:
    sent = await a_digest(desk, here)

    told = await asked(desk, here, f"more {sent}")

    assert (told.public, told.threaded) == (True, True)
    assert "2 more" in words(told.message)


async def test_whoever_asks_later_is_told_alone_and_where_it_stands_already(desk: Desk, here: Address, clock: Clock) -> None:
    sent = await a_digest(desk, here)
    first = await asked(desk, here, f"more {sent}")
    clock.advance(timedelta(days=7))

    later = await asked(desk, here, f"more {sent}", who="Grace")

    assert (later.public, later.threaded) == (False, True)
    heading, again, *papers = later.message.blocks
    assert again == Hint("Somebody asked before, so these stand under the digest already.")
    assert (heading, *papers) == first.message.blocks


async def test_every_digest_has_its_own_first(desk: Desk, here: Address) -> None:
    there = dataclasses.replace(here, channel="vision")
    await asked(desk, here, f"more {await a_digest(desk, here)}")

    assert (await asked(desk, there, f"more {await a_digest(desk, there)}")).public
