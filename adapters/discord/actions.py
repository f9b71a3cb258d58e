"""What a press means: the scheme of custom ids and option values, written by the renderer and read when somebody presses.

A custom id is the command that pressing types, behind a mark: `t0:show 2611.00001`. The digits make it unique in its message, as Discord
demands. Discord holds 100 characters; a command that needs more is kept in the cache under a token made from it, and the custom id
holds that. So a button works in any process and after any restart; the few with long commands for thirty days.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

from adapters.discord.escape import size
from bot.message import Buttons, Card, Item

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.channel import Address
    from bot.message import Button, Message
    from bot.ports import Cache

LONGEST = 100
"""Characters of a custom id and of an option's value."""
KEPT = timedelta(days=30)
"""How long the command of a token is known."""

_ID = re.compile(r"([tpkq])\d{1,3}:(.+)", re.DOTALL)
_MENU = re.compile(r"menu:\d{1,3}")
_TYPE, _TURN, _TYPE_TOKEN, _TURN_TOKEN = "tpkq"
_WRITTEN = 5
"""Characters before a command in a custom id: "t124:"."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """One press, as typing. Either `command` or `token` is given."""

    command: str = ""
    token: str = ""
    """Under which the command is kept: see `command_of`."""
    turns: bool = False
    """Whether what the command shows takes the place of the message the button stands in: `bot.message.Button.turns`."""


def pressed(custom_id: str, values: Sequence[str] = ()) -> Pressed:
    """What a component's `custom_id` and, for a menu, the `values` chosen ask for.

    Raises:
        ValueError: It is no component of ours, or a menu in which nothing was chosen.
    """
    written = values[0] if values and _MENU.fullmatch(custom_id) else custom_id
    if not (found := _ID.fullmatch(written)):
        raise ValueError(f"no component of ours: {custom_id[:LONGEST]!r}")
    mark, kept = found.groups()
    turns = mark in (_TURN, _TURN_TOKEN)
    return Pressed(token=kept, turns=turns) if mark in (_TYPE_TOKEN, _TURN_TOKEN) else Pressed(kept, turns=turns)


def custom_id(button: Button, place: int, tokens: Mapping[str, str]) -> str:
    """What stands for the button's command, also as the value of an option; "" if nothing can: it is long and no token of it is known.

    Args:
        place: Makes it unique in its message, 0 to 999.
        tokens: As from `tokens_for`.
    """
    if not button.command:
        return ""
    if fits(button.command):
        return f"{_TURN if button.turns else _TYPE}{place}:{button.command}"
    token = tokens.get(button.command, "")
    return f"{_TURN_TOKEN if button.turns else _TYPE_TOKEN}{place}:{token}" if token else ""


def menu_id(place: int) -> str:
    """The custom id of a menu; what is chosen tells the rest."""
    return f"menu:{place}"


def fits(command: str, room: int = LONGEST - _WRITTEN) -> bool:
    """Whether a custom id can hold the command itself. Characters are counted as UTF-16 does, in case that Discord does too."""
    # Nobody promises that odd blanks at the end or control characters come back as they were.
    return size(command) <= room and command == command.strip() and command.isprintable()


def long_commands(message: Message) -> list[str]:
    """The commands of the message that need a token, none twice, in their order."""
    return [command for command in dict.fromkeys(one.command for one in _buttons(message)) if command and not fits(command)]


async def tokens_for(cache: Cache, address: Address, commands: Iterable[str]) -> Mapping[str, str]:
    """Keep the commands for thirty days from now, for presses in the server of `address`; a token of 24 characters for each.

    The same command has the same token there always: keeping it twice only makes it last.

    Raises:
        StoreTrouble: They could not be kept.
    """
    tokens: dict[str, str] = {}
    for command in commands:
        written = command.encode("utf-8", "surrogatepass")
        tokens[command] = token = _token(address, written)
        await cache.put(_key(address, token), written, keep=KEPT)
    return tokens


async def command_of(cache: Cache, address: Address, token: str) -> str | None:
    """The command kept under the token in this server; None if it was not, or too long ago.

    Raises:
        StoreTrouble: It cannot be found out now.
    """
    written = await cache.get(_key(address, token))
    return written.decode("utf-8", "surrogatepass") if written is not None else None


def _buttons(message: Message) -> Iterator[Button]:
    for block in message.blocks:
        if isinstance(block, Card | Item | Buttons):
            yield from block.buttons


def _token(address: Address, command: bytes) -> str:
    digest = blake2b(command, digest_size=15, person=b"paperboy", salt=blake2b(address.workspace.encode(), digest_size=16).digest())
    return base64.b32encode(digest.digest()).decode().lower()


def _key(address: Address, token: str) -> str:
    return f"discord:command:{address.workspace}:{token}"
