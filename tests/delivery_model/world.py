"""Two processes on one store, a platform, and time."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import redis

from bot.delivery import Decider
from bot.paper import Paper, PaperId
from bot.store.scripts import Script
from tests.clock import Clock
from tests.delivery_model.ledger import Ledger
from tests.delivery_model.platform import Platform
from tests.delivery_model.process import Life
from tests.delivery_model.still import StillLoop

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence
    from datetime import datetime

    from bot.channel import Address
    from tests.delivery_model.platform import Flavour
    from tests.delivery_model.process import Asked

PATIENCE = timedelta(seconds=4)
"""Within this an answer comes to a process that is not frozen, or the connection breaks: bot.store gives up after five seconds."""
WORKERS = "AB"


class Server:
    """The real server, asked over one connection: a client with a pool would take most of the test's time."""

    def __init__(self, url: str) -> None:
        self._pool = redis.ConnectionPool.from_url(url, protocol=2)
        self._connection = self._pool.make_connection()
        self._connection.connect()  # type: ignore[no-untyped-call]  # redis-py leaves it untyped

    def tell(self, *command: Any) -> Any:
        """What it says, as it says it."""
        self._connection.send_command(*command)  # type: ignore[no-untyped-call]  # as above
        return self._connection.read_response()

    def close(self) -> None:
        """Hang up."""
        self._connection.disconnect()  # type: ignore[no-untyped-call]  # as above
        self._pool.close()


class Ground:
    """What outlives an example: the server, and a loop for each process."""

    def __init__(self, url: str) -> None:
        self.server = Server(url)
        self.clock = Clock()
        self._start = self.clock.now
        self.loops = {name: StillLoop(self._seconds) for name in WORKERS}
        for script in _scripts():
            self.server.tell("SCRIPT", "LOAD", script.source)

    def clear(self) -> None:
        """As if nothing had ever happened."""
        self.server.tell("FLUSHDB")
        self.clock.now = self._start

    def close(self) -> None:
        """Give back all that is held."""
        for loop in self.loops.values():
            loop.close()
        self.server.close()

    def moment(self, seconds: float) -> datetime:
        """The moment of a loop's time, rounded up."""
        return self._start + timedelta(seconds=seconds, microseconds=1)

    def _seconds(self) -> float:
        return (self.clock.now - self._start).total_seconds()


class World:
    """One example."""

    def __init__(self, ground: Ground, flavour: Flavour, addresses: Sequence[Address]) -> None:
        ground.clear()
        self.clock = ground.clock
        self.platform = Platform(self.clock, flavour)
        self.ledger = Ledger(ground.server, self.clock, self.platform, addresses)
        self._ground = ground
        self._papers = 0
        self.lives: dict[str, Life] = {}
        for name in WORKERS:
            self.be_born(name)

    # ------------------------------------------------------------ processes

    def be_born(self, name: str) -> None:
        """A process starts, in the place of the one that died."""
        decider = Decider(chance=lambda: 0.5)
        self.lives[name] = Life(name, self._ground.loops[name], self.clock, self.ledger, self.platform, decider)
        self.ledger.lives = list(self.lives.values())

    def die(self, name: str) -> None:
        """A process is killed where it stands, and starts anew."""
        self.lives[name].die()
        self.be_born(name)

    def freeze(self, name: str) -> None:
        """A process does nothing from now on, and does not know it."""
        life = self.lives[name]
        life.frozen = True
        for right in life.rights:
            right.frozen_since = True

    def thaw(self, name: str) -> None:
        """It goes on; what should have happened meanwhile happens first."""
        life = self.lives[name]
        life.frozen = False
        life.run()
        for asked in life.asked:
            asked.at = self.clock.now

    def start(self, name: str, work: Coroutine[Any, Any, None], calls: int) -> None:
        """Let a process begin something, and go on for so many answers."""
        self.clock.advance(timedelta(milliseconds=1))  # no two things begin in the same instant
        life = self.lives[name]
        before = set(life.asked)
        life.start(work)
        asked = next((one for one in life.asked if one not in before), None)
        if asked is not None:
            self.go_on(life, asked, calls)

    def go_on(self, life: Life, asked: Asked, calls: int) -> None:
        """Answer a question, and the next ones of the same task."""
        task = asked.task
        for _ in range(calls):
            asked.come_back()
            life.run()
            following = next((one for one in life.asked if one.task is task and not one.unanswerable), None)
            if following is None:
                return
            asked = following

    def run(self, life: Life) -> None:
        """Answer all that a process asks, until it has nothing more to do but wait for moments."""
        for _ in range(10_000):
            asked = next((one for one in life.asked if not one.unanswerable), None)
            if asked is None:
                return
            asked.come_back()
            life.run()
        raise AssertionError("it never ends")

    # ------------------------------------------------------------ time

    def pass_time(self, by: timedelta) -> None:
        """Time passes for all; who is not frozen is answered and woken in time."""
        target = self.clock.now + by
        while self.clock.now < target:
            moment = min([target, *(one for one in self._moments() if one > self.clock.now)])
            self.clock.now = moment
            self.platform.land_late(until=moment)
            for life in self.lives.values():
                if life.frozen:
                    continue
                life.run()
                while late := [one for one in life.asked if not one.unanswerable and one.at + PATIENCE <= moment]:
                    late[0].come_back()
                    life.run()

    def _moments(self) -> list[datetime]:
        found = [request.by for request in self.platform.late if request.by is not None]
        for life in self.lives.values():
            if life.frozen:
                continue
            found += [one.at + PATIENCE for one in life.asked if not one.unanswerable]
            timer = life.loop.next_timer()
            if timer is not None:
                found.append(self._ground.moment(timer))
        return found

    # ------------------------------------------------------------ papers

    def papers(self, number: int) -> list[Paper]:
        """New ones, which the channels' rules meet."""
        self._papers += number
        names = range(self._papers - number, self._papers)
        return [
            Paper(id=PaperId(f"2611.{n:05}"), title=f"Curriculum {n}", abstract="A curriculum.", upvotes=n, sources=("library",))
            for n in names
        ]


def _scripts() -> set[Script]:
    """All that the store takes: those already loaded make the first example go like all others."""
    modules = [module for name, module in sys.modules.items() if name.startswith("bot.store")]
    return {value for module in modules for value in vars(module).values() if isinstance(value, Script)}
