"""Every error the core raises on purpose, one class for each different reaction.

PaperboyError
├── UserMistake            shown to the person, with the right way
│   └── BadQuery           the same, with the place in the query
├── OperatorMistake        stops the start with one clear line
├── SourceTrouble          a source of papers failed; its watermark stays
│   ├── SourceBusy         ask again after `retry_after`
│   ├── SourceBlocked      we are not wanted there; stop asking until `until`
│   ├── SourceRefused      the question was wrong; asking again is no use
│   └── SourceGarbled      an answer came, but not one that can be read
├── StoreTrouble           the store failed; nothing was acknowledged
│   ├── StoreAway          no connection, or it broke; the write may or may not have happened
│   ├── StoreFull          the server refuses writes (disk or memory)
│   └── CorruptRecord      bytes that cannot be read; set aside and counted
└── PostTrouble            an outlet could not post
    ├── NotSent            surely nothing was posted; try again
    ├── Busy               rate-limited; try again after `retry_after`; not a failure
    ├── OutcomeUnknown     perhaps posted; find out before posting again
    ├── ChannelGone        nobody will ever read it; pause the channel
    ├── WorkspaceGone      the installation cannot act; pause all its channels
    └── MessageRefused     the platform calls our message wrong: our bug
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta


class PaperboyError(Exception):
    """The root: catching it catches what we raise on purpose, and nothing of our bugs."""


class UserMistake(PaperboyError):
    """Somebody asked for something that cannot be done as written.

    Args:
        reason: One sentence for the person, ending in a full stop.
        instead: A command or query that would work, or "" when none is known.
        hint: Small print: what would have to change outside for it to work, or "".
    """

    def __init__(self, reason: str, *, instead: str = "", hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.instead = instead
        self.hint = hint


class BadQuery(UserMistake):
    """A query that cannot be understood or is not allowed.

    Args:
        query: The text as it was typed.
        start: Index of the first offending character in `query` (0-based, counts code points).
        end: Index after the last offending character; `start <= end <= len(query)`.
            Equal to `start` where something is missing at that place.
    """

    def __init__(self, reason: str, *, query: str, start: int, end: int, instead: str = "") -> None:
        super().__init__(reason, instead=instead)
        self.query = query
        self.start = start
        self.end = end


class OperatorMistake(PaperboyError):
    """The program cannot start as configured; the text is one line that names the remedy."""


class SourceTrouble(PaperboyError):
    """A source could not be read. What it had delivered before stays valid, its watermark where it was."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SourceBusy(SourceTrouble):
    """The source asks for patience, or did not answer in time.

    Args:
        retry_after: How long to wait at least; None when the source named no time.
    """

    def __init__(self, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class SourceBlocked(SourceTrouble):
    """The source turned us away for good (403): going on would count as an attack."""


class SourceRefused(SourceTrouble):
    """The source understood and said no (400, 404): a retry would get the same answer."""


class SourceGarbled(SourceTrouble):
    """The source answered with something else than what was asked for: HTML, half a document, too much."""


class StoreTrouble(PaperboyError):
    """The store failed. Whoever asked must not be told that it worked."""


class StoreAway(StoreTrouble):
    """No connection to the store, or it broke underway: the write may or may not have happened."""


class StoreFull(StoreTrouble):
    """The store refuses writes because its disk or memory is full. Nothing was written."""


class CorruptRecord(StoreTrouble):
    """Stored bytes that this version cannot read.

    Args:
        key: Where they lie.
    """

    def __init__(self, reason: str, *, key: str) -> None:
        super().__init__(reason)
        self.key = key


class NewerRecord(CorruptRecord):
    """A record that a newer version of the program wrote. It is whole, and must stay as it is."""


class PostTrouble(PaperboyError):
    """An outlet could not post a message."""


class NotSent(PostTrouble):
    """Surely nothing was posted (no connection, refused before the request went out)."""


class Busy(PostTrouble):
    """The platform asks for patience; nothing was posted.

    Args:
        retry_after: How long to wait at least.
    """

    def __init__(self, reason: str, *, retry_after: timedelta) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class OutcomeUnknown(PostTrouble):
    """The request went out and no answer came back: it may stand in the channel already."""


class ChannelGone(PostTrouble):
    """The channel is archived, deleted or closed to us."""


class WorkspaceGone(PostTrouble):
    """The installation was removed or its token revoked.

    Args:
        removed: Whether the platform says that the app is no longer installed there, so that nothing of the workspace may be kept. Else
            the token may be wrong, or an admin's setting in the way.
    """

    def __init__(self, reason: str, *, removed: bool = False) -> None:
        super().__init__(reason)
        self.removed = removed


class MessageRefused(PostTrouble):
    """The platform says that the message itself is wrong. Repeating it unchanged is no use."""
