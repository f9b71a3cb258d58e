"""The query language: what a person types, as a value that can be compared, stored and asked of a paper."""

from __future__ import annotations

from bot.query.grammar import DEEPEST, MOST_TERMS
from bot.query.marking import marked, pointed
from bot.query.matching import Hit, Where, failing, hits, matches
from bot.query.parser import LONGEST, parse, same
from bot.query.tree import Query, all_of, any_of, conditions, is_positive, negated, written

__all__ = [
    "DEEPEST",
    "LONGEST",
    "MOST_TERMS",
    "Hit",
    "Query",
    "Where",
    "all_of",
    "any_of",
    "conditions",
    "failing",
    "hits",
    "is_positive",
    "marked",
    "matches",
    "negated",
    "parse",
    "pointed",
    "same",
    "written",
]
