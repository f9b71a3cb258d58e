"""Digests ready to be delivered, the same ones for every platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.channel import Channel
from bot.delivery import slot_id
from bot.digest import compose
from bot.document import document
from bot.paging import split
from bot.ports import Delivery
from bot.query import hits, parse
from bot.ranking import Matched
from tests.benchmarks import crowd

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.channel import Address
    from bot.ports import Outlet

FOUND = 12
"""Papers that matched in each channel; five of them are shown."""


def digests(addresses: Sequence[Address], outlet: Outlet, *, now: datetime) -> list[Delivery]:
    """A digest of five papers for each channel, parted as the platform wants it."""
    papers = crowd.papers(200)
    query = parse("method OR approach OR model OR results")
    matched = [Matched(paper=paper, queries=(query,), hits=tuple(hits(query, document(paper)))) for paper in papers]
    made = []
    for number, address in enumerate(addresses):
        chosen = [matched[(number * 7 + step) % len(matched)] for step in range(FOUND)]
        id = slot_id(address, now)
        digest = compose(Channel(address=address, name="#bench"), chosen, rarity=lambda _: 1.0, now=now, delivery_id=id)
        assert digest is not None
        parts = split(digest.message, outlet.limits, measure=outlet.measure)
        made.append(Delivery(id=id, address=address, due=now, parts=parts, papers=()))
    return made
