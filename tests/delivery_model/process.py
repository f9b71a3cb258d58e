"""One process of the bot, driven by hand: whatever it asks the store or a platform waits until the test lets it happen."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, cast

import redis.exceptions as theirs

from bot import jobs, lifecycle
from bot.commands.call import Asker, Call
from bot.commands.changing import change
from bot.delivery import Courier, Decider, PauseChannel
from bot.desk import Desk
from bot.errors import StoreTrouble
from bot.memory import Memory
from bot.places import LEASE
from bot.ports import Harvest
from bot.store.connection import Connection
from bot.store.deliveries import StoredDeliveries
from bot.store.store import RedisStore
from bot.worker import PLANNING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from datetime import datetime, timedelta

    from redis.asyncio import Redis

    from bot.channel import Address, Channel
    from bot.paper import Paper
    from bot.ports import Delivery, Lease, Outcome, Planned, Settled
    from tests.clock import Clock
    from tests.delivery_model.ledger import Ledger
    from tests.delivery_model.platform import Platform
    from tests.delivery_model.still import StillLoop

SILENCE = object()
"""What the other side answers that never will."""


@dataclass(slots=True, eq=False)
class Asked:
    """A question under way."""

    name: str
    act: Callable[[], object]
    """What happens when it gets there: the reply, an exception, or SILENCE."""
    answer: asyncio.Future[Any]
    at: datetime
    task: asyncio.Task[Any] | None
    key: str = ""
    """Of a post: its key."""
    got_there: bool = False
    reply: object = None
    trouble: Exception | None = None

    @property
    def unanswerable(self) -> bool:
        return self.got_there and self.reply is SILENCE

    def get_there(self) -> None:
        """The other side does what it was asked. Twice is as good as once."""
        if self.got_there:
            return
        try:
            self.reply = self.act()
        except AssertionError:
            raise
        except Exception as trouble:  # noqa: BLE001 - whatever the other side says is its answer
            self.trouble = trouble
        self.got_there = True

    def come_back(self) -> None:
        """The answer arrives, if ever one does."""
        self.get_there()
        if self.answer.done() or self.reply is SILENCE:
            return
        if self.trouble is not None:
            self.answer.set_exception(self.trouble)
        else:
            self.answer.set_result(self.reply)

    def break_off(self) -> None:
        """The connection breaks instead of an answer."""
        if not self.answer.done():
            self.answer.set_exception(theirs.ConnectionError("the connection broke"))


@dataclass(frozen=True, slots=True)
class Planning:
    """What a call is about: a delivery to be planned."""

    delivery: Delivery
    slot: datetime | None


@dataclass(slots=True, eq=False)
class Beginning:
    """What a call is about: the right to send."""

    lease: Lease
    life: Life
    at: datetime | None = None
    """When the store granted it."""
    frozen_since: bool = False
    """Whether its process was frozen after that."""


@dataclass(frozen=True, slots=True)
class Settling:
    """What a call is about: what became of it."""

    lease: Lease
    outcome: Outcome


About = Planning | Beginning | Settling | None
_ABOUT: ContextVar[About] = ContextVar("about", default=None)
_BEGUN: ContextVar[Beginning | None] = ContextVar("begun", default=None)


def begun() -> Beginning | None:
    """Under what right the running task sends."""
    return _BEGUN.get()


class _Line:
    """Stands where redis-py's client does: each round trip to the real server is one question."""

    def __init__(self, life: Life, ledger: Ledger) -> None:
        self.response_callbacks: dict[str, object] = {}
        self._life = life
        self._ledger = ledger

    async def execute_command(self, *command: Any) -> Any:
        about = _ABOUT.get()
        return await self._life.ask(str(command[0]), lambda: self._ledger.witness(about, command))

    def pipeline(self, *, transaction: bool) -> _Pipe:
        assert not transaction
        return _Pipe(self._life, self._ledger)


