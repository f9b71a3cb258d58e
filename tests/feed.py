"""A source that gives what it was told to give, or fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.ports import Harvest

if TYPE_CHECKING:
    from datetime import datetime

    from bot.paper import Paper


class Feed:
    """Gives `papers` at every reading, with a watermark that counts readings; raises `trouble` instead if there is any."""

    def __init__(self, name: str, *papers: Paper) -> None:
        self.name = name
        self.papers = papers
        self.trouble: Exception | None = None
        self.marks: list[bytes] = []

    async def fetch(self, mark: bytes, now: datetime) -> Harvest:
        self.marks.append(mark)
        if self.trouble is not None:
            raise self.trouble
        return Harvest(papers=self.papers, mark=b"%d" % (int(mark or b"0") + 1), note="as told")
