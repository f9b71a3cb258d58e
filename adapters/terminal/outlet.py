"""The terminal's mouth: what is posted goes into a log file, and onto the screen if somebody sits there."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from adapters.terminal.look import PLAIN
from adapters.terminal.render import plain, render
from bot.errors import NotSent, OutcomeUnknown
from bot.paging import characters
from bot.ports import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bot.channel import Address
    from bot.message import Block, Message

PLATFORM = "terminal"


class _Entry(NamedTuple):
    id: str
    at: datetime


class TerminalOutlet:
    """Posts by appending to a log of JSON lines (`key`, `address`, `time`, `gist`, `text`), then showing on the screen.

    The log is the record: a message is posted when its line is complete and on disk. Several processes may append to it.
    """

    def __init__(self, log: Path, *, clock: Callable[[], datetime], show: Callable[[Address, Message], None] | None = None) -> None:
        """Nothing is touched before the first post.

        Args:
            log: The file; it and its folder are made when needed, readable by the owner only.
            clock: Now, aware UTC.
            show: Puts a message on the screen; must not raise. Called once for each message posted, after it is on disk.
        """
        self._log = log
        self._clock = clock
        self._show = show
        self._posted: dict[tuple[str, str], _Entry] = {}
        self._read = 0
        self._turn = asyncio.Lock()

    @property
    def platform(self) -> str:
        """As in `Address.platform`."""
        return PLATFORM

    @property
    def limits(self) -> Limits:
        """A terminal scrolls: only what no person reads is refused."""
        return Limits(characters=1_000_000, blocks=2_000, text=100_000, heading=1_000, buttons=1_000)

    def measure(self, block: Block) -> int:
        """Characters as they are: nothing is escaped into more."""
        return characters(block)

    async def post(
        self,
        address: Address,
        message: Message,
        *,
        key: str,
        under: str = "",  # noqa: ARG002  # a terminal has no threads
        tags: Sequence[str] = (),  # noqa: ARG002  # nor posts with tags
    ) -> str:
        """Post once: a key that the log holds already is neither written nor shown again.

        Raises:
            NotSent: The line could not be written (disk full, no permission).
            OutcomeUnknown: It was written, and the disk did not confirm it.
        """
        async with self._turn:
            entry = await asyncio.to_thread(self._find, address, key)
            if entry is not None:
                return entry.id
            entry = await asyncio.to_thread(self._append, address, message, key)
        if self._show is not None:
            self._show(address, message)
        return entry.id

    async def posted(self, address: Address, *, key: str, since: datetime, under: str = "") -> str | None:  # noqa: ARG002  # a terminal has no threads
        """The id of the message with this key, if the log holds it with a time at or after `since`.

        Raises:
            OutcomeUnknown: The log cannot be read now.
        """
        async with self._turn:
            try:
                entry = await asyncio.to_thread(self._find, address, key)
            except NotSent as error:
                raise OutcomeUnknown(str(error)) from error
        return entry.id if entry is not None and entry.at >= since else None

    def _find(self, address: Address, key: str) -> _Entry | None:
        """Read what any process appended since the last time."""
        try:
            with self._log.open("rb") as log:
                log.seek(self._read)
                appended = log.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _not_sent(error) from error
        for line in appended.splitlines(keepends=True):
            entry = _entry(line)
            if entry is not None:
                self._posted.setdefault(*entry)
            if line.endswith(b"\n"):  # a last line without may be growing still: read it again the next time
                self._read += len(line)
        return self._posted.get((key, str(address)))

    def _append(self, address: Address, message: Message, key: str) -> _Entry:
        at = self._clock()
        line = json.dumps(
            {
                "key": key,
                "address": str(address),
                "time": at.isoformat(),
                "gist": plain(message.gist),
                "text": render(message, PLAIN).text,
            }
        )
        try:
            self._log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.open(self._log, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError as error:
            raise _not_sent(error) from error
        with contextlib.closing(os.fdopen(file, "rb+", buffering=0)):
            self._write(file, line.encode())
        entry = _Entry(key[:16], at)
        self._posted[key, str(address)] = entry
        return entry

    def _write(self, file: int, line: bytes) -> None:
        try:
            size = os.fstat(file).st_size
            # What an earlier crash left unfinished must not swallow this line. One write: two processes' lines never mix.
            torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
            record = b"\n" * torn + line + b"\n"
            written = os.write(file, record)
        except OSError as error:
            raise _not_sent(error) from error
        if written < len(record) - 1:  # all but the last newline is a whole line
            raise NotSent(f"the log took {written} of {len(record)} bytes: its disk is full")
        try:
            os.fsync(file)
        except OSError as error:
            raise OutcomeUnknown(f"the log was written but not confirmed: {error.strerror}") from error


def _entry(line: bytes) -> tuple[tuple[str, str], _Entry] | None:
    """What a line of the log says; None for a torn one."""
    with contextlib.suppress(ValueError, TypeError, KeyError):
        record = json.loads(line)
        key, address, at = str(record["key"]), str(record["address"]), datetime.fromisoformat(record["time"])
        return (key, address), _Entry(key[:16], at.astimezone(UTC))
    return None


def _not_sent(error: OSError) -> NotSent:
    return NotSent(f"the log of the terminal cannot be used: {error.strerror or error}")
