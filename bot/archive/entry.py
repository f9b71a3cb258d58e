"""What the archive keeps of one paper: its facts, and its folded text packed small."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.folding import GAP, neutral

if TYPE_CHECKING:
    from bot.document import Document
    from bot.paper import Paper, PaperId
    from bot.query.nodes import Trait

TITLE, ABSTRACT, KEYWORDS, AUTHOR, ORG = PLACES = (1, 2, 4, 8, 16)
"""The passages of a paper as bits, so that several of them are one number."""
SUBJECT = TITLE | ABSTRACT | KEYWORDS
"""Where a word without a field is looked for."""
PLACES_OF = {"w": SUBJECT, "t": TITLE, "a": ABSTRACT, "p": AUTHOR, "o": ORG}
"""By the letter of a term's space (see `bot.matching.formula`)."""

_SAME = "="
"""Stands for a joined stream that equals the one apart; no token is spelled so."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

Streams = tuple[list[str], list[str]]
"""A passage's tokens apart and joined; the same object where they are equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A paper in the archive."""

    id: PaperId
    first_seen: datetime
    """Aware UTC. Of a record without it the moment of publication, else the beginning of time."""
    categories: tuple[str, ...]
    sources: tuple[str, ...]
    upvotes: int | None
    stars: int | None
    traits: frozenset[Trait]
    length: int
    """Words of title, abstract and keywords."""
    packed: bytes
    """The folded text. Packed, both streams of 180 words take about 800 bytes; as numbers of tokens they would take 1,500."""

    @classmethod
    def of(cls, paper: Paper, document: Document) -> Entry:
        """The paper as it is kept; `document` is the same paper, folded."""
        passages = (document.title, document.abstract, document.keywords, document.authors, document.organisation)
        lines = [
            line
            for passage in passages
            for line in (" ".join(passage.apart), _SAME if passage.joined == passage.apart else " ".join(passage.joined))
        ]
        return cls(
            id=paper.id,
            first_seen=paper.first_seen or paper.published or _LONG_AGO,
            categories=document.categories,
            sources=document.sources,
            upvotes=document.upvotes,
            stars=document.stars,
            traits=document.traits,
            length=sum(len(passage.apart) for passage in passages[:3]),
            packed=zlib.compress("\n".join(lines).encode()),
        )

    def passages(self) -> tuple[Streams, ...]:
        """The text again, a pair of streams for each of `PLACES`."""
        lines = iter(zlib.decompress(self.packed).decode().split("\n"))
        return tuple(_streams(apart, joined) for apart, joined in zip(lines, lines, strict=True))

    def says(self, phrase: str, places: int, *, exact: bool) -> bool:
        """Whether the tokens of `phrase`, a blank between, stand next to each other in one of the places (bits of `PLACES`)."""
        wanted = f" {phrase} "
        for place, streams in zip(PLACES, self.passages(), strict=True):
            if place & places:
                for stream in streams:
                    if wanted in f" {' '.join(stream if exact else map(neutral, stream))} ":
                        return True
        return False

    def tokens(self) -> dict[str, tuple[int, int]]:
        """Every token with the places where it stands, and how often it stands in the subject."""
        found: dict[str, tuple[int, int]] = {}
        for place, (apart, joined) in zip(PLACES, self.passages(), strict=True):
            for token, count in (Counter(apart) | Counter(joined)).items():
                places, times = found.get(token, (0, 0))
                found[token] = places | place, times + (count if place & SUBJECT else 0)
        found.pop(GAP, None)
        return found

    def words(self) -> set[str]:
        """The subject's tokens that stand alone in either reading: no parts of compounds, no compounds."""
        apart, joined = set[str](), set[str]()
        for first, second in self.passages()[:3]:
            apart.update(first)
            joined.update(second)
        return apart & joined


def _streams(apart: str, joined: str) -> Streams:
    tokens = apart.split(" ")
    return tokens, tokens if joined == _SAME else joined.split(" ")
