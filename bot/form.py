"""A form: what a platform with dialogs asks for where typing is worse. Filled in, it is a command again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FieldKind(StrEnum):
    """How a field is filled in."""

    LINE = "line"
    LINES = "lines"
    ONE_OF = "one of"
    """One of the few `choices`."""
    SOME_OF = "some of"
    """Any number of the few `choices`."""
    TIME = "time"
    """A time of day, "HH:MM"."""
    ZONE = "zone"
    """An IANA time zone; there are hundreds, so a platform offers what `bot.zones.suggest` finds for the letters typed."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several."""

    value: str
    """What is typed for it."""
    label: str
    """What people read; at most 75 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question of a form."""

    name: str
    """Unique in its form."""
    label: str
    """At most 45 characters."""
    kind: FieldKind
    values: tuple[str, ...] = ()
    """What is filled in already: one text, or any number of choices' values for SOME_OF; () for nothing."""
    choices: tuple[Choice, ...] = ()
    hint: str = ""
    required: bool = True
    longest: int = 3000
    """Characters of a LINE or LINES."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A dialog of a few fields."""

    command: str
    """The command that opened it, as typed: "schedule", "edit 1". With the values it makes the command that is typed in the end."""
    title: str
    """At most 24 characters."""
    fields: tuple[Field, ...]
    explanation: str = ""
    submit: str = "Save"
    """At most 24 characters."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A field that cannot be taken as it was filled in."""

    field: str
    """Its name."""
    reason: str
    """One or two sentences for the person."""
