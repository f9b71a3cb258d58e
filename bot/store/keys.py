"""Every key of the store, in one table: how it is spelt, what lies there, and when it goes.

To add a key: one function that spells it, and one line in `TABLE` with its pattern, its Redis type, its meaning, and either how long
it stays at most after the last write or the reason why it stays for good. The tests compare every key found after every test with
this table, so a key that is not in it, has another type, or should expire and does not, fails the test that made it. A key that
belongs to one channel ends in its address and stands in `of_channel` as well, so that `forget` and `move` find it.

Scores and stored moments are whole milliseconds since 1970 UTC, except in the agenda (whole seconds: what a slot is named by).
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from bot.channel import Address
    from bot.paper import PaperId

PREFIX = "pb:"
"""Before every key, for servers that others use too."""

UNMATCHED = timedelta(days=14)
"""How long a paper is kept that no channel wanted."""
MATCHED = timedelta(days=180)
"""How long a paper is kept that stood in an inbox, and what is remembered of it in a channel."""
SET_ASIDE = timedelta(days=30)
"""How long bytes that could not be read are kept for whoever wants to look at them."""
DELIVERED = timedelta(days=30)
"""How long a delivery can be read and replayed after its last change, and its log."""
CACHED = timedelta(days=30)
"""The longest that something is cached, counted, or a door stays shut."""
SHOWN = timedelta(days=30)
"""How long it is known which papers a posted message shows."""
TOMBSTONE = timedelta(hours=24)
"""How long it is remembered that a channel was forgotten: so long may a process be behind without reading everything anew."""

COUNTED = timedelta(days=35)
"""How long it is known what was counted on a day."""
BEATEN = timedelta(minutes=2)
"""How long a process counts as alive after it last said so."""

BUCKETS = 1024
"""Hashes that share the channels: at 150,000 channels some 150 in each, the size that loads fastest."""

# ---------------------------------------------------------------- channels

RULES_REVISION = PREFIX + "rules:revision"
RULES_FLOOR = PREFIX + "rules:floor"
CHANGED = PREFIX + "rules:changed"
FORGOTTEN = PREFIX + "rules:forgotten"
AGENDA = PREFIX + "agenda"
PLANNING = PREFIX + "planning"


def bucket(number: int) -> str:
    """The hash with the channels of one bucket, `0 <= number < BUCKETS`."""
    return f"{PREFIX}channels:{number}"


def bucket_of(address: Address) -> str:
    """The hash in which this channel's record lies, under `str(address)`."""
    # crc32, for Python's own hash differs from process to process.
    return bucket(crc32(str(address).encode()) % BUCKETS)


def workspace(platform: str, workspace: str) -> str:
    """The addresses of a workspace's channels that have a record."""
    return f"{PREFIX}workspace:{platform}:{workspace}"


def workspace_of(address: Address) -> str:
    """The set in which this channel's address stands while it has a record."""
    return workspace(address.platform, address.workspace)


# ---------------------------------------------------------------- papers

PAPERS_REVISION = PREFIX + "papers:revision"
PAPERS = PREFIX + "papers:changed"
MARKS = PREFIX + "marks"


def paper(id: PaperId) -> str:
    """A paper's record."""
    return f"{PREFIX}paper:{id}"


def alias(name: str) -> str:
    """Another name of a paper (DOI, title key); holds its identity."""
    return f"{PREFIX}alias:{name}"


def keepers(id: PaperId) -> str:
    """The channels that keep a paper on their reading lists."""
    return f"{PREFIX}keepers:{id}"


def inbox(address: Address) -> str:
    """What waits for the channel's next digest: paper -> when filed."""
    return f"{PREFIX}inbox:{address}"


def filed(address: Address) -> str:
    """What was ever filed there: paper -> when."""
    return f"{PREFIX}filed:{address}"


def posted(address: Address) -> str:
    """What stood in a digest that was posted: paper -> when."""
    return f"{PREFIX}posted:{address}"


def capped(address: Address) -> str:
    """What a posted digest only counted: paper -> when."""
    return f"{PREFIX}capped:{address}"


def kept(address: Address) -> str:
    """The channel's reading list: paper -> when it was put there."""
    return f"{PREFIX}kept:{address}"


def undo(address: Address) -> str:
    """What `bot.commands.rules` keeps in the cache to bring removed rules back; here, for it names people and has to go with the rest."""
    return cache(f"undo:{address}")


