"""Serves the routes it is given, and tells whoever watches over the process how it is."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from aiohttp import web

from bot.errors import OperatorMistake, StoreTrouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping

Route: TypeAlias = web.RouteDef
"""Something to serve."""
LARGEST = 1024**2
"""Bytes of a request's body."""
FINISH_SECONDS = 3.0
"""How long a stop waits for requests under way."""
READY_SECONDS = 3.0
"""How long /readyz waits for a part: whoever asks gives it five seconds, as a rule."""
FIGURES_SECONDS = 8.0
"""How long /metrics waits for the store: a little less than Prometheus waits for us."""


class PortTaken(OperatorMistake):
    """Another process listens there, or nobody may."""


@asynccontextmanager
async def serving(
    routes: Iterable[Route],
    *,
    host: str,
    port: int,
    alive: Callable[[], bool] = lambda: True,
    ready: Mapping[str, Callable[[], Awaitable[bool]]],
    beside: Mapping[str, Callable[[], Awaitable[bool]]] = MappingProxyType({}),
    metrics: Callable[[], Awaitable[bytes]] | None = None,
) -> AsyncIterator[int]:
    """Serve until the block ends; gives the port. At its end nobody is let in any more, and requests under way are finished.

    Besides the routes: `/healthz` answers as long as the process can answer at all, with 503 if it is stuck otherwise; `/readyz` answers
    503 while a part is not ready; `/metrics`, if there are any, gives the figures, or 503 while the store is away.

    Args:
        port: 0 for any that is free.
        alive: Whether what the process does besides still moves.
        ready: Parts by name, each with the question whether it is. An exception counts as no.
        beside: Parts that /readyz tells of as well, but that nobody who comes this way needs.
        metrics: Asks for the figures in Prometheus' text format; may raise StoreTrouble. Anybody who reaches the server may read them.

    Raises:
        PortTaken: Nobody can listen there.
    """
    app = web.Application(client_max_size=LARGEST)
    app.add_routes([*routes, web.get("/healthz", _Health(alive).answer), web.get("/readyz", _Readiness(ready, beside).answer)])
    if metrics is not None:
        app.add_routes([web.get("/metrics", _Figures(metrics).answer)])
    app.on_response_prepare.append(_without_version)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=FINISH_SECONDS)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host or None, port).start()
        except OSError as exc:
            raise PortTaken(f"PORT: nothing can listen at {host or '*'}:{port} ({exc.strerror or exc}). Set another.") from exc
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


class _Health:
    def __init__(self, alive: Callable[[], bool]) -> None:
        self._alive = alive

    async def answer(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002  # every handler is called alike
        return web.Response(text="ok\n") if self._alive() else web.Response(status=503, text="stuck\n")


async def _without_version(request: web.Request, response: web.StreamResponse) -> None:  # noqa: ARG001  # every signal is called alike
    response.headers["Server"] = "Paperboy"


class _Readiness:
    def __init__(self, parts: Mapping[str, Callable[[], Awaitable[bool]]], beside: Mapping[str, Callable[[], Awaitable[bool]]]) -> None:
        self._parts = parts
        self._beside = beside

    async def answer(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002  # every handler is called alike
        states = {name: await self._is(part) for name, part in self._parts.items()}
        beside = {name: await self._is(part) for name, part in self._beside.items()}
        return web.json_response(states | beside, status=200 if all(states.values()) else 503)

    async def _is(self, part: Callable[[], Awaitable[bool]]) -> bool:
        try:
            async with asyncio.timeout(READY_SECONDS):
                return await part()
        except Exception:  # noqa: BLE001  # whatever keeps a part from answering, it is not ready
            return False


class _Figures:
    def __init__(self, metrics: Callable[[], Awaitable[bytes]]) -> None:
        self._metrics = metrics

    async def answer(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002  # every handler is called alike
        try:
            async with asyncio.timeout(FIGURES_SECONDS):
                figures = await self._metrics()
        except (StoreTrouble, TimeoutError):
            # Not what it said: that may hold the store's address, and anybody may ask.
            return web.Response(status=503, text="the store does not answer\n")
        return web.Response(body=figures, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})
