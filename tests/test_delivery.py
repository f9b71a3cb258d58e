"""The courier: what every outcome means, and that nothing is lost or posted twice on the way."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.channel import Address
from bot.delivery import (
    LONGEST_FAILING,
    REQUEST,
    RETRIES,
    SETTLING_FOR,
    Courier,
    Decider,
    Decision,
    Delivered,
    PauseChannel,
    PauseWorkspace,
    slot_id,
)
from bot.errors import Busy, ChannelGone, CorruptRecord, MessageRefused, NotSent, OutcomeUnknown, StoreAway, StoreFull, WorkspaceGone
from bot.message import Block, Button, Buttons, Card, Message, Text
from bot.paging import characters
from bot.paper import PaperId
from bot.ports import Dead, Delivery, Doubtful, Later, Lease, Limits, Planned, Sent, Settled, State
from bot.votes import papers_meant
from tests.inboxes import filed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.delivery import Pause
    from bot.errors import StoreTrouble
    from bot.ports import Outcome
    from bot.store.store import RedisStore
    from tests.clock import Clock

ADDRESS = Address("slack", "T1", "C1")
NOW = datetime(2025, 11, 21, 9, 0, tzinfo=UTC)
LEASE = 3 * REQUEST
SECOND = timedelta(seconds=1)
MESSAGE = Message((Text("Papers"), Buttons((Button("Open", "list"),))))


def delivery(*parts: Message) -> Delivery:
    id = slot_id(ADDRESS, NOW)
    return Delivery(id=id, address=ADDRESS, due=NOW, parts=parts or (MESSAGE,), papers=(PaperId("2511.00001"),))


def lease(*, failures: int = 0, failing_since: datetime | None = None, first: datetime | None = None, reason: str = "") -> Lease:
    return Lease(
        delivery=delivery(),
        part=0,
        fence=1,
        until=NOW + LEASE,
        state=State.PENDING,
        attempt=failures,
        first_attempt=first,
        failing_since=failing_since,
        failures=failures,
        reason=reason,
    )


# ---------------------------------------------------------------- slots


def test_the_same_slot_has_the_same_id_in_whatever_zone_its_moment_is_told() -> None:
    assert slot_id(ADDRESS, NOW) == slot_id(ADDRESS, NOW.astimezone(timezone(timedelta(hours=9))))
    assert len(slot_id(ADDRESS, NOW)) == 64


@given(st.text(), st.text(), st.integers(0, 9), st.integers(0, 9))
def test_other_channels_and_other_moments_have_other_ids(one: str, other: str, early: int, late: int) -> None:
    first, second = (Address("slack", "T1", one), NOW + early * SECOND), (Address("slack", "T1", other), NOW + late * SECOND)

    assert (slot_id(*first) == slot_id(*second)) == (first == second)


# ---------------------------------------------------------------- the rules

MIDDLE = Decider(chance=lambda: 0.5)
DOUBT = max(2 * REQUEST, RETRIES[0])
AFTER_POSTING: list[tuple[str, Sent | Exception, Decision]] = [
    ("sent", Sent("m1"), Decision(Sent("m1"))),
    ("surely not sent", NotSent("refused"), Decision(Later(NOW + RETRIES[0], "refused"))),
    ("rate limit", Busy("slow", retry_after=10 * SECOND), Decision(Later(NOW + 11 * SECOND, "slow", counts=False))),
    ("no answer", OutcomeUnknown("reset"), Decision(Doubtful(NOW + DOUBT, "reset"))),
    ("too slow", TimeoutError(), Decision(Doubtful(NOW + DOUBT, "not answered in time"))),
    ("our bug", KeyError("ts"), Decision(Doubtful(NOW + DOUBT, "KeyError: 'ts'"))),
    ("channel gone", ChannelGone("archived"), Decision(Dead("archived", merge=True, pauses=True), PauseChannel(ADDRESS, "archived"))),
    (
        "workspace gone",
        WorkspaceGone("revoked"),
        Decision(Dead("revoked", merge=True, pauses=True), PauseWorkspace("slack", "T1", "revoked")),
    ),
    ("message refused", MessageRefused("invalid_blocks"), Decision(Dead("invalid_blocks"))),
]
AFTER_ASKING: list[tuple[str, Exception, Decision]] = [
    ("no answer", OutcomeUnknown("reset"), Decision(Doubtful(NOW + RETRIES[0], "reset"))),
    ("no connection", NotSent("refused"), Decision(Doubtful(NOW + RETRIES[0], "refused"))),
    ("our bug", KeyError("ts"), Decision(Doubtful(NOW + RETRIES[0], "KeyError: 'ts'"))),
    ("rate limit", Busy("slow", retry_after=10 * SECOND), Decision(Doubtful(NOW + 11 * SECOND, "slow", counts=False))),
    ("channel gone", ChannelGone("archived"), Decision(Dead("archived", doubtful=True, pauses=True), PauseChannel(ADDRESS, "archived"))),
    (
        "workspace gone",
        WorkspaceGone("revoked"),
        Decision(Dead("revoked", doubtful=True, pauses=True), PauseWorkspace("slack", "T1", "revoked")),
    ),
]


@pytest.mark.parametrize(("happened", "decision"), [row[1:] for row in AFTER_POSTING], ids=[row[0] for row in AFTER_POSTING])
def test_after_posting(happened: Sent | Exception, decision: Decision) -> None:
    assert MIDDLE.after_posting(lease(), happened, NOW) == decision


@pytest.mark.parametrize(("trouble", "decision"), [row[1:] for row in AFTER_ASKING], ids=[row[0] for row in AFTER_ASKING])
def test_after_asking_in_vain(trouble: Exception, decision: Decision) -> None:
    assert MIDDLE.after_asking(lease(), trouble, NOW) == decision


def test_each_failure_waits_longer_and_after_the_seventh_retry_the_part_is_dead() -> None:
    waits: list[timedelta] = []
    for failures in range(7):
        outcome = MIDDLE.after_posting(lease(failures=failures), NotSent("x"), NOW).outcome
        assert isinstance(outcome, Later)
        waits.append(outcome.at - NOW)

    assert waits == [timedelta(seconds=5), 30 * SECOND, 300 * SECOND, 1800 * SECOND, *(timedelta(hours=hours) for hours in (2, 5, 10))]
    assert MIDDLE.after_posting(lease(failures=7), NotSent("x"), NOW) == Decision(Dead("x", merge=True))


def test_a_part_in_doubt_is_never_given_up_before_the_platform_was_asked() -> None:
    outcome = MIDDLE.after_posting(lease(failures=99), OutcomeUnknown("x"), NOW).outcome

    assert outcome == Doubtful(NOW + RETRIES[-1], "x")


def test_a_part_that_failed_too_often_is_given_up_once_it_surely_is_not_there() -> None:
    assert MIDDLE.exhausted(lease(failures=6), NOW) is None
    assert MIDDLE.exhausted(lease(failures=7, reason="x"), NOW) == Decision(Dead("x", merge=True))


def test_a_part_of_which_nothing_can_be_found_out_dies_in_doubt() -> None:
    assert MIDDLE.after_asking(lease(failures=7), OutcomeUnknown("x"), NOW) == Decision(Dead("x", doubtful=True))


@pytest.mark.parametrize("failures", [0, 7])
@pytest.mark.parametrize("doubtful", [True, False])
def test_five_days_of_nothing_but_failures_pause_the_channel(failures: int, doubtful: bool) -> None:  # noqa: FBT001 - a row of a table
    failing = lease(failures=failures, failing_since=NOW - LONGEST_FAILING)

    decide = MIDDLE.after_asking if doubtful else MIDDLE.after_posting
    decision = decide(failing, NotSent("x"), NOW)

    assert decision.outcome == Dead("x", merge=not doubtful, doubtful=doubtful, pauses=True)
    assert decision.pause == PauseChannel(ADDRESS, "nothing could be posted for 5 days: x")


def test_less_than_five_days_of_failures_do_not_pause_the_channel() -> None:
    failing = lease(failures=1, failing_since=NOW - LONGEST_FAILING + SECOND)

    assert MIDDLE.after_posting(failing, NotSent("x"), NOW) == Decision(Later(NOW + RETRIES[1], "x"))
    assert MIDDLE.exhausted(failing, NOW) is None


@given(st.floats(0, 1), st.integers(0, 6))
def test_a_wait_is_a_fifth_longer_or_shorter_at_most(chance: float, failures: int) -> None:
    outcome = Decider(chance=lambda: chance).after_posting(lease(failures=failures), NotSent("x"), NOW).outcome

    assert isinstance(outcome, Later)
    assert 0.8 * RETRIES[failures] <= outcome.at - NOW + timedelta(microseconds=1)
    assert outcome.at - NOW <= 1.2 * RETRIES[failures] + timedelta(microseconds=1)


@given(st.floats(0, 1), st.integers(0, 9), st.integers(1, 10_000))
def test_nobody_is_asked_earlier_than_they_said_nor_before_a_late_post_has_landed(chance: float, failures: int, seconds: int) -> None:
    decider = Decider(chance=lambda: chance)
    busy = decider.after_posting(lease(failures=failures), Busy("x", retry_after=seconds * SECOND), NOW).outcome
    doubt = decider.after_posting(lease(failures=failures), OutcomeUnknown("x"), NOW).outcome

    assert isinstance(busy, Later)
    assert busy.at >= NOW + seconds * SECOND
    assert isinstance(doubt, Doubtful)
    assert doubt.at >= NOW + 2 * REQUEST


def test_after_a_crash_the_platform_is_asked_when_a_late_post_must_have_landed() -> None:
    crashed = lease(first=NOW - LEASE)

    assert MIDDLE.quarantined(crashed, NOW - LEASE + 2 * REQUEST - SECOND) == Doubtful(
        NOW - LEASE + 2 * REQUEST, "not answered", counts=False
    )
    assert MIDDLE.quarantined(crashed, NOW - LEASE + 2 * REQUEST) is None
    assert MIDDLE.quarantined(lease(), NOW) is None


# ---------------------------------------------------------------- the courier at work


@dataclass
class Platform:
    """An outlet that does what it is told: each act is an error to raise, or an error to raise after posting ("late")."""

    acts: list[Exception | tuple[str, Exception] | Callable[[], object] | None] = field(default_factory=list)
    finds: bool = True
    asking: Exception | None = None
    stands: list[tuple[str, Message]] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)
    under: list[str] = field(default_factory=list)
    """For each that stands, what it stands under; "" for the channel itself."""
    tags: list[tuple[str, ...]] = field(default_factory=list)
    """For each that stands, the tags it was posted with."""
    asked_under: list[str] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
    platform: str = "slack"
    limits: Limits = field(default_factory=lambda: Limits(characters=1000, blocks=10, text=500))

    def measure(self, block: Block) -> int:
        return characters(block)

    async def post(self, address: Address, message: Message, *, key: str, under: str = "", tags: Sequence[str] = ()) -> str:
        assert address == ADDRESS
        act = self.acts.pop(0) if self.acts else None
        if isinstance(act, Exception):
            raise act
        self.stands.append((key, message))
        self.under.append("" if under in self.deleted else under)
        self.tags.append(tuple(tags))
        if isinstance(act, tuple):
            raise act[1]
        if act:
            await asyncio.Event().wait()
        return f"m{len(self.stands)}"

    async def posted(self, address: Address, *, key: str, since: datetime, under: str = "") -> str | None:
        assert address == ADDRESS
        self.asked.append(since)
        self.asked_under.append(under)
        if self.asking:
            raise self.asking
        places = [place for place, (stood, _) in enumerate(self.stands, start=1) if stood == key]
        return f"m{places[0]}" if places and self.finds else None


@dataclass
class World:
    """A store with one delivery, a platform, and a courier between them."""

    store: RedisStore
    clock: Clock
    platform: Platform
    courier: Courier
    pauses: list[float]

    async def claimed(self) -> Lease:
        (lease,) = await self.store.deliveries.claim(ADDRESS.platform, limit=9, lease=LEASE)
        return lease

    async def deliver(self) -> Delivered:
        return await self.courier.deliver(await self.claimed(), self.platform)

    async def until_quiet(self) -> None:
        """Deliver whatever is due, letting the time pass, until nothing is left to do."""
        while (await self.store.deliveries.backlog(ADDRESS.platform)).waiting:
            for lease in await self.store.deliveries.claim(ADDRESS.platform, limit=9, lease=LEASE):
                await self.courier.deliver(lease, self.platform)
            self.clock.advance(timedelta(minutes=1))

    async def outcomes(self) -> list[str]:
        return [attempt.outcome for attempt in reversed(await self.store.deliveries.log(ADDRESS))]


@pytest.fixture
async def world(store: RedisStore, clock: Clock) -> World:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    assert await store.deliveries.post_now(await filed(store, delivery())) is Planned.PLANNED
    return World(store, clock, Platform(), Courier(store, decider=MIDDLE, pause=pause), pauses)


async def test_a_delivery_is_posted_once_and_settled(world: World) -> None:
    assert await world.deliver() == Delivered(went_well=True)

    assert [message for _, message in world.platform.stands] == [MESSAGE]
    assert await world.outcomes() == ["sent"]
    assert (await world.store.papers.history(ADDRESS, PaperId("2511.00001"))).posted == world.clock.now


async def test_what_was_not_sent_is_sent_later_under_the_same_key(world: World) -> None:
    world.platform.acts = [NotSent("refused"), Busy("slow", retry_after=SECOND)]

    await world.until_quiet()

    assert await world.outcomes() == ["later", "later", "sent"]
    assert [key for key, _ in world.platform.stands] == [lease().key]
    assert world.platform.asked == []


async def test_an_answer_that_got_lost_is_found_out_and_not_posted_again(world: World) -> None:
    started = world.clock.now
    world.platform.acts = [("late", OutcomeUnknown("reset"))]

    await world.until_quiet()

    assert len(world.platform.stands) == 1
    assert world.platform.asked == [started]
    assert await world.outcomes() == ["doubtful", "sent"]


async def test_a_request_that_got_lost_is_found_out_and_posted_again(world: World) -> None:
    world.platform.acts = [OutcomeUnknown("reset")]

    await world.until_quiet()

    assert len(world.platform.stands) == 1
    assert await world.outcomes() == ["doubtful", "sent"]


async def test_a_platform_that_cannot_say_is_asked_again_before_anything_is_posted(world: World) -> None:
    world.platform.acts = [("late", OutcomeUnknown("reset"))]
    world.platform.asking = OutcomeUnknown("history is away")
    await world.deliver()
    world.clock.advance(2 * REQUEST)
    await world.deliver()
    world.platform.asking = None

    await world.until_quiet()

    assert len(world.platform.stands) == 1
    assert await world.outcomes() == ["doubtful", "doubtful", "sent"]


async def test_after_a_crash_nobody_asks_before_a_late_post_must_have_landed(world: World) -> None:
    crashed = await world.claimed()
    world.clock.advance(LEASE - REQUEST)
    await world.store.deliveries.begin(crashed, need=REQUEST)
    world.clock.advance(REQUEST)

    await world.deliver()
    assert world.platform.asked == [], "whoever froze may have sent it just before we came"

    world.clock.advance(2 * REQUEST)
    await world.deliver()
    assert world.platform.asked == [NOW + LEASE - REQUEST]
    assert await world.outcomes() == ["doubtful", "sent"]


async def test_a_platform_that_never_answers_is_not_waited_for_longer_than_a_request(world: World) -> None:
    world.platform.acts = [lambda: None]
    courier = Courier(world.store, decider=Decider(request=timedelta(milliseconds=1)), clock=lambda: 0.0)

    await courier.deliver(await world.claimed(), world.platform)

    assert await world.outcomes() == ["doubtful"]


async def test_a_worker_that_slept_since_it_asked_for_the_right_to_post_lets_it_go(world: World) -> None:
    seconds = iter([100.0, 100.0 + REQUEST.total_seconds()])  # frozen while the store said yes
    courier = Courier(world.store, decider=MIDDLE, clock=lambda: next(seconds))

    await courier.deliver(await world.claimed(), world.platform)

    assert world.platform.stands == []
    assert await world.outcomes() == []
    world.clock.advance(LEASE)
    assert (await world.claimed()).state is State.UNKNOWN


async def test_a_refused_message_is_posted_as_plain_text(world: World) -> None:
    world.platform.acts = [MessageRefused("invalid_blocks")]

    with capture_logs() as logs:
        await world.deliver()

    assert [message for _, message in world.platform.stands] == [Message((Text("Papers"),))]
    assert await world.outcomes() == ["sent"]
    assert [entry["log_level"] for entry in logs if entry["event"] == "message_refused"] == ["error"]


async def test_a_message_that_is_refused_even_as_plain_text_is_dead(world: World) -> None:
    world.platform.acts = [MessageRefused("invalid_blocks"), MessageRefused("no_text")]

    await world.deliver()

    assert world.platform.stands == []
    assert [lease.reason for lease in await world.store.deliveries.dead()] == ["no_text"]
    assert await world.store.deliveries.recall(ADDRESS) == []


async def test_a_plain_text_that_is_not_sent_is_tried_again(world: World) -> None:
    world.platform.acts = [MessageRefused("invalid_blocks"), NotSent("refused"), MessageRefused("invalid_blocks")]

    await world.until_quiet()

    assert [message for _, message in world.platform.stands] == [Message((Text("Papers"),))]


@pytest.mark.parametrize(
    ("gone", "pause"),
    [
        (ChannelGone("archived"), PauseChannel(ADDRESS, "archived")),
        (WorkspaceGone("revoked"), PauseWorkspace("slack", "T1", "revoked")),
    ],
)
async def test_what_is_gone_is_told_and_its_papers_are_kept(world: World, gone: Exception, pause: Pause) -> None:
    world.platform.acts = [gone]

    assert await world.deliver() == Delivered(pause, went_well=False)

    assert await world.outcomes() == ["dead"]
    assert await world.store.deliveries.recall(ADDRESS) == [PaperId("2511.00001")]


async def test_a_bug_in_an_outlet_is_told_with_its_traceback_and_the_part_is_not_lost(world: World) -> None:
    bug = KeyError("ts")
    world.platform.acts = [("late", bug)]

    with capture_logs() as logs:
        await world.until_quiet()

    assert [entry["exc_info"] for entry in logs if entry["event"] == "outlet_bug"] == [bug]
    assert len(world.platform.stands) == 1
    assert await world.outcomes() == ["doubtful", "sent"]


async def test_a_part_that_fails_again_and_again_dies_in_the_end(world: World) -> None:
    world.platform.acts = [NotSent("refused")] * 99

    await world.until_quiet()

    assert await world.outcomes() == [*["later"] * 7, "dead"]
    assert len(world.platform.acts) == 99 - 8


async def test_a_part_whose_requests_get_lost_again_and_again_dies_in_the_end_and_can_be_merged(world: World) -> None:
    world.platform.acts = [OutcomeUnknown("reset")] * 99

    await world.until_quiet()

    assert await world.outcomes() == [*["doubtful"] * 7, "dead"]
    assert await world.store.deliveries.recall(ADDRESS) == [PaperId("2511.00001")]


async def test_without_a_valid_lease_nothing_is_posted(world: World) -> None:
    old = await world.claimed()
    world.clock.advance(LEASE)

    assert await world.courier.deliver(old, world.platform) == Delivered()

    assert world.platform.stands == []
    assert await world.outcomes() == []


async def test_a_lease_that_passed_to_somebody_else_underway_is_told(world: World) -> None:
    frozen = await world.claimed()

    async def steal() -> None:
        world.clock.advance(LEASE)
        await world.claimed()

    class Slow(Platform):
        async def post(self, address: Address, message: Message, *, key: str, under: str = "", tags: Sequence[str] = ()) -> str:
            await steal()
            return await super().post(address, message, key=key, under=under, tags=tags)

    with capture_logs() as logs:
        await world.courier.deliver(frozen, Slow([NotSent("too late")]))

    assert [entry["outcome"] for entry in logs if entry["event"] == "lease_lost"] == ["Later"]


class Shaky:
    """A `settle` that fails so many times before it works, with each of the troubles in turn."""

    def __init__(self, store: RedisStore, times: int, *troubles: StoreTrouble) -> None:
        self._settle = store.deliveries.settle
        self._troubles = itertools.islice(itertools.cycle(troubles or (StoreAway("gone"),)), times)

    async def __call__(self, lease: Lease, outcome: Outcome) -> Settled:
        for trouble in self._troubles:
            raise trouble
        return await self._settle(lease, outcome)


async def test_what_was_posted_is_told_to_the_store_even_if_it_is_away_for_a_moment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.store.deliveries, "settle", Shaky(world.store, 2))

    with capture_logs() as logs:
        await world.deliver()

    assert await world.outcomes() == ["sent"]
    assert world.pauses == [0.2, 1.0]
    assert [entry["outcome"] for entry in logs if entry["event"] == "store_not_told_yet"] == ["Sent"], "once"


async def test_after_ten_minutes_without_the_store_what_was_posted_is_told_and_not_posted_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> datetime:
        raise StoreAway("gone")

    monkeypatch.setattr(world.store.deliveries, "settle", Shaky(world.store, 120, StoreAway("gone"), StoreFull("no room")))
    courier = Courier(world.store, decider=MIDDLE, pause=world.clock.pause)
    claimed = await world.claimed()
    with monkeypatch.context() as patched:
        patched.setattr(world.store, "now", away)
        assert await courier.deliver(claimed, world.platform) == Delivered(went_well=True)
    assert world.clock.now > claimed.until, "its lease was over long ago"

    await world.until_quiet()

    assert len(world.platform.stands) == 1
    assert world.platform.asked == [], "no history is needed for it"
    assert await world.outcomes() == ["sent"]


async def test_if_the_store_stays_away_the_part_is_found_out_when_it_is_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(world.store.deliveries, "settle", Shaky(world.store, 10_000))
        with pytest.raises(StoreAway):
            await world.deliver()
    assert 0 <= sum(world.pauses) - SETTLING_FOR.total_seconds() < 1, "it was told for as long as that"
    world.clock.advance(LEASE)
    await world.until_quiet()

    assert len(world.platform.stands) == 1
    assert await world.outcomes() == ["doubtful", "sent"]


async def test_a_stop_ends_the_waiting_for_the_store(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = asyncio.Event()

    async def pause(_: float) -> None:
        waits.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(world.store.deliveries, "settle", Shaky(world.store, 1))
    work = asyncio.create_task(Courier(world.store, pause=pause).deliver(await world.claimed(), world.platform))
    await waits.wait()
    work.cancel()

    with pytest.raises(asyncio.CancelledError):
        await work


async def test_a_trouble_of_the_store_that_no_waiting_mends_is_raised_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.store.deliveries, "settle", Shaky(world.store, 1, CorruptRecord("rubbish", key="pb:delivery")))

    with pytest.raises(CorruptRecord):
        await world.deliver()
    assert world.pauses == []


@pytest.mark.parametrize(
    ("act", "went_well"),
    [
        (None, True),
        (NotSent("refused"), False),
        (Busy("slow", retry_after=SECOND), False),
        (OutcomeUnknown("reset"), False),
        (KeyError("ts"), False),
        (ChannelGone("archived"), False),
    ],
)
async def test_it_is_told_whether_the_platform_did_what_it_was_asked(world: World, act: Exception | None, went_well: bool) -> None:  # noqa: FBT001 - a row of a table
    world.platform.acts = [act]

    assert (await world.deliver()).went_well is went_well


async def test_who_was_not_asked_anything_did_nothing_wrong(world: World) -> None:
    crashed = await world.claimed()
    await world.store.deliveries.begin(crashed, need=REQUEST)
    world.clock.advance(LEASE)

    assert await world.deliver() == Delivered(), "it is too early to ask"


async def test_whoever_is_cancelled_underway_leaves_the_part_in_doubt(world: World) -> None:
    underway = asyncio.Event()

    class Hanging(Platform):
        async def post(self, address: Address, message: Message, *, key: str, under: str = "", tags: Sequence[str] = ()) -> str:
            underway.set()
            return await super().post(address, message, key=key, under=under, tags=tags)

    work = asyncio.create_task(world.courier.deliver(await world.claimed(), Hanging([lambda: None])))
    await underway.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work

    world.clock.advance(LEASE)
    assert (await world.claimed()).state is State.UNKNOWN


# ---------------------------------------------------------------- threads


@pytest.fixture
async def thread(store: RedisStore, clock: Clock) -> World:
    """With an opening and two replies to post."""

    async def pause(_: float) -> None:
        return

    parts = [Message((Text(text),)) for text in ("Opening", "First", "Second")]
    planned = dataclasses.replace(delivery(*parts), threaded=True)
    assert await store.deliveries.post_now(await filed(store, planned)) is Planned.PLANNED
    return World(store, clock, Platform(), Courier(store, decider=MIDDLE, pause=pause), [])


def said(platform: Platform) -> list[tuple[Message, str]]:
    return [(message, under) for (_, message), under in zip(platform.stands, platform.under, strict=True)]


WHOLE = [(Message((Text("Opening"),)), ""), (Message((Text("First"),)), "m1"), (Message((Text("Second"),)), "m1")]


async def test_the_parts_of_a_thread_stand_in_order_under_the_first(thread: World) -> None:
    await thread.until_quiet()

    assert said(thread.platform) == WHOLE


async def test_parts_that_are_no_thread_stand_in_the_channel(store: RedisStore, thread: World) -> None:
    await thread.until_quiet()
    thread.platform.stands.clear()
    thread.platform.under.clear()
    parts = tuple(message for message, _ in WHOLE)
    loose = dataclasses.replace(delivery(*parts), id="f" * 64, papers=())
    assert await store.deliveries.post_now(loose) is Planned.PLANNED

    await thread.until_quiet()

    assert thread.platform.under == ["", "", ""]


async def test_only_the_first_part_bears_the_tags_of_a_digest(store: RedisStore, thread: World) -> None:
    await thread.until_quiet()
    assert thread.platform.tags == [(), (), ()]
    thread.platform.tags.clear()
    tagged = dataclasses.replace(
        delivery(*(message for message, _ in WHOLE)), id="e" * 64, papers=(), threaded=True, tags=("robot", "cat:cs.CL")
    )
    assert await store.deliveries.post_now(tagged) is Planned.PLANNED

    await thread.until_quiet()

    assert thread.platform.tags == [("robot", "cat:cs.CL"), (), ()]


async def test_a_reply_whose_answer_got_lost_is_looked_for_in_its_thread(thread: World) -> None:
    thread.platform.acts = [None, ("late", OutcomeUnknown("reset"))]

    await thread.until_quiet()

    assert said(thread.platform) == WHOLE
    assert thread.platform.asked_under == ["m1"]


async def test_whoever_takes_over_after_a_crash_goes_on_in_the_same_thread(thread: World) -> None:
    await thread.deliver()
    crashed = await thread.claimed()
    assert await thread.store.deliveries.begin(crashed, need=REQUEST)
    await thread.platform.post(ADDRESS, crashed.delivery.parts[1], key=crashed.key, under=crashed.under)

    await thread.until_quiet()

    assert said(thread.platform) == WHOLE
    assert thread.platform.asked_under == ["m1"]


async def test_no_reply_goes_out_before_the_opening_stands(thread: World) -> None:
    thread.platform.acts = [OutcomeUnknown("reset"), NotSent("refused"), Busy("slow", retry_after=SECOND)]

    await thread.until_quiet()

    assert said(thread.platform) == WHOLE


async def test_replies_to_an_opening_that_somebody_deleted_stand_in_the_channel(thread: World) -> None:
    await thread.deliver()
    thread.platform.deleted.add("m1")

    await thread.until_quiet()

    assert [under for _, under in said(thread.platform)] == ["", "", ""]
    assert await thread.outcomes() == ["sent"] * 3


async def test_a_reply_that_is_refused_is_posted_as_plain_text_in_the_same_thread(thread: World) -> None:
    thread.platform.acts = [None, MessageRefused("invalid_blocks")]

    await thread.until_quiet()

    assert [under for _, under in said(thread.platform)] == ["", "m1", "m1"]


# ---------------------------------------------------------------- what people may say about it


def papers_shown(*numbers: int) -> Message:
    return Message(tuple(Card(title=f"Paper {n}", url="", number=n, paper=f"2511.{n:05}") for n in numbers))


async def shown(store: RedisStore, *messages: str) -> list[list[PaperId]]:
    return [list(await store.votes.shown_by(ADDRESS, message)) for message in messages]


@pytest.fixture
async def pictured(store: RedisStore, clock: Clock) -> World:
    """With two parts that show papers and one that does not."""

    async def pause(_: float) -> None:
        return

    planned = delivery(papers_shown(1, 2), papers_shown(3), MESSAGE)
    assert await store.deliveries.post_now(await filed(store, planned)) is Planned.PLANNED
    return World(store, clock, Platform(), Courier(store, decider=MIDDLE, pause=pause), [])


async def test_it_is_known_which_papers_each_message_shows_in_the_order_of_their_numbers(pictured: World) -> None:
    await pictured.until_quiet()

    assert await shown(pictured.store, "m1", "m2", "m3") == [["2511.00001", "2511.00002"], ["2511.00003"], []]


PAPERS = [PaperId(f"2511.{n:05}") for n in range(1, 6)]


@pytest.mark.parametrize(
    ("part", "meant"),
    [(0, PAPERS[:3]), (1, PAPERS[:5]), (2, [])],
)
def test_a_number_means_the_same_paper_in_every_part_of_a_digest(part: int, meant: list[PaperId]) -> None:
    parts = [papers_shown(1, 2, 3), papers_shown(4, 5), MESSAGE]

    assert list(papers_meant(parts, part)) == meant


def test_of_a_single_paper_no_number_is_needed_and_without_numbers_the_order_counts() -> None:
    unnumbered = Message(tuple(Card(title="Paper", url="", paper=paper) for paper in PAPERS[:2]))

    assert list(papers_meant([papers_shown(1), papers_shown(5)], 1)) == [PAPERS[4]]
    assert list(papers_meant([unnumbered, papers_shown(1)], 0)) == PAPERS[:2]
    assert list(papers_meant([papers_shown(4, 5)], 0)) == ["", "", "", *PAPERS[3:5]], "a list that begins with 4"


async def test_the_papers_of_a_message_whose_answer_got_lost_are_known_once_it_is_found(pictured: World) -> None:
    pictured.platform.acts = [("late", OutcomeUnknown("reset"))]

    await pictured.until_quiet()

    assert await shown(pictured.store, "m1") == [["2511.00001", "2511.00002"]]


async def test_of_a_message_that_is_not_there_no_papers_are_noted(pictured: World) -> None:
    pictured.platform.acts = [MessageRefused("invalid_blocks"), MessageRefused("no_text")]

    await pictured.deliver()

    assert await shown(pictured.store, "m1") == [[]]


async def test_a_post_stands_although_its_papers_cannot_be_noted(pictured: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> None:
        raise StoreFull("no memory")

    monkeypatch.setattr(pictured.store.votes, "shown", full)
    with capture_logs() as logs:
        await pictured.until_quiet()

    assert await pictured.outcomes() == ["sent"] * 3
    assert len([entry for entry in logs if entry["event"] == "papers_not_noted"]) == 2


def test_a_reason_ends_without_a_full_stop_however_the_platform_words_it() -> None:
    decision = MIDDLE.after_posting(lease(), ChannelGone("I am not in the channel: invite me. "), NOW)

    assert decision.pause == PauseChannel(ADDRESS, "I am not in the channel: invite me")
