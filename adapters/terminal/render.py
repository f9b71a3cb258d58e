"""Messages as lines of a terminal."""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never
from urllib.parse import quote

from rich.console import Console
from rich.style import Style
from rich.text import Text as Line
from wcwidth import strip_sequences

from bot.message import Buttons, Card, Excerpt, File, Heading, Hint, Item, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adapters.terminal.look import Look
    from bot.message import Block, Button, Message

_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
_BOLD = Style(bold=True)
_QUIET = Style(dim=True)
_PRESSED = Style(color="cyan")
_INDENT = 4
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# \N{ZERO WIDTH JOINER} and NON-JOINER stay: families of emoji and whole scripts are written with them.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
"""What shows nothing and may reorder (bidirectional marks and overrides) or hide what is around it."""


@dataclass(frozen=True, slots=True)
class Screenful:
    """A message as drawn, and what the numbers in it stand for."""

    text: str
    """Whole lines; control sequences only where the look allows them."""
    choices: tuple[Button, ...]
    """The buttons by their numbers, from the `first` that `render` was given."""


def plain(text: str) -> str:
    """Outside text as a terminal may have it: no control or escape characters, nothing bidirectional or invisible; newlines stay."""
    text = _LINE_ENDS.sub("\n", strip_sequences(text)).replace("\t", "    ")
    return "".join("\ufffd" if _is_broken(one) else one for one in _INVISIBLE.sub("", text) if one == "\n" or not _is_control(one))


def render(message: Message, look: Look, *, first: int = 1) -> Screenful:
    """The message within `look.width` columns; only addresses and excerpts, which are there to be copied, may be wider.

    Args:
        first: The number of the first button.
    """
    drawing = _Drawing(look, first)
    lines: list[Line] = []
    for before, block in zip((None, *message.blocks), message.blocks, strict=False):
        lines += [Line()] if before and _is_apart(before, block) else []
        lines += drawing.block(block)
    return Screenful(drawing.printed(lines), tuple(drawing.choices))


class _Drawing:
    """One message on its way to the screen: numbers its buttons as they come."""

    def __init__(self, look: Look, first: int) -> None:
        self.choices: list[Button] = []
        self._look = look
        self._first = first
        escapes = look.colour or look.links
        self._console = Console(
            file=io.StringIO(),
            width=look.width,
            force_terminal=escapes,
            color_system="standard" if escapes else None,
            no_color=not look.colour,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )

    def printed(self, lines: Iterable[Line]) -> str:
        """The lines with the control sequences that the look allows."""
        with self._console.capture() as capture:
            for line in lines:
                line.rstrip()
                self._console.print(line, soft_wrap=True)
        return capture.get()

    def block(self, block: Block) -> Iterator[Line]:
        """The lines of one block; its buttons get the next numbers."""
        match block:
            case Heading(text=text):
                yield from self._wrapped(text, style=_BOLD)
            case Text(text=text):
                yield from self._wrapped(text)
            case Hint(text=text):
                yield from self._wrapped(text, style=_QUIET)
            case Excerpt(text=text):
                # Not wrapped: a mark stands under its place only while the lines are whole.
                yield from (Line(f"  {line}") for line in plain(text).split("\n"))
            case Card():
                yield from self._card(block)
            case Item(text=text, note=note, number=number, buttons=buttons):
                indent = self._numbered(number)
                yield from self._wrapped(text, indent=indent, mark=_mark(number))
                yield from self._wrapped(note, indent=_INDENT, style=_QUIET)
                yield from self._row(buttons, indent=_INDENT)
            case Buttons(buttons=buttons):
                yield from self._row(buttons)
            case File(name=name, content=content):
                yield from self._wrapped(name, style=_QUIET)
                yield from (Line(line) for line in plain(content).split("\n"))
            case _:
                assert_never(block)

    def _card(self, card: Card) -> Iterator[Line]:
        indent = self._numbered(card.number)
        url = _address(card.url)
        title = _BOLD + Style(link=url) if url and self._look.links else _BOLD
        yield from self._wrapped(card.title, indent=indent, mark=_mark(card.number), style=title)
        yield from self._wrapped(card.byline, indent=indent)
        yield from self._wrapped(card.summary, indent=indent)
        yield from self._wrapped(" · ".join(card.facts), indent=indent, style=_QUIET)
        yield from self._wrapped(f"Why: {card.why}" if card.why else "", indent=indent, style=_QUIET)
        if url and not self._look.links:
            yield Line(" " * indent + url)
        yield from self._row(card.buttons, indent=indent)

    def _numbered(self, number: int | None) -> int:
        return 0 if number is None else max(_INDENT, len(_mark(number)))

    def _wrapped(self, text: str, *, indent: int = 0, mark: str = "", style: Style = Style.null()) -> Iterator[Line]:  # noqa: B008  # immutable
        """The text in lines of the width, each after `indent` blanks, the first after `mark`; no lines for ""."""
        for paragraph in plain(text).split("\n") if text else ():
            # rich wraps at blanks and knows the width of wide, joined and combining characters.
            for line in Line(paragraph, style=style, overflow="fold").wrap(self._console, self._look.width - indent):
                line.rstrip()
                yield Line(mark.ljust(indent)).append_text(line)
                mark = ""

    def _row(self, buttons: Iterable[Button], *, indent: int = 0) -> Iterator[Line]:
        """Buttons beside each other, parted only between two of them.

        Those that open a page are links without a number; where there are no links, addresses on lines of their own.
        """
        row, pages = Line(), []
        for button in buttons:
            drawn = self._button(button)
            if not button.command and not self._look.links:
                pages.append(drawn)
                continue
            if row and indent + row.cell_len + 2 + drawn.cell_len > self._look.width:
                yield Line(" " * indent).append_text(row)
                row = Line()
            row = row.append("  ").append_text(drawn) if row else drawn
        yield from (Line(" " * indent).append_text(line) for line in (row, *pages) if line)

    def _button(self, button: Button) -> Line:
        label, url = plain(button.label).replace("\n", " "), _address(button.url)
        if button.command:
            self.choices.append(button)
            number = f"[{self._first + len(self.choices) - 1}]"
            return Line.assemble((number, _PRESSED), f" {label}")
        return Line(label, style=Style(link=url, underline=True)) if self._look.links else Line(f"{label}: {url}")


def _is_apart(before: Block, block: Block) -> bool:
    """Whether a blank line stands between two blocks: over headings, around papers of several lines."""
    return isinstance(block, Heading) or any(isinstance(one, Card) and bool(one.byline or one.summary) for one in (before, block))


def _address(url: str) -> str:
    """An address in printable ASCII, as OSC 8 wants it; "" for what a browser should not be sent to."""
    return quote(plain(url), safe=_PRINTABLE) if url.startswith(("https://", "http://")) else ""


def _mark(number: int | None) -> str:
    return "" if number is None else f"{number:>2}. "


def _is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc"


def _is_broken(character: str) -> bool:
    """Half of a surrogate pair: cannot be written as UTF-8 at all."""
    return unicodedata.category(character) == "Cs"
