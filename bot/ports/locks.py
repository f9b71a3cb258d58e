"""The promise of the store about locks: of all processes, one holds the name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import timedelta


class Locks(Protocol):
    """Names that one holder at a time has, over all processes, as long as it keeps saying so.

    Whoever dies loses the name when its time is over, by the store's clock. A holder that cannot reach the store must stop what the
    name stands for before its time is over: it will not be told that another has begun.
    """

    async def hold(self, name: str, *, holder: str, keep: timedelta) -> bool:
        """Take the name, or keep it: from now on it is `holder`'s for `keep` (at most 30 days), and not for longer because of before.

        Args:
            holder: Who takes it, unique to the process and never "".

        False while another holds it; nothing is changed then. If this raises, the name may be `holder`'s.
        """

    async def release(self, name: str, *, holder: str) -> bool:
        """Give the name up, so that another can take it at once. False, and nothing happens, if it is not (any more) `holder`'s."""

    async def holder(self, name: str) -> str | None:
        """Who has the name now; None when nobody does."""
