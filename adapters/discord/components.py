"""What can be pressed under a message: rows of buttons, and menus where papers or rules are many.

Discord puts everything to press under the whole message, five rows of it. The buttons of one paper stand there as they are. Of several
papers they are the options of one menu, "1. Save", paper by paper: one row on a phone, however many there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from adapters.discord.actions import custom_id, menu_id
from adapters.discord.escape import address, cut, label, line
from adapters.discord.words import LONGEST_LINK
from bot.message import Buttons, Card, Item

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.message import Button, Message

Json = dict[str, Any]

ROWS = 5
ROW = 5
"""Buttons beside each other."""
OPTIONS = 25
"""In one menu."""

_LABEL = 80
_OPTION = 100
_PLACEHOLDER = 150
_ACTION_ROW, _BUTTON, _MENU = 1, 2, 3
_GREY, _LINK = 2, 5


@dataclass(frozen=True, slots=True)
class _Choices:
    """What can be done with one paper or rule of a message."""

    number: int | None
    subject: str
    buttons: tuple[Button, ...]


def share(*, buttons: int = 0, options: int = 0) -> Fraction:
    """How much of the room for what can be pressed these take; what adds up to at most 1 is never more than five rows.

    Four rows' worth, for of buttons and of options each the last row may stand nearly empty.
    """
    return (Fraction(buttons, ROW) + Fraction(options, OPTIONS)) / (ROWS - 1)


def stand_alone(message: Message) -> bool:
    """Whether the buttons of its papers and rules stand under it as they are, for only one has any; else they are in menus."""
    choices = _choices(message)
    return len(choices) == 1 and _rows_of(choices[0].buttons) + _rows_below(message) <= ROWS


def components(message: Message, tokens: Mapping[str, str]) -> list[Json]:
    """At most five rows for a part that `bot.paging.split` made: the menus or buttons of papers and rules, then the message's own.

    Left out is what Discord could neither open nor give back: a page with no sound address, a long command without a token.
    """
    placing = _Placing(tokens)
    choices = _choices(message)
    few = [(one, button) for one in choices for button in one.buttons if button.command]
    if stand_alone(message):
        rows = placing.rows(choices[0].buttons)
    elif len(few) <= ROW and 1 + _rows_below(message) <= ROWS and all(one.number is not None for one, _ in few):
        rows = placing.rows([button for _, button in few], numbers=[one.number for one, _ in few])
    else:
        rows = [[menu] for menu in placing.menus(choices)]
    own = [block.buttons for block in message.blocks if isinstance(block, Buttons)]
    if len(rows) + sum(map(_rows_of, own)) > ROWS:
        # Rows that were kept apart have to be filled.
        own = [tuple(chain.from_iterable(own))]
    rows += chain.from_iterable(map(placing.rows, own))
    return [{"type": _ACTION_ROW, "components": row} for row in rows]


def _rows_of(buttons: Sequence[Button]) -> int:
    return -(-len(buttons) // ROW)


def _choices(message: Message) -> list[_Choices]:
    return [
        _Choices(block.number, block.title or block.url if isinstance(block, Card) else block.text, block.buttons)
        for block in message.blocks
        if isinstance(block, Card | Item) and block.buttons
    ]


def _rows_below(message: Message) -> int:
    return sum(_rows_of(block.buttons) for block in message.blocks if isinstance(block, Buttons))


class _Placing:
    """Gives everything to press in one message an id of its own."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._tokens = tokens
        self._place = -1

    def rows(self, buttons: Sequence[Button], *, numbers: Sequence[int | None] = ()) -> list[list[Json]]:
        pressed = [self._button(one, number) for one, number in zip(buttons, numbers or [None] * len(buttons), strict=True)]
        usable = [one for one in pressed if one]
        return [usable[start : start + ROW] for start in range(0, len(usable), ROW)]

    def menus(self, choices: Iterable[_Choices]) -> list[Json]:
        found = [(one, option, button) for one in choices for button in one.buttons if (option := self._option(button, one))]
        parts = [found[start : start + OPTIONS] for start in range(0, len(found), OPTIONS)]
        return [
            {
                "type": _MENU,
                "custom_id": menu_id(place),
                "placeholder": _placeholder(part, several=len(parts) > 1),
                "options": [option for _, option, _ in part],
            }
            for place, part in enumerate(parts)
        ]

    def _button(self, button: Button, number: int | None) -> Json | None:
        shown = {"type": _BUTTON, "label": label(f"{_mark(number)}{button.label}", _LABEL)}
        if id := self._id(button):
            return {**shown, "style": _GREY, "custom_id": id}
        to = address(button.url, LONGEST_LINK)
        return {**shown, "style": _LINK, "url": to} if to else None

    def _option(self, button: Button, of: _Choices) -> Json | None:
        if not (id := self._id(button)):
            return None
        shown = {"label": label(f"{_mark(of.number)}{button.label}", _OPTION), "value": id}
        return {**shown, "description": about} if (about := _about(of.subject)) else shown

    def _id(self, button: Button) -> str:
        self._place += 1
        return custom_id(button, self._place, self._tokens)


@lru_cache(maxsize=64)
def _about(subject: str) -> str:
    # Kept, for every option of a paper says the same.
    return cut(line(subject), _OPTION)


def _placeholder(part: Sequence[tuple[_Choices, Json, Button]], *, several: bool) -> str:
    """What the options do: "Abstract, Save, Similar …", and of which papers if that is the question."""
    said = ", ".join(dict.fromkeys(line(button.label) for _, _, button in part))
    numbers = [one.number for one, _, _ in part if one.number is not None]
    which = f"{min(numbers)}-{max(numbers)}: " if several and numbers else ""
    return label(f"{which}{said} …", _PLACEHOLDER)


def _mark(number: int | None) -> str:
    return "" if number is None else f"{number}. "
