"""Answers of a source that are worth keeping for a while, packed small: the store is counted in megabytes."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import msgspec

from bot.paper import Paper  # noqa: TC001  # the decoder reads the annotations

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from bot.ports import Cache


class Found(msgspec.Struct, frozen=True):
    """An answer: papers, and how many there are in all."""

    papers: tuple[Paper, ...]
    total: int


class Kept:
    """Answers by question.

    Args:
        service: Keeps one service's questions apart from another's.
    """

    def __init__(self, cache: Cache, service: str) -> None:
        self._cache = cache
        self._service = service

    async def get(self, question: str) -> Found | None:
        """What was put, if it is still there and this version can read it."""
        packed = await self._cache.get(f"{self._service}:{question}")
        if packed is None:
            return None
        try:
            return msgspec.msgpack.decode(zlib.decompress(packed), type=Found)
        except (zlib.error, msgspec.DecodeError):
            return None

    async def put(self, question: str, papers: Sequence[Paper], *, keep: timedelta, total: int | None = None) -> None:
        """Keep an answer, an empty one too."""
        found = Found(tuple(papers), len(papers) if total is None else total)
        await self._cache.put(f"{self._service}:{question}", zlib.compress(msgspec.msgpack.encode(found)), keep=keep)
