"""The promises the core needs kept by the outside: the store, the sources, the outlets.

Moments are aware UTC `datetime`, durations `timedelta`. Whatever has a `clock` decides "now" by the store's own time, never by a
worker's. Every call may raise `StoreTrouble` (store), `SourceTrouble` (sources) or `PostTrouble` (outlets) and nothing else of
the outside world.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime, timedelta

    from bot.channel import Address, Channel
    from bot.message import Message
    from bot.paper import Paper, PaperId
    from bot.query import Query

# ---------------------------------------------------------------- channels


class Saved(Enum):
    """What became of an attempt to save a channel."""

    SAVED = "saved"
    CONFLICT = "somebody else changed it first; read it again"


class Due(Enum):
    """What `Channels.save` does with the agenda when it is not told a moment."""

    KEEP = "as it stands: the change does not touch the schedule"


@dataclass(frozen=True, slots=True)
class RuleChanges:
    """Channels whose rules may have changed since a revision."""

    revision: int
    """Ask from here next time."""
    channels: tuple[Channel, ...]
    """As they are now; a forgotten channel comes without subscriptions."""
    complete: bool = False
    """True if this is everything there is: forget all that is not in it."""


class Channels(Protocol):
    """Every channel's record, one value each."""

    async def load(self, address: Address) -> Channel:
        """The channel as stored; one that was never stored comes with version 0 and the defaults."""

    async def save(self, channel: Channel, *, due: datetime | Due | None, backlog: Sequence[PaperId] = ()) -> Saved:
        """Write the channel if it is still at `channel.version`, and all that must agree with it, in one atomic call.

        Args:
            channel: The changed value, still carrying the version it was read at; it is stored with the next one.
            due: When its next digest is due, whole seconds; None takes it off the agenda; Due.KEEP leaves the agenda alone.
            backlog: Papers to file into its inbox as well, as if they had matched when they came; those filed before are left out.
        """

    async def forget(self, address: Address) -> None:
        """Erase the channel and all that is kept about it: inbox, history, reading list, deliveries. Twice is as good as once."""

    def changes(self, since: int) -> AsyncIterator[RuleChanges]:
        """Channels changed after revision `since`, oldest change first, in batches; everything, in batches, for `since=0`.

        The last batch carries the revision to ask from next time; nothing at all is yielded when nothing changed.
        """

    async def due(self, *, limit: int) -> Sequence[tuple[Address, datetime]]:
        """Channels whose digest is due by now, the longest overdue first, with the moment it was due."""

    async def next_due(self, address: Address) -> datetime | None:
        """When its next digest is due; None while it is on no agenda."""


# ---------------------------------------------------------------- papers


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """New papers with the channels that want them: recorded and filed in one atomic call."""

    papers: Sequence[Paper]
    """Complete, merged records; they replace what is stored."""
    inboxes: Mapping[Address, Sequence[PaperId]]
    """Which papers each channel gets. A paper already filed there, however long ago, is left out by the store."""
    rules: int
    """The revision of the rules the papers were matched against."""
    mark: tuple[str, bytes] | None = None
    """A source's name and its new watermark, written in the same call; None leaves it."""


class Filed(Enum):
    """What became of a filing."""

    FILED = "filed"
    STALE = "rules changed meanwhile: nothing was written; match again"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the store knows about one paper in one channel."""

    filed: datetime | None = None
    """When it entered the channel's inbox; None if it never matched."""
    waiting: bool = False
    """Whether it is in the inbox for the next digest."""
    posted: datetime | None = None
    """When a digest with it was posted."""
    capped: datetime | None = None
    """When a digest was posted that only counted it among "n more"."""


