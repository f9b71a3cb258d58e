"""The places of a platform: who hangs holds up nobody else, and what is under way is brought to its end."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from bot import places, worker
from bot.channel import Address
from bot.delivery import REQUEST, Courier, slot_id
from bot.desk import Desk
from bot.errors import Busy, ChannelGone, CorruptRecord, NotSent, OutcomeUnknown, StoreAway
from bot.memory import Memory
from bot.message import Message, Text
from bot.places import APIECE, LEASE, PLACES, Places
from bot.ports import Delivery, Planned, State
from bot.ticker import Ticker
from bot.worker import Worker
from tests.outlet import KeepingOutlet
from tests.test_fetching import hourly

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
    from datetime import datetime

    from bot.ports import Lease, Outlet
    from bot.store.store import RedisStore
    from tests.clock import Clock

A_TICK = timedelta(milliseconds=2)


class Crossing(KeepingOutlet):
    """An outlet whose workspaces can be barred: what is posted there waits, and then fails with `wrong`, if that is set."""

    def __init__(self) -> None:
        super().__init__(threads=True)
        self.barred: dict[str, asyncio.Event] = {}
        self.wrong: dict[str, Exception] = {}
        self.inside: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        """Of each workspace, how many were inside at once; under "" of all."""

    def bar(self, *workspaces: str) -> None:
        self.barred |= {workspace: asyncio.Event() for workspace in workspaces}

    def let_go(self, workspace: str) -> None:
        self.barred.pop(workspace).set()

    @override
    async def post(self, address: Address, message: Message, *, key: str, under: str = "", tags: Sequence[str] = ()) -> str:
        workspace = address.workspace
        self.inside.update(("", workspace))
        self.most |= self.inside
        try:
            if bar := self.barred.get(workspace):
                await bar.wait()
            if wrong := self.wrong.get(workspace):
                raise wrong
            return await super().post(address, message, key=key, under=under, tags=tags)
        finally:
            self.inside.subtract(("", workspace))

    @property
    def posted_in(self) -> Counter[str]:
        return Counter(address.workspace for address, _, _ in self.posts)


@pytest.fixture
def slack() -> Crossing:
    return Crossing()


@pytest.fixture
def discord() -> Crossing:
    return Crossing()


@pytest.fixture
def desk(store: RedisStore, slack: Crossing, discord: Crossing) -> Desk:
    return a_desk(store, {"slack": slack, "discord": discord})


def a_desk(store: RedisStore, outlets: dict[str, Outlet]) -> Desk:
    return Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets=outlets)


@pytest.fixture
async def machine(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    made = a_worker(desk)
    yield made
    monkeypatch.setattr(worker, "PATIENCE", timedelta())
    await made.stop()


def a_worker(desk: Desk) -> Worker:
    return Worker(desk, courier=Courier(desk.store), ticker=Ticker(), next_reading=hourly)


async def planned(desk: Desk, workspace: str, number: int, *, platform: str = "slack", parts: int = 1, to: str = "C") -> list[Delivery]:
    """So many deliveries, each to a channel of its own, that may go out now."""
    now = await desk.store.now()
    made = []
    for one in range(number):
        address = Address(platform, workspace, f"{to}{one}")
        said = tuple(Message((Text(f"part {part}"),)) for part in range(parts))
        made.append(Delivery(id=slot_id(address, now), address=address, due=now, parts=said, papers=()))
        assert await desk.store.deliveries.post_now(made[-1]) is Planned.PLANNED
    return made


def claims_of(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each platform was looked at from now on."""
    claims: Counter[str] = Counter()
    claim = desk.store.deliveries.claim

    async def counted(platform: str, **wanted: Any) -> Sequence[Lease]:
        claims[platform] += 1
        return await claim(platform, **wanted)

    monkeypatch.setattr(desk.store.deliveries, "claim", counted)
    return claims


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):  # less than a request lasts: what hangs is not to end by itself
        while not condition():
            await asyncio.sleep(0.001)


# ---------------------------------------------------------------- nobody holds up another


async def test_one_workspace_that_hangs_holds_up_no_other(desk: Desk, machine: Worker, slack: Crossing) -> None:
    slack.bar("T1")
    await planned(desk, "T1", 40)
    await planned(desk, "T2", 5)

    work = asyncio.create_task(machine.deliver_due())
    await until(lambda: len(slack.posts) == 5)
    assert slack.posted_in == {"T2": 5}
    await until(lambda: slack.inside["T1"] == APIECE)

    slack.let_go("T1")
    assert await work == 45
    assert slack.posted_in == {"T1": 40, "T2": 5}
    assert slack.most["T1"] == APIECE


