"""Blocks as words: how each reads in the content of a message or the description of an embed."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from adapters.discord.escape import address, code, cut, line, linked, literal, markdown
from bot.message import Buttons, Card, Excerpt, File, Heading, Hint, Item, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.message import Block, Button

LONGEST_LINK = 512
"""Characters of the address that a button opens."""
MOST_LINKS = 2
"""Pages that are named under a paper in a list, beside that of its title."""
_FACTS = 1000
"""Characters of all facts together; a journal and a comment of its authors fit."""


def words(block: Block, *, links: bool) -> str:
    """The block in Discord's Markdown, without what can be pressed; "" for nothing to see.

    Args:
        links: Whether pages that buttons open are named, for these buttons will not be there.
    """
    match block:
        case Heading(text=heading):
            return f"### {shown}" if (shown := markdown(line(heading))) else ""
        case Text(text=said):
            return markdown(said.strip()).strip()
        case Hint(text=hint):
            return small(hint)
        case Excerpt(text=excerpt):
            return f"```\n{shown}\n```" if (shown := code(excerpt)) else ""
        case Item():
            return "\n".join(
                _lines(f"{_mark(block.number)}{markdown(block.text.strip())}".strip(), small(block.note), _named(block, links))
            )
        case Card():
            return _card(block, links=links)
        case Buttons() | File():
            return ""
        case _:
            assert_never(block)


def small(text: str) -> str:
    """Small print; each line is marked, for Discord knows only small lines."""
    return "\n".join(f"-# {markdown(one.strip())}" for one in literal(text).split("\n") if one.strip())


_LONGEST_NAME = 100
"""Characters of an address that stands for a title: splitting a message cuts titles, and no addresses."""


def title(card: Card) -> str:
    """What names the paper: its title, else its address."""
    return line(card.title) or cut(line(card.url), _LONGEST_NAME)


def facts(card: Card) -> str:
    """Its facts in a line, as they are shown, not escaped."""
    return cut(" · ".join(fact for fact in map(line, card.facts) if fact), _FACTS)


def why(card: Card) -> str:
    """What matched, the same."""
    return f"Why: {said}" if (said := line(card.why)) else ""


def pages(buttons: Sequence[Button]) -> str:
    """The pages that buttons do nothing but open, as links."""
    opening = [one for one in buttons if not one.command and address(one.url, LONGEST_LINK)][:MOST_LINKS]
    return " · ".join(linked(cut(line(one.label), _LABEL, written=markdown) or "Link", one.url) for one in opening)


_LABEL = 80


def _card(card: Card, *, links: bool) -> str:
    named = linked(f"**{markdown(title(card))}**", card.url) if title(card) else ""
    head = f"{_mark(card.number)}{named}".strip()
    if not (card.byline.strip() or card.summary.strip()):
        # A title and its facts are one line of a list.
        head = " · ".join(_lines(head, markdown(facts(card))))
        return "\n".join(_lines(head, small(why(card)), _named(card, links)))
    told = (markdown(card.byline.strip()), markdown(card.summary.strip()))
    return "\n".join(_lines(head, *told, small(facts(card)), small(why(card)), _named(card, links)))


def _named(block: Card | Item, links: bool) -> str:  # noqa: FBT001  # passed on
    return pages(block.buttons) if links else ""


def _lines(*lines: str) -> Iterator[str]:
    return (stripped for one in lines if (stripped := one.strip()))


def _mark(number: int | None) -> str:
    return "" if number is None else f"**{number}.** "
