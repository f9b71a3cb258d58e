from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import sys
import textwrap
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.channel import Address, Channel
from bot.paper import Paper, PaperId
from bot.ports import Filed, Filing, Saved, Store
from bot.store import keys
from bot.store.connection import Connection
from bot.store.store import RedisStore, open_store
from tests.key_leaks import leaks

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clock import Clock

READING = Address("slack", "T1", "C1")

_SAVER = """
    import asyncio, dataclasses, sys
    from bot.channel import Address
    from bot.paper import Paper, PaperId
    from bot.ports import Filed, Filing, Saved
    from bot.store.connection import Connection
    from bot.store.store import RedisStore

    async def main(url, mine):
        connection = await Connection.open(url)
        store = RedisStore(connection)
        address = Address("slack", "T1", "C1")
        print("ready", flush=True)
        sys.stdin.readline()
        for number in range(20):
            while True:
                channel = await store.channels.load(address)
                changed = dataclasses.replace(channel, name=channel.name + mine)
                if await store.channels.save(changed, due=None) is Saved.SAVED:
                    break
            id = PaperId(f"2505.{number:05}")
            filed = Filed.STALE
            while filed is Filed.STALE:
                rules = int(await connection.read("GET", "pb:rules:revision") or 0)
                papers = [Paper(id=id, title=f"Paper {number}")]
                filed = await store.papers.file(Filing(papers=papers, inboxes={address: [id]}, rules=rules, mark=("arxiv", b"1")))
        await connection.close()

    asyncio.run(main(*sys.argv[1:]))
"""


def _start_saver(url: str, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(_SAVER), url, name]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


async def test_it_keeps_what_the_port_promises(store: RedisStore, clock: Clock) -> None:
    port: Store = store
    assert await port.now() == clock.now
    assert not any((await port.sweep()).values())


async def test_processes_at_once_lose_no_change_and_file_nothing_twice(redis_url: str, connection: Connection) -> None:
    started = [_start_saver(redis_url, name) for name in "ab"]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    await asyncio.gather(*(asyncio.to_thread(process.communicate, "go\n") for process in started))
    assert [process.returncode for process in started] == [0, 0]
    store = RedisStore(connection)
    channel = await store.channels.load(READING)
    assert (channel.version, sorted(channel.name)) == (40, ["a"] * 20 + ["b"] * 20)
    assert len(await store.papers.inbox(READING)) == 20
    assert [revision async for revision, _ in store.papers.changes(0)] == [20]


async def test_of_two_stores_on_one_server_one_saves_and_the_other_files_nothing_stale(
    redis_url: str, connection: Connection, clock: Clock
) -> None:
    other = RedisStore(await Connection.open(redis_url, clock=clock))
    one = RedisStore(connection)
    saved = await asyncio.gather(
        *(store.channels.save(Channel(address=READING, name=name), due=None) for store, name in ((one, "a"), (other, "b")))
    )
    assert sorted(result.name for result in saved) == ["CONFLICT", "SAVED"]
    paper = Paper(id=PaperId("2505.00001"), title="Owl")
    assert await other.papers.file(Filing(papers=[paper], inboxes={}, rules=0)) is Filed.STALE
    assert await other.papers.file(Filing(papers=[paper], inboxes={}, rules=1)) is Filed.FILED
    assert await one.papers.get([paper.id]) == {paper.id: paper}
    await other.connection.close()


async def test_without_an_address_the_store_is_our_own_and_survives_a_restart(tmp_path: Path) -> None:
    channel = Channel(address=READING, name="#reading")
    async with open_store(directory=tmp_path) as store:
        assert await store.channels.save(channel, due=None) is Saved.SAVED
    async with open_store(directory=tmp_path) as store:
        assert await store.channels.load(READING) == dataclasses.replace(channel, version=1)


async def test_with_an_address_no_server_of_our_own_is_started(redis_url: str, connection: Connection, tmp_path: Path) -> None:
    async with open_store(redis_url, directory=tmp_path / "data") as store:
        assert await store.channels.load(READING) == Channel(address=READING)
    assert not (tmp_path / "data").exists()


async def test_every_way_a_key_can_be_wrong_is_noticed(connection: Connection) -> None:
    await connection.call("SET", "elsewhere", 1)
    await connection.call("SET", keys.PREFIX + "nowhere", 1)
    await connection.call("SET", keys.AGENDA, 1)
    await connection.call("SET", keys.paper(PaperId("1")), 1)
    await connection.call("SET", keys.alias("doi:1"), 1)
    await connection.call("ZADD", keys.inbox(READING), 1, "a")
    await connection.call("SET", keys.corrupt("pb:x"), 1, "EX", round(timedelta(days=31).total_seconds()))
    assert sorted(await leaks(connection)) == [
        "elsewhere is in no line of the table",
        "pb:agenda is a string, not a zset",
        "pb:alias:doi:1 never expires",
        "pb:corrupt:at:x stays too long",
        "pb:inbox:slack:T1:C1 never expires",
        "pb:nowhere is in no line of the table",
        "pb:paper:1 never expires",
    ]
    await connection.call("FLUSHDB")
