"""The clock: leases and digests go by the store's, signatures and ids by this machine's, and people by the world's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.ports import Store

APART = timedelta(seconds=30)
"""How far clocks may be apart. Slack takes no signature that is five minutes off, and answers tell whole seconds."""


class Clock:
    """Gathers what others say of the time.

    Args:
        now: This machine's clock, aware UTC.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self._apart: dict[str, timedelta] = {}

    async def ask(self, store: Store) -> None:
        """Compare with the store's clock. Raises StoreTrouble."""
        before = self.now()
        stored = await store.now()
        self._apart["the store"] = max(before - stored, stored - self.now(), timedelta())

    def hear(self, said: datetime) -> None:
        """Compare with what a service says at this moment; of several the one that agrees best counts."""
        apart = abs(self.now() - said)
        self._apart["the world"] = min(apart, self._apart.get("the world", apart))

    def finding(self) -> Finding:
        """What came of it."""
        if wrong := {who: apart for who, apart in self._apart.items() if apart > APART}:
            apart = " and ".join(f"{round(apart.total_seconds())} seconds from {who}" for who, apart in wrong.items())
            remedy = "let this machine and the store's follow a time server (timedatectl set-ntp true)"
            return Finding("clock", fine=False, said=f"this machine is {apart} apart", remedy=remedy)
        return Finding("clock", fine=True, said=f"agrees with {' and '.join(self._apart) or 'itself: nobody else could be asked'}")