class Papers(Protocol):
    """Records of papers, and every channel's inbox."""

    async def get(self, ids: Sequence[PaperId]) -> dict[PaperId, Paper]:
        """Those of the papers that are known. A corrupt record is set aside, counted, and missing here."""

    async def find(self, names: Sequence[str]) -> dict[str, PaperId]:
        """The identities under which papers with these other names (DOI, title key) are recorded; unknown ones are missing."""

    async def file(self, filing: Filing) -> Filed:
        """Record the papers, file them into the inboxes, and move the source's watermark: all or nothing. Twice is as good as once."""

    def changes(self, since: int) -> AsyncIterator[tuple[int, Sequence[Paper]]]:
        """Papers recorded or changed after revision `since`, in batches, oldest change first, each with the revision reached."""

    async def inbox(self, address: Address) -> Sequence[tuple[PaperId, datetime]]:
        """What waits for the channel's next digest, with when each was filed, oldest first."""

    async def history(self, address: Address, id: PaperId) -> History:
        """What became of this paper in this channel."""

    async def keep(self, address: Address, id: PaperId) -> bool:
        """Put a recorded paper on the channel's reading list; it is then kept for ever. False if it stood there already."""

    async def drop(self, address: Address, id: PaperId) -> bool:
        """Take it off the reading list. False if it did not stand there."""

    async def kept(self, address: Address) -> Sequence[tuple[PaperId, datetime]]:
        """The channel's reading list, newest first."""


# ---------------------------------------------------------------- deliveries


