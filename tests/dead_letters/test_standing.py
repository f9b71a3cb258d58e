"""How the delivery stands, in a few lines."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.dead_letters import standing_text
from bot.ports import Backlog, Overdue
from bot.standing import PLATFORMS, Standing
from tests.dead_letters.asking import OTHER, TERMINAL, died, told
from tests.store.outbox import DUE, delivery, post_now, subscribe

if TYPE_CHECKING:
    from bot.store.store import RedisStore
    from tests.clock import Clock


async def test_when_all_is_well_one_sentence_says_so(store: RedisStore) -> None:
    assert await told(store) == "Nothing waits, no slot is overdue, nothing is dead: what was due is posted.\n"
    assert "No delivery died" in await told(store, dead=True)
    assert "nothing to replay" in await told(store, replay=["all"])
    assert "Nothing was tried in slack:T1:C1" in await told(store, channel="slack:T1:C1")


async def test_each_platform_says_what_waits_and_for_how_long(store: RedisStore, clock: Clock) -> None:
    await died(store, OTHER)
    await post_now(store, delivery())
    await subscribe(store, due=DUE, address=TERMINAL)
    clock.advance(timedelta(minutes=12))
    assert (await told(store)).splitlines() == [
        "slack     1 waiting, the oldest for 12 minutes",
        "discord   nothing waits",
        "terminal  nothing waits",
        "overdue   1 slot not yet planned, the oldest for 12 minutes",
        "dead      1 in the last 30 days: python -m bot deliveries --dead",
    ]
    assert json.loads(await told(store, json=True)) == {
        "at": "2025-11-21T09:12:00Z",
        "platforms": {
            "slack": {"waiting": 1, "oldest": "2025-11-21T09:00:00Z", "oldest_seconds": 720.0},
            "discord": {"waiting": 0, "oldest": None, "oldest_seconds": 0.0},
            "terminal": {"waiting": 0, "oldest": None, "oldest_seconds": 0.0},
        },
        "overdue": {"slots": 1, "oldest": "2025-11-21T09:00:00Z", "oldest_seconds": 720.0},
        "dead": 1,
    }


@pytest.mark.parametrize(
    ("age", "said"),
    [(0, "0 seconds"), (119, "119 seconds"), (120, "2 minutes"), (7199, "119 minutes"), (7200, "2 hours"), (172800, "2 days")],
)
def test_an_age_is_told_in_the_largest_unit_of_which_there_are_two(age: int, said: str) -> None:
    backlogs = dict.fromkeys(PLATFORMS, Backlog(waiting=1, oldest=DUE))
    stands = Standing(at=DUE + timedelta(seconds=age), backlogs=backlogs, overdue=Overdue(0, None), dead=0)
    assert f"the oldest for {said}\n" in standing_text(stands)
    assert "overdue   no slot\ndead      none in the last 30 days\n" in standing_text(stands)
