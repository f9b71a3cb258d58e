"""Messages as Discord's content, embeds, components and files.

The words up to the first paper are the content: what a phone shows in its notification and a screen reader reads first. A paper is an
embed with a linked title; its facts and why-line are the footer, where nothing is parsed. Papers of which only titles are shown are lines
of one embed. What can be pressed stands under all of it; see `adapters.discord.components`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from math import ceil
from types import MappingProxyType
from typing import TYPE_CHECKING, assert_never

from adapters.discord import words as written
from adapters.discord.actions import long_commands, tokens_for
from adapters.discord.components import Json, components, share, stand_alone
from adapters.discord.escape import address, cut, line, literal, markdown, size
from adapters.discord.words import words
from bot.message import Buttons, Card, Excerpt, File, Heading, Hint, Item, Message, Text
from bot.plain import plain
from bot.ports import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.channel import Address
    from bot.message import Block
    from bot.ports import Cache

LIMITS = Limits(characters=5_800, blocks=50, text=4_000, heading=150, buttons=15, threads=True)
"""Of one message, for `bot.paging.split` with `measure`.

The embeds of one message hold 6,000 characters; the rest is for what the outlet has to add. What else Discord counts (ten embeds, five
rows, 25 options, ten files) is measured in the same coin: a tenth of the characters for an embed, a twentieth for a button.
"""
CONTENT = 2000
EMBEDS = 10
DESCRIPTION = 4096
COLOUR = 0xB3541E
"""The stripe at the side of a paper: newsprint brown, to be seen on light and dark."""

_TITLE = 256
_FOOTER = 2000
"""Of the 2,048 of a footer; the outlet may have to add a mark."""
_FILES = 10
_JOINED = 2
"""Characters between two blocks of words."""
_APART = ("### ", "-# ", "```", "**")
"""How words begin that have a look of their own: they need no empty line around them."""
_NO_TOKENS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in Discord's own shapes, for a new message, a followup and an edit alike."""

    content: str = ""
    """Markdown, at most 2,000 characters; "" for none."""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    """To be attached; names are safe, and unique in the message."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to send; Discord refuses such a message."""
        return not (self.content or self.embeds or self.components or self.files)


def render(message: Message, tokens: Mapping[str, str] = _NO_TOKENS, *, pictures: bool = True) -> Rendered:
    """One part that `bot.paging.split` made with `LIMITS` and `measure`; the same message gives the same.

    Args:
        tokens: Of the `long_commands` in it; a button without its token is left out.
        pictures: Whether thumbnails are shown.
    """
    links = not stand_alone(message)
    first = next((place for place, block in enumerate(message.blocks) if isinstance(block, Card)), len(message.blocks))
    lead, rest = message.blocks[:first], message.blocks[first:]
    if size(content := _joined(lead, links=links)) > CONTENT:
        heading = 1 if isinstance(lead[0], Heading) else 0
        content, rest = _joined(lead[:heading], links=links), message.blocks[heading:]
    embeds = list(_embeds(rest, links=links, pictures=pictures))
    if len(embeds) > EMBEDS:
        embeds = list(_described([words(block, links=links) for block in rest]))
    if not content and not embeds:
        content = cut(message.gist, CONTENT, written=markdown)
    return Rendered(content, embeds, components(message, tokens), _files(message))


async def rendered(cache: Cache, address: Address, message: Message, *, pictures: bool = True) -> Rendered:
    """The same with all its buttons, the commands of the long ones kept in `cache` for presses in the server of `address`.

    Raises:
        StoreTrouble: They could not be kept.
    """
    return render(message, await tokens_for(cache, address, long_commands(message)), pictures=pictures)


def bare(message: Message) -> Rendered:
    """The same as nothing but words, cut to what the content holds: where embeds may not be sent, or a message was refused."""
    (said,) = plain(message, CONTENT).blocks
    return Rendered(cut(said.text, CONTENT, written=markdown) if isinstance(said, Text) else "")


