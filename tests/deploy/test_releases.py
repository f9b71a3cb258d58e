"""A new release beside the old one, as platforms start it before the old one has stopped; and what a process leaves behind that must go."""

from __future__ import annotations

import asyncio
import json
import signal
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.channel import Address
from bot.delivery import REQUEST
from bot.desk import Desk
from bot.jobs import take_in
from bot.memory import Memory
from bot.message import Message, Text
from bot.places import LEASE
from bot.ports import Delivery, Doubtful, Harvest, Planned, Saved, Settled, State
from bot.store import keys
from bot.store.embedded import EmbeddedServer
from bot.store.store import open_store
from tests.deploy.programs import until
from tests.library import LIBRARY
from tests.slack.fake import hang
from tests.sources.web_server import Reply
from tests.test_jobs import subscribed

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.store.store import RedisStore
    from tests.deploy.programs import Program, World

RELEASE = ("worker", "web", "gateway")
PAPERS = "/api/daily_papers"


async def begun(world: World, *roles: str) -> list[Program]:
    """A release, each process on a port of its own, once all of it is alive beside what was alive before."""
    wanted = sorted([*await world.roles(), *roles])
    programs = [await world.begin(role, PORT="0") for role in roles]

    async def all_alive() -> bool:
        return sorted(await world.roles()) == wanted and programs[0].has_told("swept")

    await until(all_alive)
    return programs


async def have_rules(desk: Desk, world: World) -> tuple[list[Address], list[Address]]:
    """Channels of both platforms with a rule: those whose hour comes while the old release is alone, and those of the new one."""
    channels: list[Address] = []
    for number in range(4):
        world.slack.acme.channel(f"C0ROOM{number}", f"room-{number}")
        channels.append(Address("slack", "T0TEAM", f"C0ROOM{number}"))
        room = world.discord.acme.text(f"room-{number}")
        channels.append(Address("discord", world.discord.acme.id, room.id))
    for channel in channels:
        await subscribed(desk, channel, "curriculum")
    await take_in(desk, "library", Harvest(papers=LIBRARY), await world.store.now())
    return channels[:4], channels[4:]


async def fall_due(world: World, channels: Collection[Address]) -> None:
    now = await world.store.now()
    dues = {channel: now.replace(microsecond=0) - timedelta(seconds=1) for channel in channels}
    assert await world.store.channels.put_on_agenda(dues, move=True) == len(dues)


async def all_sent(store: RedisStore, channels: Collection[Address]) -> None:
    async def sent() -> bool:
        logs = [await store.deliveries.log(channel) for channel in channels]
        return all(log and log[0].outcome == "sent" for log in logs)

    await until(sent)


def digests(world: World, channel: Address) -> int:
    """How many stand there."""
    if channel.platform == "slack":
        return sum(bool(message.metadata) for message in world.slack.acme[channel.channel].visible)
    return len(world.discord.channels[channel.channel].messages)


@pytest.mark.timeout(120)  # four processes, which start slowly on a busy machine
async def test_a_new_release_takes_over_while_the_old_one_still_posts(world: World) -> None:
    """The old one in a single process, the new one in several: to go over from one to the other is no more than a release."""
    desk = Desk(store=world.store, memory=Memory(channels=world.store.channels, papers=world.store.papers), outlets={})
    before, after = await have_rules(desk, world)
    [old] = await begun(world, "run")
    world.slack.fault("chat.postMessage", hang(done=True))
    await fall_due(world, before)
    await world.slack.until(lambda: world.slack.called("chat.postMessage"))

    new = await begun(world, *RELEASE)
    await until(lambda: told(new, "discord_gateway_standing_by"))
    assert len(world.discord.gateway.open) == 1, "two would answer everything twice"
    old.process.send_signal(signal.SIGTERM)
    # It finishes what it began, and meanwhile others answer and post.
    await until(lambda: told(new, "discord_gateway_open"))
    assert len(world.discord.gateway.open) == 1
    assert old.process.returncode is None
    world.slack.release()
    await fall_due(world, after)
    assert await old.ended() == 0
    await (await world.discord.command("help")).answered()
    assert world.slack.connections == 1
    asked = await world.slack.command("help")
    await world.slack.until(lambda: "subscribe" in json.dumps(asked.answers))
    await all_sent(world.store, [*before, *after])

    assert {channel: digests(world, channel) for channel in [*before, *after]} == dict.fromkeys([*before, *after], 1)
    assert sorted(await world.roles()) == sorted(RELEASE), "the old one said goodbye"
    assert await asyncio.gather(*(program.stop() for program in new)) == [0, 0, 0]
    assert await world.roles() == []
    for program in [old, *new]:
        assert not [line for line in program.told if line.get("level") in ("error", "critical") and line["event"] != "source_failed"]


