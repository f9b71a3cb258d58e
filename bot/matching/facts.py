"""Facts about papers that are not words: categories, sources, identities, numbers, traits."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Protocol

from bot.query.nodes import Comparison, FromSource, HasId, InCategory, Number, Quantity, Trait

if TYPE_CHECKING:
    from bot.paper import PaperId

Plain = InCategory | FromSource | HasId | Number | Trait
Value = str | int

_COMPARE = {
    Comparison.AT_LEAST: operator.ge,
    Comparison.MORE: operator.gt,
    Comparison.AT_MOST: operator.le,
    Comparison.LESS: operator.lt,
    Comparison.EQUAL: operator.eq,
}


class Record(Protocol):
    """What is asked: a document, or what the archive keeps of one."""

    @property
    def id(self) -> PaperId:
        """As in `bot.document.Document`."""
        ...

    @property
    def categories(self) -> tuple[str, ...]:
        """As in `bot.document.Document`."""
        ...

    @property
    def sources(self) -> tuple[str, ...]:
        """As in `bot.document.Document`."""
        ...

    @property
    def upvotes(self) -> int | None:
        """As in `bot.document.Document`."""
        ...

    @property
    def stars(self) -> int | None:
        """As in `bot.document.Document`."""
        ...

    @property
    def traits(self) -> frozenset[Trait]:
        """As in `bot.document.Document`."""
        ...


def values(fact: Plain, record: Record) -> tuple[Value, ...]:
    """What the record has of the kind that the fact is about."""
    match fact:
        case InCategory():
            return record.categories
        case FromSource():
            return record.sources
        case HasId():
            return (record.id,)
        case Number():
            number = record.upvotes if fact.quantity is Quantity.UPVOTES else record.stars
            return () if number is None else (number,)
        case _:
            return tuple(record.traits)


def accepts(fact: Plain, value: Value) -> bool:
    """Whether a record with this value meets the fact. `value` is one of `values`."""
    match fact:
        case InCategory():
            name, whole = str(value).casefold(), fact.name.casefold()
            return name == whole if fact.whole else name.startswith(whole)
        case FromSource():
            return value == fact.name
        case HasId():
            return value == fact.id
        case Number():
            return bool(_COMPARE[fact.comparison](int(value), fact.value))
        case _:
            return value == fact


def kind(fact: Plain) -> object:
    """Equal for facts that ask for the same values of a record."""
    return fact.quantity if isinstance(fact, Number) else type(fact)
