"""Whether a paper meets a query, why it does, and why it does not: the plain reading of the language, for one paper at a time.

`bot.matching` answers the first question for many queries at once and is tested against this.
"""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from bot.folding import neutral
from bot.query.nodes import (
    And,
    Comparison,
    Field,
    FromSource,
    HasId,
    InCategory,
    Not,
    Number,
    Or,
    Prefix,
    Quantity,
    Trait,
    Words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.document import Document
    from bot.folding import Passage
    from bot.query.nodes import Condition, Node
    from bot.query.tree import Query


class Where(StrEnum):
    """What of a paper met a condition, the most telling first."""

    TITLE = "title"
    ABSTRACT = "abstract"
    KEYWORDS = "keywords"
    AUTHOR = "author"
    ORG = "org"
    CATEGORY = "category"
    SOURCE = "source"
    ID = "id"
    NUMBER = "number"
    TRAIT = "trait"


@dataclass(frozen=True, slots=True)
class Hit:
    """A condition that a paper meets, and in what."""

    condition: Condition
    where: Where
    count: int = 1
    """How often it stands there; 1 for facts."""


def matches(query: Query, document: Document) -> bool:
    """Whether the paper meets the query."""
    return _meets(query.root, document)


def hits(query: Query, document: Document) -> tuple[Hit, ...]:
    """The wanted conditions that brought the paper in, once for each place they were met, titles first; () if it does not match.

    Of an OR all branches that are met count. What the query leaves out never does.
    """
    if not matches(query, document):
        return ()
    places = list(Where)
    found = dict.fromkeys(_contributions(query.root, document))
    return tuple(sorted(found, key=lambda hit: places.index(hit.where)))


def failing(query: Query, document: Document) -> tuple[Node, ...]:
    """What kept the paper out, as little as explains it: wanted terms that are missing, a `Not` that struck; () if it matches.

    Of alternatives the one that came closest explains it, or the OR as a whole when several came equally close.
    """
    return tuple(dict.fromkeys(_failing(query.root, document)))


def _meets(node: Node, document: Document) -> bool:
    match node:
        case Not(child):
            return not _meets(child, document)
        case And(children):
            return all(_meets(child, document) for child in children)
        case Or(children):
            return any(_meets(child, document) for child in children)
        case _:
            return next(_met(node, document), None) is not None


def _contributions(node: Node, document: Document, *, wanted: bool = True) -> Iterator[Hit]:
    match node:
        case Not(child):
            # -(-a -b) is a long way to write a OR b.
            yield from _contributions(child, document, wanted=not wanted)
        case And(children) | Or(children):
            for child in children:
                if _meets(child, document) == wanted:
                    yield from _contributions(child, document, wanted=wanted)
        case _:
            if wanted:
                yield from _met(node, document)


def _failing(node: Node, document: Document) -> tuple[Node, ...]:
    if _meets(node, document):
        return ()
    match node:
        case And(children):
            return tuple(one for child in children for one in _failing(child, document))
        case Or(children):
            explanations = sorted((_failing(child, document) for child in children), key=len)
            best, second = explanations[:2]
            return (node,) if len(best) == len(second) else best
        case _:
            return (node,)


def _met(condition: Condition, document: Document) -> Iterator[Hit]:
    """The places where a paper meets one condition; none if it does not."""
    match condition:
        case Words(_, spellings, exact, field):
            for where, passage in _passages(field, document):
                if count := _count_words(spellings, passage, exact=exact):
                    yield Hit(condition, where, count)
        case Prefix(stem, field):
            for where, passage in _passages(field, document):
                if count := max(sum(token.startswith(stem) for token in stream) for stream in (passage.apart, passage.joined)):
                    yield Hit(condition, where, count)
        case _:
            if place := _fact_met(condition, document):
                yield Hit(condition, place)


def _fact_met(condition: InCategory | FromSource | HasId | Number | Trait, document: Document) -> Where | None:
    match condition:
        case InCategory(name, whole):
            wanted = name.casefold()
            met = any(one.casefold() == wanted if whole else one.casefold().startswith(wanted) for one in document.categories)
            return Where.CATEGORY if met else None
        case FromSource(name):
            return Where.SOURCE if name in document.sources else None
        case HasId(id):
            return Where.ID if id == document.id else None
        case Number(quantity, comparison, value):
            actual = document.upvotes if quantity is Quantity.UPVOTES else document.stars
            return Where.NUMBER if actual is not None and _COMPARE[comparison](actual, value) else None
        case Trait():
            return Where.TRAIT if condition in document.traits else None
        case _:
            assert_never(condition)


_COMPARE = {
    Comparison.AT_LEAST: operator.ge,
    Comparison.MORE: operator.gt,
    Comparison.AT_MOST: operator.le,
    Comparison.LESS: operator.lt,
    Comparison.EQUAL: operator.eq,
}


def _passages(field: Field | None, document: Document) -> tuple[tuple[Where, Passage], ...]:
    match field:
        case None:
            return (Where.TITLE, document.title), (Where.ABSTRACT, document.abstract), (Where.KEYWORDS, document.keywords)
        case Field.TITLE:
            return ((Where.TITLE, document.title),)
        case Field.ABSTRACT:
            return ((Where.ABSTRACT, document.abstract),)
        case Field.AUTHOR:
            return ((Where.AUTHOR, document.authors),)
        case Field.ORG:
            return ((Where.ORG, document.organisation),)
        case _:
            assert_never(field)


def _count_words(spellings: tuple[tuple[str, ...], ...], passage: Passage, *, exact: bool) -> int:
    # Each stream shows every occurrence once; a compound may be seen in both.
    apart = _count_in(passage.apart if exact else _neutral(passage.apart), spellings)
    if passage.joined is passage.apart:
        return apart
    return max(apart, _count_in(passage.joined if exact else _neutral(passage.joined), spellings))


# The rules of many channels are asked of the same papers, one after another.
@functools.lru_cache(maxsize=4096)
def _neutral(stream: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(neutral, stream))


def _count_in(stream: tuple[str, ...], spellings: tuple[tuple[str, ...], ...]) -> int:
    number = 0
    for tokens in spellings:
        number += stream.count(tokens[0]) if len(tokens) == 1 else _count_phrase(stream, tokens)
    return number


def _count_phrase(stream: tuple[str, ...], tokens: tuple[str, ...]) -> int:
    # Most texts lack the first word; `in` says so without a loop of ours.
    if tokens[0] not in stream:
        return 0
    return sum(stream[place : place + len(tokens)] == tokens for place in range(len(stream) - len(tokens) + 1))