class _Pipe:
    def __init__(self, life: Life, ledger: Ledger) -> None:
        self._life = life
        self._ledger = ledger
        self._commands: list[tuple[Any, ...]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._commands.clear()

    def execute_command(self, *command: Any) -> None:
        self._commands.append(command)

    async def execute(self) -> list[Any]:
        commands = list(self._commands)
        reply = await self._life.ask("pipeline", lambda: [self._ledger.see(*command) for command in commands])
        return cast("list[Any]", reply)


class _Deliveries(StoredDeliveries):
    """The real thing, which says what its calls are about."""

    def __init__(self, connection: Connection, life: Life) -> None:
        super().__init__(connection, keeps=True)
        self._life = life

    async def plan(self, address: Address, *, due: datetime, then: datetime | None, delivery: Delivery | None) -> Planned:
        with _about(None if delivery is None else Planning(delivery, due)):
            return await super().plan(address, due=due, then=then, delivery=delivery)

    async def post_now(self, delivery: Delivery) -> Planned:
        with _about(Planning(delivery, None)):
            return await super().post_now(delivery)

    async def begin(self, lease: Lease, *, need: timedelta) -> bool:
        right = Beginning(lease, self._life)
        _BEGUN.set(right)
        with _about(right):
            return await super().begin(lease, need=need)

    async def settle(self, lease: Lease, outcome: Outcome) -> Settled:
        with _about(Settling(lease, outcome)):
            return await super().settle(lease, outcome)


class _about:  # noqa: N801 - reads as the word it is
    def __init__(self, about: About) -> None:
        self._about = about

    def __enter__(self) -> None:
        self._token = _ABOUT.set(self._about)

    def __exit__(self, *_: object) -> None:
        _ABOUT.reset(self._token)


@dataclass(slots=True, eq=False)
class Life:
    """A process from its start to its death."""

    name: str
    loop: StillLoop
    clock: Clock
    ledger: Ledger
    platform: Platform
    decider: Decider
    alive: bool = True
    frozen: bool = False
    asked: list[Asked] = field(default_factory=list)
    """Questions under way, oldest first."""
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    rights: list[Beginning] = field(default_factory=list)
    desk: Desk = field(init=False)
    courier: Courier = field(init=False)

    def __post_init__(self) -> None:
        connection = Connection(cast("Redis", _Line(self, self.ledger)), clock=self.clock)
        store = RedisStore(connection, keeps=True)
        store.deliveries = _Deliveries(connection, self)
        memory = Memory(channels=store.channels, papers=store.papers)
        outlet = self.platform.outlet(self)
        self.desk = Desk(store=store, memory=memory, outlets={outlet.platform: outlet})
        self.courier = Courier(store, decider=self.decider, clock=self._seconds)

    def _seconds(self) -> float:
        return self.clock.now.timestamp()

    # ------------------------------------------------------------ how it is driven

    async def ask(self, name: str, act: Callable[[], object], *, key: str = "") -> Any:
        """Wait for somebody outside."""
        if not self.alive:
            raise asyncio.CancelledError
        asked = Asked(name, act, self.loop.create_future(), self.clock.now, asyncio.current_task(), key)
        self.asked.append(asked)
        try:
            return await asked.answer
        finally:
            self.asked.remove(asked)

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin something, up to where it waits."""
        task = self.loop.create_task(self._survived(work))
        self.tasks.append(task)
        self.run()
        return task

    def run(self) -> None:
        """Do all that can be done without an answer."""
        self.loop.run()
        done = [task for task in self.tasks if task.done()]
        self.tasks = [task for task in self.tasks if not task.done()]
        for task in done:
            if not task.cancelled():
                task.result()

    def die(self) -> None:
        """Nothing of it happens any more."""
        self.alive = False
        for task in self.tasks:
            task.cancel()
        self.run()
        assert not self.tasks
        assert not self.asked

    @staticmethod
    async def _survived(work: Coroutine[Any, Any, None]) -> None:
        with suppress(StoreTrouble):  # as at every tick: told, and tried again at the next
            await work

    # ------------------------------------------------------------ what it does

    async def plan(self) -> None:
        await self.desk.caught_up()
        for address, due in await self.desk.store.channels.due(self.desk.outlets, limit=10, lease=PLANNING):
            await jobs.plan_slot(self.desk, address, due)

    async def deliver(self, *, back: bool = False) -> None:
        for platform in self.desk.outlets:
            for lease in await self.desk.store.deliveries.claim(platform, limit=4, lease=LEASE, apiece=3):
                if back:
                    await self.desk.store.deliveries.release(lease)
                else:
                    self.tasks.append(self.loop.create_task(self._survived(self._deliver(lease, platform))))

    async def _deliver(self, lease: Lease, platform: str) -> None:
        delivered = await self.courier.deliver(lease, self.desk.outlets[platform])
        if isinstance(delivered.pause, PauseChannel):
            await lifecycle.pause_channel(self.desk, delivered.pause.address, delivered.pause.reason)

    async def take_in(self, papers: Sequence[Paper]) -> None:
        await jobs.take_in(self.desk, "library", Harvest(papers=tuple(papers), mark=b"1"), self.clock.now)

    async def digest(self, address: Address) -> None:
        await jobs.post_now(self.desk, address)

    async def change(self, address: Address, how: Callable[[Channel], Channel]) -> None:
        call = Call(address=address, channel_name="", asker=Asker(id="U1", name="Ada"), text="")
        await change(self.desk, call, how)

    async def reopen(self, address: Address) -> None:
        await lifecycle.reopen_channel(self.desk, address)

    async def replay(self) -> None:
        for id in await self.desk.store.deliveries.dead_ids():
            await self.desk.store.deliveries.replay(id)
