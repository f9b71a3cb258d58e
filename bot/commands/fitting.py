"""Whether a text is a command with what belongs to it, or only begins with the same word: "list", but not "list the papers on lists"."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.channel import Schedule
from bot.commands.table import TABLE
from bot.errors import UserMistake
from bot.identity import recognise
from bot.timewords import parse_schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NAMES = frozenset(command.name for command in TABLE)


def is_command(text: str) -> bool:
    """Whether the text begins with the name of a command and goes on with what that command may take, rightly written or not."""
    name, _, rest = text.strip().partition(" ")
    name, rest = name.casefold(), re.sub(r"(?:^|\s+)here$", "", rest.strip())
    return name in _NAMES and (name not in _FITS or _FITS[name](rest))


def _like(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    return lambda rest: compiled.fullmatch(rest) is not None


def _is_paper(rest: str) -> bool:
    return not rest or recognise(rest) is not None


def _is_schedule(rest: str) -> bool:
    try:
        parse_schedule(rest, "", Schedule())
    except UserMistake:
        # A figure was meant for a time; the answer will say what is wrong with it.
        return not rest or any(character.isdigit() for character in rest)
    return True


_FITS: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        **dict.fromkeys(("list", "digest", "resume", "export", "status"), _like("")),
        **dict.fromkeys(("show", "similar", "why", "save", "unsave"), _is_paper),
        **dict.fromkeys(("narrow", "broaden"), bool),
        "search": lambda rest: not re.match(r"(?:for|about|on)\b", rest, re.IGNORECASE),
        "today": _like(r"(?:page:\S*)?"),
        "trending": _like(r"(?:page:\S*)?\s*(?:now|week|month)?"),
        "schedule": _is_schedule,
        "settings": _like(r"|(?:limit|format|thread|links|manage)\b.*"),
        "pause": _like(r"|(?:for |until |till )?(?:\S*\d.*|an? \w+|tomorrow|next \w+|[a-z]{3,6}day)"),
        "saved": _like(r"|(?:export|page:).*"),
        "forget": _like(r"|everything"),
        "help": lambda rest: not rest or rest.casefold() in _NAMES,
        "edit": _like(r"\S+|.*=>.*"),
        "restore": _like(r"[0-9a-f]{16}"),
        "more": _like(r"[0-9a-f]{64}"),
        "vote": _like(r"\S+ (?:up|down|none)"),
    }
)
"""What may follow the name; the commands that are not here take any words."""