async def told(programs: Sequence[Program], event: str) -> bool:
    return any(program.has_told(event) for program in programs)


async def in_doubt(store: RedisStore, address: Address) -> None:
    """A delivery whose request was not answered a while ago: whoever takes it up asks the platform what became of it."""
    due = (await store.now()).replace(microsecond=0)
    assert await store.channels.save(await store.channels.load(address), due=due) is Saved.SAVED
    await store.channels.due([address.platform], limit=1, lease=timedelta(seconds=30))
    delivery = Delivery(id=address.channel, address=address, due=due, parts=(Message((Text("news"),)),), papers=())
    assert await store.deliveries.plan(address, due=due, then=due + timedelta(days=1), delivery=delivery) is Planned.PLANNED
    [lease] = await store.deliveries.claim(address.platform, limit=1, lease=LEASE)
    assert await store.deliveries.begin(lease, need=REQUEST)
    assert await store.deliveries.settle(lease, Doubtful(await store.now(), "not answered")) is Settled.SETTLED
    # Nobody can move the clock of a server.
    long_ago = round((datetime.now(UTC) - 3 * REQUEST).timestamp() * 1000)
    await store.connection.call("HSET", keys.delivery(delivery.id), "first", long_ago, "last", long_ago)


@pytest.mark.timeout(120)  # half of which may be what the two processes are given
async def test_leases_are_given_back_although_everybody_outside_hangs(world: World) -> None:
    """Both signals side by side, on a store each: what hangs is waited for, for a while."""
    world.slack.fault("conversations.history", hang(), hang())
    world.place.server.says(PAPERS, Reply(mute=True))
    async with AsyncExitStack() as stack:
        stores: list[tuple[RedisStore, Program, signal.Signals]] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            directory = world.place.directory / number.name
            server = await EmbeddedServer.start(directory)
            stack.push_async_callback(server.close)
            store = await stack.enter_async_context(open_store(server.url, directory=directory))
            world.slack.acme.channel(number.name, number.name.lower())
            await in_doubt(store, Address("slack", "T0TEAM", number.name))
            program = await world.begin("worker", REDIS_URL=server.url, DISCORD_TOKEN="")
            stack.push_async_callback(program.kill)
            stores.append((store, program, number))
        await world.slack.until(lambda: len(world.slack.called("conversations.history")) == 2)
        await until(lambda: all_ask(world, PAPERS, 2))
        for store, _, _ in stores:
            assert await store.deliveries.claim("slack", limit=9, lease=LEASE) == [], "a worker has it"
            assert await store.fetches.claim("huggingface", lease=LEASE) is None, "a worker reads it"

        # The worker's own limit, with what a platform leaves it until SIGKILL.
        async with asyncio.timeout(25):
            assert await asyncio.gather(*(program.stop(number) for _, program, number in stores)) == [0, 0]

        for store, _, number in stores:
            [lease] = await store.deliveries.claim("slack", limit=9, lease=LEASE)
            assert (lease.delivery.id, lease.state) == (number.name, State.UNKNOWN)
            assert await store.fetches.claim("huggingface", lease=LEASE) is not None
            assert await store.figures.pulses() == []
        world.slack.release()


async def all_ask(world: World, path: str, number: int) -> bool:
    return sum(request.path == path for request in world.place.server.requests) == number
