"""`healthcheck`: whether the bot on this host is alive, for whoever starts it again if it is not. It asks the store for its pulse."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import StoreAway, StoreFull, StoreTrouble
from bot.ports import MISSED
from bot.settings import revealed
from bot.store.visiting import running_store
from bot.uptime import uptime

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bot.ports import Pulse
    from bot.settings import Settings


async def healthcheck(settings: Settings, write: Callable[[str], object]) -> int:
    """Write a line; 0 if a process of this host is alive, else 1.

    A store at REDIS_URL that does not answer is told, with 0: nobody can say then, and to start the bot again would not bring it back. So
    is a store that is full, for no pulse gets into it. The bot's own server ends with the bot: where that hangs, a new start helps.
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
            if not (here := living(pulses, now=now, host=socket.gethostname())):
                await store.cache.put("healthcheck", b"", keep=MISSED)
    except StoreFull as full:
        write(f"the store takes nothing ({full}), so nobody can say; to start the bot again would not help\n")
        return 0
    except StoreTrouble as trouble:
        if not settings.redis_url and isinstance(trouble, StoreAway):
            write(f"the server of the bot in DATA_DIR {settings.data_dir} does not answer ({trouble})\n")
            return 1
        write(f"the store does not answer ({trouble}), so nobody can say; to start the bot again would not help\n")
        return 0
    for pulse in here:
        lacks = f"; not ready: {', '.join(pulse.not_ready)}" if pulse.not_ready else ""
        write(f"{pulse.role} is alive, {round((now - pulse.at).total_seconds())} seconds ago{lacks}\n")
    if not here:
        write(f"no process of this host ({socket.gethostname()}) has said for {round(MISSED.total_seconds())} seconds that it is alive\n")
    return int(not here)


def living(pulses: Sequence[Pulse], *, now: datetime, host: str) -> list[Pulse]:
    """Those of this host whose process is there and did not miss its pulse.

    Not that of a process whose id is given out anew: in a container that was started again, the first process is always number 1.
    """
    return [pulse for pulse in pulses if pulse.host == host and now - pulse.at < min(MISSED, age(pulse.pid))]


def age(pid: int) -> timedelta:
    """How long a process has been there: nothing if there is none, for ever where the system does not tell."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return timedelta()
    except PermissionError:  # it is another user's
        pass
    with suppress(OSError, ValueError, IndexError):
        # Its 22nd field, in ticks since the machine began (proc_pid_stat(5)). The 2nd is its name, which may hold anything.
        began = int(Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        return timedelta(seconds=max(uptime() - began, 0))
    return timedelta.max
