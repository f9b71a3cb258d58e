"""How a service is asked and what it answers, as values: the words that sources and the client share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from http import HTTPStatus


class Kind(Enum):
    """What an answer is meant to be; the value is the Accept header."""

    JSON = "application/json"
    XML = "application/rss+xml, application/atom+xml, application/xml, text/xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How a service wants to be asked."""

    door: str
    """Its registered domain: the gap, one connection at a time and a ban hold for all its machines together."""
    gap: timedelta
    """At least so long from one request to the next, over all our processes."""
    wait: timedelta
    """Before the second try; doubles from try to try."""
    patience: timedelta = timedelta(seconds=60)
    """The longest single wait, at the door or before another try; what would take longer becomes `SourceBusy`."""
    tries: int = 4
    rest: timedelta = timedelta(minutes=1)
    """How long at least nobody asks a machine that failed all tries."""
    ban: timedelta = timedelta(hours=1)
    """How long nobody asks a service that turned us away (403)."""


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave us to ask "has it changed?" with. Opaque: arXiv writes its ETag without quotes."""

    etag: str = ""
    modified: str = ""

    def headers(self) -> dict[str, str]:
        """The conditions to send; empty without validators."""
        pairs = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in pairs.items() if value and value.isascii()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    """Decompressed, without byte order mark; b"" when unchanged."""
    validators: Validators
    more: bool
    """Whether a `Link` header names a next page."""

    @property
    def unchanged(self) -> bool:
        """Whether the server says that what we know is still right."""
        return self.status == HTTPStatus.NOT_MODIFIED
