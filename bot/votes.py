"""Votes: what the people of a channel think of papers they were shown, by reaction or button."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bot.errors import StoreTrouble
from bot.message import Card
from bot.paper import PaperId

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.channel import Address
    from bot.message import Message
    from bot.ports import Votes

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One person's sign about one paper."""

    paper: PaperId
    voter: str
    """The platform's id of the person. No blanks."""
    sign: str
    """What was pressed, so that taking one back leaves the others: "+1", "heart", "button". No blanks."""
    value: int
    """+1 in favour, -1 against."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """A sign under a message, as an adapter understands its platform's emoji."""

    sign: str
    value: int
    """+1 in favour, -1 against."""
    place: int | None = None
    """Which of the message's papers is meant, from 1 (a keycap such as 2️⃣); None: the message."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many people are for and against a paper; who gives several signs counts once, by their sum, and by nothing where that is 0."""

    favour: int = 0
    against: int = 0

    @property
    def net(self) -> int:
        """How many more people are in favour than against."""
        return self.favour - self.against

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(self.favour + other.favour, self.against + other.against)


def verdicts(votes: Iterable[Vote]) -> dict[PaperId, Verdict]:
    """What people think of each paper they voted on."""
    persons: dict[tuple[PaperId, str], int] = {}
    for vote in votes:
        persons[vote.paper, vote.voter] = persons.get((vote.paper, vote.voter), 0) + vote.value
    found: dict[PaperId, Verdict] = {}
    for (paper, _), value in persons.items():
        found[paper] = found.get(paper, Verdict()) + Verdict(int(value > 0), int(value < 0))
    return found


async def note_shown(votes: Votes, address: Address, message_id: str, parts: Sequence[Message], part: int) -> None:
    """Note what a posted part shows, so that what people say about it counts. A store that fails is logged: the post stands."""
    papers = papers_meant(parts, part)
    if not papers:
        return
    try:
        await votes.shown(address, message_id, papers)
    except StoreTrouble as trouble:
        _log.warning("papers_not_noted", channel=str(address), message_id=message_id, reason=str(trouble))


def papers_meant(parts: Sequence[Message], part: int) -> tuple[PaperId, ...]:
    """The papers that people may mean who say something about this part, in the order of their numbers; () if it shows none.

    The third is the one with a 3, in whichever part that stands; "" where a number stands nowhere, as in a list that begins with 6.
    """
    cards = _cards(parts[part])
    if len(cards) == 1 or not all(card.number for card in cards):
        return tuple(PaperId(card.paper) for card in cards)
    numbered = {card.number: PaperId(card.paper) for message in parts for card in _cards(message)}
    return tuple(numbered.get(number, PaperId("")) for number in range(1, max((card.number or 0 for card in cards), default=0) + 1))


def _cards(message: Message) -> list[Card]:
    return [block for block in message.blocks if isinstance(block, Card) and block.paper]
