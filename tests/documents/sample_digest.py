"""The digest that the pictures show: the demo's papers of one day for a channel with three rules, composed by the product itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.archive import Archive
from bot.channel import Address, Channel, Settings
from bot.delivery import slot_id
from bot.digest import compose
from bot.document import document
from bot.query import hits, matches, parse
from bot.ranking import Matched
from bot.sources.sample import sample_papers

if TYPE_CHECKING:
    from bot.digest import Digest
    from bot.paper import Paper

NOW = datetime(2026, 8, 21, 9, 0, tzinfo=UTC)
"""The morning of the newest list among the sample papers, a Friday."""
RULES = ("agents -benchmark", '"video diffusion"', '"reinforcement learning"')
SHOWN = 3
"""Papers: enough to see what a digest is, few enough to stand at the beginning of a page."""
NAME = "#ml-reading"


def sample_digest(platform: str) -> Digest:
    """What a channel with `RULES` would get at `NOW`; the same each time."""
    address = Address(platform, "T024BE7LD", "C024BE91L")
    archive = Archive()
    for paper in sample_papers():
        archive.add(paper)
    digest = compose(
        Channel(address=address, name=NAME, settings=Settings(limit=SHOWN)),
        [matched for paper in sample_papers() if paper.listed_on == NOW.date() and (matched := _matched(paper))],
        rarity=archive.rarity,
        now=NOW,
        delivery_id=slot_id(address, NOW),
    )
    if digest is None:
        raise RuntimeError(f"no sample paper of {NOW:%d %B %Y} meets any of {', '.join(RULES)}")
    return digest


def papers_shown(platform: str) -> list[Paper]:
    """Those with a card of their own, best first."""
    by_id = {paper.id: paper for paper in sample_papers()}
    return [by_id[id] for id in sample_digest(platform).shown]


def _matched(paper: Paper) -> Matched | None:
    met = tuple(query for rule in RULES if matches(query := parse(rule), document(paper)))
    return Matched(paper, met, tuple(hit for query in met for hit in hits(query, document(paper)))) if met else None
