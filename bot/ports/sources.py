"""Where papers come from, and who may be asked about them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.paper import Paper, PaperId
    from bot.query import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """What one reading of a source gave."""

    papers: tuple[Paper, ...] = ()
    """In the source's order, no id twice."""
    mark: bytes = b""
    """The source's new watermark, its own business; stored only together with the papers."""
    refused: int = 0
    """Entries left out because they could not be read; already logged."""
    note: str = ""
    """One short sentence worth telling in `status`, or ""."""


class Source(Protocol):
    """Where papers come from by themselves."""

    @property
    def name(self) -> str:
        """Unique and stable: "huggingface", "arxiv:cs.CL", "sample"."""

    async def fetch(self, mark: bytes, now: datetime) -> Harvest:
        """Read what is new, overlapping with the last time.

        Args:
            mark: The watermark of the last good reading, b"" at first. One it cannot read counts as b"".

        Raises:
            SourceTrouble: It could not be read; nothing is known about its news.
        """


class Lookup(Protocol):
    """Where single papers and lists are asked for. Unknown is None or empty; trouble raises `SourceTrouble`."""

    @property
    def name(self) -> str:
        """For people: "arXiv", "Hugging Face"."""

    async def paper(self, id: PaperId) -> Paper | None:
        """One paper by its identity."""

    async def search(self, query: Query, *, limit: int) -> Sequence[Paper]:
        """Papers that meet the query as far as the source can tell, best first. The core checks them again."""


class Span(StrEnum):
    """How far `trending` looks back."""

    NOW = "now"
    WEEK = "week"
    MONTH = "month"


class Charts(Protocol):
    """Where a community's lists are asked for."""

    async def today(self) -> Sequence[Paper]:
        """The newest daily list, most votes first. All papers carry the same `listed_on`; empty when there is none."""

    async def trending(self, span: Span) -> Sequence[Paper]:
        """What the community looks at most, best first."""