# ---------------------------------------------------------------- votes


def votes(address: Address) -> str:
    """What the channel's people think: vote -> when it was cast."""
    return f"{PREFIX}votes:{address}"


def shown(address: Address) -> str:
    """Which papers a posted message shows: the platform's id of the message -> papers."""
    return f"{PREFIX}shown:{address}"


def shown_at(address: Address) -> str:
    """When the messages of `shown` were noted, so that the old ones can be found."""
    return f"{PREFIX}shown-at:{address}"


# ---------------------------------------------------------------- deliveries

OUTBOX = PREFIX + "outbox"
"""The one queue of version 0.1."""
DEAD = PREFIX + "dead"


def lanes(platform: str) -> str:
    """The platform's workspaces with deliveries on their way: workspace -> when to look at it."""
    return f"{PREFIX}lanes:{platform}"


def waiting(platform: str) -> str:
    """The platform's deliveries on their way: id -> the moment of its slot."""
    return f"{PREFIX}waiting:{platform}"


def delivery(id: str) -> str:
    """One delivery: its frozen record and where it stands."""
    return f"{PREFIX}delivery:{id}"


def deliveries_of(address: Address) -> str:
    """The ids of the channel's deliveries: id -> when planned. `forget` erases `delivery(id)` of each, and its place in the outbox."""
    return f"{PREFIX}deliveries:{address}"


def log(address: Address) -> str:
    """The channel's last attempts."""
    return f"{PREFIX}log:{address}"


def failing(address: Address) -> str:
    """Since when the channel's deliveries have met nothing but transient failures."""
    return f"{PREFIX}failing:{address}"


# ---------------------------------------------------------------- installations

INSTALLATIONS = PREFIX + "installations"
LEAVING = PREFIX + "leaving"

# ---------------------------------------------------------------- sources, doors, cache

FETCHES = PREFIX + "fetches"


def fetch(source: str) -> str:
    """The books of one source: health, fence, lease."""
    return f"{PREFIX}fetch:{source}"


def gate(host: str) -> str:
    """The door to one outside host."""
    return f"{PREFIX}gate:{host}"


def strikes(name: str) -> str:
    """Bad answers at the door to one outside host."""
    return f"{PREFIX}strikes:{name}"


def lock(name: str) -> str:
    """Who holds a name, and until when."""
    return f"{PREFIX}lock:{name}"


def cache(key: str) -> str:
    """Bytes kept for a while."""
    return f"{PREFIX}cache:{key}"


def first(key: str) -> str:
    """That somebody asked this first."""
    return f"{PREFIX}first:{key}"


def allow(key: str, window: str) -> str:
    """Uses counted in one window."""
    return f"{PREFIX}allow:{key}:{window}"


# ---------------------------------------------------------------- figures

FIGURES = PREFIX + "figures"
PULSES = PREFIX + "pulses"


def figures_of(day: int) -> str:
    """What was counted on one day by UTC, in days since 1970."""
    return f"{PREFIX}figures:day:{day}"


def batch(process: str) -> str:
    """The number of the last batch of figures that came through from a process."""
    return f"{PREFIX}batch:{process}"


def pulse(process: str) -> str:
    """What a process last said of itself."""
    return f"{PREFIX}pulse:{process}"


# ---------------------------------------------------------------- trouble

CORRUPT_COUNT = PREFIX + "corrupt:count"


def corrupt(key: str) -> str:
    """Where bytes go that lay at `key` and could not be read."""
    return f"{PREFIX}corrupt:at:{key.removeprefix(PREFIX)}"


