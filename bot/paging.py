"""Fitting what is said to what a place can hold: parts of a message, pages of an answer."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, assert_never

from bot.message import Button, Buttons, Card, Excerpt, File, Heading, Hint, Item, Message, Text
from bot.summary import ELLIPSIS, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.message import Block
    from bot.ports import Limits

T = TypeVar("T")

_COUNTED = len(" (999/999)")
"""Room that each heading keeps for "(2/3)"."""
_PER_FIELD = 4
"""Characters that a platform may need around each field of a block: a newline, signs for bold or small print."""


# ---------------------------------------------------------------- parts of a message


def characters(block: Block) -> int:
    """The size of a block for a platform that shows what is said as it is, with a little room for its own signs.

    Platforms that escape (`&` becomes `&amp;` on Slack) or count otherwise measure for themselves.
    """
    return sum(len(text) + _PER_FIELD for text in _texts(block) if text)


def split(message: Message, limits: Limits, *, measure: Callable[[Block], int] = characters) -> tuple[Message, ...]:
    """The message in as few parts as the limits allow, blocks in their order; itself alone where it fits, nothing if it is empty.

    A block is never parted: a paper stands whole in one message. Only what no message could hold is cut, with "…": a text at its
    end, a card its summary first, then byline and why, its title last. A row of more buttons than the limit becomes several rows;
    a card or an item keeps the first of its own. The leading heading is repeated over each part, with "(2/3)". Splitting a part
    again gives that part.

    Args:
        measure: The size of a block in the platform's own characters, after its rendering and escaping; growing with its texts.
    """
    measure = functools.cache(measure)  # each block is measured several times, and that is to render it
    header = message.blocks[0] if message.blocks and isinstance(message.blocks[0], Heading) else None
    rest = message.blocks[1:] if header else message.blocks
    fitting = _Fitting(limits, measure)
    whole = tuple(fitting.blocks(message.blocks, used=0))
    if fitting.holds(whole):
        return (dataclasses.replace(message, blocks=whole),) if whole else ()
    if header:
        header = fitting.heading(header, room=limits.heading - _COUNTED)
    repeated = (header,) if header else ()
    extra = _COUNTED if header else 0
    parts: list[list[Block]] = [[]]
    for block in fitting.blocks(rest, used=sum(map(measure, repeated)) + extra):
        if parts[-1] and not fitting.holds((*repeated, *parts[-1], block), extra=extra):
            # A heading over nothing tells nothing: it goes with what follows it.
            orphan = [parts[-1].pop()] if isinstance(parts[-1][-1], Heading) and len(parts[-1]) > 1 else []
            if orphan and not fitting.holds((*repeated, *orphan, block), extra=extra):
                parts[-1] += orphan
                orphan = []
            parts.append(orphan)
        parts[-1].append(block)
    return tuple(_part(message, header, blocks, place, len(parts)) for place, blocks in enumerate(parts, start=1))


def _part(message: Message, header: Heading | None, blocks: Sequence[Block], place: int, of: int) -> Message:
    counted = f" ({place}/{of})" if of > 1 else ""
    head = (Heading(header.text + counted),) if header else ()
    return Message((*head, *blocks), gist=message.gist + counted if message.gist and place > 1 else message.gist)


@dataclass(frozen=True, slots=True)
class _Fitting:
    """Blocks cut so that each fits into a message of its own."""

    limits: Limits
    measure: Callable[[Block], int]

    def holds(self, blocks: Sequence[Block], *, extra: int = 0) -> bool:
        """Whether one message holds all of these."""
        return len(blocks) <= self.limits.blocks and sum(map(self.measure, blocks)) + extra <= self.limits.characters

    def blocks(self, blocks: Sequence[Block], *, used: int) -> Iterator[Block]:
        """Each block, cut where it must be.

        Args:
            used: Characters that the repeated heading takes from every message.
        """
        room = min(self.limits.text, self.limits.characters - used)
        return (fitting for block in blocks for fitting in self._fitting(block, room))

    def _fitting(self, block: Block, room: int) -> Iterator[Block]:
        match block:
            case Heading():
                yield self.heading(block, room=min(self.limits.heading, room))
            case Text() | Hint():
                yield dataclasses.replace(block, text=self._cut(block.text, lambda text: dataclasses.replace(block, text=text), room))
            case Excerpt(text=text):
                yield Excerpt(self._cut(text, Excerpt, room, cut=_whole_lines))
            case Item():
                yield self._item(block, room)
            case Card():
                yield self._card(block, room)
            case Buttons(buttons=buttons):
                for start in range(0, len(buttons), self.limits.buttons):
                    yield Buttons(buttons[start : start + self.limits.buttons])
            case File():
                yield block
            case _:
                assert_never(block)

    def heading(self, heading: Heading, *, room: int) -> Heading:
        """The heading in at most `room` characters, and never more of them than the platform's headings have."""
        around = max(self.measure(Heading("x")) - 1, _PER_FIELD)
        return Heading(self._cut(shorten(heading.text, room), Heading, room + around))

    def _card(self, card: Card, room: int) -> Card:
        card = dataclasses.replace(card, buttons=card.buttons[: self.limits.buttons])
        if self.measure(card) <= room:
            return card
        for name in ("summary", "byline", "why", "title"):
            card = self._cut_field(card, name, room)
        return card

    def _item(self, item: Item, room: int) -> Item:
        item = dataclasses.replace(item, buttons=item.buttons[: self.limits.buttons])
        if self.measure(item) <= room:
            return item
        for name in ("note", "text"):
            item = self._cut_field(item, name, room)
        return item

    def _cut_field(self, block: B, name: str, room: int) -> B:
        def with_text(text: str) -> B:
            return dataclasses.replace(block, **{name: text})  # type: ignore[arg-type]  # the names are those of text fields, above

        return with_text(self._cut(getattr(block, name), with_text, room))

    def _cut(self, text: str, build: Callable[[str], Block], room: int, *, cut: Callable[[str, int], str] = shorten) -> str:
        """The longest beginning of `text` with which the block measures at most `room`; "" if not even "…" does."""
        if self.measure(build(text)) <= room:
            return text
        low, high = 0, len(text)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.measure(build(cut(text, middle))) <= room else (low, middle)
        return cut(text, low)


