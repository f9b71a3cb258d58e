"""What the archive keeps of one paper: its facts, and its folded text packed small."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from bot.folding import GAP, Passage, neutral

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        return cls(
            id=paper.id,
            first_seen=paper.first_seen or paper.published or _LONG_AGO,
            categories=document.categories,
            sources=document.sources,
            upvotes=document.upvotes,
            stars=document.stars,
            traits=_shared(document.traits),
            length=sum(len(passage.apart) for passage in _passages(document)[:3]),
            packed=_packed(_passages(document)),
        )

    def passages(self) -> Sequence[Passage]:
        """The text again, a passage for each of `PLACES`."""
        lines = iter(zlib.decompress(self.packed).decode().split("\n"))
        return [_unpacked(apart, joined) for apart, joined in zip(lines, lines, strict=True)]

    def says(self, phrase: str, places: int, *, exact: bool) -> bool:
        """Whether the tokens of `phrase`, a blank between, stand next to each other in one of the places (bits of `PLACES`)."""
        wanted = f" {phrase} "
        for place, passage in zip(PLACES, self.passages(), strict=True):
            if place & places:
                for stream in (passage.apart, passage.joined):
                    if wanted in f" {' '.join(stream if exact else map(neutral, stream))} ":
                        return True
        return False


@dataclass(slots=True)
class Mentions:
    """A token in a paper."""

    places: int = 0
    """Where it stands, as bits of `PLACES`."""
    times: int = 0
    """How often it stands in the subject."""
    alone: bool = False
    """Whether it stands there alone in either reading: neither as a part of a compound nor as a compound."""


def mentions(passages: Sequence[Passage]) -> dict[str, Mentions]:
    """Every token of a paper, by its spelling."""
    found: dict[str, Mentions] = {}
    for place, passage in zip(PLACES, passages, strict=True):
        counts = Counter(passage.apart)
        whole = counts if passage.joined is passage.apart else Counter(passage.joined)
        for token, count in (counts if whole is counts else counts | whole).items():
            one = found.get(token)
            if one is None:
                one = found[token] = Mentions()
            one.places |= place
            if place & SUBJECT:
                one.times += count
                one.alone = one.alone or (token in counts and token in whole)
    found.pop(GAP, None)
    return found


def _passages(document: Document) -> Sequence[Passage]:
    return document.title, document.abstract, document.keywords, document.authors, document.organisation


def _packed(passages: Sequence[Passage]) -> bytes:
    lines: list[str] = []
    for passage in passages:
        lines += (" ".join(passage.apart), _SAME if passage.joined == passage.apart else " ".join(passage.joined))
    return zlib.compress("\n".join(lines).encode())


def _unpacked(apart: str, joined: str) -> Passage:
    tokens = tuple(apart.split(" "))
    return Passage(tokens, tokens if joined == _SAME else tuple(joined.split(" ")))


@cache
def _shared(traits: frozenset[Trait]) -> frozenset[Trait]:
    """One set for all papers with the same traits; there are few different ones."""
    return traits
