"""What an idle bot asks of its store: commands a minute with 10,000 channels of which none is due, over two minutes, for each role.

python -m tests.benchmarks.idle              a store for each role, all at once; three minutes
python -m tests.benchmarks.idle --quick      1,000 channels, half a minute

A round trip is one command that a process sends; the commands inside of scripts are counted by the server as well.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from typing import TYPE_CHECKING

from tests.benchmarks import due
from tests.benchmarks.lateness import TOKEN, Now
from tests.benchmarks.stage import Sink, bots, core_seconds, nowhere, on_slack, stage
from tests.discord.fake import FakeDiscord

if TYPE_CHECKING:
    from collections.abc import Mapping

CHANNELS, SECONDS = 10_000, 120
SETTLING = 20
"""Seconds after the start."""
MOST = 10
"""Commands that are named."""


async def idle(role: str, environment: Mapping[str, str], *, channels: int, seconds: int) -> str:
    """What one process asks, in a line or two."""
    async with stage() as here:
        await due.fill(here.store, channels)
        async with bots(here, 1, dict(environment), role=role) as (process,):
            await asyncio.sleep(SETTLING)
            calls, trips = await here.calls(), await here.round_trips()
            core, server = core_seconds(process.pid), core_seconds(here.server.pid)
            await asyncio.sleep(seconds)
            asked = Counter(await here.calls()) - Counter(calls)
            del asked["info"]
            minutes = seconds / 60
            own = 2  # INFO, twice
            most = ", ".join(f"{name} {times / minutes:.0f}" for name, times in asked.most_common(MOST))
            return (
                f"{role:<8} {(await here.round_trips() - trips - own) / minutes:6.0f} round trips, {asked.total() / minutes:6.0f} "
                f"commands a minute; {(core_seconds(process.pid) - core) / seconds:.2%} of a core, "
                f"its server {(core_seconds(here.server.pid) - server) / seconds:.2%}\n         {most}"
            )


async def main(channels: int, seconds: int) -> None:
    """All roles at once, each with a store of its own: a bot that does nothing is in nobody's way."""
    async with Sink.started() as sink, FakeDiscord(Now()) as server:
        server.token, server.checking = TOKEN, False
        discord = {"DISCORD_TOKEN": TOKEN, "DISCORD_API_URL": server.rest_url, **nowhere(sink.url)}
        slack = on_slack(sink)
        told = await asyncio.gather(
            idle("worker", slack | discord, channels=channels, seconds=seconds),
            idle("web", slack, channels=channels, seconds=seconds),
            idle("gateway", discord, channels=channels, seconds=seconds),
            idle("run", slack | discord, channels=channels, seconds=seconds),
        )
    print(f"{channels} channels, {seconds} s, Slack and Discord configured")
    print("\n".join(told), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*((1_000, 30) if "--quick" in sys.argv[1:] else (CHANNELS, SECONDS))))
