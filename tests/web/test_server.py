from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web

from adapters.web import server
from adapters.web.server import LARGEST, serving
from bot.errors import OperatorMistake

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def broken() -> bool:
    raise RuntimeError("nobody is there")


async def test_it_is_healthy_whatever_its_parts_are() -> None:
    async with (
        serving([], host="127.0.0.1", port=0, ready={"slack": no}) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http,
    ):
        async with http.get("/healthz") as response:
            assert (response.status, await response.text()) == (200, "ok\n")
        async with http.get("/nothing") as response:
            assert (response.status, response.headers["Server"]) == (404, "Paperboy")


@pytest.mark.parametrize(("part", "status"), [(yes, 200), (no, 503), (broken, 503)])
async def test_it_is_ready_when_all_its_parts_are(part: Callable[[], Awaitable[bool]], status: int) -> None:
    parts = {"store": yes, "slack": part}
    async with (
        serving([], host="127.0.0.1", port=0, ready=parts) as port,
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{port}/readyz") as response,
    ):
        assert response.status == status
        assert await response.json() == {"store": True, "slack": status == 200}


async def test_a_part_that_does_not_answer_in_time_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent() -> bool:
        await asyncio.Event().wait()
        return True

    monkeypatch.setattr(server, "READY_SECONDS", 0.01)
    async with (
        serving([], host="127.0.0.1", port=0, ready={"store": silent, "slack": yes}) as port,
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{port}/readyz") as response,
    ):
        assert (response.status, await response.json()) == (503, {"store": False, "slack": True})


async def test_what_nobody_needs_who_comes_this_way_is_told_and_no_reason_to_send_them_away() -> None:
    async with (
        serving([], host="127.0.0.1", port=0, ready={"store": yes}, beside={"discord": no}) as port,
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{port}/readyz") as response,
    ):
        assert (response.status, await response.json()) == (200, {"store": True, "discord": False})


async def test_a_process_that_is_stuck_is_not_healthy() -> None:
    moves = [True]
    async with (
        serving([], host="127.0.0.1", port=0, alive=lambda: moves[0], ready={}) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http,
    ):
        async with http.get("/healthz") as response:
            assert response.status == 200
        moves[0] = False
        async with http.get("/healthz") as response:
            assert (response.status, await response.text()) == (503, "stuck\n")


async def test_a_port_that_is_taken_is_the_operators_to_mend() -> None:
    async with serving([], host="127.0.0.1", port=0, ready={}) as port:
        with pytest.raises(OperatorMistake, match=f"PORT: .*{port}"):
            async with serving([], host="127.0.0.1", port=port, ready={}):
                pass


async def test_what_is_under_way_is_finished_and_nothing_new_begins() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse:
        begun.set()
        await go_on.wait()
        return web.Response(text="done")

    server = serving([web.get("/slow", slow)], host="127.0.0.1", port=0, ready={})
    port = await server.__aenter__()
    async with aiohttp.ClientSession() as http:
        asked = asyncio.create_task(http.get(f"http://127.0.0.1:{port}/slow"))
        await begun.wait()
        closing = asyncio.create_task(server.__aexit__(None, None, None))
        while True:
            try:
                (await asyncio.open_connection("127.0.0.1", port))[1].close()
            except OSError:
                break
        go_on.set()
        async with await asked as response:
            assert await response.text() == "done"
        await closing


async def test_nobody_sends_us_more_than_we_hold() -> None:
    async def read(request: web.Request) -> web.StreamResponse:
        return web.Response(text=str(len(await request.read())))

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(LARGEST // 2**16 + 1):
            yield b"x" * 2**16

    async with (
        serving([web.post("/", read)], host="127.0.0.1", port=0, ready={}) as port,
        aiohttp.ClientSession() as http,
        http.post(f"http://127.0.0.1:{port}/", data=pieces()) as response,
    ):
        assert response.status == 413
