from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.dialogues import DIALOGUES, Dialogue, agrees

if TYPE_CHECKING:
    from tests.slack.listening import Paperboy


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue.name.replace(" ", "-"))
async def test_a_dialogue_goes_on_slack_as_everywhere(dialogue: Dialogue, paperboy: Paperboy) -> None:
    for line in dialogue.lines:
        # Without a trigger no form opens in the place of an answer; forms have tests of their own.
        said = await paperboy.typed(line.they, trigger_id="", user="U0GUEST" if dialogue.guest else "U0ADA")
        agrees(line, said)
