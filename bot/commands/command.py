"""A command as a value: its name, what it takes, what it does, and the function that answers it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.commands.call import Answer, Call
    from bot.desk import Desk


class Kind(StrEnum):
    """What an option holds; platforms with typed options make menus and completion of it."""

    TEXT = "text"
    QUERY = "query"
    RULE = "rule"
    """One of the channel's own rules, by text or number."""
    PAPER = "paper"
    CHOICE = "choice"
    SCHEDULE = "schedule"
    COMMAND = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing a command takes. Joined by blanks in their order, the options are the command's text."""

    name: str
    kind: Kind
    help: str
    required: bool = True
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command. Everything that speaks of commands (help, trees, completion, README) is made from these."""

    name: str
    usage: str
    """What follows the name: "QUERY | NUMBER | all"."""
    help: str
    """One line, starting with a verb."""
    examples: tuple[str, ...]
    """Whole lines that work, without `/papers`."""
    run: Callable[[Desk, Call, str], Awaitable[Answer]]
    """Called with the text after the name; raises `UserMistake` where that text cannot be served."""
    options: tuple[Option, ...] = ()
    manages: bool = False
    """Whether it changes the channel, so that the channel's managers may restrict it."""
    tells: bool = False
    """Whether a managing command only tells when nothing follows its name; anyone may ask that."""
    hidden: bool = False
    """Whether only buttons use it."""
    more: str = ""
    """What `help COMMAND` adds."""
