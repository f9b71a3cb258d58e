"""Whoever reads the log, or a trace, can follow one delivery through it, whatever part of the program speaks."""

from __future__ import annotations

import json
import logging
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from typing_extensions import override

from bot import telling
from bot.commands import Asker, Call, answer
from bot.delivery import about
from bot.fetching import read_source
from bot.logs import log_to_stderr
from bot.places import LEASE
from tests.outlet import KeepingOutlet
from tests.test_fetching import hourly
from tests.test_jobs import HERE
from tests.test_worker import a_desk, a_due_digest, a_worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from bot.channel import Address
    from bot.message import Message
    from bot.store.store import RedisStore
    from tests.clock import Clock

WHOSE = {"delivery_key", "slot", "platform", "workspace", "channel", "attempt"}


class Talking(KeepingOutlet):
    """An outlet that logs what it does, and knows nothing of deliveries."""

    @override
    async def post(self, address: Address, message: Message, *, key: str, under: str = "", tags: Sequence[str] = ()) -> str:
        structlog.get_logger().info("said_by_the_outlet")
        logging.getLogger("its.library").warning("said by its library")
        return await super().post(address, message, key=key, under=under, tags=tags)


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    log_to_stderr("info")
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


async def test_every_event_of_a_delivery_says_whose_it_is(store: RedisStore, clock: Clock, log: Callable[[], list[dict[str, Any]]]) -> None:
    outlet = Talking()
    desk = a_desk(store, outlet)
    await a_due_digest(desk, clock)
    worker = a_worker(desk)
    await worker.plan_due()
    [lease] = await store.deliveries.claim(HERE.platform, limit=1, lease=LEASE, apiece=1, without=())
    await store.deliveries.release(lease)
    log()

    await worker.deliver_due()

    told = {line["event"]: line for line in log()}
    assert {"said_by_the_outlet", "said by its library", "delivery_sent"} <= told.keys()
    for name in ("said_by_the_outlet", "said by its library", "delivery_sent"):
        assert {field: told[name][field] for field in WHOSE & told[name].keys()} == about(lease)
    structlog.get_logger().info("afterwards")
    [afterwards] = log()
    assert not WHOSE & afterwards.keys()


async def test_reading_planning_posting_and_a_command_are_spans(store: RedisStore, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, Mapping[str, str | int]]] = []

    class Ear:
        def span(self, name: str, about: Mapping[str, str | int]) -> AbstractContextManager[object]:
            heard.append((name, about))
            return nullcontext()

    monkeypatch.setattr(telling._ears, "spans", Ear())
    desk = a_desk(store, KeepingOutlet())

    await a_due_digest(desk, clock)
    await read_source(desk, desk.sources[0], hourly)
    worker = a_worker(desk)
    await worker.plan_due()
    await worker.deliver_due()
    await answer(desk, Call(address=HERE, channel_name="#reading", asker=Asker(id="U1", name="Ada"), text="list"))

    told = dict(heard)
    assert list(told) == ["reading", "filing", "planning", "posting", "command"]
    assert told["reading"] == told["filing"] == {"source": "library"}
    assert told["planning"].keys() == {"platform", "workspace", "slot"}
    assert told["posting"].keys() == WHOSE
    assert told["command"] == {"platform": HERE.platform, "workspace": HERE.workspace, "command": "list"}
