"""What runs for as long as it is not told to stop: the doors that are configured, and the machine.

Apart from `bot.wiring`, because the libraries of a platform take as long to load as all the rest, and a demo need not wait for them.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from adapters.terminal.outlet import PLATFORM as TERMINAL
from adapters.terminal.outlet import TerminalOutlet
from bot.metrics import Metrics
from bot.parts import supervised, together
from bot.sources.config import load
from bot.wiring import open_desk, worker_at

if TYPE_CHECKING:
    from collections.abc import Collection, Coroutine
    from typing import Any

    from bot.settings import Settings
    from bot.worker import Worker

SLACK, DISCORD = "slack", "discord"


async def serve(settings: Settings, *, doors: Collection[str], works: bool) -> int:
    """Run what is configured until cancelled; then take nothing new, finish what is under way, and close.

    Args:
        doors: The platforms whose people are answered, as far as they are configured. Messages go out to all of them.
        works: Whether papers are fetched, matched and delivered.

    Raises:
        OperatorMistake: A part cannot work as configured; the others are stopped too.
    """
    config = load(settings.sources_file)
    async with open_desk(settings, config, directory=settings.data_dir) as desk, AsyncExitStack() as stack:
        desk.outlets = {TERMINAL: TerminalOutlet(settings.data_dir / "terminal.jsonl", clock=_now)}
        worker = worker_at(desk, config) if works else None
        metrics = Metrics(desk.store, tallies=worker.tallies if worker else dict)
        parts: list[Coroutine[Any, Any, None]] = []
        if settings.has_slack:
            from bot.on_slack import known_workspaces, slack  # noqa: PLC0415  # each platform's libraries take their time to load

            workspaces = known_workspaces(settings, desk)
            stack.push_async_callback(workspaces.close)
            parts.append(supervised(SLACK, partial(slack, settings, desk, workspaces, metrics, doors=SLACK in doors, works=works)))
        if settings.has_discord:
            from bot.on_discord import discord, known_bot  # noqa: PLC0415  # as above

            rest = known_bot(settings, desk)
            stack.push_async_callback(rest.close)
            alone = not works and not (settings.has_slack and SLACK in doors)
            parts.append(supervised(DISCORD, partial(discord, settings, desk, rest, metrics, doors=DISCORD in doors, alone=alone)))
        if worker:
            parts.append(_working(worker))
        await together(parts)
    return 0


async def _working(worker: Worker) -> None:
    worker.start()
    try:
        await asyncio.Event().wait()  # until it is cancelled
    finally:
        await worker.stop()


def _now() -> datetime:
    return datetime.now(UTC)
