"""Relevance: how well papers answer a query, and how much they are like another paper."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

from bot.archive.entry import ABSTRACT, SUBJECT, TITLE
from bot.archive.index import MOST_TIMES, SLOT, TIMES
from bot.matching.numbers import positions
from bot.query.nodes import And, Field, Or, Prefix, Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.archive.index import Index
    from bot.query.nodes import Node

# Okapi BM25 with the title as a heavier part of the text: S. Robertson, H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and
# Beyond", 2009. The constants are theirs but for the title, which counts as three mentions more.
_SATURATION = 1.2
_LENGTH_MATTERS = 0.75
_TITLE = 3


def rarity(index: Index, papers: int) -> float:
    """How telling it is to be one of so many `papers` of the index (BM25's idf): above 0, the higher the fewer they are."""
    return math.log(1 + (len(index) - papers + 0.5) / (papers + 0.5))


def relevance(index: Index, root: Node, found: int) -> dict[int, float]:
    """A score for each of the papers `found`, by slot, from the query's words that are wanted; all 0 where it has none."""
    scores = dict.fromkeys(positions(found), 0.0)
    for condition in dict.fromkeys(_wanted(root)):
        _add(scores, index, _mentions(index, condition, found), rarity(index, index.bits(condition).bit_count()))
    return scores


def likeness(index: Index, weights: Mapping[str, float], among: int) -> dict[int, float]:
    """How much the papers of a bitset say the weighted number-neutral words: by slot, from 0 to below 1."""
    scores = dict.fromkeys(positions(among), 0.0)
    for word, weight in weights.items():
        _add(scores, index, _counted(index, word, SUBJECT, title=_TITLE), weight)
    most = sum(weights.values()) * (_SATURATION + 1)
    return {slot: score / most for slot, score in scores.items() if score}


def weights(index: Index, counts: Mapping[str, float], *, most: int) -> dict[str, float]:
    """The words that tell most about a text, with their weights: often said here, rare in the archive (TF-IDF, sublinear)."""
    rated: list[tuple[float, str]] = []
    for word, count in counts.items():
        papers = len({posting >> SLOT for posting in index.stands(word) if posting & SUBJECT})
        if papers:
            rated.append((-(1 + math.log(count)) * rarity(index, papers), word))
    return {word: -weight for weight, word in sorted(rated)[:most]}


def _add(scores: dict[int, float], index: Index, mentions: Mapping[int, int], weight: float) -> None:
    """BM25's share of one word or phrase, for those papers that have a score already."""
    usual = max(index.length, 1) / max(len(index), 1)
    for slot, count in mentions.items():
        if slot in scores:
            length = index.entry(slot).length / usual
            damping = _SATURATION * (1 - _LENGTH_MATTERS + _LENGTH_MATTERS * length)
            scores[slot] += weight * count * (_SATURATION + 1) / (count + damping)


def _wanted(node: Node) -> Iterator[Words | Prefix]:
    match node:
        case Words() | Prefix():
            yield node
        case And(children) | Or(children):
            for child in children:
                yield from _wanted(child)
        case _:
            return


def _mentions(index: Index, condition: Words | Prefix, found: int) -> dict[int, int]:
    """How often each paper found says it, the title counting for more."""
    mentions: dict[int, int] = {}
    if isinstance(condition, Words) and condition.field in {None, Field.ABSTRACT} and not condition.exact:
        for word, *more in condition.spellings:
            if not more:
                mentions |= _counted(index, word, SUBJECT if condition.field is None else ABSTRACT)
    # How often a phrase is there is not counted: that it is there says enough.
    mentions = {slot: mentions.get(slot, 1) for slot in positions(index.bits(condition) & found)}
    if condition.field in {None, Field.TITLE}:
        for slot in positions(index.bits(dataclasses.replace(condition, field=Field.TITLE)) & found):
            mentions[slot] += _TITLE
    return mentions


def _counted(index: Index, word: str, places: int, *, title: int = 0) -> dict[int, int]:
    """How often each paper says a number-neutral word in its subject, by slot, if it stands in one of the places."""
    counts: dict[int, int] = {}
    for posting in index.stands(word):
        if posting & places:
            slot = posting >> SLOT
            counts[slot] = counts.get(slot, 0) + (posting >> TIMES & MOST_TIMES) + (title if posting & TITLE else 0)
    return counts
