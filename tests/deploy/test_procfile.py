"""The Procfiles as a platform runs them: every line starts, people are answered, and each process ends well when it is told to."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.deploy.programs import PATIENCE_S, until

if TYPE_CHECKING:
    from tests.deploy.programs import World


def free_port() -> int:
    """Of three that honcho hands out, 100 apart, the first; nobody listens at any of them."""
    for base in range(20_000, 60_000, 317):
        with socket.socket() as first, socket.socket() as second, socket.socket() as third:
            try:
                for number, one in enumerate((first, second, third)):
                    one.bind(("127.0.0.1", base + 100 * number))
            except OSError:
                continue
        return base
    pytest.fail("there is no free port")


async def is_ready(port: int) -> bool:
    try:
        async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/readyz") as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


@pytest.mark.parametrize(
    ("procfile", "types", "roles", "number"),
    [
        ("Procfile", ("web", "worker", "gateway"), {"web", "worker", "gateway"}, signal.SIGTERM),
        # A person's Ctrl-C in a terminal.
        ("config/Procfile.single", ("web",), {"run"}, signal.SIGINT),
    ],
    ids=["several, SIGTERM", "a single one, SIGINT"],
)
async def test_every_process_of_a_procfile_starts_answers_and_ends_well(
    procfile: str, types: tuple[str, ...], roles: set[str], number: signal.Signals, world: World
) -> None:
    port = free_port()
    honcho = await world.honcho(procfile, port=port)
    output = asyncio.create_task(honcho.communicate())
    try:

        async def all_alive() -> bool:
            assert honcho.returncode is None, "one of them ended, and honcho with it"
            return set(await world.roles()) == roles and await is_ready(port)

        await until(all_alive)
        await world.slack.connected()
        interaction = await world.slack.command("help")
        await world.slack.until(lambda: "subscribe" in json.dumps(interaction.answers))
        await world.discord.gateway.connected()
        await (await world.discord.command("help")).answered()
        honcho.send_signal(number)
        async with asyncio.timeout(PATIENCE_S):
            told = (await output)[0].decode()
    finally:
        if honcho.returncode is None:
            honcho.terminate()  # it kills whoever does not end
            await output
    # Without `exec` in the Procfile this would be how the shell ended, and nobody would know how the bot did.
    statuses = dict(re.findall(r"\| (\w+)\.1 +stopped \(rc=(-?\d+)\)", told))
    assert statuses == dict.fromkeys(types, "0"), told[-3000:]
    assert "Traceback" not in told
    assert await world.roles() == [], "each said goodbye to the store"
    assert world.discord.gateway.session.dead, "and to Discord"
