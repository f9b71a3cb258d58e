"""What a workspace leaves behind when the app is removed from it: nothing, a day later, wherever it lay."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot import lifecycle
from bot.channel import Address
from bot.commands import Asker, Call, answer
from bot.installation import Installation
from bot.lifecycle import ERASED_AFTER
from bot.store import keys
from tests.desks import library_desk
from tests.outlet import KeepingOutlet

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.store.connection import Connection
    from bot.store.store import RedisStore
    from tests.clock import Clock

ADA = Asker(id="U777ADA", name="Ada Lovelace")
HERE, THERE = Address("slack", "T777GONE", "C777"), Address("slack", "T888STAYS", "C777")
BUSY = (
    *("subscribe curriculum", "subscribe robot", "settings limit 1", "save 2611.00001", "vote 2611.00001 up", "digest"),
    *("subscribe diffusion", "unsubscribe diffusion", "schedule daily 9:00 Europe/Berlin", "why 2611.00001"),
)
DAY = timedelta(hours=24)


async def busy_day(desk: Desk, address: Address) -> None:
    workspace = address.workspace
    await desk.store.installations.save(Installation(platform="slack", workspace=workspace, token=f"xoxb-{workspace}"))
    for text in BUSY:
        await answer(desk, Call(address=address, channel_name="#ml-reading", asker=ADA, text=text))
    # What the adapters keep, and what 0.1 kept of a removal.
    await desk.store.cache.put(f"undo:{address}:0123456789abcdef", b'[["robot", "Ada Lovelace", "", "U777ADA"]]', keep=30 * DAY)
    await desk.store.cache.put(f"slack:direct:{workspace}:U777ADA", b"D777", keep=30 * DAY)
    await desk.store.cache.put(f"slack:person:{workspace}:U777ADA", b'{"name": "Ada Lovelace"}', keep=30 * DAY)
    await desk.store.cache.first(f"slack:hello:{workspace}:C777", keep=30 * DAY)


async def mentions(connection: Connection, text: str) -> list[str]:
    """The keys that have it in their name or in what lies there, but for counts that the server drops after a minute of its own clock."""
    found = []
    for key in (one.decode() for one in await connection.read("KEYS", "*")):
        if key.startswith(f"{keys.PREFIX}allow:"):
            continue
        kind = (await connection.read("TYPE", key)).decode()
        reading = {"hash": ("HGETALL", key), "zset": ("ZRANGE", key, 0, -1), "set": ("SMEMBERS", key), "string": ("GET", key)}
        said = await connection.read(*reading.get(kind, ("LRANGE", key, 0, -1)))
        if text in key or text.encode() in (said if isinstance(said, bytes) else b"\n".join(said)):
            found.append(key)
    return sorted(found)


async def test_a_removed_app_leaves_no_trace_within_a_day_and_its_tokens_go_at_once(
    store: RedisStore, connection: Connection, clock: Clock
) -> None:
    desk = await library_desk(store, {"slack": KeepingOutlet()})
    for address in (HERE, THERE):
        await busy_day(desk, address)
    neighbours = await mentions(connection, "T888STAYS")
    removed = clock.now

    await lifecycle.close_workspace(desk, "slack", HERE.workspace, "the app was removed")
    assert await store.installations.get("slack", HERE.workspace) is None
    clock.now = removed + ERASED_AFTER
    await lifecycle.erase_left(desk)

    assert clock.now < removed + DAY
    # For a day the bare ids are told to every process, so that each forgets them too.
    assert await mentions(connection, "T777GONE") == [keys.CHANGED, keys.FORGOTTEN]
    assert await mentions(connection, "T888STAYS") == neighbours
    assert len(neighbours) > 12


async def test_forget_erases_a_channel_at_once_and_no_other(store: RedisStore, connection: Connection) -> None:
    desk = await library_desk(store, {"slack": KeepingOutlet()})
    other = Address("slack", HERE.workspace, "C778OTHER")
    for address in (HERE, other):
        for text in BUSY:
            await answer(desk, Call(address=address, channel_name="#ml-reading", asker=ADA, text=text))
    kept = await mentions(connection, str(other))

    await answer(desk, Call(address=HERE, channel_name="#ml-reading", asker=ADA, text="forget everything"))

    assert await mentions(connection, str(HERE)) == [keys.CHANGED, keys.FORGOTTEN]
    assert await mentions(connection, str(other)) == kept
