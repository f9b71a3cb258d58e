"""The promise of the store about deliveries: the outbox, and what became of what was in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime, timedelta

    from bot.channel import Address
    from bot.message import Message
    from bot.paper import PaperId


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
    """Posted in order; part n+1 only after part n is sent. () in what the store tells of a delivery of which all are sent."""
    papers: tuple[PaperId, ...]
    """Shown, best first."""
    remainder: tuple[PaperId, ...] = ()
    """Only counted ("12 more"), best first."""
    threaded: bool = False
    """Whether the parts after the first are replies in its thread."""
    tags: tuple[str, ...] = ()
    """The rules that the papers shown meet, as typed, those with the most papers first; for places whose posts bear tags."""


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
    under: str = ""
    """The platform's id of the message this part replies to: the first part of a threaded delivery; "" for that part and all others."""

    @property
    def key(self) -> str:
        """The idempotency key of this part: same key, same post. 64 hex digits."""
        return sha256(f"{self.delivery.id}/{self.part}".encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter(Lease):
    """The last lease of a delivery that will not be tried again by itself, as it stood; `reason` says why."""

    died: datetime
    doubtful: bool
    """Whether the part in hand may have been posted; a replay finds out first."""
    merge: bool
    """Whether the papers may go into a later digest of the channel (see `Dead.merge`); with that it is gone, and cannot be replayed."""


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
    KNOWN = "another lease was first to tell that this part was sent; a second copy of it is only in the log"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What stands in one platform's outbox at one moment."""

    waiting: int
    """Deliveries on their way: not sent, not dead."""
    oldest: datetime | None
    """The slot's moment (of what no schedule asked for, when it was planned) of the one that waits longest; None when none waits."""


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

    async def claim(
        self, platform: str, *, limit: int, lease: timedelta, apiece: int | None = None, without: Collection[str] = ()
    ) -> Sequence[Lease]:
        """The right to deliver up to `limit` parts on a platform whose time has come; nobody else gets them meanwhile.

        Workspaces take turns, so that one with a long queue holds up no other; within each the longest waiting goes first.

        Args:
            apiece: At most so many of one workspace in this call; None: as many as there are.
            without: Workspaces that are left out: whoever asks has enough of theirs in hand.
        """

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

    async def backlog(self, platform: str) -> Backlog:
        """What waits on a platform, and for how long."""

    async def died(self) -> int:
        """How many deliveries of the last 30 days will not be tried again, over all platforms."""

    async def dead(self, *, limit: int = 100) -> Sequence[DeadLetter]:
        """The newest of those of the last 30 days that will not be tried again, newest first."""

    async def dead_ids(self) -> Sequence[str]:
        """The ids of all of them, newest first."""

    async def replay(self, id: str) -> bool:
        """Bring a dead delivery back to pending. False if it is not dead."""

    async def log(self, address: Address) -> Sequence[Attempt]:
        """The channel's last 50 attempts of the last 30 days, newest first."""
