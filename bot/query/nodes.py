"""The parts of a query: frozen values that compare by meaning.

A query is a tree of conditions. A condition is something a paper either meets or not (a word, a phrase, a beginning, a number, a
fact); `And`, `Or` and `Not` join them. `bot.query.parser` makes trees from text, `bot.query.tree.written` text from trees.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Field(StrEnum):
    """Where a text condition may be met; the value is what a person writes before the colon."""

    TITLE = "title"
    ABSTRACT = "abstract"
    AUTHOR = "author"
    ORG = "org"


@dataclass(frozen=True, slots=True)
class Words:
    """A word, a compound (`fine-tuning`) or a quoted phrase: tokens that stand next to each other.

    Without a field it may be met in title, abstract or keywords. A passage meets it when any of `spellings` occurs in any of the
    passage's streams without a gap (see `bot.document.Passage`).
    """

    text: str
    """As echoed, folded and lower case, without quotes: "fine-tuning", "curriculum learning"."""
    spellings: tuple[tuple[str, ...], ...]
    """The token sequences that count as this text; never empty, none of them empty. Follows from `text` and `exact` alone.
    Where `exact` is false the tokens are already number-neutral (`folding.neutral`), else as folded."""
    exact: bool = False
    """Whether it was quoted: no plural folding."""
    field: Field | None = None


@dataclass(frozen=True, slots=True)
class Prefix:
    """Tokens that begin so; `stem` is folded and has at least 3 letters. Without a field: title, abstract or keywords."""

    stem: str
    field: Field | None = None


@dataclass(frozen=True, slots=True)
class InCategory:
    """An arXiv category: `cs.CL`, or all that begin so when `whole` is false: `cs.*`. Compared without case; kept as arXiv writes it."""

    name: str
    whole: bool = True


@dataclass(frozen=True, slots=True)
class FromSource:
    """Listed by this source, by its short name."""

    name: str


@dataclass(frozen=True, slots=True)
class HasId:
    """This very paper, by its canonical identity."""

    id: str


class Quantity(StrEnum):
    """Numbers a paper may have."""

    UPVOTES = "upvotes"
    STARS = "stars"


class Comparison(StrEnum):
    """How a number is compared."""

    AT_LEAST = ">="
    MORE = ">"
    AT_MOST = "<="
    LESS = "<"
    EQUAL = "="


@dataclass(frozen=True, slots=True)
class Number:
    """A quantity compared with a whole number. A paper without that quantity never meets it, whatever the comparison."""

    quantity: Quantity
    comparison: Comparison
    value: int


class Trait(StrEnum):
    """Facts about a paper that are so or not; the value is what a person writes."""

    HAS_CODE = "has:code"
    HAS_MODEL = "has:model"
    IS_NEW = "is:new"
    IS_UPDATE = "is:update"


Condition = Words | Prefix | InCategory | FromSource | HasId | Number | Trait


@dataclass(frozen=True, slots=True)
class Not:
    """Met where `child` is not."""

    child: Node


@dataclass(frozen=True, slots=True)
class And:
    """Met where all are; two or more children, none of them an And, in canonical order, without repeats."""

    children: tuple[Node, ...]
    typed: tuple[Node, ...] = field(default=(), compare=False, repr=False)
    """The same children as a person put them in order, for the echo alone: it makes no difference to what is asked. () if nobody did."""


@dataclass(frozen=True, slots=True)
class Or:
    """Met where any is; two or more children, none of them an Or, in canonical order, without repeats."""

    children: tuple[Node, ...]
    typed: tuple[Node, ...] = field(default=(), compare=False, repr=False)
    """As in `And`."""


Node = Condition | Not | And | Or
