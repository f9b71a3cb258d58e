"""A store looked at by a second process: whoever is at work there is not disturbed."""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.errors import OperatorMistake, StoreAway
from bot.store import visiting
from bot.store.embedded import EmbeddedServer
from bot.store.store import open_store
from bot.store.visiting import visit_store
from tests.store.outbox import ADDRESS, DUE, subscribe

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOT = """
    import asyncio, sys
    from pathlib import Path
    from bot.store.store import open_store

    async def main():
        async with open_store(directory=Path(sys.argv[1])) as store:
            print("at work", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
            await store.now()

    asyncio.run(main())
"""


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process at work in `tmp_path`; it ends with a line on its standard input."""
    yield from at_work(tmp_path)


def at_work(directory: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    program = [sys.executable, "-c", textwrap.dedent(_BOT), str(directory)]
    pipe = subprocess.PIPE
    with subprocess.Popen(program, stdin=pipe, stdout=pipe, env={**os.environ, **environment}) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"at work\n"
        yield process
        if process.poll() is None:
            process.kill()


def server_of(process: subprocess.Popen[bytes]) -> int:
    [server] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    return int(server)


async def test_a_bot_at_work_is_joined_and_goes_on_when_the_visitor_has_left(tmp_path: Path, bot: subprocess.Popen[bytes]) -> None:
    server = server_of(bot)
    async with visit_store(directory=tmp_path) as visit:
        assert not visit.alone
        await subscribe(visit.store)
    async with visit_store(directory=tmp_path) as visit:
        assert await visit.store.channels.next_due(ADDRESS) == DUE
    assert server_of(bot) == server, "nobody ended its server, or began another"
    bot.communicate(b"\n")
    assert bot.returncode == 0


async def test_where_nobody_is_at_work_a_visit_begins_and_ends_a_server_of_its_own(tmp_path: Path) -> None:
    async with open_store(directory=tmp_path) as store:
        await subscribe(store)
    async with visit_store(directory=tmp_path) as visit:
        assert visit.alone
        assert await visit.store.channels.next_due(ADDRESS) == DUE
    assert not list(tmp_path.glob("*.sock"))
    server = await EmbeddedServer.start(tmp_path)  # the directory is free again
    await server.close()


async def test_a_server_elsewhere_is_left_where_it_is(tmp_path: Path, redis_url: str) -> None:
    async with visit_store(redis_url, directory=tmp_path / "none") as visit:
        assert not visit.alone
        assert (await visit.store.now()).tzinfo
    assert not (tmp_path / "none").exists()


async def test_a_bot_that_ends_during_the_visit_is_told(tmp_path: Path, bot: subprocess.Popen[bytes]) -> None:
    with pytest.raises(StoreAway):  # noqa: PT012  # it ends in the midst of the block, which is the point
        async with visit_store(directory=tmp_path) as visit:
            bot.communicate(b"\n")
            await visit.store.channels.load(ADDRESS)


async def test_a_place_without_a_store_is_not_given_one(tmp_path: Path) -> None:
    with pytest.raises(
        OperatorMistake, match=re.escape(f"There is no store in DATA_DIR {tmp_path / 'none'}: start this where the bot runs")
    ):
        async with visit_store(directory=tmp_path / "none"):
            pass
    assert not (tmp_path / "none").exists()


async def test_a_place_that_may_not_be_read_is_the_other_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_dir", refused)  # root, as tests in containers often are, may read everything
    with pytest.raises(OperatorMistake, match=r"cannot be read \(Permission denied\): start this as the user that the bot runs as"):
        async with visit_store(directory=tmp_path):
            pass


async def test_another_users_store_is_visited_but_no_server_is_begun_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bots = at_work(tmp_path)
    bot = next(bots)
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    async with visit_store(directory=tmp_path) as visit:
        assert not visit.alone
    bot.communicate(b"\n")
    with pytest.raises(OperatorMistake, match="belongs to another user, and no bot is at work there"):
        async with visit_store(directory=tmp_path):
            pass
    assert list(bots) == []


async def test_a_bot_that_has_just_begun_is_waited_for(tmp_path: Path) -> None:
    async with open_store(directory=tmp_path):
        pass
    holder = os.open(tmp_path / "lock", os.O_RDWR)
    fcntl.flock(holder, fcntl.LOCK_EX)
    try:
        asking = asyncio.create_task(_visited_alone(tmp_path))
        await asyncio.sleep(0)
        assert not asking.done()
    finally:
        os.close(holder)
    assert await asking


async def test_a_bot_whose_server_does_not_answer_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_store(directory=tmp_path):
        pass
    monkeypatch.setattr(visiting, "PATIENCE_S", 0.1)
    holder = os.open(tmp_path / "lock", os.O_RDWR)
    fcntl.flock(holder, fcntl.LOCK_EX)
    try:
        with pytest.raises(StoreAway, match="has a server that does not answer; try again"):
            await _visited_alone(tmp_path)
    finally:
        os.close(holder)


async def test_a_frozen_server_is_store_trouble(tmp_path: Path, bot: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visiting, "PATIENCE_S", 0.1)
    monkeypatch.setattr("bot.store.connection.PATIENCE_S", 0.2)
    server = server_of(bot)
    os.kill(server, signal.SIGSTOP)
    try:
        with pytest.raises(StoreAway):
            await _visited_alone(tmp_path)
    finally:
        os.kill(server, signal.SIGCONT)
    bot.communicate(b"\n")
    assert bot.returncode == 0


async def test_a_socket_that_another_environment_put_elsewhere_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / ("long" * 30)
    bots = at_work(directory, XDG_RUNTIME_DIR="")
    bot = next(bots)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    async with visit_store(directory=directory) as visit:
        assert not visit.alone
    bot.communicate(b"\n")
    assert list(bots) == []
    assert not list(tmp_path.glob("paperboy-*")), "a visitor makes nothing"


async def _visited_alone(directory: Path) -> bool:
    async with visit_store(directory=directory) as visit:
        return visit.alone
