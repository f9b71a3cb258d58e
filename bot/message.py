"""What the bot says: a closed set of blocks that hold plain text.

No markup, no platform objects: each adapter renders every block with a `match` that ends in `assert_never`, and escapes in one
function. A button is a value too: pressing it is the same as typing its command, so it works a week later, after restarts and in
another process, without anything kept in memory.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press."""

    label: str
    """At most 30 characters."""
    command: str = ""
    """What pressing does, as if typed after `/papers`: "unsubscribe curriculum". At most 1,100 characters (two queries); a platform
    that holds less keeps it elsewhere. "" if it only opens `url`."""
    url: str = ""
    """What pressing opens; "" if it runs `command`."""
    turns: bool = False
    """Whether what `command` shows takes the place of the message it stands in, where a platform can: the pages of a list."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A title over what follows; one line."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph. Single newlines are kept."""

    text: str


@dataclass(frozen=True, slots=True)
class Hint:
    """Small print: context, advice, what to do next."""

    text: str


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Text whose columns matter, shown with equal widths: a query with its mark, an export. Newlines are kept."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One paper, with as much as the occasion wants. Empty fields are not shown."""

    title: str
    url: str
    byline: str = ""
    """First authors and organisation, ready to show."""
    summary: str = ""
    """One sentence, or the abstract where the format asks for it."""
    facts: tuple[str, ...] = ()
    """Short, ready to show: "▲ 42", "★ 1.2k", "cs.CL", "21 Nov"."""
    why: str = ""
    """Which terms matched and where; a platform may set it apart."""
    thumbnail_url: str = ""
    number: int | None = None
    """Its place in a list, from 1; None outside lists."""
    buttons: tuple[Button, ...] = ()
    paper: str = ""
    """The `PaperId`, not shown: what people say about the message, they say about this paper. "" where nobody can."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a list: a rule, a source."""

    text: str
    note: str = ""
    """Small print on the same row."""
    number: int | None = None
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Buttons:
    """A row of buttons that belong to the message as a whole."""

    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A small text file to take away."""

    name: str
    content: str


Block = Heading | Text | Hint | Excerpt | Card | Item | Buttons | File


@dataclass(frozen=True, slots=True)
class Message:
    """What is said at once. An empty message is never sent."""

    blocks: tuple[Block, ...]
    gist: str = ""
    """One plain line for notifications and screen readers; "" means the first text of `blocks`."""
