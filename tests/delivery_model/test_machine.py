"""A model-based test of agenda and outbox: whatever two workers, people, the platform and time do in whatever order, these sentences hold.

Each worker is a real event loop with the real code on it; each round trip to the real store and each request to a platform is a question
that waits until a rule lets it get there, come back, or be lost. So a worker can be stopped, killed or frozen at every `await`. Time
passes only by rules. Who is not frozen is answered within four seconds.

- Every slot that was planned is in the platform's record, each part once, as it is in the store: none lost, none doubled, wherever
  a worker was frozen.
- Parts stand in order.
- No paper stands in two digests of a channel, planned or on demand. A paper that was filed is in the inbox or
  in one of the deliveries that are there: pending, unknown, dead, or sent and then shown or counted. In the end no inbox holds any.
- Nothing is sent under a lease while somebody has a newer one, and no two requests of the same key are under way, as long as nobody was
  frozen in between.
- Nothing is planned for a channel while it is paused, nor before its time; a slot of which anything was posted is not planned again.
- An active channel stands on the agenda, at a slot of its present schedule, which is not in its pause; one that is off does not.
- From an older lease SENT counts; everything else changes nothing.
- In the end (all alive, faults over, all channels on, the dead replayed once, time going on) everything is sent within sixty turns.

Not part of it: a store that fails over and loses writes, channels that move or are forgotten, workspaces that are closed. The length of the
long form is set by the environment: `PAPERBOY_EXAMPLES=20000 pytest tests/delivery_model --timeout 0`.
"""

from __future__ import annotations

import dataclasses
import os
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bot.channel import FOREVER, Address, Channel, Format, QueryText, Schedule, Settings, Subscription
from tests.delivery_model.platform import PLATFORM, Fate, Flavour
from tests.delivery_model.world import WORKERS, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.delivery_model.process import Asked, Life
    from tests.delivery_model.world import Ground

EXAMPLES = int(os.environ.get("PAPERBOY_EXAMPLES", "100"))
STEPS = 40

CHANNELS = (Address(PLATFORM, "T1", "C1"), Address(PLATFORM, "T2", "C2"))
RULE = Subscription(QueryText("curriculum"), "Ada", datetime(2025, 11, 1, tzinfo=UTC))
DAILY = (0, 1, 2, 3, 4, 5, 6)

WHO = st.sampled_from(WORKERS)
WHERE = st.sampled_from(CHANNELS)
WHICH = st.integers(0, 3)
"""Of the questions under way, oldest first."""
ALL = 1000
CALLS = st.sampled_from([ALL, ALL, 1, 2, 3, 5, 8, 9, 10, 11, 12, 13])
"""How many answers somebody gets before something else happens."""
SECONDS = st.sampled_from([1, 3, 10, 10, 23, 30, 45, 65, 110, 200, 600, 7200])
FATES = st.lists(st.sampled_from([*Fate, Fate.LATE, Fate.LATE, Fate.MUTE_LATE, Fate.MUTE_LATE, Fate.LOST, Fate.MUTE]), max_size=2)
"""Of the next requests; rather such as leave a doubt."""
FROZEN = st.sampled_from([10, 30, 38, 45, 65, 110, 200])
SCHEDULES = st.builds(Schedule, days=st.sampled_from([DAILY, DAILY, (0, 2, 4), ()]), hour=st.sampled_from([9, 9, 15]))


class Change(Protocol):
    """What somebody wants of a channel."""

    def __call__(self, channel: Channel, *, now: datetime) -> Channel: ...


def rescheduled(channel: Channel, *, now: datetime, schedule: Schedule) -> Channel:
    return dataclasses.replace(channel, schedule=schedule)


def paused(channel: Channel, *, now: datetime, days: int) -> Channel:
    return dataclasses.replace(channel, paused_until=now + timedelta(days=days) if days else FOREVER)


def resumed(channel: Channel, *, now: datetime) -> Channel:
    return dataclasses.replace(channel, paused_until=None, trouble="")


CHANGES: st.SearchStrategy[Change] = st.one_of(
    SCHEDULES.map(lambda schedule: partial(rescheduled, schedule=schedule)),
    st.sampled_from([0, 1, 2]).map(lambda days: partial(paused, days=days)),
    st.just(resumed),
)


