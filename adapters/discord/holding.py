"""Which process has the gateway of a bot token: a name in the store that one process holds, and that is passed on when it dies."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, NoReturn
from uuid import uuid4

import structlog

from bot.errors import StoreTrouble
from bot.stopping import raise_if_cancelled

if TYPE_CHECKING:
    from bot.ports.locks import Locks

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """How fast the gateway is passed on: within `keep` and `look` of a death, within `look` of an orderly end."""

    keep: timedelta = timedelta(seconds=5)
    """How long a process has it that says nothing more."""
    renew: timedelta = timedelta(seconds=1.5)
    """How often it says so."""
    look: timedelta = timedelta(seconds=0.5)
    """How often those who wait ask."""


SECONDS = Lease()
GOODBYE_SECONDS = 2.0
"""How long a store may take to hear that the gateway is free: whoever stops us waits."""


class Lost(Exception):
    """The gateway is not ours any more, or soon will not be."""


class Holding:
    """One process's claim to the gateway of a token."""

    def __init__(self, token: str, locks: Locks, lease: Lease = SECONDS) -> None:
        # The hash, for names are logged.
        self.name = f"discord:gateway:{sha256(token.encode()).hexdigest()[:16]}"
        self._locks = locks
        self._lease = lease
        self._holder = uuid4().hex
        self._until = 0.0
        self.is_standing_by = False
        """Whether another process has the gateway, and this one waits for its turn."""

    async def taken(self) -> bool:
        """Wait until the gateway is ours, however long that is; whether another process had it before."""
        stood_by = is_told = False
        try:
            while True:
                raise_if_cancelled()
                try:
                    if await self._held():
                        return stood_by
                    if not self.is_standing_by:
                        _log.info("discord_gateway_standing_by")
                    self.is_standing_by, stood_by, is_told = True, True, False
                except StoreTrouble as trouble:
                    self.is_standing_by = False
                    if not is_told:  # asked twice a second, it would fill the log
                        _log.warning("discord_gateway_unknown", reason=str(trouble))
                    is_told = True
                await asyncio.sleep(self._lease.look.total_seconds())
        finally:
            self.is_standing_by = False

    async def kept(self) -> NoReturn:
        """Keep it ours.

        Raises:
            Lost: Another process has it, or, as the store does not answer, may soon have it.
        """
        loop = asyncio.get_running_loop()
        renew = self._lease.renew.total_seconds()
        while True:
            raise_if_cancelled()
            await asyncio.sleep(renew)
            try:
                async with asyncio.timeout_at(max(loop.time(), self._until - renew / 2)):
                    if not await self._held():
                        raise Lost("another process has the gateway")
            except (TimeoutError, StoreTrouble) as trouble:
                if loop.time() + renew > self._until:
                    raise Lost(f"the store does not answer: {trouble}") from trouble

    async def released(self) -> None:
        """Let another process have it at once. Twice is as good as once."""
        # If this is not heard, the name is free a few seconds later.
        with suppress(StoreTrouble, TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self._locks.release(self.name, holder=self._holder)

    async def _held(self) -> bool:
        asked = asyncio.get_running_loop().time()
        mine = await self._locks.hold(self.name, holder=self._holder, keep=self._lease.keep)
        if mine:
            self._until = asked + self._lease.keep.total_seconds()
        return mine
