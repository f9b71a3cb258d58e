from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.errors import OperatorMistake, StoreAway, StoreFull, StoreTrouble
from bot.store import connection as module
from bot.store.connection import TRUSTED_S, Connection, moment, ms
from bot.store.scripts import Script
from tests.store.fake_server import bulk, fake_server

if TYPE_CHECKING:
    from pathlib import Path

    from bot.store.connection import Sendable
    from tests.clock import Clock

ADD = Script("add", "return redis.call('INCRBY', KEYS[1], ARGV[1])")
NOW = Script("tell_now", "return tostring(now)")
GOOD = {"redis_version": "7.2.4", "redis_mode": "standalone", "maxmemory_policy": "noeviction", "aof_enabled": "1"}


def _info(**changes: str) -> bytes:
    return bulk("# Server\r\n" + "".join(f"{name}:{value}\r\n" for name, value in (GOOD | changes).items()))


async def test_replies_are_what_the_server_sent(connection: Connection) -> None:
    assert await connection.call("SET", "pb:cache:a", b"\xff\x00", "PX", 1000) == b"OK"
    assert await connection.read("GET", "pb:cache:a") == b"\xff\x00"
    assert await connection.read("GET", "pb:cache:none") is None
    await connection.call("HSET", "pb:marks", "arxiv", "7")
    assert await connection.read("HGETALL", "pb:marks") == [b"arxiv", b"7"]
    assert await connection.read_all([("GET", "pb:cache:a"), ("EXISTS", "pb:cache:a")]) == [b"\xff\x00", 1]
    assert await connection.read_all([]) == []


async def test_a_script_runs_also_when_the_server_has_forgotten_it(connection: Connection) -> None:
    assert await connection.run(ADD, keys=["pb:rules:revision"], args=[2]) == 2
    await connection.call("SCRIPT", "FLUSH")
    assert await connection.run(ADD, keys=["pb:rules:revision"], args=[3]) == 5
    assert await connection.ask(ADD, keys=["pb:rules:revision"], args=[0]) == 5


async def test_scripts_and_the_store_go_by_the_clock_of_a_test(connection: Connection, clock: Clock) -> None:
    clock.advance(timedelta(days=1))
    assert moment(await connection.run(NOW, keys=[])) == await connection.now() == clock.now


async def test_without_a_clock_everything_goes_by_the_servers_own_time(redis_url: str) -> None:
    connection, another = await Connection.open(redis_url), await Connection.open(redis_url)
    before = await connection.now()
    inside = moment(await connection.run(NOW, keys=[]))
    assert before - timedelta(milliseconds=1) <= inside <= await another.now()
    assert before.tzinfo is UTC
    await connection.close()
    await another.close()


