"""From typed text to a query: the limits, and a kind refusal with a remedy that works."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.errors import BadQuery
from bot.query.grammar import DEEPEST, read
from bot.query.refusal import Refusal
from bot.query.tree import Query, brackets, is_positive
from bot.query.typed import typed

if TYPE_CHECKING:
    from bot.query.grammar import Branch

LONGEST = 512
"""Characters of a query, as typed and as echoed."""
_LONE_DASH = re.compile(r"(?<!\S)-+(?!\S)")
"""Left behind where the fix took away what it denied."""
_TRIES = 4
"""Mistakes in one query that the remedy mends; with more, none is offered."""


def parse(text: str) -> Query:
    """What a typed query means.

    `and` in small letters is what stands between words anyway; `or` and `not` are asked back, for taken as words they would silently
    change the meaning. Signs that mean nothing here are passed over, so a pasted title works.

    Raises:
        BadQuery: It is empty, cannot be read, could match everything, or is over a limit. `instead`, unless "", parses.
    """
    if len(text) > LONGEST:
        reason = f"A query has at most {LONGEST} characters, this one has {len(text)}."
        raise BadQuery(reason, query=text, start=LONGEST, end=len(text))
    plain = typed(text)
    try:
        return _understood(plain.signs)
    except Refusal as refusal:
        start, end = plain.span(refusal.start, refusal.end)
        raise BadQuery(refusal.reason, query=text, start=start, end=end, instead=_remedy(refusal)) from None


def same(one: str, other: str) -> bool:
    """Whether two texts are the same rule, however typed. A text that is no query is only the same as itself. Cheap when asked again."""
    return one == other or _meaning(one) == _meaning(other)


@lru_cache(maxsize=10_000)
def _meaning(text: str) -> Query | str:
    try:
        return parse(text)
    except BadQuery:
        return text


def _remedy(refusal: Refusal) -> str:
    """The first of the proposed queries that is a good one, mended further where the text holds more than one mistake."""
    proposed = list(refusal.fixes)
    for _ in range(_TRIES):
        further: list[str] = []
        for fix in proposed:
            neat = " ".join(_LONE_DASH.sub("", typed(fix).signs).split())
            try:
                _understood(neat)
            except Refusal as another:
                further += another.fixes[:1]
            else:
                return neat
        proposed = further
    return ""


def _understood(signs: str) -> Query:
    if len(signs) > LONGEST:
        raise Refusal(f"A query has at most {LONGEST} characters.", LONGEST, len(signs))
    branch = read(signs)
    query = Query(branch.node)
    whole = (branch.start, branch.end)
    if not is_positive(query.root):
        raise _unfounded(branch, signs)
    if len(str(query)) > LONGEST:
        raise Refusal(f"Written out in full the query has more than {LONGEST} characters; make two of it.", *whole)
    if brackets(query.root) > DEEPEST:
        raise Refusal(f"Brackets may stand {DEEPEST} deep inside each other; make two queries of it.", *whole)
    return query


def _unfounded(branch: Branch, signs: str) -> Refusal:
    """The refusal of what could match everything, pointing at the narrowest place that explains it."""
    culprit = next((choice for choice in branch.choices if not is_positive(choice.node)), None)
    if culprit is None:
        reason = "This only says what to leave out; add what to look for."
        return Refusal(reason, branch.start, branch.end, f"cat:cs.LG {signs}", f"cat:cs.LG ({signs})")
    if culprit.choices:
        return _unfounded(culprit, signs)
    reason = "Each side of OR must name something to look for; this one only leaves out."
    before, after = signs[: culprit.start], signs[culprit.end :]
    without_or_before = re.sub(r"\bOR\s*$", "", before) + signs[culprit.start :]
    without_or_behind = signs[: culprit.end] + re.sub(r"^\s*OR\b", "", after)
    return Refusal(reason, culprit.start, culprit.end, without_or_before, without_or_behind)
