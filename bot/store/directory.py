"""DATA_DIR: private, held by one process, and without a server that an earlier process left behind.

Two servers on one directory would lose data silently, so two locks guard it: `lock` is held by the process that may start a server
there, `server.lock` is handed down to the server and held by nobody else. Whoever has the first and finds the second taken has met an
orphan. Nobody has to guess from process ids, which are given out again.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import socket
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import structlog

from bot.errors import OperatorMistake, StoreTrouble
from bot.store.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Iterator

SOCKET = "valkey.sock"
LONGEST_SOCKET_PATH = 100
"""Bytes; the system's limit is 104 (macOS) to 108 (Linux), with room for what libraries add."""
GOODBYE_S = 10.0
"""Seconds for a server to stop when asked."""

_log = structlog.get_logger()


class InUse(OperatorMistake):
    """Another process is at work in the directory."""


def prepared(directory: Path) -> Path:
    """The directory, there and private (mode 0700), by the one name that its socket is called after.

    Raises:
        OperatorMistake: It cannot be made or is not ours.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(directory.stat().st_mode) != 0o700:  # noqa: PLR2004  # the mode itself
            directory.chmod(0o700)
    except OSError as error:
        raise OperatorMistake(f"DATA_DIR {directory} cannot be used ({error.strerror}): name a directory that we may write") from error
    return directory.resolve()


def lock(directory: Path) -> int:
    """Take `lock` for life, that is until the descriptor returned is closed; the file says who has it.

    Raises:
        InUse: Somebody has it.
        OperatorMistake: It cannot be written.
    """
    try:
        taken = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise OperatorMistake(f"DATA_DIR {directory} cannot be written ({error.strerror}): free space, or name another one") from error
    try:
        fcntl.flock(taken, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(taken, 200).decode(errors="replace").strip() or "another process"
        os.close(taken)
        raise InUse(
            f"{holder} is already at work in DATA_DIR {directory}: stop it first, or set REDIS_URL so that several can share one server"
        ) from None
    with suppress(OSError):  # a full disk: the server will say so better
        os.ftruncate(taken, 0)
        os.write(taken, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
    return taken


def socket_path(directory: Path) -> Path:
    """Where the server listens: in the directory, else, where that makes too long a path, in a private short one.

    Raises:
        OperatorMistake: There is no such place.
    """
    path = directory / SOCKET
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    for path in _short_paths(directory, os.getuid(), os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108  # checked to be ours just below
        with suppress(OSError):  # somebody else's file may have the name
            path.parent.mkdir(mode=0o700, exist_ok=True)
        if _is_private(path.parent, os.getuid()):
            return path
    raise OperatorMistake(f"DATA_DIR {directory} is too long a path for a socket: name a shorter one")


def open_socket(directory: Path) -> Path | None:
    """The socket at which a server of the directory's owner listens, wherever `socket_path` put it; None while nobody does. Makes nothing.

    The environment that chose the place may have been another: of a service that has no XDG_RUNTIME_DIR, say.
    """
    owner = directory.stat().st_uid
    short = _short_paths(
        directory,
        owner,
        os.environ.get("XDG_RUNTIME_DIR"),
        f"/run/user/{owner}",
        tempfile.gettempdir(),
        "/tmp",  # noqa: S108  # as above
    )
    places = [directory / SOCKET, *(path for path in short if _is_private(path.parent, owner))]
    return next((path for path in places if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH and accepts(path)), None)


def _short_paths(directory: Path, owner: int, *parents: str | None) -> Iterator[Path]:
    # Named by the directory, so that the next start finds an orphan's socket.
    name = f"paperboy-{owner}-{hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]}"
    for parent in parents:
        if parent and len(os.fsencode(path := Path(parent) / name / SOCKET)) <= LONGEST_SOCKET_PATH and Path(parent).is_dir():
            yield path


def _is_private(directory: Path, owner: int) -> bool:
    try:
        status = directory.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == owner and not status.st_mode & 0o077


async def end_orphan(directory: Path, at: Path) -> int:
    """Make sure that no server of an earlier process is left, and return `server.lock`, open and locked, to be handed down.

    Args:
        at: The server's socket.

    Raises:
        OperatorMistake: One is left and does not stop.
    """
    inherited = os.open(directory / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _try_lock(inherited):
            _log.warning("orphaned_store_found", directory=str(directory))
            await _ask_to_stop(at)
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


async def _ask_to_stop(at: Path) -> None:
    if not accepts(at):
        return  # it is on its way out already: its parent's death sent it a SIGTERM
    connection = Connection.to(f"unix://{quote(str(at))}")
    with suppress(StoreTrouble):  # the answer to a granted SHUTDOWN is a closed connection
        await connection.call("SHUTDOWN", "NOSAVE")
    await connection.close()


def accepts(path: Path) -> bool:
    """Whether somebody listens at this socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
