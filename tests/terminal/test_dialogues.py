from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

import pytest

from adapters.terminal.listener import Conversation
from adapters.terminal.look import Look
from bot.commands import Asker, answer
from tests.desks import library_desk
from tests.dialogues import DIALOGUES, Dialogue, agrees
from tests.outlet import KeepingOutlet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prompt_toolkit.completion import Completer

    from bot.store.store import RedisStore


class Typed:
    """A door through which one dialogue is typed; each answer is kept beside its line."""

    is_prompt = False
    look = Look(width=200)

    def __init__(self, lines: list[str]) -> None:
        self._lines = iter(lines)
        self.answers: list[str] = []

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        yield

    async def read(self, prompt: str, completer: Completer | None) -> str:
        for line in self._lines:
            self.answers.append("")
            return f"/papers {line}"
        raise EOFError

    def write(self, text: str) -> None:
        self.answers[-1] += text


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue.name.replace(" ", "-"))
async def test_a_dialogue_goes_at_the_terminal_as_everywhere(dialogue: Dialogue, store: RedisStore) -> None:
    desk = await library_desk(store, {"terminal": KeepingOutlet()})
    door = Typed([line.they for line in dialogue.lines])
    ada = Asker(id="ada", name="Ada", is_guest=dialogue.guest)
    assert await Conversation(door, asker=ada, channel="#ml-reading").talk(partial(answer, desk)) == 0
    for line, said in zip(dialogue.lines, door.answers, strict=True):
        agrees(line, said)