class State(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One digest on its way: what is said is frozen here when the slot is planned."""

    id: str
    """sha256 hex of the slot: the same slot gives the same id on every machine, before and after a restart."""
    address: Address
    due: datetime
    """The slot's moment, whole seconds."""
    parts: tuple[Message, ...]
    """Posted in order; part n+1 only after part n is sent."""
    papers: tuple[PaperId, ...]
    """Shown, best first."""
    remainder: tuple[PaperId, ...] = ()
    """Only counted ("12 more"), best first."""


class Planned(Enum):
    """What became of an attempt to plan a slot."""

    PLANNED = "planned"
    TAKEN = "another worker was first, the schedule changed, or papers have left the inbox: nothing was posted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to deliver one part, until it runs out or somebody with a higher fence comes."""

    delivery: Delivery
    part: int
    """Index into `delivery.parts`."""
    fence: int
    """Grows with every claim of this delivery; the store takes nothing from an older one but the news that it was sent."""
    until: datetime
    state: State
    """PENDING: nothing is out. UNKNOWN: an earlier attempt may have been posted; find out first."""
    attempt: int
    """How often a request for this part went out before, from 0."""
    first_attempt: datetime | None
    """When the first request for this part went out."""
    failing_since: datetime | None = None
    """Since when the channel has only met transient failures, over all its deliveries; any success clears it."""
    last_attempt: datetime | None = None
    """When the last request for this part went out."""
    failures: int = 0
    """How often this part failed and counted as failure; the retry plan goes by it."""
    reason: str = ""
    """What went wrong the last time."""

    @property
    def key(self) -> str:
        """The idempotency key of this part: same key, same post. 64 hex digits."""
        return sha256(f"{self.delivery.id}/{self.part}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Sent:
    """The part stands in the channel."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Later:
    """Surely not posted; try again at `at`."""

    at: datetime
    reason: str
    counts: bool = True
    """Whether it is a failure (a rate limit is none)."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """It may have been posted; find out at `at`."""

    at: datetime
    reason: str
    counts: bool = True
    """Whether it is a failure (waiting until it can be found out is none)."""


@dataclass(frozen=True, slots=True)
class Dead:
    """It will not be tried again by itself; kept for replay."""

    reason: str
    merge: bool = False
    """Surely nothing was posted and the message is not to blame: `recall` may give its papers to a later digest."""
    doubtful: bool = False
    """It may have been posted; a replay finds out first."""
    pauses: bool = False
    """The channel is paused because of it, so `Lease.failing_since` starts anew."""


Outcome = Sent | Later | Doubtful | Dead


class Settled(Enum):
    """What became of an attempt to settle."""

    SETTLED = "settled"
    LOST = "somebody with a newer lease has it; nothing was written"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One line of a channel's delivery log."""

    at: datetime
    delivery: str
    part: int
    outcome: str
    """"sent", "later", "doubtful" or "dead"."""
    detail: str = ""


class Deliveries(Protocol):
    """The outbox: digests planned and not yet settled, and what became of the others."""

    async def plan(self, address: Address, *, due: datetime, then: datetime | None, delivery: Delivery | None) -> Planned:
        """Take a due slot off the agenda, put its delivery into the outbox and the next slot on the agenda: all or nothing.

        The delivery's papers leave the inbox in the same call. If one of them is not there any more, nothing is written and the slot
        is still due: compose anew. Twice with the same slot: TAKEN.

        Args:
            due: The slot's moment as the agenda had it; if it has another now, or none, nothing is written.
            then: The channel's next slot; None takes it off the agenda.
            delivery: None when there is nothing to post.
        """

    async def post_now(self, delivery: Delivery) -> Planned:
        """Put a delivery into the outbox that no schedule asked for; its papers leave the inbox.

        TAKEN if its id was there before, or one of its papers has left the inbox meanwhile.
        """

    async def recall(self, address: Address, *, slot: datetime | None = None) -> Sequence[PaperId]:
        """Take back the channel's deliveries of which surely nothing was posted; their papers return to the inbox.

        For the digest that is about to be composed: a failing one never goes past the next slot. Those that died for the channel's
        or the network's sake (`Dead.merge`) are among them. Returns the papers.

        Args:
            slot: Only while the agenda has the channel at this moment. Else another worker has just planned the slot, and what would
                be taken back is its delivery.
        """

    async def claim(self, *, limit: int, lease: timedelta) -> Sequence[Lease]:
        """The right to deliver up to `limit` parts whose time has come, the longest waiting first; nobody else gets them meanwhile."""

    async def begin(self, lease: Lease, *, need: timedelta) -> bool:
        """Note that a request is about to go out. Only if this says True may it go.

        False if a newer lease exists or less than `need` of this one is left.
        """

    async def settle(self, lease: Lease, outcome: Outcome) -> Settled:
        """Write down what became of it. SENT from an expired lease still counts; with the last part the papers become posted."""

    async def release(self, lease: Lease) -> None:
        """Give an unused lease back at once (a shutdown): others may claim it now."""

    async def get(self, id: str) -> Delivery | None:
        """A delivery not older than 30 days, whatever its state."""

    async def dead(self, *, limit: int = 100) -> Sequence[Lease]:
        """Those that will not be tried again, newest first, as they stood."""

    async def replay(self, id: str) -> bool:
        """Bring a dead delivery back to pending. False if it is not dead."""

    async def log(self, address: Address) -> Sequence[Attempt]:
        """The channel's last 50 attempts of the last 30 days, newest first."""


# ---------------------------------------------------------------- sources and their books


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """What one reading of a source gave."""

    papers: tuple[Paper, ...] = ()
    """In the source's order, no id twice."""
    mark: bytes = b""
    """The source's new watermark, its own business; stored only together with the papers."""
    refused: int = 0
    """Entries left out because they could not be read; already logged."""
    note: str = ""
    """One short sentence worth telling in `status`, or ""."""


class Source(Protocol):
    """Where papers come from by themselves."""

    @property
    def name(self) -> str:
        """Unique and stable: "huggingface", "arxiv:cs.CL", "sample"."""

    async def fetch(self, mark: bytes, now: datetime) -> Harvest:
        """Read what is new, overlapping with the last time.

        Args:
            mark: The watermark of the last good reading, b"" at first. One it cannot read counts as b"".

        Raises:
            SourceTrouble: It could not be read; nothing is known about its news.
        """


class Lookup(Protocol):
    """Where single papers and lists are asked for. Unknown is None or empty; trouble raises `SourceTrouble`."""

    @property
    def name(self) -> str:
        """For people: "arXiv", "Hugging Face"."""

    async def paper(self, id: PaperId) -> Paper | None:
        """One paper by its identity."""

    async def search(self, query: Query, *, limit: int) -> Sequence[Paper]:
        """Papers that meet the query as far as the source can tell, best first. The core checks them again."""


class Span(StrEnum):
    """How far `trending` looks back."""

    NOW = "now"
    WEEK = "week"
    MONTH = "month"


class Charts(Protocol):
    """Where a community's lists are asked for."""

    async def today(self) -> Sequence[Paper]:
        """The newest daily list, most votes first. All papers carry the same `listed_on`; empty when there is none."""

    async def trending(self, span: Span) -> Sequence[Paper]:
        """What the community looks at most, best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a source has been doing."""

    last_good: datetime | None = None
    """Last reading without trouble."""
    last_new: datetime | None = None
    """Last reading that held a paper not seen before."""
    failures: int = 0
    """In a row, up to now."""
    failing_since: datetime | None = None
    trouble: str = ""
    """What went wrong the last time; "" after a good reading."""
    note: str = ""
    seen: int = 0
    """Papers of the last good reading."""
    new: int = 0
    """Of these, never seen before."""
    refused: int = 0
    """Entries refused, all together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The right to read a source now."""

    source: str
    fence: int
    mark: bytes
    health: Health


class Fetches(Protocol):
    """When each source is read next, by whom, and how it went."""

    async def ensure(self, source: str) -> None:
        """Put a source on the agenda for now unless it stands there already."""

    async def claim(self, source: str, *, lease: timedelta, force: bool = False) -> Turn | None:
        """The right to read it, if its time has come (or `force`) and nobody else is at it."""

    async def finish(self, turn: Turn, health: Health, *, again: datetime) -> bool:
        """Write down how it went and when it is read next. False if the lease had passed to somebody else: nothing was written."""

    async def health(self, sources: Sequence[str]) -> dict[str, tuple[Health, datetime | None]]:
        """How each has been doing and when it is read next; unknown ones are missing."""


class Gate(Protocol):
    """One door per outside host for all processes: how often it may be asked, and whether at all."""

    def enter(self, host: str, *, gap: timedelta, patience: timedelta) -> AbstractAsyncContextManager[None]:
        """Wait for our turn; inside, no other process asks this host, and the next may only `gap` after we entered.

        Raises:
            SourceBusy: Our turn would not come within `patience`, or the door is shut; `retry_after` says how long.
        """

    async def shut(self, host: str, *, until: datetime, reason: str) -> None:
        """Nobody asks this host before `until` (a later moment already set stays)."""


class Cache(Protocol):
    """Bytes worth keeping for a while. Losing them only costs time."""

    async def get(self, key: str) -> bytes | None:
        """What was put, if it is still there."""

    async def put(self, key: str, value: bytes, *, keep: timedelta) -> None:
        """Keep for so long, or shorter."""

    async def first(self, key: str, *, keep: timedelta) -> bool:
        """Whether nobody, in any process, asked this with the same key within `keep`."""

    async def allow(self, key: str, *, limit: int, per: timedelta) -> bool:
        """Count one use; False once more than `limit` fell into the current window of length `per`."""


class Store(Protocol):
    """All that is kept."""

    @property
    def channels(self) -> Channels:
        """Records of channels, and the agenda."""
        ...

    @property
    def papers(self) -> Papers:
        """Records of papers, inboxes, reading lists."""
        ...

    @property
    def deliveries(self) -> Deliveries:
        """The outbox and its log."""
        ...

    @property
    def fetches(self) -> Fetches:
        """The books of the sources."""
        ...

    @property
    def gate(self) -> Gate:
        """The doors to outside hosts."""
        ...

    @property
    def cache(self) -> Cache:
        """Things worth keeping for a while."""
        ...

    async def now(self) -> datetime:
        """The store's own time: the only clock that slots and leases go by."""

    async def sweep(self) -> Mapping[str, int]:
        """Hourly housekeeping: drop what is past its promise. Returns what was dropped, by kind. Safe at any time, by anybody."""


# ---------------------------------------------------------------- outlets


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one message of a platform may hold. Characters are counted as the platform counts them, after its own rendering."""

    characters: int
    """In one message, all blocks together."""
    blocks: int
    """In one message."""
    text: int
    """In the longest single text of a block."""
    heading: int = 150
    buttons: int = 25
    """In one row."""


class Outlet(Protocol):
    """A platform's mouth."""

    @property
    def platform(self) -> str:
        """As in `Address.platform`."""

    @property
    def limits(self) -> Limits:
        """What one message may hold."""
        ...

    async def post(self, address: Address, message: Message, *, key: str) -> str:
        """Post one message, at least once, and return the platform's id of it.

        Args:
            key: Same key, same post: a platform that can will drop a repeat.

        Raises:
            NotSent: Surely nothing was posted.
            Busy: Try again after `retry_after`.
            OutcomeUnknown: Perhaps posted.
            ChannelGone: Nobody will ever read it; stop asking.
            WorkspaceGone: Nor anything else in that workspace.
            MessageRefused: The message itself is wrong.
        """

    async def posted(self, address: Address, *, key: str, since: datetime) -> str | None:
        """The platform's id of the message posted with `key` at or after `since`, if it can be found.

        Raises:
            OutcomeUnknown: It cannot be found out now.
        """