async def test_the_servers_time_is_carried_on_for_a_while_without_asking(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    uptime = 100.0
    monkeypatch.setattr("bot.store.connection.uptime", lambda: uptime)
    connection = await Connection.open(redis_url)
    asked = await connection.now()

    uptime += 0.9 * TRUSTED_S
    assert await connection.now() == asked + timedelta(seconds=0.9 * TRUSTED_S)
    uptime += 0.2 * TRUSTED_S
    afresh = await connection.now()
    assert afresh != asked + timedelta(seconds=1.1 * TRUSTED_S), "it was asked again"

    uptime -= 50  # no clock that we know goes back; if one did, it would not be believed
    assert await connection.now() >= afresh
    await connection.close()


def test_moments_are_kept_to_the_millisecond() -> None:
    at = datetime(2025, 11, 21, 9, 0, 0, 123_000, tzinfo=UTC)
    assert moment(ms(at)) == moment(str(ms(at)).encode()) == at


@pytest.mark.parametrize(
    ("reply", "trouble"),
    [
        ("OOM command not allowed when used memory > 'maxmemory'.", StoreFull),
        ("MISCONF Redis is configured to save RDB snapshots, but it is unable to persist to disk.", StoreFull),
        ("NOREPLICAS Not enough good replicas to write.", StoreFull),
        ("READONLY You can't write against a read only replica.", StoreAway),
        ("LOADING Redis is loading the dataset in memory", StoreAway),
        ("MASTERDOWN Link with MASTER is down", StoreAway),
        ("CLUSTERDOWN The cluster is down", StoreAway),
        ("BUSY Redis is busy running a script.", StoreAway),
        ("NOPERM this user has no permissions", StoreTrouble),
        ("ERR something else", StoreTrouble),
    ],
)
async def test_what_the_server_complains_of_becomes_our_trouble(connection: Connection, reply: str, trouble: type[StoreTrouble]) -> None:
    complain = Script("complain", "return redis.error_reply(ARGV[1])")
    with pytest.raises(StoreTrouble, match="complain") as caught:
        await connection.run(complain, keys=[], args=[reply])
    assert type(caught.value) is trouble
    assert caught.value.__cause__ is not None


async def test_a_server_out_of_memory_refuses_writes_and_still_answers(connection: Connection, redis_url: str) -> None:
    await connection.call("SET", "pb:rules:revision", 7)
    await connection.call("CONFIG", "SET", "maxmemory", "1mb")
    try:
        with pytest.raises(StoreFull):
            await connection.run(ADD, keys=["pb:rules:revision"], args=[1])
        assert await connection.read("GET", "pb:rules:revision") == b"7"
    finally:
        await connection.call("CONFIG", "SET", "maxmemory", 0)


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "unix:///nowhere/at/all.sock", "redis://nowhere.invalid:6379/0"])
async def test_nobody_answering_is_said_so(url: str) -> None:
    with pytest.raises(StoreAway):
        await Connection.open(url)


@pytest.mark.parametrize("url", ["http://:secret@host", "secret", "redis://:secret@host:port", "redis://:secret@host/0?socket_timeout=x"])
async def test_an_address_that_cannot_be_read_is_refused_without_showing_its_password(url: str) -> None:
    with pytest.raises(OperatorMistake, match="REDIS_URL cannot be read") as caught:
        await Connection.open(url)
    assert "secret" not in str(caught.value)


async def test_a_write_whose_answer_is_lost_is_never_sent_again() -> None:
    async with fake_server(lambda _: None) as server:
        connection = Connection.to(f"redis://127.0.0.1:{server.port}")
        with pytest.raises(StoreAway):
            await connection.call("INCR", "a")
        with pytest.raises(StoreAway):
            await connection.run(ADD, keys=["a"], args=[1])
        assert [command[0] for command in server.told] == ["INCR", "EVALSHA"]
        await connection.close()


async def test_a_read_whose_answer_is_lost_is_asked_once_more() -> None:
    answers = iter([None, bulk("value"), None, bulk("value"), None, bulk("value"), None, None])
    async with fake_server(lambda _: next(answers)) as server:
        connection = Connection.to(f"redis://127.0.0.1:{server.port}")
        assert await connection.read("GET", "a") == b"value"
        assert await connection.read_all([("GET", "a")]) == [b"value"]
        assert await connection.ask(ADD, keys=["a"]) == b"value"
        with pytest.raises(StoreAway):
            await connection.read("GET", "a")
        await connection.close()


async def test_a_server_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.05)
    async with fake_server(lambda _: b"") as server:
        connection = Connection.to(f"redis://127.0.0.1:{server.port}")
        with pytest.raises(StoreAway, match="add: "):
            await connection.run(ADD, keys=["a"], args=[1])
        await connection.close()


async def test_an_interrupted_command_does_not_leave_its_answer_to_the_next(connection: Connection) -> None:
    await connection.call("SET", "pb:rules:floor", "1")
    await connection.call("SET", "pb:rules:revision", "2")
    for _ in range(20):
        asking = asyncio.create_task(connection.read("GET", "pb:rules:floor"))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert await connection.read("GET", "pb:rules:revision") == b"2"


