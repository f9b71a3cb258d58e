"""Looks at the store that are shared by all who come within a while."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.errors import StoreAway
from bot.looks import Look, Looks

if TYPE_CHECKING:
    from collections.abc import Callable

KEEP = timedelta(seconds=1)


class Store:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.trouble: Exception | None = None
        self.hangs = False

    async def look(self) -> int:
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.trouble is not None:
            raise self.trouble
        return self.asked


class Ticking:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server() -> Store:
    return Store()


@pytest.fixture
def ticking() -> Ticking:
    return Ticking()


def looks(server: Store, clock: Callable[[], float], *, patience: timedelta = timedelta(seconds=30)) -> Looks[int]:
    return Looks(server.look, keep=KEEP, patience=patience, clock=clock)


async def test_one_look_serves_all_who_come_within_a_while(server: Store, ticking: Ticking) -> None:
    look = looks(server, ticking)
    assert await asyncio.gather(*(look() for _ in range(20))) == [Look(1, away=False)] * 20
    ticking.now = 0.9
    assert await look() == Look(1, away=False)
    ticking.now = 1.0
    assert await look() == Look(2, away=False)


async def test_while_the_store_is_away_the_last_look_is_shown_and_said_to_be_old(server: Store, ticking: Ticking) -> None:
    look = looks(server, ticking)
    await look()
    server.trouble = StoreAway("nobody answers at redis://:hunter2@host")
    ticking.now = 1
    with capture_logs() as logs:
        assert await look() == Look(1, away=True)
        ticking.now = 2
        assert await look() == Look(1, away=True)
    assert [line["event"] for line in logs] == ["status_not_known"], "once is enough"
    server.trouble = None
    ticking.now = 3
    assert await look() == Look(4, away=False)


async def test_a_store_that_is_away_is_not_asked_by_every_visitor(server: Store, ticking: Ticking) -> None:
    server.trouble = StoreAway("nobody answers")
    look = looks(server, ticking)
    assert await asyncio.gather(*(look() for _ in range(20))) == [Look(None, away=True)] * 20
    assert server.asked == 1


async def test_a_store_that_hangs_is_not_waited_for(server: Store, ticking: Ticking) -> None:
    server.hangs = True
    assert await looks(server, ticking, patience=timedelta(milliseconds=1))() == Look(None, away=True)


async def test_a_bug_is_not_taken_for_a_store_that_is_away(server: Store, ticking: Ticking) -> None:
    server.trouble = RuntimeError("a bug")
    with pytest.raises(RuntimeError, match="a bug"):
        await looks(server, ticking)()