B = TypeVar("B", Card, Item)


def _whole_lines(text: str, limit: int) -> str:
    """At most `limit` characters, cut at the end of a line where there is one: a column must not end in the middle."""
    kept = text[: max(limit - len(ELLIPSIS), 0)].rpartition("\n")[0]
    return f"{kept}\n{ELLIPSIS}" if kept and len(kept) + len(ELLIPSIS) < limit else shorten(text, limit)


def _texts(block: Block) -> tuple[str, ...]:
    match block:
        case Heading(text=text) | Text(text=text) | Hint(text=text) | Excerpt(text=text):
            return (text,)
        case Item(text=text, note=note, number=number):
            return (text, note, f"{number or ''}")
        case Card():
            return (block.title, block.url, block.byline, block.summary, " · ".join(block.facts), block.why, f"{block.number or ''}")
        case Buttons() | File():
            return ()
        case _:
            assert_never(block)


# ---------------------------------------------------------------- pages of an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some of many, with the way to the others."""

    items: tuple[T, ...]
    number: int
    """From 1."""
    pages: int
    """How many there are; 1 when there is nothing."""
    first: int
    """The place of the first of `items` among all, from 1."""
    total: int

    def turns(self, command: Callable[[int], str]) -> tuple[Button, ...]:
        """Buttons to the previous and the next page, where there are such.

        Args:
            command: What shows the page with a number.
        """
        previous = (Button("Previous", command=command(self.number - 1), turns=True),) if self.number > 1 else ()
        return (*previous, Button("Next", command=command(self.number + 1), turns=True)) if self.number < self.pages else previous


def page(items: Sequence[T], number: int, size: int) -> Page[T]:
    """The `number`th page (from 1) of `size` items each; a number out of range is taken for the nearest page there is."""
    pages = max(-(-len(items) // size), 1)
    number = min(max(number, 1), pages)
    start = (number - 1) * size
    return Page(items=tuple(items[start : start + size]), number=number, pages=pages, first=start + 1, total=len(items))
