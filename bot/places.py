"""The places of one platform: how many deliveries may be under way there at once, whose turn they are, and what takes the free ones."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from structlog.contextvars import bind_contextvars

from bot.delivery import REQUEST, about
from bot.errors import StoreTrouble

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from bot.ports import Deliveries, Lease

PLACES = 32
"""Deliveries of a platform under way in one process."""
APIECE = 8
"""The same of one workspace. Of one in trouble it is a single one: requests that hang there take up the places of others."""
LEASE = 3 * REQUEST
LOOK_EVERY = timedelta(seconds=2)
"""How often is looked for what has come due."""

_AT_A_TIME = APIECE // 2
"""Claimed of a workspace in one call; one that has more than this in hand is left out, so that none ever comes to more than APIECE."""
_ENDED = 4
"""So many places that became free are worth a claim at once; fewer wait for _BREATH, and one call serves those that follow, too."""
_BREATH = timedelta(milliseconds=50)
_GOODBYE = timedelta(seconds=2)
"""How long a stop tries to give leases back, all at once; else they run out by themselves."""
_TROUBLE_LASTS = timedelta(minutes=10)
"""After so long without another trouble a workspace counts as well: perhaps nothing was posted there since."""

_log = structlog.get_logger()


class Places:
    """Claims what is due on one platform and has it delivered, at most PLACES at once.

    Args:
        deliver: Uses a lease up. Says whether the platform did what it was asked; None if it was not asked anything.
    """

    def __init__(self, platform: str, deliveries: Deliveries, deliver: Callable[[Lease], Awaitable[bool | None]]) -> None:
        self._platform = platform
        self._deliveries = deliveries
        self._deliver = deliver
        self._under_way: dict[asyncio.Task[None], Lease] = {}
        self._in_hand: Counter[str] = Counter()
        """Workspace -> how many of those under way are its; no zeros."""
        self._in_trouble: dict[str, float] = {}
        """Workspaces whose last outcome here was not the one hoped for, with when that was by the loop's clock."""
        self._ended = 0
        """How many places became free since the last look."""
        self._look = asyncio.Event()
        self._failures: list[Exception] = []
        self._filling: asyncio.Task[int] | None = None
        self._stopping = False

    async def fill(self) -> int:
        """Deliver what is due, and what comes due meanwhile, until nothing is left and nothing under way. Returns how many parts that were.

        Whoever calls while that goes on has it look again at once, and waits for the same end. A wait broken off breaks off nothing else.

        Raises:
            StoreTrouble: The store failed a claim or a delivery. Nothing more was claimed then, and what was under way has ended.
        """
        self._look.set()
        if self._filling is None or self._filling.done():
            self._filling = asyncio.create_task(self._filled())
        # When this goes on, somebody else may have begun anew.
        filling = self._filling
        await asyncio.wait({filling})
        return filling.result()

    async def stop(self, *, patience: timedelta) -> None:
        """Claim nothing more, and return when what is under way has ended. Twice is as good as once.

        Args:
            patience: After so long the rest is cancelled. The leases under which no request went out are given back.
        """
        self._stopping = True
        self._look.set()
        filling = self._filling
        if filling is None:
            return
        await asyncio.wait({filling}, timeout=patience.total_seconds())
        late = dict(self._under_way)
        for task in (filling, *late):
            task.cancel()
        await asyncio.wait({filling, *late})
        await self._give_back(late.values())

    async def _filled(self) -> int:
        begun = 0
        self._failures.clear()
        while True:
            self._look.clear()
            self._ended = 0
            claimed = await self._claimed()
            begun += claimed
            if not self._under_way and (self._is_closed or not (claimed or self._look.is_set())):
                break
            await self._until_worth_a_look()
        if self._failures:
            raise self._failures[0]
        return begun

    @property
    def _is_closed(self) -> bool:
        return self._stopping or bool(self._failures)

    async def _claimed(self) -> int:
        """Take what there is room for and begin it; returns how much that was."""
        claimed = 0
        recent = asyncio.get_running_loop().time() - _TROUBLE_LASTS.total_seconds()
        self._in_trouble = {workspace: since for workspace, since in self._in_trouble.items() if since > recent}
        if self._in_trouble.keys() - self._in_hand.keys():
            claimed = len(await self._claim(apiece=1))
            if not claimed:
                return 0  # then nothing is due elsewhere, either
        # From here on, whoever is in trouble and has anything due has it in hand.
        again = True
        while again:
            taken = Counter(lease.delivery.address.workspace for lease in await self._claim(apiece=_AT_A_TIME))
            claimed += taken.total()
            again = any(number == _AT_A_TIME and not self._is_full(workspace, _AT_A_TIME) for workspace, number in taken.items())
        return claimed

    async def _claim(self, *, apiece: int) -> Sequence[Lease]:
        room = PLACES - len(self._under_way)
        if not room or self._is_closed:
            return ()
        full = [workspace for workspace in self._in_hand if self._is_full(workspace, apiece)]
        try:
            leases = await self._deliveries.claim(self._platform, limit=room, lease=LEASE, apiece=apiece, without=full)
        except Exception as failure:  # noqa: BLE001 - raised when what is under way has ended
            self._failures.append(failure)
            return ()
        if self._stopping:
            await self._give_back(leases)
            return ()
        for lease in leases:
            self._begin(lease)
        return leases

    def _is_full(self, workspace: str, apiece: int) -> bool:
        return workspace in self._in_trouble or self._in_hand[workspace] + apiece > APIECE

    def _begin(self, lease: Lease) -> None:
        task = asyncio.create_task(self._delivered(lease))
        self._under_way[task] = lease
        self._in_hand[lease.delivery.address.workspace] += 1
        task.add_done_callback(self._end)

    async def _delivered(self, lease: Lease) -> None:
        bind_contextvars(**about(lease))  # this task's own, and so of whatever is logged on the way, in outlets and in the store
        try:
            went_well = await self._deliver(lease)
        except Exception as failure:  # noqa: BLE001 - as above: one that fails must not abandon the requests of the others
            self._failures.append(failure)
            return
        workspace = lease.delivery.address.workspace
        if went_well:
            self._in_trouble.pop(workspace, None)
        elif went_well is not None:
            self._in_trouble[workspace] = asyncio.get_running_loop().time()

    def _end(self, task: asyncio.Task[None]) -> None:
        workspace = self._under_way.pop(task).delivery.address.workspace
        self._in_hand[workspace] -= 1
        if not self._in_hand[workspace]:
            del self._in_hand[workspace]
        self._ended += 1
        if not self._under_way or self._ended >= _ENDED:
            self._look.set()
        elif self._ended == 1:
            asyncio.get_running_loop().call_later(_BREATH.total_seconds(), self._look.set)

    async def _until_worth_a_look(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY.total_seconds()):
                await self._look.wait()

    async def _give_back(self, leases: Iterable[Lease]) -> None:
        async def give_back(lease: Lease) -> None:
            try:
                async with asyncio.timeout(_GOODBYE.total_seconds()):
                    await self._deliveries.release(lease)
            except (StoreTrouble, TimeoutError) as trouble:
                _log.warning("lease_not_given_back", **about(lease), reason=str(trouble) or "not answered in time")

        await asyncio.gather(*map(give_back, leases))
