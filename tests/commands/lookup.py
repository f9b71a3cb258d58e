"""Somebody to ask about papers, who knows a few, or cannot be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import SourceBusy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.paper import Paper, PaperId
    from bot.ports import Span
    from bot.query import Query


class Knows:
    """Gives its papers for every question, as a source that matches loosely; the core looks again."""

    def __init__(self, name: str, *papers: Paper) -> None:
        self.name = name
        self.papers = papers
        self.reachable = True
        self.asked = 0

    def _answer(self) -> Sequence[Paper]:
        self.asked += 1
        if not self.reachable:
            raise SourceBusy(f"{self.name} is resting.")
        return self.papers

    async def paper(self, id: PaperId) -> Paper | None:
        return next((paper for paper in self._answer() if paper.id == id), None)

    async def search(self, query: Query, *, limit: int) -> Sequence[Paper]:
        return self._answer()[:limit]

    async def today(self) -> Sequence[Paper]:
        return self._answer()

    async def trending(self, span: Span) -> Sequence[Paper]:
        return self._answer()
