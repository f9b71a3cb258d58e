"""Strangers' text, moments and addresses, made plain: the same few rules for every source."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

LONGEST_TITLE = 500
LONGEST_ABSTRACT = 8_000
LONGEST_NAME = 200
LONGEST_ADDRESS = 2_000
"""Longest texts kept, in characters. Real ones are far below; a hostile one must not fill the store."""
MOST_AUTHORS = 5_000
"""Most authors kept: the longest real lists have about three thousand names."""


def one_line(text: str | None, longest: int) -> str:
    """The text with every run of blanks and newlines made one blank, cut at `longest` characters; "" for an absent one."""
    return " ".join((text or "").split())[:longest].rstrip()


def web_address(text: str | None) -> str:
    """An http(s) address with a host, or "": what else stands in such a field is not for clicking."""
    text = (text or "").strip()
    try:
        parts = urlsplit(text)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return ""
    return text if fine and text.isprintable() and " " not in text and len(text) <= LONGEST_ADDRESS else ""


def moment(text: str | None) -> datetime | None:
    """An ISO 8601 or RFC 822 date as aware UTC (a missing zone counts as UTC); None if it is absent or no date."""
    text = (text or "").strip()
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(text)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None