async def test_a_platform_that_hangs_holds_up_no_other(desk: Desk, machine: Worker, slack: Crossing, discord: Crossing) -> None:
    workspaces = [f"T{number}" for number in range(PLACES // APIECE + 1)]
    slack.bar(*workspaces)
    for workspace in workspaces:
        await planned(desk, workspace, APIECE)
    await planned(desk, "G1", 5, platform="discord")

    work = asyncio.create_task(machine.deliver_due())
    await until(lambda: len(discord.posts) == 5)
    await until(lambda: slack.inside[""] == PLACES)
    assert not slack.posts

    for workspace in workspaces:
        slack.let_go(workspace)
    assert await work == 5 + APIECE * len(workspaces)
    assert slack.most[""] == PLACES, "no more at once"


async def test_what_comes_due_while_others_hang_is_delivered_at_the_next_tick(
    desk: Desk, machine: Worker, slack: Crossing, discord: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "LOOK_EVERY", A_TICK)
    monkeypatch.setattr(worker, "LOOK_EVERY", A_TICK)
    slack.bar("T1")
    await planned(desk, "T1", 10)
    machine.start()
    await until(lambda: slack.inside["T1"] == APIECE)
    claims = claims_of(desk, monkeypatch)
    await until(lambda: claims["slack"] > 2)

    await planned(desk, "T2", 1)
    await planned(desk, "G1", 1, platform="discord")
    await until(lambda: len(slack.posts) == len(discord.posts) == 1)
    await planned(desk, "G2", 1, platform="discord")
    await until(lambda: len(discord.posts) == 2)


async def test_somebody_who_looks_need_not_wait_for_the_next_tick_nor_for_those_that_hang(
    desk: Desk, machine: Worker, slack: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "LOOK_EVERY", timedelta(hours=1))
    slack.bar("T1")
    await planned(desk, "T1", 1)
    work = asyncio.create_task(machine.deliver_due())
    await until(lambda: slack.inside["T1"] == 1)

    await planned(desk, "T2", 1, parts=3)
    hurried = asyncio.create_task(machine.hurry())
    await until(lambda: slack.posted_in["T2"] == 3)
    assert not hurried.done()
    monkeypatch.setattr(worker, "HURRY", timedelta(milliseconds=1))
    await machine.hurry()
    assert slack.inside["T1"] == 1, "it goes on"

    slack.let_go("T1")
    await hurried
    assert await work == 4


async def test_whoever_waits_no_longer_breaks_off_nothing(desk: Desk, machine: Worker, slack: Crossing) -> None:
    slack.bar("T1")
    await planned(desk, "T1", 1)
    work = asyncio.create_task(machine.deliver_due())
    await until(lambda: slack.inside["T1"] == 1)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work

    slack.let_go("T1")
    assert await machine.deliver_due() == 1
    assert len(slack.posts) == 1


async def test_a_free_place_is_taken_while_the_slowest_is_still_under_way(desk: Desk, machine: Worker, slack: Crossing) -> None:
    slack.bar("slow")
    await planned(desk, "slow", 1)
    await planned(desk, "T1", 100)

    work = asyncio.create_task(machine.deliver_due())
    await until(lambda: slack.posted_in["T1"] == 100)
    assert slack.inside["slow"] == 1

    slack.let_go("slow")
    await work


# ---------------------------------------------------------------- trouble


@pytest.mark.parametrize(
    "trouble",
    [NotSent("refused"), Busy("slow down", retry_after=timedelta(minutes=1)), OutcomeUnknown("reset"), TimeoutError(), KeyError("ts")],
    ids=lambda trouble: type(trouble).__name__,
)
async def test_a_workspace_in_trouble_gets_one_place_until_one_succeeds_there(
    desk: Desk, machine: Worker, slack: Crossing, trouble: Exception
) -> None:
    slack.wrong["T1"] = trouble
    await planned(desk, "T1", 1)
    await machine.deliver_due()
    slack.most.clear()
    slack.bar("T1", "T2")
    await planned(desk, "T1", 7, to="D")
    await planned(desk, "T2", 7)

    work = asyncio.create_task(machine.deliver_due())
    await until(lambda: slack.inside["T1"] == 1 and slack.inside["T2"] > 1)
    again = asyncio.create_task(machine.deliver_due())
    slack.let_go("T2")
    await until(lambda: slack.posted_in["T2"] == 7)
    assert slack.most["T1"] == 1, "however often there was a look for more"

    del slack.wrong["T1"]
    slack.let_go("T1")
    slack.bar("T1")
    await until(lambda: slack.inside["T1"] == 6)
    slack.let_go("T1")
    assert await work == await again == 14


async def test_trouble_in_one_workspace_takes_no_place_from_another(desk: Desk, machine: Worker, slack: Crossing) -> None:
    slack.wrong["T1"] = NotSent("refused")
    await planned(desk, "T1", 3)
    await machine.deliver_due()
    slack.bar("T2")
    await planned(desk, "T2", 20)

    work = asyncio.create_task(machine.deliver_due())
    await until(lambda: slack.inside["T2"] > APIECE // 2)
    slack.let_go("T2")
    assert await work == 20


async def test_a_store_that_fails_one_delivery_abandons_no_other_and_is_told_in_the_end(
    desk: Desk, machine: Worker, slack: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, failed = desk.store.deliveries.begin, asyncio.Event()

    async def failing(lease: Lease, *, need: timedelta) -> bool:
        if lease.delivery.address.workspace == "T1":
            failed.set()
            raise StoreAway("gone")
        return await begin(lease, need=need)

    monkeypatch.setattr(desk.store.deliveries, "begin", failing)
    slack.bar("T2")
    await planned(desk, "T1", 1)
    await planned(desk, "T2", 2)
    work = asyncio.create_task(machine.deliver_due())
    await failed.wait()
    await until(lambda: slack.inside["T2"] == 2)
    await planned(desk, "T3", 1)
    assert not work.done()

    slack.let_go("T2")
    with pytest.raises(StoreAway):
        await work
    assert slack.posted_in == {"T2": 2}, "nothing more was claimed of a store that fails"

    assert await machine.deliver_due() == 1
    assert slack.posted_in == {"T2": 2, "T3": 1}


async def test_a_store_that_fails_a_claim_is_told_when_what_is_under_way_has_ended(
    desk: Desk, machine: Worker, slack: Crossing, discord: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.bar("T1")
    await planned(desk, "T1", 1)
    work = asyncio.create_task(machine.deliver_due())
    await until(lambda: slack.inside["T1"] == 1)

    async def away(*_: object, **__: object) -> Sequence[Lease]:
        raise StoreAway("gone")

    monkeypatch.setattr(desk.store.deliveries, "claim", away)
    again = asyncio.create_task(machine.deliver_due())
    await asyncio.wait({work, again}, timeout=0.01)
    assert not work.done()
    slack.let_go("T1")
    for one in (work, again):
        with pytest.raises(StoreAway):
            await one
    assert slack.posted_in == {"T1": 1}


async def test_what_a_channel_that_is_gone_brings_with_it_keeps_no_other_from_its_end(
    desk: Desk, machine: Worker, slack: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def rubbish(_: object) -> None:
        raise CorruptRecord("rubbish", key="pb:channels")

    monkeypatch.setattr(desk.store.channels, "load", rubbish)
    slack.wrong["T1"] = ChannelGone("archived")
    await planned(desk, "T1", 1)
    await planned(desk, "T2", 1)

    with pytest.raises(CorruptRecord):
        await machine.deliver_due()
    assert slack.posted_in == {"T2": 1}


# ---------------------------------------------------------------- the end


async def test_a_stop_finishes_what_is_under_way_and_claims_nothing_more(desk: Desk, machine: Worker, slack: Crossing) -> None:
    slack.bar("T1")
    await planned(desk, "T1", 20)
    work = asyncio.create_task(machine.deliver_due())
    await until(lambda: slack.inside["T1"] == APIECE)

    stop = asyncio.create_task(machine.stop())
    await asyncio.wait({stop}, timeout=0.01)
    assert not stop.done()
    slack.let_go("T1")
    await stop

    assert await work == APIECE
    assert slack.posted_in == {"T1": APIECE}
    assert await machine.deliver_due() == 0
    await machine.stop()


async def test_a_stop_gives_unused_leases_back(
    desk: Desk, store: RedisStore, machine: Worker, slack: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, claimed, go = desk.store.deliveries.claim, asyncio.Event(), asyncio.Event()

    async def slow(platform: str, **wanted: Any) -> Sequence[Lease]:
        leases = await claim(platform, **wanted)
        claimed.set()
        await go.wait()
        return leases

    await planned(desk, "T1", 3)
    with monkeypatch.context() as patched:
        patched.setattr(desk.store.deliveries, "claim", slow)
        work = asyncio.create_task(machine.deliver_due())
        await claimed.wait()
        stop = asyncio.create_task(machine.stop())
        await asyncio.sleep(0)
        go.set()
        await stop
        await work
    assert not slack.posts

    assert len(await store.deliveries.claim("slack", limit=9, lease=LEASE)) == 3, "another need not wait for the lease to run out"


async def test_what_a_stop_cannot_wait_for_is_given_back_unless_it_may_have_been_posted(
    desk: Desk, store: RedisStore, machine: Worker, slack: Crossing, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    [doubted] = await planned(desk, "T1", 1)
    [lease] = await store.deliveries.claim("slack", limit=1, lease=LEASE)
    assert await store.deliveries.begin(lease, need=REQUEST)
    clock.advance(LEASE)
    [lease] = await store.deliveries.claim("slack", limit=1, lease=LEASE)
    await store.deliveries.release(lease)
    clock.advance(LEASE)
    asked = asyncio.Event()

    async def silent(address: Address, *, key: str, since: datetime, under: str = "") -> str | None:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(slack, "posted", silent)
    slack.bar("T2")
    [hanging] = await planned(desk, "T2", 1)
    work = asyncio.create_task(machine.deliver_due())
    await asked.wait()
    await until(lambda: slack.inside["T2"] == 1)

    monkeypatch.setattr(worker, "PATIENCE", timedelta(milliseconds=1))
    await machine.stop()
    with pytest.raises(asyncio.CancelledError):
        await work

    [back] = await store.deliveries.claim("slack", limit=9, lease=LEASE)
    assert (back.delivery.id, back.state) == (doubted.id, State.UNKNOWN)
    clock.advance(LEASE)
    left = {lease.delivery.id: lease.state for lease in await store.deliveries.claim("slack", limit=9, lease=LEASE)}
    assert left == {doubted.id: State.UNKNOWN, hanging.id: State.UNKNOWN}


async def test_leases_that_cannot_be_given_back_are_left_to_their_end(
    desk: Desk, machine: Worker, slack: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: Lease) -> None:
        raise StoreAway("gone")

    monkeypatch.setattr(desk.store.deliveries, "release", away)
    slack.bar("T1")
    await planned(desk, "T1", 2)
    work = asyncio.create_task(machine.deliver_due())
    await until(lambda: slack.inside["T1"] == 2)
    monkeypatch.setattr(worker, "PATIENCE", timedelta(milliseconds=1))

    with capture_logs() as logs:
        await machine.stop()

    assert [log["event"] for log in logs if log["event"] == "lease_not_given_back"] == ["lease_not_given_back"] * 2
    await asyncio.wait({work})
    assert work.cancelled()


# ---------------------------------------------------------------- who is reached


async def test_a_delivery_waits_for_a_worker_that_reaches_its_platform(desk: Desk, store: RedisStore, slack: Crossing) -> None:
    await planned(desk, "T1", 1)
    elsewhere = a_worker(a_desk(store, {"discord": slack}))

    assert await elsewhere.deliver_due() == 0
    assert await a_worker(desk).deliver_due() == 1, "and nobody has put it off"


async def test_a_platform_that_is_reached_only_later_is_served_from_then_on(
    desk: Desk, machine: Worker, slack: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "LOOK_EVERY", A_TICK)
    desk.outlets = {}
    await planned(desk, "T1", 1)
    machine.start()

    desk.outlets = {"slack": slack}

    await until(lambda: len(slack.posts) == 1)


async def test_a_large_workspace_costs_few_looks(desk: Desk, machine: Worker, slack: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_BREATH", timedelta(hours=1))
    await planned(desk, "T1", 100)
    claims = claims_of(desk, monkeypatch)

    assert await machine.deliver_due() == 100

    assert claims["slack"] <= 40, "not one for each"


async def test_who_waited_hears_of_their_own_end_though_somebody_has_begun_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    places = Places("slack", desk.store.deliveries, worker_of_nothing)
    claim = desk.store.deliveries.claim
    anew: list[Coroutine[Any, Any, int]] = []

    def begin_anew(_: object) -> None:
        # Between the end of what was waited for and the turn of whoever waited.
        anew.append(places.fill())
        anew[-1].send(None)

    async def last(platform: str, **wanted: Any) -> Sequence[Lease]:
        if not anew and (working := asyncio.current_task()) is not None:
            working.add_done_callback(begin_anew)
        return await claim(platform, **wanted)

    monkeypatch.setattr(desk.store.deliveries, "claim", last)

    assert await places.fill() == 0

    assert len(anew) == 1
    anew[0].close()
    await places.stop(patience=timedelta(seconds=10))


async def worker_of_nothing(lease: Lease) -> bool:
    pytest.fail(f"nothing is due, and here is {lease}")


async def test_a_worker_that_never_worked_stops_at_once(desk: Desk) -> None:
    idle = a_worker(desk)
    await idle.stop()
    assert await idle.deliver_due() == 0
    await idle.stop()
