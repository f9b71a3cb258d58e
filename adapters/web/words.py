"""How the pages say things: moments, spans, numbers, and the names that people know platforms and sources by."""

from __future__ import annotations

import math
import re
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from bot.timewords import MONTHS, WEEKDAYS, describe_moment

if TYPE_CHECKING:
    from datetime import date, datetime

_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)), ("second", timedelta(seconds=1)))
_PLATFORMS = {"slack": "Slack", "discord": "Discord", "terminal": "Terminal"}
_SOURCES = {"huggingface": "Hugging Face", "sample": "Sample papers"}
_KINDS = {"arxiv": "arXiv"}
_THOUSAND = 1000
_SAID_WHOLE = 10
"""From so many thousands on nobody misses the hundreds."""


def count(number: int, singular: str, plural: str = "") -> str:
    """How many of what: "1 digest", "12,000 digests"."""
    return f"{number:,} {singular if number == 1 else plural or f'{singular}s'}"


def span(duration: timedelta) -> str:
    """The largest unit of which there are two: "119 seconds", "2 minutes", "47 hours"; one second for what is shorter."""
    for name, unit in _UNITS:
        if duration >= 2 * unit:
            return count(duration // unit, name)
    return count(1, "second")


def moment(at: datetime, now: datetime) -> str:
    """By UTC, as all that is said here: "today 14:05", "Mon 23 Nov 14:05"."""
    return describe_moment(at, "UTC", now)


def machine(at: datetime) -> str:
    """For `<time datetime>`."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def day(of: date) -> str:
    """In short: "Mon 23 Nov"."""
    return f"{WEEKDAYS[of.weekday()]} {of.day} {MONTHS[of.month - 1]}"


def letter(of: date) -> str:
    """A day's first letter."""
    return WEEKDAYS[of.weekday()][0]


def compact(number: int) -> str:
    """In four characters: "999", "1.2k", "12k"."""
    if number < _THOUSAND:
        return str(number)
    thousands = number / _THOUSAND
    return f"{math.floor(thousands * 10) / 10:g}k" if thousands < _SAID_WHOLE else f"{math.floor(thousands)}k"


def percent(share: float) -> str:
    """Never more than it is: "99.9 %"."""
    return f"{math.floor(share * 1000) / 10:g}\N{NO-BREAK SPACE}%"


def size(number: int) -> str:
    """Bytes in memory: "128 MB"."""
    return f"{number / 1e6:,.0f}\N{NO-BREAK SPACE}MB"


def platform(name: str) -> str:
    """As it calls itself."""
    return _PLATFORMS.get(name, name)


def source(name: str) -> str:
    """As people call it: "Hugging Face", "arXiv cs.CL"."""
    kind, _, part = name.partition(":")
    return f"{_KINDS.get(kind, kind)} {part}" if part else _SOURCES.get(name, name)


def where(contact: str) -> str:
    """What a link to the operator's contact goes to; "" for what is no address alone."""
    if re.fullmatch(r"https?://\S+", contact):
        return contact
    return f"mailto:{contact}" if re.fullmatch(r"[\w.+-]+@[\w.-]+\.\w+", contact) else ""