async def test_more_questions_at_once_than_connections_wait_for_one(connection: Connection) -> None:
    replies = await asyncio.gather(*(connection.read("ECHO", str(number)) for number in range(50)))
    assert replies == [str(number).encode() for number in range(50)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"redis_mode": "cluster"}, "use a server without cluster mode"),
        ({"cluster_enabled": "1"}, "use a server without cluster mode"),
        ({"redis_version": "6.2.14"}, "version 6.2.14, Paperboy needs 7.0 or Valkey: upgrade"),
        ({"maxmemory_policy": "allkeys-lru"}, "allkeys-lru.*: set maxmemory-policy to noeviction"),
    ],
)
async def test_a_server_that_would_lose_data_is_refused_with_the_remedy(changes: dict[str, str], words: str) -> None:
    async with fake_server(lambda _: _info(**changes)) as server:
        with pytest.raises(OperatorMistake, match=words) as caught:
            await Connection.open(f"redis://127.0.0.1:{server.port}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("complaint", ["WRONGPASS invalid username-password pair", "NOAUTH Authentication required.", "NOPERM no"])
async def test_a_server_that_refuses_our_password_is_the_operators_to_correct(complaint: str) -> None:
    async with fake_server(lambda _: f"-{complaint}\r\n".encode()) as server:
        with pytest.raises(OperatorMistake, match="refuses our user or password: correct REDIS_URL"):
            await Connection.open(f"redis://user:secret@127.0.0.1:{server.port}")


@pytest.mark.parametrize(
    ("changes", "config", "warned"),
    [
        ({}, b"", False),
        ({"aof_enabled": "0"}, b"*2\r\n" + bulk("save") + bulk("3600 1"), False),
        ({"aof_enabled": "0"}, b"*2\r\n" + bulk("save") + bulk(""), True),
        ({"aof_enabled": "0", "rdb_saves": "3"}, b"-NOPERM no CONFIG here\r\n", False),
        ({"aof_enabled": "0", "rdb_saves": "0"}, b"-NOPERM no CONFIG here\r\n", True),
    ],
)
async def test_a_server_that_keeps_nothing_on_disk_is_warned_of(changes: dict[str, str], config: bytes, *, warned: bool) -> None:
    def answer(command: list[str]) -> bytes:
        return _info(**changes) if command[0] == "INFO" else config

    with capture_logs() as logs:
        async with fake_server(answer) as server:
            await (await Connection.open(f"redis://127.0.0.1:{server.port}")).close()
    assert [line["event"] for line in logs] == ["store_does_not_persist"] * warned


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
async def test_a_certificate_of_its_own_making_is_refused_unless_told_otherwise(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    how = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=elsewhere"]
    command = ["openssl", "req", *how, "-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(subprocess.check_output, command, stderr=subprocess.STDOUT)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    async with fake_server(lambda _: _info(), tls=tls) as server:
        url = f"rediss://127.0.0.1:{server.port}"
        with pytest.raises(OperatorMistake, match=r"certificate.*self-signed.*REDIS_TLS_VERIFY=false"):
            await Connection.open(url)
        await (await Connection.open(url, verify=False)).close()


def test_a_script_is_known_by_the_name_the_server_will_give_it() -> None:
    assert len(ADD.sha) == 40
    assert ADD.source.endswith(ADD.lua)


async def test_commands_may_be_of_text_bytes_and_numbers(connection: Connection) -> None:
    values: list[Sendable] = ["a", b"b", 1, 1.5]
    assert await connection.read_all([("ECHO", value) for value in values]) == [b"a", b"b", b"1", b"1.5"]


async def test_a_cancellation_that_redis_py_swallows_is_not_lost(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = await Connection.open(redis_url)

    async def swallows(*_: object) -> bytes:
        with suppress(asyncio.CancelledError):  # as `asyncio.wait_for` of Python 3.11 does when the reply has just come
            await asyncio.Event().wait()
        return b"the reply"

    with monkeypatch.context() as patched:
        patched.setattr(connection._client, "execute_command", swallows)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await connection.call("GET", "pb:x")
    await connection.close()


async def test_whoever_is_cancelled_can_still_tidy_up(redis_url: str) -> None:
    connection = await Connection.open(redis_url)
    began, tidied = asyncio.Event(), []

    async def work() -> None:
        try:
            began.set()
            await asyncio.Event().wait()
        finally:
            tidied.append(await connection.call("PING"))
            tidied.append(await connection.call("PING"))

    task = asyncio.create_task(work())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert tidied == [b"PONG", b"PONG"]
    await connection.close()
