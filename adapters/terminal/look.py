"""What the terminal at hand can show: its width, colours, links."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

NARROWEST, WIDEST = 40, 200
_USUAL = 80
_LONGEST_NUMBER = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How messages are drawn."""

    width: int = _USUAL
    """Columns, NARROWEST to WIDEST."""
    colour: bool = False
    links: bool = False
    """Whether a text may carry an address behind it (OSC 8); else addresses are printed."""


PLAIN = Look()


def look(stream: TextIO, environ: Mapping[str, str]) -> Look:
    """The look that suits `stream`: plain unless it is a terminal.

    `NO_COLOR` (https://no-color.org) and `CLICOLOR=0` (https://bixense.com/clicolors) switch colours off, `CLICOLOR_FORCE` on even
    into a pipe, `TERM=dumb` everything off. `COLUMNS` wins over what the terminal says.
    """
    dumb = environ.get("TERM", "") in {"dumb", "unknown"}
    is_terminal = stream.isatty() and not dumb
    forced = environ.get("CLICOLOR_FORCE", "0") not in {"", "0"} and not dumb
    colour = ((is_terminal and environ.get("CLICOLOR") != "0") or forced) and not environ.get("NO_COLOR")
    # The Linux console prints OSC 8 as it comes.
    return Look(width=_width(stream, environ), colour=colour, links=is_terminal and environ.get("TERM") != "linux")


def _width(stream: TextIO, environ: Mapping[str, str]) -> int:
    columns = environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdecimal() and len(columns) < _LONGEST_NUMBER and int(columns):
        width = int(columns)
    else:
        try:
            width = os.get_terminal_size(stream.fileno()).columns or _USUAL
        except (OSError, ValueError):  # no terminal; no file behind the stream, or a closed one
            width = _USUAL
    return min(max(width, NARROWEST), WIDEST)