@lru_cache(maxsize=256)
def measure(block: Block) -> int:
    """How much of `LIMITS.characters` the block takes: the greatest of its shares of what a message can hold.

    For several blocks the sum of these is never less than the greatest sum of one share, so what fits by this measure fits by all.
    """
    # Kept, for splitting asks for the same block once for each of its fields.
    said = words(block, links=True)
    taken = size(said) + _JOINED if said else 0
    match block:
        case Heading() | Text() | Hint() | Excerpt():
            return taken
        case Item():
            return max(taken, _options(block))
        case Card():
            if not _is_rich(block, pictures=True):
                return max(taken, _options(block))
            embed = _characters(_card(block, links=True, pictures=True))
            return max(taken, _options(block), embed, LIMITS.characters // EMBEDS)
        case Buttons(buttons=buttons):
            return ceil(LIMITS.characters * share(buttons=len(buttons)))
        case File():
            return LIMITS.characters // _FILES
        case _:
            assert_never(block)


def _options(block: Card | Item) -> int:
    return ceil(LIMITS.characters * share(options=len(block.buttons)))


def _characters(embed: Json) -> int:
    return size(embed.get("title", "")) + size(embed.get("description", "")) + size(embed.get("footer", {}).get("text", ""))


def _joined(blocks: Sequence[Block], *, links: bool) -> str:
    return _together([said for block in blocks if (said := words(block, links=links))])


def _together(pieces: Sequence[str]) -> str:
    """The words of blocks, paragraphs parted by an empty line."""
    text = pieces[0] if pieces else ""
    for before, piece in pairwise(pieces):
        text += ("\n" if before.startswith(_APART) or piece.startswith(_APART) else "\n\n") + piece
    return text


def _embeds(blocks: Sequence[Block], *, links: bool, pictures: bool) -> Iterator[Json]:
    pieces: list[str] = []
    for block in blocks:
        if isinstance(block, Card) and _is_rich(block, pictures=pictures):
            yield from _described(pieces)
            pieces = []
            yield _card(block, links=links, pictures=pictures)
        elif said := words(block, links=links):
            pieces.append(said)
    yield from _described(pieces)


def _described(pieces: Sequence[str]) -> Iterator[Json]:
    """Words in as few embeds as hold them, a block never parted."""
    kept: list[str] = []
    for piece in filter(None, pieces):
        if kept and size(_together([*kept, piece])) > DESCRIPTION:
            yield {"description": _together(kept), "color": COLOUR}
            kept = []
        kept.append(piece)
    if kept:
        yield {"description": _together(kept), "color": COLOUR}


def _is_rich(card: Card, *, pictures: bool) -> bool:
    """Whether the paper has more to it than a title and facts, and so an embed of its own."""
    return any(literal(text).strip() for text in (card.byline, card.summary, card.why)) or bool(pictures and address(card.thumbnail_url))


def _card(card: Card, *, links: bool, pictures: bool) -> Json:
    number = "" if card.number is None else f"{card.number}. "
    title, to = cut(written.title(card), _TITLE - len(number), written=markdown), address(card.url)
    told = [markdown(text.strip()).strip() for text in (card.byline, card.summary)]
    told.append(written.pages(card.buttons) if links else "")
    footer = cut("\n".join(filter(None, (written.facts(card), written.why(card)))), _FOOTER)
    picture = address(card.thumbnail_url) if pictures else ""
    return {
        **({"title": f"{number}{title}"} if title else {}),
        **({"url": to} if title and to else {}),
        **({"description": description} if (description := "\n".join(filter(None, told))) else {}),
        **({"footer": {"text": footer}} if footer else {}),
        **({"thumbnail": {"url": picture}} if picture else {}),
        "color": COLOUR,
    }


def _files(message: Message) -> list[File]:
    files: dict[str, File] = {}
    for block in message.blocks:
        if isinstance(block, File):
            name = "".join(one if one.isalnum() or one in "-_." else "-" for one in line(block.name))[:80].strip(".-") or "file.txt"
            while name in files:
                name = f"more-{name}"
            files[name] = File(name, block.content.encode("utf-8", "replace").decode())
    return list(files.values())
