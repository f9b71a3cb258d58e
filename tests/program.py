"""The program as somebody starts it, for tests of whole processes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.sources.web_server import WebServer

SOURCES = '[huggingface]\nevery = "2h"\n[arxiv]\ncategories = ["cs.CL"]\nat = ["08:00"]\n'


@dataclass(frozen=True, slots=True)
class Ended:
    status: int | None
    said: str
    told: str
    """Standard error."""


@dataclass(frozen=True, slots=True)
class Place:
    """A machine's worth of environment."""

    directory: Path
    server: WebServer

    def environment(self, **more: str) -> dict[str, str]:
        quiet = {name: value for name, value in os.environ.items() if name not in {"REDIS_URL", "TZ", "LOG_LEVEL", "HOST", "PORT"}}
        outside = dict.fromkeys(("HUGGINGFACE_URL", "ARXIV_API_URL", "ARXIV_RSS_URL"), self.server.url)
        sources = self.directory / "sources.toml"
        sources.write_text(SOURCES)
        return {**quiet, **outside, "DATA_DIR": str(self.directory / "data"), "SOURCES_FILE": str(sources), "TZ": "UTC", **more}

    async def begin(self, *arguments: str, **more: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.environment(**more),
        )

    async def run(self, *arguments: str, typed: str = "", **more: str) -> Ended:
        process = await self.begin(*arguments, **more)
        said, told = await process.communicate(typed.encode())
        return Ended(process.returncode, said.decode(), told.decode())


async def ready(process: asyncio.subprocess.Process, word: bytes) -> None:
    """Read the log until it tells of `word`."""
    assert process.stderr is not None
    while word not in (line := await process.stderr.readline()):
        assert line, "it ended before it was ready"


_SECRET = ("_TOKEN", "_SECRET", "_KEYS")


@asynccontextmanager
async def started(place: Place, *arguments: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that must end well when it is told to stop, without a secret in its log; one that the test ended itself may lie."""
    process = await place.begin(*arguments, **{"HOST": "127.0.0.1", **environment})
    try:
        yield process
        runs = process.returncode is None
        if runs:
            process.send_signal(signal.SIGTERM)
            _, told = await process.communicate()
            assert process.returncode == 0, told.decode()
            assert b"Traceback" not in told
            assert b"Warning" not in told
            for secret in (value for name, value in environment.items() if name.endswith(_SECRET)):
                assert secret.encode() not in told
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def logged(process: asyncio.subprocess.Process, event: str) -> dict[str, Any]:
    """The next line of the log with this event."""
    assert process.stderr is not None
    while line := await process.stderr.readline():
        if line.startswith(b"{") and (said := json.loads(line)).get("event") == event:
            return dict(said)
    pytest.fail(f"it ended before it told of {event}")
