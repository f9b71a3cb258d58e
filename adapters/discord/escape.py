r"""Outside text as Discord may have it: the one room where it is cleaned and escaped.

Discord parses the content of a message, the description and title of an embed and the text of a modal as its own Markdown; what goes
there goes through `markdown`. A backslash takes the meaning from every sign that is no letter, digit or blank, at the start of a line as
anywhere, and is not shown. The apps look for markup behind it, but Discord's servers look for mentions, invitations and addresses in the
text as it was sent; so an address is parted by backslashes where those would see it, and a mention by U+2060 WORD JOINER, which shows
nothing and breaks no line. (`allowed_mentions` forbids every ping besides.) In a block of code nothing is parsed but its end: `code`.

Footers, labels, the options of a menu and the fields of a modal are shown as they are: `literal` and `line`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from bot.cleaning import cleaned
from bot.summary import ELLIPSIS, one_line, shorten

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_URL = 2048
"""Of an embed's link or picture."""

_HIDDEN = re.compile("[\u034f\u17b4\u17b5\u2800]")
"""Shown as nothing or as a blank by Discord's apps besides."""

_JOINER = "\u2060"
_SIGNS = re.compile(r"[\\*_~`|<>\[\]]")
"""Emphasis, underlines, strikes, code, spoilers, mentions, emoji of a server, times, quotations, links: anywhere."""
_BY_ITSELF = re.compile(r":(?=//|[^\s:]*:)|(?<=\w)\.(?=[^\W\d_]{2})")
"""Where an address, an invitation ("discord.gg/x") or an emoji (":tada:") would be noticed."""
_MENTION = re.compile(r"@(?=\S)")
_FIRST = re.compile(r"^(\s*)(?:([#+-])|(\d+)([.)]))", re.MULTILINE)
"""Headings, small print and lists."""
_IN_CODE = re.compile(r"`(?=`|\Z)|@(?=everyone|here|[!&]?\d)")
"""What would end the code, and what a server may take for a mention without asking where it stands."""

_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
_HOST = re.compile(r"(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+")
_IN_BRACKETS = str.maketrans({one: quote(one, safe="") for one in "()<>[]\\\"'`|"})

_WIDE = "\N{FULLWIDTH LEFT SQUARE BRACKET}\N{FULLWIDTH RIGHT SQUARE BRACKET}"


def literal(text: str) -> str:
    """Outside text for a place that Discord shows as it is: no control characters, nothing bidirectional or invisible; newlines stay.

    Doing it twice changes nothing.
    """
    return _HIDDEN.sub("", cleaned(text))


def line(text: str) -> str:
    """The same on one line, without blanks at the ends: labels, footers."""
    return one_line(literal(text))


def markdown(text: str) -> str:
    """Outside text for a place that Discord parses: nothing in it is markup, a mention, a link or an emoji any more.

    A sign may grow to two characters. Doing it twice escapes twice.
    """
    escaped = _BY_ITSELF.sub(r"\\\g<0>", _SIGNS.sub(r"\\\g<0>", literal(text)))
    return _FIRST.sub(_not_first, _MENTION.sub(f"@{_JOINER}", escaped))


def code(text: str) -> str:
    """Outside text for the inside of a block of code, which nothing in it ends; "" for nothing to see."""
    cleaned = literal(text).rstrip()
    return _IN_CODE.sub(rf"\g<0>{_JOINER}", cleaned.lstrip("\n")) if cleaned else ""


def address(url: str, longest: int = LONGEST_URL) -> str:
    """An address in printable ASCII for a link or a picture; "" for one that Discord refuses or nobody should be sent to.

    Discord refuses a whole message for one address that is not well formed.
    """
    safe = quote(literal(url).strip(), safe=_PRINTABLE) if url.startswith(("https://", "http://")) else ""
    try:
        parts = urlsplit(safe)
        sound = parts.hostname is not None and _HOST.fullmatch(parts.netloc.partition(":")[0]) and parts.port != 0
    except ValueError:
        # A port that is no number, a bracket left open.
        return ""
    return safe if sound and len(safe) <= longest else ""


def linked(shown: str, url: str) -> str:
    """Escaped text as a link in a description; the text alone for an address that nobody should be sent to.

    Brackets in it are replaced by wide ones: Discord looks for the pairs of brackets before it looks for escapes.
    """
    to = address(url).translate(_IN_BRACKETS)
    words = shown.replace("\\[", _WIDE[0]).replace("\\]", _WIDE[1])
    return f"[{words}]({to})" if shown and to and len(to) <= LONGEST_URL else shown


def size(text: str) -> int:
    """The characters of a text as UTF-16 counts them: what Discord counts by is written nowhere, and this is never less."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, longest: int, *, written: Callable[[str], str] = literal) -> str:
    """The text as `written` writes it, in at most `longest` characters: unchanged where it fits, else shortened with "…"; "" for nothing.

    Cut before it is escaped: half an escape would be shown.
    """
    text = text.strip()
    if size(whole := written(text)) <= longest:
        return whole.strip()
    low, high = 0, min(len(text), longest)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(written(shorten(text, middle))) <= longest else (low, middle - 1)
    return written(shorten(text, low)).strip()


def label(text: str, longest: int) -> str:
    """One line that is shown as it is; "…" for one with nothing to see, which Discord would refuse."""
    return cut(line(text), longest) or ELLIPSIS


def _not_first(found: re.Match[str]) -> str:
    blanks, sign, number, stop = found.groups()
    return f"{blanks}\\{sign}" if sign else f"{blanks}{number}\\{stop}"
