r"""Outside text as Slack may have it: the one room where it is cleaned and escaped.

Slack has two kinds of places for text. `plain_text` objects and the text and link elements of `rich_text` are shown as they are:
nothing in them is parsed, so no sign needs to be changed and a query can be copied out of a message. The renderer uses only those,
and what goes into them goes through `literal`. Two places are parsed, come what may: the `text` of a message (its notification)
and the blocks of an unfurled link, where `rich_text` is refused (slackapi/java-slack-sdk#948). What goes there goes through `mrkdwn`.

In `mrkdwn` only `&`, `<` and `>` have an escape, their entities, and those close every mention and link. For `*`, `_`, `~` and the
backtick Slack knows none, backslashes are shown (slackhq/slack-api-docs#34), and whether a zero-width space in front closes or opens
a pair is told in both ways; so these signs are replaced by others that look alike and mean nothing. What Slack would turn into a
link, a mention or an emoji by itself is parted with U+2060 WORD JOINER, which shows nothing and breaks no line.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from bot.cleaning import cleaned
from bot.summary import one_line

LONGEST_URL = 3000

_JOINER = "\u2060"
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_LOOKALIKES = str.maketrans({"*": "\N{ASTERISK OPERATOR}", "~": "\N{TILDE OPERATOR}", "`": "\N{MODIFIER LETTER GRAVE ACCENT}"})
_UNDERLINE = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
"""Inside a word, as in `foo_bar`, an underscore is nothing but itself."""
_EMOJI = re.compile(r":(?=[^\s:]+:)")
_BY_ITSELF = re.compile(r"(://?|[@#])(?=\S)|(?<=\w)(\.)(?=[^\W\d_]{2})")
"""Where an address, a mention or the name of a channel would be noticed: "https://", "a@b", "#general", "example.org"."""
_QUOTE = re.compile(r"^(?=\s*>)", re.MULTILINE)
"""A quotation is recognised even where its sign is written as an entity: that is how Slack keeps it."""

_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


def literal(text: str) -> str:
    """Outside text for a place that Slack shows as it is: no control characters, nothing bidirectional or invisible; newlines stay.

    Doing it twice changes nothing.
    """
    return cleaned(text)


def line(text: str) -> str:
    """The same on one line, without blanks at the ends: labels, titles."""
    return one_line(literal(text))


def mrkdwn(text: str) -> str:
    """Outside text for a place that Slack parses: nothing in it is markup, a mention, a link or an emoji any more.

    Signs may grow to entities of five characters. Doing it twice escapes twice.
    """
    text = _EMOJI.sub("\N{RATIO}", _QUOTE.sub(_JOINER, literal(text)))
    text = _UNDERLINE.sub("\N{MODIFIER LETTER LOW MACRON}", _BY_ITSELF.sub(rf"\1\2{_JOINER}", text))
    return text.translate(_LOOKALIKES).translate(_ENTITIES)


def address(url: str) -> str:
    """An address in printable ASCII for the `url` of a link or button; "" for one that Slack refuses or nobody should be sent to."""
    safe = quote(literal(url).strip(), safe=_PRINTABLE) if url.startswith(("https://", "http://")) else ""
    return safe if len(safe) <= LONGEST_URL else ""