def of_channel(address: Address) -> tuple[str, ...]:
    """All that is kept about this channel and is keyed by its address, apart from its record."""
    spellings = (inbox, filed, posted, capped, kept, undo, votes, shown, shown_at, deliveries_of, log, failing)
    return tuple(spell(address) for spell in spellings)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table."""

    pattern: str
    """A glob over the key without PREFIX."""
    type: str
    """As the command TYPE says it."""
    meaning: str
    stays: timedelta | str
    """At most so long after the last write; or the reason why it stays."""
    may_stay: str = ""
    """The reason why it may also stay for good; "" if it never does."""


TABLE = (
    Entry("rules:revision", "string", "counts changes of channels", "one number"),
    Entry("rules:floor", "string", "changes before this revision are no longer told one by one", "one number"),
    Entry("rules:changed", "zset", "address -> revision of its last change", "one entry for each channel there is"),
    Entry("rules:forgotten", "zset", "address -> when it was forgotten", "emptied by the sweep after TOMBSTONE"),
    Entry("agenda", "zset", "address -> when its next digest is due, in seconds", "one entry for each channel that is on"),
    Entry("planning", "zset", "address -> until when a worker plans its slot", "emptied by whoever asks what is due"),
    Entry("channels:*", "hash", "address -> record", "rules stay until they are forgotten"),
    Entry("workspace:*", "set", "addresses", "one entry for each channel that has a record"),
    Entry("papers:revision", "string", "counts changes of papers", "one number"),
    Entry("papers:changed", "zset", "paper -> revision of its last change", "one entry for each paper there is; swept"),
    Entry("marks", "hash", "source -> watermark", "one entry for each source"),
    Entry("paper:*", "string", "a record", MATCHED, may_stay="on a reading list"),
    Entry("alias:*", "string", "another name -> paper", MATCHED, may_stay="on a reading list"),
    Entry("keepers:*", "set", "addresses", "as long as the paper is on a reading list"),
    Entry("inbox:*", "zset", "paper -> when filed", MATCHED),
    Entry("filed:*", "zset", "paper -> when filed", MATCHED),
    Entry("posted:*", "zset", "paper -> when posted", MATCHED),
    Entry("capped:*", "zset", "paper -> when counted", MATCHED),
    Entry("kept:*", "zset", "paper -> when put there", "a reading list stays until it is forgotten"),
    Entry("votes:*", "zset", "vote -> when cast", MATCHED),
    Entry("shown:*", "hash", "message -> papers", SHOWN),
    Entry("shown-at:*", "zset", "message -> when noted", SHOWN),
    Entry("outbox", "zset", "delivery -> when something is next to be done for it", "version 0.1; emptied by claims"),
    Entry("lanes:*", "zset", "workspace -> when to look at its lane", "one entry for each workspace with deliveries not settled"),
    Entry("lane:*", "zset", "delivery -> when something is next to be done for it", "one entry for each delivery not settled"),
    Entry("waiting:*", "zset", "delivery -> the moment of its slot", "one entry for each delivery not settled"),
    Entry("server", "hash", "which server the data were on, and since when", "one"),
    Entry("dead", "zset", "delivery -> when it died", "trimmed to DELIVERED by every death and the sweep"),
    Entry("delivery:*", "hash", "a record and where it stands", DELIVERED),
    Entry("deliveries:*", "zset", "delivery -> last change", DELIVERED),
    Entry("log:*", "list", "attempts, newest first", DELIVERED),
    Entry("failing:*", "string", "a moment", DELIVERED),
    Entry("installations", "hash", "workspace -> version and sealed record", "tokens stay until the app is removed"),
    Entry("leaving", "zset", "workspace -> when the rest of it is to be erased", "one entry for each workspace not yet erased"),
    Entry("fetches", "zset", "source -> when it is read next", "one entry for each source"),
    Entry("fetch:*", "hash", "health, fence, lease", "one for each source"),
    Entry("gate:*", "hash", "who is inside, when the next may enter, which turns are taken, until when it is shut", CACHED),
    Entry("strikes:*", "zset", "bad answer -> when it came", CACHED),
    Entry("lock:*", "hash", "holder, and until when", CACHED),
    Entry("cache:*", "string", "any bytes", CACHED),
    Entry("first:*", "string", "until when asking again is not asking first", CACHED),
    Entry("allow:*", "string", "uses in one window", CACHED),
    Entry("figures", "hash", "series -> what was counted of it, ever", "one entry for each series"),
    Entry("figures:day:*", "hash", "series -> what was counted of it on one day", COUNTED),
    Entry("batch:*", "string", "the number of the last batch", CACHED),
    Entry("pulses", "zset", "process -> when it last said that it is alive", BEATEN),
    Entry("pulse:*", "string", "what a process last said of itself", BEATEN),
    Entry("corrupt:at:*", "string", "bytes that could not be read", SET_ASIDE),
    Entry("corrupt:count", "string", "how many records could not be read, ever", "one number"),
)


def entry_of(key: str) -> Entry | None:
    """The line of the table for a key as found on the server; None if there is none. The first that fits."""
    bare = key.removeprefix(PREFIX)
    return next((entry for entry in TABLE if key.startswith(PREFIX) and fnmatch.fnmatchcase(bare, entry.pattern)), None)
