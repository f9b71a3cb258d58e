"""How commands come by papers: what is recorded first, then whoever may be asked."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.document import document
from bot.errors import SourceTrouble, UserMistake
from bot.identity import names, recognise
from bot.paper import Paper, merge
from bot.ports import Filed, Filing
from bot.query import matches

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.desk import Desk
    from bot.paper import PaperId
    from bot.query import Query


@dataclass(frozen=True, slots=True)
class Found:
    """A paper, and who could not be asked about it."""

    paper: Paper
    unreachable: tuple[str, ...] = ()


def paper_meant(text: str, *, command: str) -> PaperId:
    """The identity of the paper that somebody typed, pasted or pressed.

    Raises:
        UserMistake: It is neither an id nor an address of a paper.
    """
    if not text:
        raise UserMistake("Which paper? Give its arXiv id, DOI or address.", instead=f"{command} 1706.03762")
    id = recognise(text)
    if id is None:
        raise UserMistake(
            f"{text[:80]!r} is no arXiv id, DOI or paper address that I know. To look for words, search.", instead=f"search {text[:80]}"
        )
    return id


async def recorded_as(desk: Desk, id: PaperId) -> PaperId:
    """The identity under which the paper is recorded, if it is: a DOI may be another name of a paper known by its arXiv id."""
    aliases = await desk.store.papers.find(names(Paper(id=id, title="")))
    return next(iter(aliases.values()), id)


async def known(desk: Desk, id: PaperId) -> Paper:
    """The paper as recorded; only one that is not recorded is asked for. For what needs its words and not its newest figures.

    Raises:
        UserMistake: As `find`.
    """
    paper = (await desk.store.papers.get([id := await recorded_as(desk, id)])).get(id)
    return paper or (await find(desk, id)).paper


async def find(desk: Desk, id: PaperId) -> Found:
    """The paper with all that is recorded and all that can be learnt now.

    Raises:
        UserMistake: Nobody knows it, or those who might cannot be reached.
    """
    id = await recorded_as(desk, id)
    paper, unreachable = await looked_up(desk, id, (await desk.store.papers.get([id])).get(id))
    if paper is not None:
        return Found(paper, unreachable)
    if unreachable:
        raise UserMistake(f"I have not seen {id}, and {' and '.join(unreachable)} cannot be reached now. Try again later.")
    raise UserMistake(f"Nobody I can ask knows a paper {id}. Is the id right?")


async def looked_up(desk: Desk, id: PaperId, paper: Paper | None = None) -> tuple[Paper | None, tuple[str, ...]]:
    """What the live sources know of the paper, added to what is known; and the names of those that could not be asked."""
    unreachable = []
    for lookup in desk.lookups:
        try:
            fresh = await lookup.paper(id)
        except SourceTrouble:
            unreachable.append(lookup.name)
            continue
        if fresh is not None:
            paper = merge(paper, fresh) if paper else fresh
    return paper, tuple(unreachable)


async def recorded(desk: Desk, id: PaperId, now: datetime) -> Paper:
    """Like `known`, and the paper stands in the store afterwards, so that it can be kept."""
    paper = await known(desk, id)
    if paper.first_seen is None:
        paper = dataclasses.replace(paper, first_seen=now, refreshed=now)
        filed = Filed.STALE
        while filed is Filed.STALE:  # a rule came or went meanwhile; this paper is for nobody's inbox, so only the revision matters
            await desk.memory.catch_up(now)
            filed = await desk.store.papers.file(Filing(papers=(paper,), inboxes={}, rules=desk.memory.rules))
    return paper


async def search_sources(desk: Desk, query: Query, *, limit: int) -> tuple[list[Paper], tuple[str, ...]]:
    """What the live sources find and the archive does not hold, best first; and the names of those that could not be asked."""
    found: dict[PaperId, Paper] = {}
    unreachable = []
    for lookup in desk.lookups:
        try:
            papers: Sequence[Paper] = await lookup.search(query, limit=limit)
        except SourceTrouble:
            unreachable.append(lookup.name)
            continue
        for paper in papers:
            found[paper.id] = merge(found[paper.id], paper) if paper.id in found else paper
    wanted = [paper for id, paper in found.items() if id not in desk.memory.archive and matches(query, document(paper))]
    return wanted[:limit], tuple(unreachable)
