"""Collections that mostly have one member, held tight: the member itself, or a list of several.

A list around a single member costs 64 bytes, and there are hundreds of thousands of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

_Member = TypeVar("_Member")


def joined(held: _Member | list[_Member] | None, member: _Member) -> _Member | list[_Member]:
    """The collection with one member more, which is no list itself; None is the empty one. A list is changed in place."""
    if held is None:
        return member
    if isinstance(held, list):
        held.append(member)
        return held
    return [held, member]


def parted(held: _Member | list[_Member] | None, member: _Member) -> _Member | list[_Member] | None:
    """The collection without a member that is in it; None when nothing is left. A list is changed in place."""
    if not isinstance(held, list):
        return None
    held.remove(member)
    return held[0] if len(held) == 1 else held


def members(held: _Member | list[_Member] | None) -> Sequence[_Member]:
    """The members, in the order they joined."""
    if held is None:
        return ()
    return held if isinstance(held, list) else (held,)
