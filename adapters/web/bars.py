"""Bars as the pages draw them: heights of 100, so that an SVG of any size can show them without a style of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

FULL = 100
LEAST = 8
"""What is more than nothing can be seen."""
NOTHING = 4
"""A day of silence is there, too: weekends are no gap in what is known."""


class Bar(NamedTuple):
    """One day."""

    number: int
    height: int
    """Of FULL."""

    @property
    def top(self) -> int:
        """From where it hangs."""
        return FULL - self.height


def bars(numbers: Sequence[int]) -> list[Bar]:
    """The greatest is FULL, and the others in proportion."""
    most = max(numbers, default=0)
    return [Bar(number, max(round(FULL * number / most), LEAST) if number else NOTHING) for number in numbers]
