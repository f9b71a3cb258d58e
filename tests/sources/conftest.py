"""What the tests of sources share: a server that says what they want, and a client that never really waits."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.sources.http import Web
from tests.fakes import FakeCache, FakeGate
from tests.sources.web_server import WebServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.clock import Clock


@pytest.fixture
async def server() -> AsyncIterator[WebServer]:
    async with WebServer() as server:
        yield server


@pytest.fixture
def gate(clock: Clock) -> FakeGate:
    return FakeGate(clock)


@pytest.fixture
def cache(clock: Clock) -> FakeCache:
    return FakeCache(clock)


@pytest.fixture
def pauses() -> list[float]:
    """Seconds the client would have waited between tries."""
    return []


@pytest.fixture
async def web(gate: FakeGate, clock: Clock, pauses: list[float]) -> AsyncIterator[Web]:
    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        clock.advance(timedelta(seconds=seconds))

    async with Web(gate, agent="Paperboy/test", clock=clock, pause=pause, jitter=lambda: 0.0) as web:
        yield web


@pytest.fixture
def recordings() -> Path:
    """Recorded answers of the real services."""
    shared = os.environ.get("PAPERBOY_SHARED")
    if not shared:
        pytest.skip("PAPERBOY_SHARED does not name the folder with recorded answers")
    return Path(shared) / "recordings"
