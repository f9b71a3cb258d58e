"""From due to posted: 10,000 channels of Slack that are due in the same minute, and 2,000 of Discord, with two workers.

python -m tests.benchmarks.lateness              with the two minutes over which the product spreads its channels, and without
python -m tests.benchmarks.lateness --quick      a fifth of the channels

A digest is late by the time from its own moment on the agenda to when the platform has it. Discord takes some 48 a second from one
bot, whatever is asked of it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from typing_extensions import override

from bot.channel import Address
from tests.benchmarks import due
from tests.benchmarks.stage import Sink, bots, nowhere, on_slack, percentiles, stage, until
from tests.clock import Clock
from tests.discord.fake import FakeDiscord

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SLACK, DISCORD = 10_000, 2_000
WORKERS = 2
A_SERVER = 400
"""Channels of a Discord server."""
CEILING = 50
"""Requests a second that Discord takes."""
AHEAD = timedelta(seconds=5)
TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAwMA.GbEnCh.paperboy-benchmark-token-that-is-none-0"


class Now(Clock):
    """Goes, as it does for the bots."""

    @override
    def __call__(self) -> datetime:
        return datetime.now(UTC)


async def slack(count: int, *, spread_out: bool) -> None:
    """Through the sink."""
    async with stage() as here, Sink.started() as sink:
        where = await due.fill(here.store, count)
        async with bots(here, WORKERS, on_slack(sink)):
            dues = await due.ring(here.store, where, at=await here.store.now() + AHEAD, spread_out=spread_out)
            await asyncio.sleep(AHEAD.total_seconds())
            posts = await sink.until(count)
    _tell("Slack", dues, posts, spread_out=spread_out)


async def discord(count: int, *, spread_out: bool) -> None:
    """Through the fake of the tests in this process, its checks switched off, with Discord's limits."""
    async with FakeDiscord(Now()) as server, stage() as here:
        server.checking = False
        server.token = TOKEN
        server.limits.route("POST /channels/{channel_id}/messages", limit=5, per=5.0)
        server.limits.whole(CEILING, per=1.0)
        made: list[Address] = []
        while len(made) < count:
            guild = server.guild(f"Bench {len(server.guilds)}")
            made += [Address("discord", guild.id, guild.text(f"papers-{n}").id) for n in range(min(A_SERVER, count - len(made)))]
        await due.fill(here.store, count, platform="discord", where=made)
        environment = {"DISCORD_TOKEN": TOKEN, "DISCORD_API_URL": server.rest_url, **nowhere(server.rest_url)}
        channels = [server.channels[address.channel] for address in made]

        async def posted() -> int:
            return sum(len(channel.messages) for channel in channels)

        async with bots(here, WORKERS, environment):
            dues = await due.ring(here.store, made, at=await here.store.now() + AHEAD, spread_out=spread_out)
            await asyncio.sleep(AHEAD.total_seconds())
            await until(posted, count)
        posts = [(channel.id, message.at.timestamp()) for channel in channels for message in channel.messages]
        _tell("Discord", dues, posts, spread_out=spread_out)
        print(f"          429s: {server.limits.refused}", flush=True)


def _tell(platform: str, dues: Mapping[str, float], posts: Sequence[tuple[str, float]], *, spread_out: bool) -> None:
    first = dict(sorted(posts, key=lambda post: -post[1]))
    half, most, longest = percentiles([first[channel] - at for channel, at in dues.items()])
    over = "spread over two minutes" if spread_out else "all in one second      "
    print(
        f"{platform:<8} {len(dues):>6} due, {over}: late by p50 {half:6.2f} s, p99 {most:6.2f} s, at most {longest:6.2f} s; "
        f"posted twice: {len(posts) - len(first)}",
        flush=True,
    )


async def main(share: int) -> None:
    """All four."""
    print(f"{WORKERS} workers, {os.cpu_count()} cores for workers, server and platform together")
    for spread_out in (True, False):
        await slack(SLACK // share, spread_out=spread_out)
    for spread_out in (True, False):
        await discord(DISCORD // share, spread_out=spread_out)


if __name__ == "__main__":
    asyncio.run(main(5 if "--quick" in sys.argv[1:] else 1))
