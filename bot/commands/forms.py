"""The forms that some commands open, typed without their arguments, where a platform has dialogs; and the commands that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.commands.permission import may_change
from bot.commands.questions import COMMANDS, FORMS, Filled, edit_form
from bot.commands.rules import chosen_for_edit
from bot.errors import UserMistake

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.commands.call import Call
    from bot.desk import Desk
    from bot.form import Form, Mistake


async def form(desk: Desk, call: Call) -> Form | None:
    """The form that the command opens as it was typed: "schedule", "settings", "subscribe", "import", "edit RULE".

    None where `answer` has the better reply: the command opens no form or came with its arguments, the rule is not there, or the
    asker may not change the channel.

    Raises:
        StoreTrouble: As `answer` would tell.
    """
    if not may_open(call.text):
        return None
    name, rest = _parted(call.text)
    channel = await desk.store.channels.load(call.address)
    if call.unreachable or not may_change(call.asker, channel.settings.managed_by(call.managers)):
        return None
    if name == "edit":
        try:
            return edit_form((await chosen_for_edit(desk, call, rest)).query)
        except UserMistake:
            return None
    return FORMS[name](channel, call)


def may_open(text: str) -> bool:
    """Whether `form` could have a form for what was typed. Pure, for platforms that must say at once whether one will come."""
    name, rest = _parted(text)
    return name in COMMANDS and bool(rest) is (name == "edit") and " => " not in rest


def _parted(text: str) -> tuple[str, str]:
    name, _, rest = text.strip().removeprefix("/papers").strip().partition(" ")
    return name.casefold(), rest.strip()


def filled(form_command: str, values: Mapping[str, Sequence[str]]) -> str | tuple[Mistake, ...]:
    """The command that a filled form makes, as if typed; or what is wrong, field by field. Pure.

    What only the channel can tell (too many rules, who may) is left to `answer`, which the command goes to in any case.

    Args:
        form_command: `Form.command`.
        values: What was filled in, by the names of the fields; a field left empty is missing or has no values.
    """
    name, _, rest = form_command.partition(" ")
    mistakes: list[Mistake] = []
    said = Filled(values, mistakes)
    command = COMMANDS[name](said, rest) if name in COMMANDS else form_command
    return tuple(mistakes) or command
