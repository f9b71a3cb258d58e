from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.dialogues import DIALOGUES, Dialogue, agrees

if TYPE_CHECKING:
    from tests.discord.listening import Paperboy

# A server has no guests: who is in it is a member.
OURS = [dialogue for dialogue in DIALOGUES if not dialogue.guest]


@pytest.mark.parametrize("dialogue", OURS, ids=lambda dialogue: dialogue.name.replace(" ", "-"))
async def test_a_dialogue_goes_on_discord_as_everywhere(dialogue: Dialogue, paperboy: Paperboy) -> None:
    # Elsewhere anyone may change a channel that did not choose otherwise; here Ada, who may, has to say so.
    await paperboy.typed("settings manage anyone")
    for line in dialogue.lines:
        said = await paperboy.typed(line.they)
        # On Discord all buttons stand below all words: whoever goes by the order of the blocks reads twice.
        agrees(line, f"{said}\n{said}")
