"""A bot as one process of several: its desk, its worker, and days that pass without anybody waiting."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet

from bot.channel import Channel, Schedule, Settings
from bot.commands import Asker, Call, answer
from bot.delivery import Courier, Decider
from bot.desk import Desk
from bot.fetching import read_source
from bot.memory import Memory
from bot.ports import Due, Saved
from bot.store.connection import Connection
from bot.store.seal import Seal
from bot.store.store import RedisStore
from bot.ticker import Ticker
from bot.worker import Worker
from tests.plain import words
from tests.test_fetching import hourly
from tests.test_jobs import subscribed

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime, timedelta

    from bot.channel import Address
    from bot.ports import Outlet, Source
    from tests.clock import Clock

CALM = Decider(chance=lambda: 0.5)
"""Retries at the very moments of the plan."""
_KEY = Fernet.generate_key().decode()


async def store_at(url: str, clock: Clock) -> RedisStore:
    """What one process has of the store; close its connection."""
    return RedisStore(await Connection.open(url, clock=clock), seal=Seal([_KEY]))


def desk_of(store: RedisStore, *outlets: Outlet, sources: Collection[Source] = ()) -> Desk:
    """What one process has on its desk."""
    memory = Memory(channels=store.channels, papers=store.papers)
    return Desk(store=store, memory=memory, sources=tuple(sources), outlets={outlet.platform: outlet for outlet in outlets})


def worker_of(desk: Desk, clock: Clock) -> Worker:
    """One that never waits: the clock moves instead."""
    return Worker(desk, courier=Courier(desk.store, decider=CALM, pause=clock.pause), ticker=Ticker(), next_reading=hourly)


async def wants(
    desk: Desk, address: Address, *queries: str, schedule: Schedule | None = None, limit: int = 5, thread: bool = False
) -> Channel:
    """The channel has these rules."""
    channel = await subscribed(desk, address, *queries, schedule=schedule)
    settings = Settings(limit=limit, thread=thread)
    assert await desk.store.channels.save(dataclasses.replace(channel, settings=settings), due=Due.KEEP) is Saved.SAVED
    return await desk.store.channels.load(address)


async def comes_due(desk: Desk, clock: Clock, address: Address) -> datetime:
    """The moment of the channel's next digest is now."""
    due = await desk.store.channels.next_due(address)
    assert due is not None
    clock.now = due
    return due


async def time_passes(worker: Worker, clock: Clock, by: timedelta, *, every: timedelta, sources: Sequence[Source] = ()) -> None:
    """The worker ticks at every step: it reads its sources, plans and delivers."""
    until = clock.now + by
    while True:
        for source in sources:
            await read_source(worker._desk, source, hourly)
        await worker.plan_due()
        await worker.deliver_due()
        if clock.now >= until:
            return
        clock.now = min(until, clock.now + every)


async def said(desk: Desk, address: Address, text: str) -> str:
    """What somebody reads who types this in the channel."""
    asked = Call(address=address, channel_name="#ml-reading", asker=Asker(id="U0ADA", name="Ada"), text=text)
    return words((await answer(desk, asked)).message)
