"""The sources: each is really asked, as politely as ever, and nothing of the answer is kept."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.errors import SourceTrouble, StoreTrouble
from bot.findings import Finding
from bot.identity import recognise
from bot.sources import table
from bot.wiring import open_outside

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from bot.ports import Lookup, Source, Store
    from bot.settings import Settings
    from bot.sources.config import Config

PATIENCE_S = 60.0
"""Seconds for one source, its turn at the door and further tries included."""
KNOWN = "1706.03762"
"""A paper that everybody has."""


async def sources(
    settings: Settings,
    config: Config,
    store: Store | None,
    *,
    heard: Callable[[datetime], object],
    tell: Callable[[Finding], None],
) -> None:
    """Ask each, one after the other: for its news, and where single papers are looked up, for one.

    Args:
        store: Whose doors are gone through, so that a bot at work and we together are no ruder; None: there is none.
        heard: Is given what answers say of the time.
        tell: Is given what came of each, as soon as it is known.
    """
    gate = store.gate if store is not None else OpenGate()
    async with open_outside(settings, config, gate=gate, cache=_Forgetful(), heard=heard) as outside:
        for source in table.sources(outside):
            tell(await _asked(f"source {source.name}", _news(source)))
        for lookup in table.lookups(outside):
            tell(await _asked(f"look-up {lookup.name}", _paper(lookup)))


async def _news(source: Source) -> str:
    harvest = await source.fetch(b"", datetime.now(UTC))
    note = f" ({harvest.note})" if harvest.note else ""
    return f"answers; {len(harvest.papers)} papers{note}"


async def _paper(lookup: Lookup) -> str:
    id = recognise(KNOWN)
    assert id is not None
    await lookup.paper(id)
    return "answers"


async def _asked(about: str, question: Awaitable[str]) -> Finding:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return Finding(about, fine=True, said=await question)
    except TimeoutError:
        said = f"no answer within {PATIENCE_S:.0f} seconds"
    except (SourceTrouble, StoreTrouble) as trouble:
        said = str(trouble)
    remedy = "see whether this machine may reach it, and what SOURCES_FILE names; the bot asks again by itself"
    return Finding(about, fine=False, said=said, remedy=remedy)


class OpenGate:
    """Lets everybody through: a few questions must be possible while the store is not."""

    @asynccontextmanager
    async def enter(self, host: str, *, gap: timedelta, patience: timedelta) -> AsyncIterator[None]:  # noqa: ARG002  # the port's
        """See the port."""
        yield

    async def shut(self, host: str, *, until: datetime, reason: str) -> None:
        """See the port."""

    async def turn(self, name: str, *, gap: timedelta, burst: int, patience: timedelta) -> timedelta:  # noqa: ARG002  # the port's
        """See the port."""
        return timedelta()

    async def strike(self, name: str, *, limit: int, per: timedelta, rest: timedelta) -> bool:  # noqa: ARG002  # the port's
        """See the port."""
        return False


class _Forgetful:
    """Keeps nothing: what was kept would answer instead of the source."""

    async def get(self, key: str) -> bytes | None:  # noqa: ARG002  # the port's
        return None

    async def put(self, key: str, value: bytes, *, keep: timedelta) -> None:
        pass

    async def first(self, key: str, *, keep: timedelta) -> bool:  # noqa: ARG002  # the port's
        return True

    async def allow(self, key: str, *, limit: int, per: timedelta) -> bool:  # noqa: ARG002  # the port's
        return True

    async def forget(self, platform: str, workspace: str) -> int:  # noqa: ARG002  # the port's
        return 0
