"""Which paper comes first, by a score that can be said aloud: points for named reasons, and nothing hidden."""

from __future__ import annotations

import math
from calendar import monthrange
from dataclasses import dataclass, fields
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.identity import month_of
from bot.query import Where
from bot.query.nodes import Prefix, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from bot.paper import Paper, PaperId
    from bot.query import Hit, Query
    from bot.query.nodes import Condition

_PLACE: Mapping[Where, int] = MappingProxyType(
    {
        Where.TITLE: 30,
        Where.KEYWORDS: 20,
        Where.AUTHOR: 25,
        Where.ORG: 15,
        Where.ABSTRACT: 10,
        Where.ID: 30,
        Where.CATEGORY: 5,
        # Facts and numbers narrow a rule down; meeting them says nothing about how well.
        Where.SOURCE: 0,
        Where.NUMBER: 0,
        Where.TRAIT: 0,
    }
)
"""Points for the best place where a condition is met."""
_REPEATED = 1
"""Points for each further time a term stands in its best place ..."""
_REPEATS_COUNTED = 5
"""... but not for more than these: a term said ten times is a topic, said twenty times no more of one."""
_RARITY = 3
"""Points for each unit of rarity: a term in one of 1000 papers (7 units) weighs like a vote of 15 people."""
_RAREST = 10.0
"""Units counted: terms never seen before must not drown everything."""
_VOTES = 5
"""Points for each doubling of votes."""
_STARS = 5
"""Points for each tenfold of stars; stars are cheaper than votes and older."""
_FRESH = 20
"""Points of a paper of this moment ..."""
_HALF_LIFE_DAYS = 7.0
"""... and half as many after each of these."""
_REACTIONS = 10
"""Points for each doubling of the channel's own reactions: its members know best what it wants."""


@dataclass(frozen=True, slots=True)
class Matched:
    """A paper that meets at least one of a channel's rules."""

    paper: Paper
    queries: tuple[Query, ...]
    """The rules that it meets."""
    hits: tuple[Hit, ...]
    """What they found in it, and where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Whole points for each reason; they add up to `total`. Only `reactions` can be negative."""

    place: int = 0
    """Where the terms stand: title over keywords over abstract."""
    rarity: int = 0
    """How rare these terms are."""
    votes: int = 0
    stars: int = 0
    freshness: int = 0
    reactions: int = 0
    """The channel's own."""

    @property
    def total(self) -> int:
        """The sum of all parts."""
        return self.place + self.rarity + self.votes + self.stars + self.freshness + self.reactions


_REASON: Mapping[str, str] = MappingProxyType(
    {
        "place": "where it matched",
        "rarity": "how rare the terms are",
        "votes": "votes",
        "stars": "stars",
        "freshness": "freshness",
        "reactions": "reactions here",
    }
)


def score(matched: Matched, *, rarity: Callable[[Condition], float], now: datetime, reactions: int = 0) -> Score:
    """Why this paper stands where it stands in a channel's digest.

    Several terms add up with less and less weight (the best in full, the next by half ...), so that a rule of ten words is no
    reason by itself.

    Args:
        rarity: How rare a term is among all papers: 0 if every paper has it, 1 more for each factor of e (an inverse document frequency).
        reactions: The channel's own, favourable minus unfavourable: see `bot.opinions`.
    """
    best: dict[Condition, int] = {}
    for hit in matched.hits:
        points = _PLACE[hit.where]
        if points:
            points += _REPEATED * min(max(hit.count - 1, 0), _REPEATS_COUNTED)
        best[hit.condition] = max(points, best.get(hit.condition, 0))
    terms = [condition for condition in best if isinstance(condition, Words | Prefix)]
    paper = matched.paper
    return Score(
        place=_diminishing(best.values()),
        rarity=_diminishing(_RARITY * min(max(rarity(term), 0.0), _RAREST) for term in terms),
        votes=round(_VOTES * math.log2(1 + max(paper.upvotes or 0, 0))),
        stars=round(_STARS * math.log10(1 + max(paper.stars or 0, 0))),
        freshness=_freshness(paper, now),
        reactions=round(math.copysign(_REACTIONS * math.log2(1 + abs(reactions)), reactions)),
    )


def rank(
    matched: Iterable[Matched], *, rarity: Callable[[Condition], float], now: datetime, reactions: Mapping[PaperId, int] | None = None
) -> tuple[Matched, ...]:
    """The papers, best first; equal scores stand in the order of their ids, so that every process ranks alike."""
    liked = reactions or {}

    def place(one: Matched) -> tuple[int, PaperId]:
        return -score(one, rarity=rarity, now=now, reactions=liked.get(one.paper.id, 0)).total, one.paper.id

    return tuple(sorted(matched, key=place))


def explain(score: Score) -> str:
    """The score in one line: "87 points: 30 for where it matched, 21 for how rare the terms are, 36 for votes"."""
    parts = [(getattr(score, field.name), _REASON[field.name]) for field in fields(Score)]
    reasons = ", ".join(f"{points} for {reason}" for points, reason in parts if points)
    return f"{score.total} points: {reasons}" if reasons else "0 points"


def _diminishing(values: Iterable[float]) -> int:
    """The greatest value in full, the next by half, by a quarter ...; never more than twice the greatest."""
    ordered: Sequence[float] = sorted(values, reverse=True)
    return round(sum(math.ldexp(value, -place) for place, value in enumerate(ordered)))


def _freshness(paper: Paper, now: datetime) -> int:
    listed = _start(paper.listed_on) if paper.listed_on else None
    # A paper that is weeks old and new on the community's list is news to most.
    dates = [moment for moment in (paper.published, listed) if moment] or [moment for moment in (_guessed(paper),) if moment]
    if not dates:
        return 0
    days = max((now - max(dates)).total_seconds() / 86_400, 0.0)
    return round(_FRESH * math.exp2(-days / _HALF_LIFE_DAYS))


def _guessed(paper: Paper) -> datetime | None:
    """The moment of a paper without any date: inside the month of its id, and there as near as can be to when it was first seen."""
    month = month_of(paper.id)
    if month is None:
        return paper.first_seen
    first, last = _start(month), _start(month + timedelta(days=monthrange(month.year, month.month)[1] - 1))
    return min(max(paper.first_seen, first), last) if paper.first_seen else first


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
