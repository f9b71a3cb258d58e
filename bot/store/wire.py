"""The shape of stored records: what stands at which place of the packed arrays.

A field is only ever added at the end, with a default: then older bytes stay readable, and an older program ignores the addition.
Any other change needs a new version number in `bot.store.codec`.
"""

# No lazy annotations here: msgspec reads them.
from datetime import date, datetime

from msgspec import Struct


class PaperWire(Struct, array_like=True, frozen=True):
    """A `Paper`; the fields have the same names and meanings."""

    id: str
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    summary: str = ""
    organisation: str = ""
    doi: str = ""
    code_url: str = ""
    project_url: str = ""
    thumbnail_url: str = ""
    comment: str = ""
    journal: str = ""
    models: int | None = None
    upvotes: int | None = None
    stars: int | None = None
    version: int | None = None
    published: datetime | None = None
    listed_on: date | None = None
    first_seen: datetime | None = None
    refreshed: datetime | None = None
    sources: tuple[str, ...] = ()


class SubscriptionWire(Struct, array_like=True, frozen=True):
    """A `Subscription`."""

    query: str
    added_by: str
    added_at: datetime
    maker: str = ""


class SettingsWire(Struct, array_like=True, frozen=True):
    """A channel's `Settings`."""

    limit: int
    format: str
    thread: bool
    managers: str
    links: bool = True
    chose_anyone: bool = False
    """Tells "anyone" that was chosen from that of a channel which never chose."""


class ChannelWire(Struct, array_like=True, frozen=True):
    """A `Channel` without its address, which is its key, and its version, which the scripts must see."""

    name: str
    subscriptions: tuple[SubscriptionWire, ...]
    schedule: tuple[tuple[int, ...], int, int, str]
    """(days, hour, minute, zone)"""
    settings: SettingsWire
    paused_until: datetime | None = None
    trouble: str = ""


class ButtonWire(Struct, array_like=True, frozen=True):
    """A `Button`."""

    label: str
    command: str = ""
    url: str = ""
    turns: bool = False


class HeadingWire(Struct, array_like=True, frozen=True, tag="h"):
    """A `Heading`."""

    text: str


class TextWire(Struct, array_like=True, frozen=True, tag="t"):
    """A `Text`."""

    text: str


class HintWire(Struct, array_like=True, frozen=True, tag="n"):
    """A `Hint`."""

    text: str


class ExcerptWire(Struct, array_like=True, frozen=True, tag="e"):
    """An `Excerpt`."""

    text: str


class CardWire(Struct, array_like=True, frozen=True, tag="c"):
    """A `Card`."""

    title: str
    url: str
    byline: str = ""
    summary: str = ""
    facts: tuple[str, ...] = ()
    why: str = ""
    thumbnail_url: str = ""
    number: int | None = None
    buttons: tuple[ButtonWire, ...] = ()
    paper: str = ""


class ItemWire(Struct, array_like=True, frozen=True, tag="i"):
    """An `Item`."""

    text: str
    note: str = ""
    number: int | None = None
    buttons: tuple[ButtonWire, ...] = ()


class ButtonsWire(Struct, array_like=True, frozen=True, tag="b"):
    """A row of `Buttons`."""

    buttons: tuple[ButtonWire, ...]


class FileWire(Struct, array_like=True, frozen=True, tag="f"):
    """A `File`."""

    name: str
    content: str


BlockWire = HeadingWire | TextWire | HintWire | ExcerptWire | CardWire | ItemWire | ButtonsWire | FileWire


class MessageWire(Struct, array_like=True, frozen=True):
    """A `Message`."""

    blocks: tuple[BlockWire, ...]
    gist: str = ""


class DeliveryWire(Struct, array_like=True, frozen=True):
    """A `Delivery` without its address, which changes when the channel moves."""

    id: str
    due: datetime
    parts: tuple[MessageWire, ...]
    papers: tuple[str, ...]
    remainder: tuple[str, ...] = ()
    threaded: bool = False
    tags: tuple[str, ...] = ()


class InstallationWire(Struct, array_like=True, frozen=True):
    """An `Installation` without its version, which the scripts must see. Stored only sealed; its `repr` tells nothing."""

    platform: str
    workspace: str
    name: str
    token: str
    refresh_token: str = ""
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    bot_user: str = ""
    bot: str = ""
    app: str = ""
    installed_by: str = ""
    installed_at: datetime | None = None

    def __repr__(self) -> str:
        return f"InstallationWire({self.platform!r}, {self.workspace!r}, ...)"


class HealthWire(Struct, array_like=True, frozen=True):
    """A source's `Health`."""

    last_good: datetime | None = None
    last_new: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    trouble: str = ""
    note: str = ""
    seen: int = 0
    new: int = 0
    refused: int = 0


class PulseWire(Struct, array_like=True, frozen=True):
    """A `Pulse`; the fields have the same names and meanings."""

    process: str
    role: str
    host: str
    pid: int
    version: str
    started: datetime
    at: datetime
    not_ready: tuple[str, ...] = ()
    memory: int = 0
    ticks: dict[str, datetime | None] = {}


class AttemptWire(Struct, array_like=True, frozen=True):
    """One `Attempt` of a delivery log."""

    at: datetime
    delivery: str
    part: int
    outcome: str
    detail: str = ""
