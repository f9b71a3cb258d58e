"""What a platform refuses, what is gone, and what fails too often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.delivery import Delivered, PauseChannel, PauseWorkspace
from bot.errors import ChannelGone, MessageRefused, NotSent, OutcomeUnknown, WorkspaceGone
from bot.message import Message, Text
from bot.paper import PaperId
from tests.courier.world import ADDRESS, World

if TYPE_CHECKING:
    from bot.delivery import Pause


async def test_a_refused_message_is_posted_as_plain_text(world: World) -> None:
    world.platform.acts = [MessageRefused("invalid_blocks")]

    with capture_logs() as logs:
        await world.deliver()

    assert [message for _, message in world.platform.stands] == [Message((Text("Papers"),))]
    assert await world.outcomes() == ["sent"]
    assert [entry["log_level"] for entry in logs if entry["event"] == "message_refused"] == ["error"]


async def test_a_message_that_is_refused_even_as_plain_text_is_dead(world: World) -> None:
    world.platform.acts = [MessageRefused("invalid_blocks"), MessageRefused("no_text")]

    await world.deliver()

    assert world.platform.stands == []
    assert [lease.reason for lease in await world.store.deliveries.dead()] == ["no_text"]
    assert await world.store.deliveries.recall(ADDRESS) == []


async def test_a_plain_text_that_is_not_sent_is_tried_again(world: World) -> None:
    world.platform.acts = [MessageRefused("invalid_blocks"), NotSent("refused"), MessageRefused("invalid_blocks")]

    await world.until_quiet()

    assert [message for _, message in world.platform.stands] == [Message((Text("Papers"),))]


@pytest.mark.parametrize(
    ("gone", "pause"),
    [
        (ChannelGone("archived"), PauseChannel(ADDRESS, "archived")),
        (WorkspaceGone("revoked"), PauseWorkspace("slack", "T1", "revoked")),
    ],
)
async def test_what_is_gone_is_told_and_its_papers_are_kept(world: World, gone: Exception, pause: Pause) -> None:
    world.platform.acts = [gone]

    assert await world.deliver() == Delivered(pause, went_well=False)

    assert await world.outcomes() == ["dead"]
    assert await world.store.deliveries.recall(ADDRESS) == [PaperId("2511.00001")]


async def test_a_bug_in_an_outlet_is_told_with_its_traceback_and_the_part_is_not_lost(world: World) -> None:
    bug = KeyError("ts")
    world.platform.acts = [("late", bug)]

    with capture_logs() as logs:
        await world.until_quiet()

    assert [entry["exc_info"] for entry in logs if entry["event"] == "outlet_bug"] == [bug]
    assert len(world.platform.stands) == 1
    assert await world.outcomes() == ["doubtful", "sent"]


async def test_a_part_that_fails_again_and_again_dies_in_the_end(world: World) -> None:
    world.platform.acts = [NotSent("refused")] * 99

    await world.until_quiet()

    assert await world.outcomes() == [*["later"] * 7, "dead"]
    assert len(world.platform.acts) == 99 - 8


async def test_a_part_whose_requests_get_lost_again_and_again_dies_in_the_end_and_can_be_merged(world: World) -> None:
    world.platform.acts = [OutcomeUnknown("reset")] * 99

    await world.until_quiet()

    assert await world.outcomes() == [*["doubtful"] * 7, "dead"]
    assert await world.store.deliveries.recall(ADDRESS) == [PaperId("2511.00001")]
