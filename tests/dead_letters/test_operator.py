"""An operator at a prompt: asked wrongly, beside a bot at work, and alone."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import TYPE_CHECKING

import pytest

from bot.delivery import slot_id
from bot.errors import OperatorMistake
from bot.message import Message, Text
from bot.operating import Asked, deliveries
from bot.ports import Dead, Delivery
from bot.settings import Settings
from bot.store.store import open_store
from tests.dead_letters.asking import TERMINAL, entries
from tests.program import Place, ready
from tests.store.outbox import ADDRESS, LEASE

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(dead=True, channel="slack:T1:C1"), "one at a time"),
        (Asked(dead=True, replay=["all"]), "one at a time"),
        (Asked(dead=True, limit=0), "--limit 0: a number from 1"),
        (Asked(replay=["all", "aaaa"]), "Either python -m bot deliveries replay all, or ids"),
        (Asked(channel="#ml-reading"), "--channel #ml-reading: an address is PLATFORM:WORKSPACE:CHANNEL"),
    ],
)
async def test_what_is_asked_wrongly_is_the_operators_to_mend_before_any_store_is_opened(asked: Asked, said: str, tmp_path: Path) -> None:
    with pytest.raises(OperatorMistake, match=said):
        await deliveries(Settings(data_dir=tmp_path / "none"), asked, str)
    assert not (tmp_path / "none").exists()


async def _two_dead(directory: Path) -> tuple[str, str]:
    """One of the terminal, which every worker reaches, and one of Slack, which none does here."""
    async with open_store(directory=directory) as store:
        now = (await store.now()).replace(microsecond=0)
        ids = []
        for address in (TERMINAL, ADDRESS):
            id = slot_id(address, now)
            ids.append(id)
            said = Message((Text("curriculum learning, at last"),))
            await store.deliveries.post_now(Delivery(id=id, address=address, due=now, parts=(said,), papers=()))
            [lease] = await store.deliveries.claim(address.platform, limit=1, lease=LEASE)
            await store.deliveries.settle(lease, Dead("invalid_blocks"))
    return ids[0], ids[1]


async def test_an_operator_looks_and_replays_while_the_bot_is_at_work(place: Place) -> None:
    data = place.directory / "data"
    terminal, slack = await _two_dead(data)
    worker = await place.begin("worker")
    await ready(worker, b"swept")

    looked = await place.run("deliveries", "--dead", "--json")
    assert (looked.status, looked.told) == (0, "")
    assert {one["id"] for one in entries(looked.said)} == {terminal, slack}

    replayed = await place.run("deliveries", "replay", terminal[:12])
    assert (replayed.status, replayed.told) == (0, "")
    assert replayed.said.startswith(f"{terminal[:12]}: brought back, for terminal:local:#papers.\nA running worker")
    async with asyncio.timeout(30):
        while not (data / "terminal.jsonl").exists() or b"curriculum" not in (data / "terminal.jsonl").read_bytes():
            await asyncio.sleep(0.05)

    half = await place.run("deliveries", "--json", "replay", slack, "feed")
    assert half.status == 1
    assert json.loads(half.said)["replayed"] == [slack]
    stands = json.loads((await place.run("deliveries", "--json")).said)
    assert (stands["platforms"]["slack"]["waiting"], stands["dead"]) == (1, 0)
    assert "sent " in (await place.run("deliveries", "--channel", str(TERMINAL))).said

    worker.send_signal(signal.SIGTERM)
    await worker.communicate()
    assert worker.returncode == 0, "nobody took its server away"


async def test_an_operator_looks_and_replays_while_no_bot_is_at_work(place: Place) -> None:
    terminal, _ = await _two_dead(place.directory / "data")
    replayed = await place.run("deliveries", "replay", terminal)
    assert replayed.said.endswith("No bot is at work here: the next one takes them up when it starts.\n")
    ended = await place.run("deliveries")
    assert (ended.status, ended.told) == (0, "")
    assert "terminal  1 waiting" in ended.said
    assert not list((place.directory / "data").glob("*.sock"))


async def test_what_goes_wrong_is_one_line(place: Place) -> None:
    for arguments, environment, status in (
        ((), {}, 2),
        (("--limit", "0"), {}, 2),
        ((), {"REDIS_URL": "redis://127.0.0.1:9/0"}, 1),
    ):
        ended = await place.run("deliveries", *arguments, **environment)
        assert (ended.status, ended.said, len(ended.told.splitlines())) == (status, "", 1)


async def test_a_reader_who_has_seen_enough_is_no_error(place: Place) -> None:
    await _two_dead(place.directory / "data")
    process = await place.begin("deliveries", "--dead")
    assert process.stdout is not None
    process.stdout._transport.close()  # type: ignore[attr-defined]  # asyncio has no public way to stop reading, as `| head` does
    assert process.stderr is not None
    assert await process.stderr.read() == b""
    assert await process.wait() == 0
