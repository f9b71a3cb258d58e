"""`healthcheck`: whether the bot on this host is alive, for whoever starts it again if it is not. It asks the store for its pulse."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.errors import StoreTrouble
from bot.settings import revealed
from bot.store.visiting import running_store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bot.ports import Pulse
    from bot.settings import Settings

MISSED = timedelta(seconds=60)
"""Four pulses: without one for so long a process is stuck or gone."""


async def healthcheck(settings: Settings, write: Callable[[str], object]) -> int:
    """Write a line; 0 if a process of this host is alive, else 1.

    A store at REDIS_URL that does not answer is told, with 0: nobody can say then, and to start the bot again would not bring it back.
    Never starts a server, nor takes one over.

    Raises:
        OperatorMistake: The store cannot be used as configured.
    """
    try:
        async with running_store(revealed(settings.redis_url), directory=settings.data_dir, verify=settings.redis_tls_verify) as store:
            if store is None:
                write(f"no bot is at work in DATA_DIR {settings.data_dir}\n")
                return 1
            now, pulses = await store.now(), await store.figures.pulses()
    except StoreTrouble as trouble:
        write(f"the store does not answer ({trouble}), so nobody can say; to start the bot again would not help\n")
        return 0
    here = living(pulses, now=now, host=socket.gethostname())
    for pulse in here:
        lacks = f"; not ready: {', '.join(pulse.not_ready)}" if pulse.not_ready else ""
        write(f"{pulse.role} is alive, {round((now - pulse.at).total_seconds())} seconds ago{lacks}\n")
    if not here:
        write(f"no process of this host ({socket.gethostname()}) has said for {round(MISSED.total_seconds())} seconds that it is alive\n")
    return int(not here)


def living(pulses: Sequence[Pulse], *, now: datetime, host: str) -> list[Pulse]:
    """Those of this host whose process is there and did not miss its pulse."""
    return [pulse for pulse in pulses if pulse.host == host and now - pulse.at < MISSED and _is_there(pulse.pid)]


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is another user's
        return True
    return True
