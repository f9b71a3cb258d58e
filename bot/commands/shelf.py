"""The channel's reading list: save, unsave, saved and its export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards import card
from bot.channel import Format
from bot.commands.finding import paper_meant, recorded
from bot.commands.replies import button, count, empty, page_of, place, said, short_title
from bot.errors import UserMistake
from bot.identity import abstract_url
from bot.message import Button, Buttons, File, Heading, Hint, Text
from bot.paging import page
from bot.references import bibtex, csv_table, ris

if TYPE_CHECKING:
    from bot.commands.call import Answer, Call
    from bot.desk import Desk
    from bot.paper import Paper

PAGE = 10
_EXPORTS = {"bibtex": ("bib", bibtex), "ris": ("ris", ris), "csv": ("csv", csv_table)}


async def save(desk: Desk, call: Call, text: str) -> Answer:
    """Put a paper on the channel's reading list, where it stays."""
    now = await desk.store.now()
    paper = await recorded(desk, paper_meant(text, command="save"), now)
    fresh = await desk.store.papers.keep(call.address, paper.id)
    title = short_title(paper)
    if not fresh:
        return said(Text(f"“{title}” is on the reading list of {place(call)} already."), Buttons((button("Reading list", "saved"),)))
    return said(
        Text(f"{call.asker.name} saved “{title}” for {place(call)}."),
        Buttons((button("Undo", f"unsave {paper.id}"), button("Reading list", "saved"))),
        public=True,
    )


async def unsave(desk: Desk, call: Call, text: str) -> Answer:
    """Take a paper off the reading list."""
    id = paper_meant(text, command="unsave")
    if not await desk.store.papers.drop(call.address, id):
        raise UserMistake(f"{id} is not on the reading list of {place(call)}.", instead="saved")
    paper = (await desk.store.papers.get([id])).get(id)
    title = f"“{short_title(paper)}”" if paper else id
    return said(
        Text(f"{call.asker.name} took {title} off the reading list of {place(call)}."),
        Buttons((button("Undo", f"save {id}"),)),
        public=True,
    )


async def saved(desk: Desk, call: Call, text: str) -> Answer:
    """The reading list, newest first; or the whole of it for a reference manager."""
    papers = await _kept(desk, call)
    verb, _, form = text.casefold().partition(" ")
    if verb == "export":
        return _exported(call, papers, form.strip() or "bibtex")
    number, rest = page_of(text)
    if rest:
        raise UserMistake(
            "`saved` shows the reading list, `saved export bibtex` (or ris, csv) hands it out.", instead="saved export bibtex"
        )
    if not papers:
        return empty(f"Reading list of {place(call)}", "Nothing is saved yet.", "Begin with: save 1706.03762")
    now = await desk.store.now()
    shown = page(papers, number, PAGE)
    cards = [
        card(paper, Format.COMPACT, number=number, buttons=_buttons(paper), now=now)
        for number, paper in enumerate(shown.items, start=shown.first)
    ]
    exports = [button(f"Export {form}", f"saved export {form}") for form in _EXPORTS]
    return said(Heading(f"Reading list of {place(call)}"), *cards, Buttons((*shown.turns(lambda to: f"saved page:{to}"), *exports)))


def _buttons(paper: Paper) -> tuple[Button, ...]:
    return (Button("Abstract", url=abstract_url(paper.id)), button("Remove", f"unsave {paper.id}"))


async def _kept(desk: Desk, call: Call) -> list[Paper]:
    ids = [id for id, _ in await desk.store.papers.kept(call.address)]
    papers = await desk.store.papers.get(ids)
    return [papers[id] for id in ids if id in papers]


def _exported(call: Call, papers: list[Paper], form: str) -> Answer:
    if form not in _EXPORTS:
        raise UserMistake(f"The list can be had as {', '.join(_EXPORTS)}, not as {form!r}.", instead="saved export bibtex")
    if not papers:
        return empty("Nothing to export", f"The reading list of {place(call)} is empty.", "Begin with: save 1706.03762")
    ending, written = _EXPORTS[form]
    return said(
        Text(f"The reading list of {place(call)}, {count(len(papers), 'paper')}:"),
        File(f"reading-list.{ending}", written(papers)),
        Hint("Zotero, JabRef, EndNote and Mendeley read BibTeX and RIS; spreadsheets read CSV."),
    )