class DeliveryMachine(RuleBasedStateMachine):
    """See the module."""

    def __init__(self, ground: Ground, flavour: Flavour) -> None:
        super().__init__()
        self.world = World(ground, flavour, CHANNELS)

    def life(self, who: str) -> Life:
        return self.world.lives[who]

    def awake(self, who: str) -> Life:
        """A process that is not frozen, this one rather than the other; thawed if both are."""
        for name in (who, *WORKERS):
            if not self.life(name).frozen:
                return self.life(name)
        self.world.thaw(who)
        return self.life(who)

    @initialize(papers=st.integers(1, 4), thread=st.booleans())
    def two_channels(self, *, papers: int, thread: bool) -> None:
        for address in CHANNELS:
            settings = Settings(limit=2, format=Format.COMPACT, thread=thread and address == CHANNELS[1])
            self.change(address, partial(opened, settings=settings))
        self.world.start("A", self.life("A").take_in(self.world.papers(papers)), ALL)
        self.to_the_next_slot()

    def change(self, address: Address, how: Callable[[Channel], Channel]) -> None:
        self.world.start("A", self.life("A").change(address, how), ALL)

    # ------------------------------------------------------------ the work

    @rule(who=WHO, calls=CALLS)
    def plan(self, who: str, calls: int) -> None:
        life = self.awake(who)
        self.world.start(life.name, life.plan(), calls)

    @rule(who=WHO, fates=FATES)
    def a_tick(self, who: str, fates: list[Fate]) -> None:
        life = self.awake(who)
        self.world.platform.fates.extend(fates)
        for work in (life.plan(), life.deliver()):
            self.world.start(life.name, work, ALL)
        self.world.run(life)

    @rule(who=WHO, calls=st.integers(0, 3))
    def claim_and_begin(self, who: str, calls: int) -> None:
        life = self.awake(who)
        before = set(life.asked)
        self.world.start(life.name, life.deliver(), ALL)
        for asked in [one for one in life.asked if one not in before]:
            self.world.go_on(life, asked, calls)

    @rule(who=WHO)
    def claim_and_give_back(self, who: str) -> None:
        life = self.awake(who)
        self.world.start(life.name, life.deliver(back=True), ALL)

    @rule(who=WHO, which=WHICH, calls=CALLS)
    def go_on(self, who: str, which: int, calls: int) -> None:
        life = self.awake(who)
        if asked := chosen(life, which):
            self.world.go_on(life, asked, max(calls, 1))

    @rule(who=WHO)
    def go_on_with_everything(self, who: str) -> None:
        self.world.run(self.awake(who))

    # ------------------------------------------------------------ people and papers

    @rule(who=WHO, number=st.integers(1, 3), calls=CALLS)
    def papers_come_in(self, who: str, number: int, calls: int) -> None:
        life = self.awake(who)
        self.world.start(life.name, life.take_in(self.world.papers(number)), calls)

    @rule(who=WHO, where=WHERE, calls=CALLS)
    def a_digest_on_demand(self, who: str, where: Address, calls: int) -> None:
        life = self.awake(who)
        self.world.start(life.name, life.digest(where), calls)

    @rule(who=WHO, where=WHERE, calls=CALLS, how=CHANGES)
    def somebody_changes_the_channel(self, who: str, where: Address, calls: int, how: Change) -> None:
        life = self.awake(who)
        self.world.start(life.name, life.change(where, partial(how, now=self.world.clock.now)), calls)

    @rule(who=WHO, where=WHERE, calls=st.integers(5, 13), how=CHANGES, after=st.sampled_from([1, 1, ALL]))
    def somebody_changes_it_while_its_slot_is_planned(self, who: str, where: Address, calls: int, how: Change, after: int) -> None:
        self.to_the_next_slot()
        life = self.awake(who)
        self.world.start(life.name, life.plan(), calls)
        other = self.awake("AB"[life.name == "A"])
        self.world.start(other.name, other.change(where, partial(how, now=self.world.clock.now)), ALL)
        for asked in list(life.asked):
            self.world.go_on(life, asked, after)

    @rule(who=WHO, calls=CALLS)
    def the_dead_are_replayed(self, who: str, calls: int) -> None:
        life = self.awake(who)
        self.world.start(life.name, life.replay(), calls)

    # ------------------------------------------------------------ trouble

    @rule()
    def late_requests_land(self) -> None:
        self.world.platform.land_late()

    @rule(who=WHO, which=WHICH)
    def the_other_side_does_it_and_the_answer_takes_its_time(self, who: str, which: int) -> None:
        life = self.life(who)
        asked = chosen(life, which)
        if asked and (not life.frozen or self.world.clock.now - asked.at < timedelta(seconds=4)):
            asked.get_there()

    @rule(who=WHO, which=WHICH, happened=st.booleans())
    def the_stores_answer_is_lost(self, who: str, which: int, *, happened: bool) -> None:
        life = self.awake(who)
        asked = chosen(life, which)
        if asked and not asked.name.startswith("post"):
            if happened:
                asked.get_there()
            asked.break_off()
            life.run()

    @rule(who=WHO)
    def crash(self, who: str) -> None:
        self.world.die(who)

    @rule(who=WHO, delay=st.sampled_from([0, 30, 38]), fates=FATES, calls=st.integers(1, 4))
    def killed_at_work(self, who: str, delay: int, fates: list[Fate], calls: int) -> None:
        life = self.awake(who)
        self.world.start(life.name, life.deliver(), ALL)
        self.world.freeze(life.name)  # between the claim and the beginning
        self.world.pass_time(timedelta(seconds=delay))
        self.world.thaw(life.name)
        self.world.platform.fates.extend(fates)
        for asked in list(life.asked):
            self.world.go_on(life, asked, calls)
        self.world.die(life.name)

    @rule(who=WHO)
    def freeze(self, who: str) -> None:
        self.world.freeze(who)

    @rule(who=WHO)
    def thaw(self, who: str) -> None:
        if self.life(who).frozen:
            self.world.thaw(who)

    @rule(who=WHO, calls=st.integers(0, 3), taken=st.booleans(), seconds=FROZEN, other=st.sampled_from(["claims", "begins", "works"]))
    def frozen_at_work_while_the_other(self, who: str, calls: int, seconds: int, other: str, *, taken: bool) -> None:
        if not self.life(who).frozen:
            self.claim_and_begin(who, calls)
            for asked in list(self.life(who).asked) if taken else ():
                asked.get_there()
            self.world.freeze(who)
        self.world.pass_time(timedelta(seconds=seconds))
        [name] = [name for name in WORKERS if name != who]
        if not self.life(name).frozen:
            if other == "works":
                self.a_tick(name, [])
                self.a_tick_some_time_later(name, 45, [])
            else:
                self.claim_and_begin(name, int(other == "begins"))
        self.world.thaw(who)

    # ------------------------------------------------------------ time

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: int) -> None:
        self.world.pass_time(timedelta(seconds=seconds))

    @rule(who=WHO, seconds=SECONDS, fates=FATES)
    def a_tick_some_time_later(self, who: str, seconds: int, fates: list[Fate]) -> None:
        self.world.pass_time(timedelta(seconds=seconds))
        self.a_tick(who, fates)

    @rule()
    def to_the_next_slot(self) -> None:
        dues = [due for address in CHANNELS if (due := self.world.ledger.due(address)) is not None and due > self.world.clock.now]
        if dues:
            self.world.pass_time(max(dues) - self.world.clock.now)

    # ------------------------------------------------------------ what must hold

    @invariant()
    def all_is_well(self) -> None:
        self.world.ledger.check()

    def teardown(self) -> None:
        if self.world.ledger.broken:
            self.abandon()
            return
        try:
            self.the_end()
        finally:
            self.abandon()

    def abandon(self) -> None:
        for life in self.world.lives.values():
            life.die()

    def the_end(self) -> None:
        """Faults are over, both workers live, every channel is on; time goes on until nothing is left to do."""
        world = self.world
        world.platform.fates.clear()
        for who in WORKERS:
            if self.life(who).frozen:
                world.thaw(who)
            world.run(self.life(who))
        world.pass_time(timedelta(minutes=3))
        for address in CHANNELS:
            self.change(address, partial(reset, now=world.clock.now))
        world.start("A", self.life("A").replay(), ALL)
        for _ in range(60):
            for who in WORKERS:
                life = self.life(who)
                for work in (life.plan(), life.deliver()):
                    world.start(who, work, ALL)
                    world.run(life)
            if world.ledger.is_done():
                break
            moment = world.ledger.next_moment()
            world.pass_time(max(moment - world.clock.now if moment else timedelta(0), timedelta(seconds=20)))
        world.ledger.check_end()


def chosen(life: Life, which: int) -> Asked | None:
    """One of the questions of a process that can be answered."""
    open_ones = [one for one in life.asked if not one.unanswerable]
    return open_ones[which % len(open_ones)] if open_ones else None


def reset(channel: Channel, *, now: datetime) -> Channel:
    return dataclasses.replace(resumed(channel, now=now), schedule=Schedule(days=DAILY))


def opened(channel: Channel, *, settings: Settings) -> Channel:
    return dataclasses.replace(channel, subscriptions=(RULE,), schedule=Schedule(days=DAILY), settings=settings)


@pytest.mark.parametrize("flavour", Flavour, ids=lambda flavour: flavour.name.lower())
@pytest.mark.usefixtures("quiet")
def test_whatever_happens_every_digest_is_posted_once(ground: Ground, flavour: Flavour) -> None:
    class Machine(DeliveryMachine):
        def __init__(self) -> None:
            super().__init__(ground, flavour)

    run_state_machine_as_test(Machine, settings=hypothesis.settings(max_examples=EXAMPLES, stateful_step_count=STEPS))
