"""The program as somebody starts it, for tests of whole processes."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
