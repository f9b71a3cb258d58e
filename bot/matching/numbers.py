"""Sets of small whole numbers held tight: a million rules and postings must not cost a Python set each."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Numbers: TypeAlias = "int | array[int]"
"""Numbers from 0 to 2**32 - 1 without repeats: a single one as itself, more of them as a sorted array of 4 bytes each.

Most rules have one channel and most words one paper, so the single number comes for 8 bytes. Whoever holds the value must hold
what `added` and `removed` return from now on; an array is changed in place."""


def added(held: Numbers | None, number: int) -> Numbers:
    """The set with `number` in it. Twice is as good as once; None is the empty set."""
    if held is None:
        return number
    if isinstance(held, int):
        return held if held == number else array("I", sorted((held, number)))
    # Numbers are given out in rising order, so that most of them go to the end without a search.
    if number > held[-1]:
        held.append(number)
    elif held[at := bisect_left(held, number)] != number:
        held.insert(at, number)
    return held


def removed(held: Numbers | None, number: int) -> Numbers | None:
    """The set without `number`, whether or not it was there; None when nothing is left."""
    if held is None or isinstance(held, int):
        return None if held == number else held
    at = bisect_left(held, number)
    if at < len(held) and held[at] == number:
        del held[at]
    return held[0] if len(held) == 1 else held


def each(held: Numbers | None) -> Iterable[int]:
    """The numbers, smallest first."""
    if held is None:
        return ()
    return (held,) if isinstance(held, int) else held


def positions(bits: int) -> Iterator[int]:
    """The places of a bitset's ones, highest first."""
    top = bits.bit_length() - 1
    digits = f"{bits:b}"
    at = digits.find("1")
    while at >= 0:
        yield top - at
        at = digits.find("1", at + 1)
