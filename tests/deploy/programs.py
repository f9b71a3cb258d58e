"""Whole programs as a platform runs them: beside the fakes of Slack and Discord, on one store, told to stop by signals."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.store.store import RedisStore
    from tests.discord.fake import FakeDiscord
    from tests.program import Place
    from tests.slack.fake import FakeSlack

ROOT = Path(__file__).parents[2]
DISCORD_TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.abcdefghijklmnopqrstuvwxyz0123456789AB"
PATIENCE_S = 30
"""Seconds until a test gives up what it waits for; a busy machine takes its time."""


class Program:
    """A process, and what it has told so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.told: list[dict[str, Any]] = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            # A log that nobody reads would stop the process.
            self.told.append(json.loads(line) if line.startswith(b"{") else {"event": line.decode()})

    def has_told(self, event: str) -> bool:
        return any(line["event"] == event for line in self.told)

    async def ended(self) -> int:
        """Its exit status, when everything it told is read."""
        status = await self.process.wait()
        await self._reading
        return status

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return await self.ended()

    async def kill(self) -> None:
        """With no chance to tidy up; nothing if it has ended."""
        if self.process.returncode is None:
            self.process.kill()
        await self.ended()


@dataclass(frozen=True, slots=True)
class World:
    """A machine, both platforms, and one store."""

    place: Place
    slack: FakeSlack
    discord: FakeDiscord
    store: RedisStore
    redis_url: str
    started: list[Program] = field(default_factory=list)

    def environment(self, **more: str) -> dict[str, str]:
        on_slack = {"SLACK_API_URL": self.slack.api_url, "SLACK_BOT_TOKEN": "xoxb-acme", "SLACK_APP_TOKEN": "xapp-acme"}
        on_discord = {"DISCORD_API_URL": self.discord.rest_url, "DISCORD_TOKEN": self.discord.token}
        return {**on_slack, **on_discord, "HOST": "127.0.0.1", "REDIS_URL": self.redis_url, **more}

    async def begin(self, *arguments: str, **more: str) -> Program:
        """`python -m bot ARGUMENTS`. Killed at the end of the test, if it should still run."""
        program = Program(await self.place.begin(*arguments, **self.environment(**more)))
        self.started.append(program)
        return program

    async def honcho(self, procfile: str, *, port: int) -> asyncio.subprocess.Process:
        """`honcho start` on a Procfile of ours, away from any .env; what it and the processes tell is on its standard output."""
        nothing = self.place.directory / "empty.env"
        nothing.touch()
        arguments = ["-e", str(nothing), "-f", str(ROOT / procfile), "--no-colour", "start", "-p", str(port)]
        environment = self.place.environment(**self.environment())
        # What the Procfile calls `python` is the one that runs the tests.
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        environment["PYTHONPATH"] = str(ROOT)
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "honcho", *arguments),
            cwd=self.place.directory,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def roles(self) -> list[str]:
        """The processes that are alive, as the store knows them."""
        return [pulse.role for pulse in await self.store.figures.pulses()]


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that nobody tells of.

    Raises:
        TimeoutError: It did not come.
    """
    async with asyncio.timeout(PATIENCE_S):
        while not await condition():
            await asyncio.sleep(0.05)
