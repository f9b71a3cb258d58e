"""What a bot swears to have done: lines on the disk, each written after the fact and before the next."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_WHOLE = " ."
"""Ends every line: one without was torn by a kill and says nothing."""


@dataclass(frozen=True, slots=True)
class Line:
    event: str
    """"ack" (a channel and a query: the subscription was confirmed), "print" (how many papers there are from now on), "request" and
    "repeat" (a key, and the message it goes under: see `Witness`), "digest" (a channel: it was confirmed), "found" (deliveries under
    way and waiting, at a start)."""
    about: str
    detail: str


class Journal:
    """A file of lines that outlives its process.

    Args:
        heard: A pipe to whoever waits for lines; the first letter of each event. None if nobody does.
    """

    def __init__(self, file: Path, *, heard: int | None = None) -> None:
        self.printed = max((int(line.about) for line in read(file) if line.event == "print"), default=0)
        """Papers there are."""
        self._file = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._heard = heard

    def write(self, event: str, about: str, detail: str = "") -> None:
        """On the disk when this returns."""
        os.write(self._file, f"\n{event}\t{about}\t{detail}{_WHOLE}".encode())
        os.fsync(self._file)
        if self._heard is not None:
            os.write(self._heard, event[:1].encode())

    def print(self, papers: int) -> None:
        """Let there be so many more."""
        self.write("print", str(self.printed + papers))
        self.printed += papers

    def close(self) -> None:
        os.close(self._file)


def read(file: Path) -> list[Line]:
    """All whole lines, oldest first; none if there is no file."""
    text = file.read_text() if file.exists() else ""
    return [Line(*line.removesuffix(_WHOLE).split("\t")) for line in text.split("\n") if line.endswith(_WHOLE)]
