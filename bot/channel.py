"""A channel: a place that receives, with its rules and how it wants them served."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bot.query import same

SUBSCRIPTIONS_PER_CHANNEL = 25
MOST_PAPERS_IN_A_DIGEST = 25

QueryText = NewType("QueryText", str)
"""A query as the bot understood it: `str(parse(text))`. Equal rules may be written in another order; `bot.query.same` compares them."""


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """Where a channel is. Two channels are the same if and only if their addresses are equal."""

    platform: str
    """"slack", "discord" or "terminal"."""
    workspace: str
    """Slack team or enterprise, Discord server; "local" in the terminal."""
    channel: str
    """The platform's own id."""

    def __str__(self) -> str:
        """For keys and logs; `platform` and `workspace` hold no colon, `channel` may."""
        return f"{self.platform}:{self.workspace}:{self.channel}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """The inverse of `str`.

        Raises:
            ValueError: `text` has fewer than two colons.
        """
        platform, workspace, channel = text.split(":", 2)
        return cls(platform, workspace, channel)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A query kept for a channel. It belongs to the channel and survives the person who made it."""

    query: QueryText
    added_by: str
    """The person's display name at the time, as the platform gave it."""
    added_at: datetime
    """Aware UTC."""
    maker: str = ""
    """The platform's own id of that person, to tell them when their rule cannot be served; "" when unknown."""


class Format(StrEnum):
    """How much of each paper a digest shows."""

    COMPACT = "compact"
    """Titles only."""
    NORMAL = "normal"
    FULL = "full"
    """With abstracts."""


class Managers(StrEnum):
    """Who may change a channel's rules and settings."""

    ANYONE = "anyone"
    ADMINS = "admins"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a channel's digest is due, by the clock on its wall."""

    days: tuple[int, ...] = (0, 1, 2, 3, 4)
    """ISO weekdays from 0 = Monday, sorted, without repeats; () switches the digest off."""
    hour: int = 9
    minute: int = 0
    zone: str = "UTC"
    """An IANA zone name."""

    @property
    def is_off(self) -> bool:
        """Whether no digest is ever due."""
        return not self.days


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a channel chose with `/papers settings`."""

    limit: int = 5
    """Papers in one digest, 1 to MOST_PAPERS_IN_A_DIGEST."""
    format: Format = Format.NORMAL
    thread: bool = False
    """Whether each paper gets a thread of its own where the platform has threads."""
    managers: Managers | None = None
    """None if the channel never chose: then as the place it is in has it (`Call.managers`)."""
    links: bool = True
    """Whether a paper's address that somebody pastes is shown as a card, where the platform can."""

    def managed_by(self, unless_chosen: Managers) -> Managers:
        """Who may change the channel: what it chose, or else this."""
        return unless_chosen if self.managers is None else self.managers


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """All that is kept about a channel, as one value: it is read, changed and compared as a whole."""

    address: Address
    name: str = ""
    """For people ("#ml-reading"); may be stale or ""."""
    subscriptions: tuple[Subscription, ...] = ()
    """In the order they were made; at most SUBSCRIPTIONS_PER_CHANNEL; no query twice."""
    schedule: Schedule = field(default_factory=Schedule)
    settings: Settings = field(default_factory=Settings)
    paused_until: datetime | None = None
    """Aware UTC; FOREVER until somebody resumes; None when not paused."""
    trouble: str = ""
    """Why delivery paused the channel by itself, for `status`; "" if it did not."""
    version: int = 0
    """Goes up by one with every change; 0 means that nothing was ever stored. Only the store sets it."""

    def subscription(self, query: QueryText) -> Subscription | None:
        """The rule with this query, in whatever order it is written, if the channel has it."""
        return next((one for one in self.subscriptions if same(one.query, query)), None)

    def is_paused(self, now: datetime) -> bool:
        """Whether nothing is to be posted at `now` (aware)."""
        return self.paused_until is not None and now < self.paused_until


FOREVER = datetime.fromisoformat("9999-01-01T00:00:00+00:00")
"""`Channel.paused_until` of a channel that waits for somebody to resume it."""
