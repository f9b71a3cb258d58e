"""Looking papers up: search, show, today, trending, similar."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from bot.cards import card, facts, paper_buttons, why
from bot.channel import Format
from bot.commands.finding import find, known, paper_meant, search_sources
from bot.commands.replies import button, count, empty, hint, page_of, row, said, short_title
from bot.document import document
from bot.errors import SourceTrouble, UserMistake
from bot.identity import abstract_url, pdf_url
from bot.message import Button, Heading
from bot.paging import page
from bot.paper import Paper
from bot.ports import Span
from bot.query import hits, parse
from bot.timewords import describe_day

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.commands.call import Answer, Call
    from bot.desk import Desk
    from bot.paper import PaperId

PAGE = 5
CHART_PAGE = 7
"""Titles only; with their menus they are still one message of Slack's, so that turning the page turns all of it."""
LIVE = 20
"""Papers asked of a live source: enough for four more pages, few enough to be polite."""
SIMILAR = 5


async def search(desk: Desk, call: Call, text: str) -> Answer:  # noqa: ARG001  # every command is called alike
    """Papers that meet a query: first the archive of the newest 90 days by relevance, then what the live sources add."""
    number, rest = page_of(text)
    query = parse(rest)
    now = await desk.caught_up()
    ids = [found.id for found in desk.memory.archive.search(query)]
    live: Sequence[Paper] = ()
    unreachable: tuple[str, ...] = ()
    if len(ids) < number * PAGE:
        live, unreachable = await search_sources(desk, query, limit=LIVE)
    found: list[PaperId | Paper] = [*ids, *live]
    shown = page(found, number, PAGE)
    recorded = await desk.store.papers.get([one for one in shown.items if not isinstance(one, Paper)])
    papers = [paper for one in shown.items if (paper := one if isinstance(one, Paper) else recorded.get(one))]
    trouble = f"{' and '.join(unreachable)} could not be asked just now; this is from my archive." if unreachable else ""
    if not papers:
        return empty(
            f"Nothing found for {query}",
            trouble or "Neither my archive nor the live sources hold such a paper.",
            "Fewer or other words may help.",
        )
    cards = [
        card(
            paper,
            Format.NORMAL,
            why=why(hits(query, document(paper))),
            number=place,
            buttons=paper_buttons(paper),
            now=now,
        )
        for place, paper in enumerate(papers, start=shown.first)
    ]
    heading = Heading(f"{count(shown.total, 'paper')} for {query}")
    return said(heading, *cards, *row(shown.turns(lambda to: f"search page:{to} {query}")), *hint(trouble))


async def show(desk: Desk, call: Call, text: str) -> Answer:  # noqa: ARG001  # every command is called alike
    """One paper with all that is known about it."""
    found = await find(desk, paper_meant(text, command="show"))
    now = await desk.store.now()
    paper = found.paper
    pdf = pdf_url(paper.id)
    buttons = (
        Button("Abstract", url=abstract_url(paper.id)),
        *((Button("PDF", url=pdf),) if pdf else ()),
        *((Button("Code", url=paper.code_url),) if paper.code_url else ()),
        button("Save", f"save {paper.id}"),
        button("Similar", f"similar {paper.id}"),
    )
    trouble = f"{' and '.join(found.unreachable)} could not be asked just now; this is from my archive." if found.unreachable else ""
    return said(card(paper, Format.FULL, buttons=buttons, now=now), *hint(trouble))


async def today(desk: Desk, call: Call, text: str) -> Answer:  # noqa: ARG001  # every command is called alike
    """Hugging Face's newest daily list."""
    number, rest = page_of(text)
    if rest:
        raise UserMistake("`today` takes no words; to look for some, search.", instead=f"search {rest}")
    papers, trouble = await _chart(desk, None)
    now = await desk.store.now()
    day = next((paper.listed_on for paper in papers if paper.listed_on), None)
    title = f"Daily papers, {describe_day(day, now.date())}" if day else "Daily papers"
    return await _listed(desk, title, papers, number=number, command="today page:{}", trouble=trouble)


async def trending(desk: Desk, call: Call, text: str) -> Answer:  # noqa: ARG001  # every command is called alike
    """What the community looks at most: now, this week, this month."""
    number, rest = page_of(text)
    word = rest.strip().casefold() or Span.NOW.value
    if word not in tuple(Span):
        raise UserMistake("Trending knows `week` and `month`, or nothing for right now.", instead="trending week")
    span = Span(word)
    papers, trouble = await _chart(desk, span)
    title = {Span.NOW: "Trending now", Span.WEEK: "Trending this week", Span.MONTH: "Trending this month"}[span]
    return await _listed(desk, title, papers, number=number, command=f"trending page:{{}} {span}", trouble=trouble)


async def _chart(desk: Desk, span: Span | None) -> tuple[Sequence[Paper], str]:
    """The list of the day, or a trending one; with a word of warning when it comes from the archive."""
    try:
        if desk.charts is not None:
            papers = await desk.charts.today() if span is None else await desk.charts.trending(span)
            if papers:
                return papers, ""
        trouble = "The list is empty just now; "
    except SourceTrouble as exc:
        trouble = f"The list cannot be read just now ({exc.reason}); "
    await desk.caught_up()
    known = await desk.store.papers.get(desk.memory.archive.most_voted(limit=5 * CHART_PAGE))
    return tuple(known.values()), f"{trouble}these are the most voted of my archive." if known else trouble.rstrip("; ") + "."


async def _listed(desk: Desk, title: str, papers: Sequence[Paper], *, number: int, command: str, trouble: str) -> Answer:
    if not papers:
        return empty(title, "There is no list to show.", trouble)
    now = await desk.store.now()
    shown = page(papers, number, CHART_PAGE)
    cards = [
        dataclasses.replace(card(paper, Format.COMPACT, number=place, buttons=paper_buttons(paper), now=now), facts=facts(paper, now=now))
        for place, paper in enumerate(shown.items, start=shown.first)
    ]
    return said(Heading(title), *cards, *row(shown.turns(command.format)), *hint(trouble))


async def similar(desk: Desk, call: Call, text: str) -> Answer:  # noqa: ARG001  # every command is called alike
    """The papers of the archive that are most like this one."""
    paper = await known(desk, paper_meant(text, command="similar"))
    now = await desk.caught_up()
    near = [one.id for one in desk.memory.archive.similar(paper, limit=SIMILAR)]
    papers = await desk.store.papers.get(near)
    title = f"Like “{short_title(paper)}”"
    if not papers:
        return empty(title, "My archive holds nothing like it.", "It reaches back 90 days.")
    cards = [
        card(papers[id], Format.NORMAL, number=number, buttons=paper_buttons(papers[id]), now=now)
        for number, id in enumerate((id for id in near if id in papers), start=1)
    ]
    return said(Heading(title), *cards)
