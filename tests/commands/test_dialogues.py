from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.commands import Asker, Call, answer
from tests.dialogues import DIALOGUES, Dialogue, agrees
from tests.plain import words

if TYPE_CHECKING:
    from bot.channel import Address
    from bot.desk import Desk


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue.name.replace(" ", "-"))
async def test_a_dialogue_goes_as_written(dialogue: Dialogue, desk: Desk, here: Address) -> None:
    ada = Asker(id="U1", name="Ada", is_guest=dialogue.guest)
    for line in dialogue.lines:
        said = words((await answer(desk, Call(address=here, channel_name="#ml-reading", asker=ada, text=line.they))).message)
        agrees(line, said)
