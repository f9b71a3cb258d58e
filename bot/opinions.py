"""What a channel's votes say about its next papers: of those it voted on, and of those that the same rules bring.

Somebody who presses "Not for us" under a digest means tomorrow's digest: the paper itself will never come again. So a vote speaks for
the other papers of the rules that brought it as well, but softly: the people's votes on all of them together count by their order of
magnitude (1, 3, 7 ... people more on one side count as 1, 2, 3 votes). One vote is felt the next day, where papers of several rules compete
for the places, and a crowd does not silence a rule: that is what `unsubscribe` is for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.document import document
from bot.query import matches
from bot.votes import Verdict, verdicts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.channel import Address, Channel
    from bot.desk import Desk
    from bot.paper import PaperId
    from bot.query import Query
    from bot.ranking import Matched

VOTED_PAPERS = 100
"""Papers voted on that count for others, the latest: tastes change, and each of them is matched again (about a millisecond)."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a channel thinks of a paper."""

    own: Verdict
    """Of the paper itself."""
    kin: Verdict
    """Of the other papers that the same rules bring."""

    @property
    def value(self) -> int:
        """As `bot.ranking.score` takes it: people in favour minus people against, the kin counted by its order of magnitude."""
        return self.own.net + int(math.copysign(int(math.log2(1 + abs(self.kin.net))), self.kin.net))


def describe(opinion: Opinion) -> str:
    """In a line: "Votes here: 3 in favour, 1 against. Other papers of its rules: 1 against."; "" where nobody voted."""
    parts = (("Votes here", opinion.own), ("Other papers of its rules", opinion.kin))
    return " ".join(f"{about}: {_people(verdict)}." for about, verdict in parts if verdict != Verdict())


def _people(verdict: Verdict) -> str:
    sides = ((verdict.favour, "in favour"), (verdict.against, "against"))
    return ", ".join(f"{number} {side}" for number, side in sides if number)


async def opinions(desk: Desk, channel: Channel, found: Sequence[Matched]) -> Mapping[PaperId, int]:
    """What the channel's votes say of each of these papers; those of which they say nothing are left out."""
    told = await opinions_in_full(desk, channel.address, found)
    return {id: opinion.value for id, opinion in told.items() if opinion.value}


async def opinions_in_full(desk: Desk, address: Address, found: Sequence[Matched]) -> dict[PaperId, Opinion]:
    """The same with the numbers of people behind it, for each of the papers; {} in a channel that never voted.

    Which rules a voted paper meets is asked anew of the record as it stands, and of the rules that brought each of `found`, so a changed
    rule takes over what fits it. A voted paper whose record is gone speaks for nobody else.
    """
    votes = await desk.store.votes.of(address)
    if not votes or not found:
        return {}
    own = verdicts(votes)
    latest = list(dict.fromkeys(vote.paper for vote in reversed(votes)))[:VOTED_PAPERS]
    recorded = await desk.store.papers.get(latest)
    subjects = {id: document(paper) for id, paper in recorded.items()}
    asked = {query for one in found for query in one.queries}
    brought = {query: frozenset(id for id, subject in subjects.items() if matches(query, subject)) for query in asked}
    return {one.paper.id: Opinion(own.get(one.paper.id, Verdict()), _together(own, one, brought)) for one in found}


def _together(own: Mapping[PaperId, Verdict], one: Matched, brought: Mapping[Query, frozenset[PaperId]]) -> Verdict:
    kin = {id for query in one.queries for id in brought[query]} - {one.paper.id}
    return sum((own[id] for id in kin), Verdict())
