"""Messages as Block Kit.

Every word is shown by `plain_text` and `rich_text`, which parse nothing; see `adapters.slack.escape` for why. A paper is a bold link
with its authors, its summary with one menu at the side, its facts and why-line in small print: the title keeps the whole width of a
phone, the menu stands beside words that may wrap. A paper that is alone in its message has room for its buttons themselves.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, assert_never

from adapters.slack.elements import SECTION, Json, beside, context, label, link, menu, picture, rich_text, rows, section, text
from adapters.slack.escape import address, line, literal, mrkdwn
from bot.message import Buttons, Card, Excerpt, File, Heading, Hint, Item, Message, Text
from bot.plain import plain
from bot.ports import Limits
from bot.summary import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.message import Block

MOST_BLOCKS = 50
LIMITS = Limits(characters=10_000, blocks=MOST_BLOCKS, text=6_000, heading=150, buttons=25, threads=True)
"""Of one message, for `bot.paging.split` with `measure`.

Slack refuses messages of about 13,200 characters of JSON although every single limit holds (slackapi/bolt-js#2509); a fourth less is
safe. No text of ours has a limit of its own below `text`, which counts a block's JSON too: 3,000 characters of an abstract fit.
"""
FILE = 3000
"""Characters of a file that are shown; what is longer should be uploaded."""

_TITLE_ALOUD = 100
"""Characters of a title among others in the words of a notification."""
_TELLING = 40
"""Characters by which a title is known in a gist that may have cut it."""
_FLOOR = LIMITS.characters // MOST_BLOCKS
"""What the smallest block of Slack's counts for, so that fifty of them fill a message."""
_BLOCK_ID = len(', "block_id": "at:49"')


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message for `chat.postMessage`, `chat.postEphemeral` and `response_url` alike."""

    blocks: list[Json]
    """At most 50 for a part that `bot.paging.split` made. Empty for a message of nothing but empty texts."""
    text: str
    """Notification and screen-reader text: readable words, escaped, 1 to 3,000 characters."""


def render(message: Message, *, pictures: bool = True) -> Rendered:
    """The message in Block Kit; the same message gives the same blocks.

    Args:
        pictures: Whether thumbnails are shown. Slack refuses a whole message if it cannot load one of its pictures.
    """
    return Rendered(named(drawn(message, pictures=pictures)), _words(message))


@lru_cache(maxsize=256)
def measure(block: Block) -> int:
    """How much of `LIMITS.characters` the block takes: the characters of its JSON, the larger where it depends on the company.

    Never under a fiftieth of them for each block of Slack's it becomes, so that what fits by this measure has at most fifty.
    """
    # Kept, for splitting asks for the same block once for each of its fields.
    return max(sum(map(_size, _block(block, alone=alone, pictures=True))) for alone in (False, True))


def drawn(message: Message, *, pictures: bool = True) -> list[Json]:
    """The blocks without their ids, for views that name them otherwise."""
    alone = sum(isinstance(block, Card) for block in message.blocks) == 1
    return [one for block in message.blocks for one in _block(block, alone=alone, pictures=pictures)]


def named(blocks: Iterable[Json]) -> list[Json]:
    """The blocks, those with something to press with an id of their own."""
    return [{**block, "block_id": f"at:{place}"} if pressable(block) else block for place, block in enumerate(blocks)]


def pressable(block: Json) -> bool:
    """Whether there is something in the block to press."""
    return block["type"] == "actions" or "action_id" in block.get("accessory", {})


def unfurled(card: Card) -> Json:
    """A paper as what a link to it unfurls to, a value of `chat.unfurl`'s `unfurls`.

    The one place with `mrkdwn`: `rich_text` is refused there (slackapi/java-slack-sdk#948), and only it holds a linked title.
    """
    title = f"*{mrkdwn(shorten(line(card.title), 300)) or 'Untitled'}*"
    url = address(card.url).replace("&", "&amp;").replace("<", "%3C").replace(">", "%3E").replace("|", "%7C")
    linked = f"<{url}|{title}>" if url and len(url) + len(title) < SECTION else title
    blocks: list[Json] = [{"type": "section", "text": {"type": "mrkdwn", "text": linked, "verbatim": True}}]
    blocks += section(_lines(card.byline, card.summary))
    blocks += context(_small_print(card))
    blocks += rows(card.buttons)
    return {"blocks": named(blocks), "fallback": mrkdwn(line(card.title)) or "Paper"}


def _block(block: Block, *, alone: bool, pictures: bool) -> Iterator[Json]:
    match block:
        case Heading(text=heading):
            if shown := line(heading):
                yield {"type": "header", "text": label(shown, LIMITS.heading)}
        case Text(text=said):
            yield from rich_text(*text(said.strip()))
        case Hint(text=hint):
            yield from context(hint)
        case Excerpt(text=excerpt):
            yield from rich_text(*text(excerpt), kind="rich_text_preformatted")
        case Card():
            yield from _card(block, alone=alone, pictures=pictures)
        case Item():
            yield from _item(block)
        case Buttons(buttons=buttons):
            yield from rows(buttons)
        case File():
            yield from _file(block)
        case _:
            assert_never(block)


def _card(card: Card, *, alone: bool, pictures: bool) -> Iterator[Json]:
    title = [*text(_mark(card.number), bold=True), *link(card.title or card.url, card.url)]
    byline, summary, small = literal(card.byline).strip(), literal(card.summary).strip(), _small_print(card)
    side = None if alone else menu(card.buttons)
    # Slack wants a text for the menu to stand beside: the summary, or what comes nearest to it.
    if side and not summary:
        byline, summary = "", byline
    if side and not summary:
        summary, small = small, ""
    in_rows = () if side and summary else card.buttons
    if not side and pictures and card.thumbnail_url:
        side = picture(card.thumbnail_url, f"Picture of {line(card.title)}")
    if side and summary:
        yield from rich_text(*title, *_further(byline))
        yield from section(summary, side)
    else:
        yield from rich_text(*title, *_further(byline), *_further(summary))
    yield from context(small)
    yield from rows(in_rows)


def _further(words: str) -> Iterator[Json]:
    return text(f"\n{words}") if words else iter(())


def _small_print(card: Card) -> str:
    return _lines(" · ".join(fact for fact in map(line, card.facts) if fact), f"Why: {line(card.why)}" if line(card.why) else "")


def _item(item: Item) -> Iterator[Json]:
    words = _lines(f"{_mark(item.number)}{literal(item.text).strip()}".rstrip(), literal(item.note).strip())
    side = beside(item.buttons, about=item.text) if words and len(words) <= SECTION else None
    if side:
        yield from section(words, side)
    else:
        yield from rich_text(*text(words))
        yield from rows(item.buttons)


def _file(file: File) -> Iterator[Json]:
    content = literal(file.content).rstrip()
    shown = content if len(content) <= FILE else content[:FILE].rpartition("\n")[0] or content[:FILE]
    yield from rich_text(*text(line(file.name), bold=True))
    yield from rich_text(*text(shown), kind="rich_text_preformatted")
    if missing := content.count("\n") - shown.count("\n"):
        yield from context(f"{missing} more lines do not fit here.")
    elif shown != content:
        yield from context("The rest does not fit here.")


def _words(message: Message) -> str:
    """The gist, for phones show no more; then the further papers, for screen readers read these words instead of the blocks."""
    if said := literal(message.gist).strip():
        titles = ((one.number, line(one.title)) for one in message.blocks if isinstance(one, Card))
        further = (f"{_mark(number)}{shorten(title, _TITLE_ALOUD)}" for number, title in titles if title[:_TELLING] not in line(said))
        said = "\n".join((said, *further))
    else:
        # Addresses are linked in the blocks; read aloud they are only noise.
        quiet = (replace(block, url="") if isinstance(block, Card) and block.title else block for block in message.blocks)
        said = "\n".join(block.text for block in plain(Message(tuple(quiet)), SECTION).blocks if isinstance(block, Text))
    said = shorten(literal(said).strip(), SECTION)
    while len(escaped := mrkdwn(said)) > SECTION:
        # Each sign may have grown to five; the rest of the text has, on the average, as many.
        said = shorten(said, min(len(said) - 1, len(said) * SECTION // len(escaped)))
    return escaped or "Paperboy"


def _lines(*lines: str) -> str:
    return "\n".join(one for one in lines if one.strip())


def _mark(number: int | None) -> str:
    return "" if number is None else f"{number}. "


def _size(block: Json) -> int:
    return max(len(json.dumps(block, ensure_ascii=False)) + (_BLOCK_ID if pressable(block) else 0) + 2, _FLOOR)
