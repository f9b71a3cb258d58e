"""The place of a mistake, shown under the query."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.errors import BadQuery

WIDEST = 72
"""Columns: fits a phone's monospace block without wrapping, and every terminal."""

_LEAD = 24
"""Columns kept before the place when the query is too long to be shown whole."""


def marked(error: BadQuery) -> str:
    """Two lines: the query as typed, and `^^^` under the offending place, for a font of equal widths.

    Line breaks and tabs become blanks, control and bidirectional characters go, East Asian characters count two columns. A long query
    is cut to a window around the place, with … where something is left out. At least one mark always stands.
    """
    cells = [_cell(character) for character in error.query]
    widths = [_width(cell) for cell in cells]
    first, last = _window(widths, error.start)
    shown = "".join(cells[first:last])
    left, right = "…" if first else "", "…" if last < len(cells) else ""
    before = len(left) + sum(widths[first : error.start])
    mark = sum(widths[error.start : min(error.end, last)])
    return f"{left}{shown}{right}\n{' ' * before}{'^' * max(1, mark)}"


def pointed(error: BadQuery) -> str:
    """One line: the query as typed with the offending place between arrows, for text in any font. Cut and cleaned as by `marked`."""
    cells = [_cell(character) for character in error.query]
    first, last = _window([_width(cell) for cell in cells], error.start)
    end = min(error.end, last)
    parts = ("…" if first else "", *cells[first : error.start], "→", *cells[error.start : end], "←", *cells[end:last])
    return "".join(parts) + ("…" if last < len(cells) else "")


def _window(widths: list[int], place: int) -> tuple[int, int]:
    """First and last index of what is shown: all if it fits, else a stretch that holds `place`."""
    if sum(widths) <= WIDEST:
        return 0, len(widths)
    room = WIDEST - 2
    first, lead = place, 0
    while first and lead + widths[first - 1] <= _LEAD:
        first -= 1
        lead += widths[first]
    last, taken = first, 0
    while last < len(widths) and taken + widths[last] <= room:
        taken += widths[last]
        last += 1
    while last == len(widths) and first and taken + widths[first - 1] <= room:
        first -= 1
        taken += widths[first]
    return first, last


def _cell(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cf", "Cs"}:
        return ""
    return " " if category in {"Cc", "Zl", "Zp"} else character


def _width(cell: str) -> int:
    # A combining mark shares the column of the letter before it.
    if not cell or unicodedata.category(cell) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(cell) in "WF" else 1
