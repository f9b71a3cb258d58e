"""A worker in a process of its own, whose lease lasts seconds: `python -m tests.outages.child PLATFORM ADDRESS TOKEN`, on REDIS_URL."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import bot.places
import bot.worker
from adapters.discord.client import Rest, point
from adapters.discord.outlet import DiscordOutlet
from adapters.slack.outlet import SlackOutlet
from adapters.slack.workspaces import Workspaces
from bot.delivery import Courier, Decider
from bot.desk import Desk
from bot.memory import Memory
from bot.store.store import open_store
from bot.ticker import Ticker
from bot.worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.ports import Outlet, Store

REQUEST = timedelta(seconds=0.8)
LEASE = 3 * REQUEST
LOOK_EVERY = timedelta(seconds=0.05)


def hurry() -> None:
    """A worker of this process has leases so short that a test can wait for their end."""
    for module in (bot.places, bot.worker):
        for name, shorter in {"LEASE": LEASE, "LOOK_EVERY": LOOK_EVERY}.items():
            setattr(module, name, shorter)


def worker_at(store: Store, outlet: Outlet) -> Worker:
    """It delivers; there are no sources."""
    desk = Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets={outlet.platform: outlet})
    return Worker(desk, courier=Courier(store, decider=Decider(request=REQUEST)), ticker=Ticker(), next_reading=lambda *_: now())


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def outlet_at(platform: str, address: str, token: str, store: Store) -> AsyncIterator[Outlet]:
    """The real one, in front of a fake platform at the address."""
    if platform == "slack":
        workspaces = Workspaces(installations=store.installations, cache=store.cache, api_url=address, clock=now)
        yield SlackOutlet(workspaces, store.cache, now)
        await workspaces.close()
    else:
        point(address, address)
        async with Rest(token, gate=store.gate, clock=now) as rest:
            yield DiscordOutlet(rest, store.cache)


async def main(platform: str, address: str, token: str) -> None:
    """Until it is killed."""
    hurry()
    async with (
        open_store(os.environ["REDIS_URL"], directory=Path(), secret_keys=[os.environ["SECRET_KEYS"]]) as store,
        outlet_at(platform, address, token, store) as outlet,
    ):
        worker_at(store, outlet).start()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
