"""What a press means: the scheme of action ids, block ids and values, written by the renderer and read when somebody presses.

A `value` is the command that pressing types. Slack was seen to give `&`, `<` and `>` back as entities in what is pressed
(slackapi/bolt-python#513), and nothing tells whether that holds for values as well; `stars>100` must not depend on it. So those three
signs, and the `%` that marks them, are written as in an address: `stars%3E100`. Every other command is its own value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PATTERN = re.compile(r"^(?:type|turn|open):\d+$")
"""Every action id of ours that types a command or opens a page; for `AsyncApp.action`."""
ZONE = "zone"
"""The action id of every select of a time zone, whose options are asked for as people type; for `AsyncApp.options`."""
NOTHING = "-"
"""The value of an option that only opens a page: Slack wants one, and it is no command."""

_SIGNS = {"%": "%25", "&": "%26", "<": "%3C", ">": "%3E"}
_WRITTEN = {written: sign for sign, written in _SIGNS.items()}
_HOME = re.compile(r"in:(.*):\d+", re.DOTALL)


class Kind(StrEnum):
    """What pressing does with what the command shows."""

    TYPE = "type"
    """A fresh answer."""
    TURN = "turn"
    """It takes the place of the message the button stands in: `bot.message.Button.turns`."""
    OPEN = "open"
    """Slack opens a page by itself; the press is only acknowledged."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """One press, as typing."""

    command: str
    """"" where Slack opened a page and there is nothing left to do."""
    turns: bool = False
    channel: str | None = None
    """In App Home and its modals: the channel the command is typed in, "" for the viewer's own direct channel. None: where the
    message stands."""


def action_id(kind: Kind, place: int) -> str:
    """The id of an element; `place` makes it unique in its block."""
    return f"{kind}:{place}"


def home_block_id(channel: str, place: int) -> str:
    """The id of a block of App Home whose buttons type into `channel`; `place` makes it unique in the view."""
    return f"in:{channel}:{place}"


def value_of(command: str) -> str:
    """A command as the `value` of an element: itself, but for the signs that Slack may change. At most three times as long."""
    return re.sub("[%&<>]", lambda sign: _SIGNS[sign[0]], command)


def command_in(value: str) -> str:
    """The inverse of `value_of`; a value that this did not write is its own command."""
    return re.sub("%(?:25|26|3C|3E)", lambda written: _WRITTEN[written[0]], value)


def pressed(action: Mapping[str, Any], block_id: str = "") -> Pressed:
    """What one element of a payload's `actions` asks for.

    Args:
        block_id: Where it stands; "" to take the action's own.

    Raises:
        ValueError: It is no element of ours.
    """
    kind = PATTERN.match(name := str(action.get("action_id", ""))) and name.partition(":")[0]
    if not kind:
        raise ValueError(f"no action of ours: {name!r}")
    option = action.get("selected_option")
    chosen = option if isinstance(option, dict) else action
    value = str(chosen.get("value") or "")
    command = "" if kind == Kind.OPEN or value == NOTHING else command_in(value)
    where = _HOME.fullmatch(block_id or str(action.get("block_id", "")))
    return Pressed(command, turns=kind == Kind.TURN, channel=where[1] if where else None)
