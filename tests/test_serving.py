"""What keeps the parts of a process apart, and brings them to an end together."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot import parts, serving
from bot.errors import NotSent, OperatorMistake
from bot.installation import Installation
from bot.on_slack import _introduced
from bot.parts import supervised, together
from bot.serving import _working


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "FIRST_WAIT", 0)


async def test_a_part_that_fails_begins_again() -> None:
    begun: list[int] = []

    async def part() -> None:
        begun.append(len(begun))
        if len(begun) == 3:
            raise OperatorMistake("enough")
        raise RuntimeError("a bug")

    with pytest.raises(OperatorMistake, match="enough"):
        await supervised("part", part)
    assert begun == [0, 1, 2]


async def test_a_mistake_in_one_part_ends_the_others_in_order() -> None:
    ended: list[str] = []

    async def steady() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("tidied up")

    async def wrong() -> None:
        raise OperatorMistake("a wrong token")

    with pytest.raises(OperatorMistake, match="a wrong token"):
        await together([steady(), wrong()])
    assert ended == ["tidied up"]


class Opened:
    """Remembers which workspaces were opened."""

    def __init__(self) -> None:
        self.installations = self
        self.channels = self
        self.opened: list[str] = []
        self.store = self

    async def erased(self, platform: str, workspace: str) -> None:
        self.opened.append(workspace)

    async def of(self, platform: str, workspace: str) -> list[object]:
        return []


class Unreachable:
    """Answers at the third try."""

    def __init__(self) -> None:
        self.tries = 0

    async def lone(self, token: str) -> Installation:
        self.tries += 1
        if self.tries < 3:
            raise NotSent("auth.test: Slack cannot be reached")
        return Installation(platform="slack", workspace="T0TEAM", token=token)


async def test_a_slack_that_cannot_be_reached_is_asked_until_it_can() -> None:
    desk, workspaces, tried = Opened(), Unreachable(), asyncio.Event()
    await _introduced(desk, workspaces, "xoxe.xoxb-1", tried)  # type: ignore[arg-type]  # no more of a desk is needed here
    assert workspaces.tries == 3
    assert tried.is_set(), "the machine need not wait for it"
    assert desk.opened == ["T0TEAM"], "it is there, so what paused when it was not goes on"


class Machine:
    """Tells whether it was started."""

    def __init__(self) -> None:
        self.started = asyncio.Event()

    def start(self) -> None:
        self.started.set()

    async def stop(self) -> None:
        pass


@pytest.mark.parametrize("word", [True, False], ids=["Slack was tried", "nothing was heard"])
async def test_the_machine_begins_after_the_first_word_about_slack_or_without_it(monkeypatch: pytest.MonkeyPatch, *, word: bool) -> None:
    machine, tried = Machine(), asyncio.Event()
    monkeypatch.setattr(serving, "HEAD_START", timedelta(hours=1) if word else timedelta())
    task = asyncio.create_task(_working(machine, [tried]))  # type: ignore[arg-type]  # no more of a worker is needed here
    if word:
        await asyncio.sleep(0)
        assert not machine.started.is_set()
        tried.set()
    await machine.started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
