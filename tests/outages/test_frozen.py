"""A worker is frozen for longer than its lease (SIGSTOP), another takes over, and the first wakes up in the middle of what it did."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

import bot.places
import bot.worker
from bot.channel import Address
from bot.message import Heading, Message
from bot.ports import Delivery
from bot.store import outbox
from bot.store.store import open_store
from tests.discord.fake import FakeDiscord
from tests.discord.fake import hang as discord_hangs
from tests.outages.child import LEASE, LOOK_EVERY, outlet_at, worker_at
from tests.slack.fake import FakeSlack
from tests.slack.fake import hang as slack_hangs
from tests.slack.test_outlet import installed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.store.scripts import Script
    from tests.clock import Clock
    from tests.outages.relay import Relay

MESSAGE = Message((Heading("Two papers"),), gist="Two papers")
POST = {"slack": "chat.postMessage", "discord": "POST /channels/{channel_id}/messages"}
POINTS: dict[str, Script | bool] = {
    "before it begins": outbox.BEGIN,
    "in a request that is accepted": True,
    "in a request that is not accepted": False,
    "before it settles": outbox.SETTLE,
}


ENDS = {
    "before it begins": {"lease_too_old_to_begin"},
    "in a request that is accepted": {"lease_lost", "delivery_sent"},
    "in a request that is not accepted": {"lease_lost"},
    "before it settles": {"delivery_sent"},
}
"""What the log of the one that slept says after it woke up; the answer and the end of its patience may come in either order."""


async def said(child: asyncio.subprocess.Process, events: set[str]) -> bool:
    """Whether the child tells one of these before it ends."""
    assert child.stdout is not None
    async for line in child.stdout:
        if any(event in line.decode() for event in events):
            return True
    return False


@asynccontextmanager
async def a_child(platform: FakeSlack | FakeDiscord, url: str, secret_key: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker of its own, at work."""
    told = ("slack", platform.api_url, "") if isinstance(platform, FakeSlack) else ("discord", platform.rest_url, platform.token)
    environment = {**os.environ, "REDIS_URL": url, "SECRET_KEYS": secret_key}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.outages.child", *told, env=environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield child
    finally:
        child.kill()
        await child.wait()


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("name", POST)
async def test_a_worker_that_wakes_up_after_its_lease_doubles_nothing(
    relay: Relay,
    redis_url: str,
    clock: Clock,
    secret_key: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    name: str,
    point: str,
) -> None:
    clock.now = datetime.now(UTC)  # the processes go by the server's
    monkeypatch.setattr(bot.places, "LEASE", LEASE)
    monkeypatch.setattr(bot.worker, "LEASE", LEASE)
    monkeypatch.setattr(bot.places, "LOOK_EVERY", LOOK_EVERY)
    fake = FakeSlack(clock) if name == "slack" else FakeDiscord(clock)
    async with fake as platform, open_store(redis_url, directory=tmp_path, secret_keys=[secret_key]) as store:
        if isinstance(platform, FakeSlack):
            await installed(store, platform.acme)
            address, told = Address("slack", "T0TEAM", "C0READING"), (platform.api_url, "")
        else:
            address, told = Address("discord", platform.acme.id, platform.reading.id), (platform.rest_url, platform.token)

        def standing() -> int:
            if isinstance(platform, FakeSlack):
                return sum(bool(said.metadata) for said in platform.acme["C0READING"].visible)
            return len(platform.reading.messages)

        async def settled() -> bool:
            return not (await store.deliveries.backlog(name)).waiting

        platform.patience = 30
        held = POINTS[point]
        if isinstance(held, bool):
            if isinstance(platform, FakeSlack):
                platform.fault(POST[name], slack_hangs(done=held))
            else:
                platform.fault(POST[name], discord_hangs(done=held))
        else:
            relay.keep(held)
        await store.deliveries.post_now(Delivery(id="ab" * 32, address=address, due=await store.now(), parts=(MESSAGE,), papers=()))

        async with a_child(platform, relay.url, secret_key) as child, outlet_at(name, *told, store) as outlet:
            if isinstance(held, bool):
                await platform.until(lambda: platform.called(POST[name]))
            else:
                async with asyncio.timeout(20):
                    await relay.has_kept()
            child.send_signal(signal.SIGSTOP)
            worker = worker_at(store, outlet)
            async with asyncio.timeout(20):
                while not await settled():
                    await worker.deliver_due()
                    await asyncio.sleep(0.02)
            assert standing() == 1, "another took over"

            child.send_signal(signal.SIGCONT)
            relay.let_go()
            platform.release()
            async with asyncio.timeout(20):
                assert await said(child, ENDS[point])
            assert standing() == 1
            assert await settled()
        assert not platform.problems
