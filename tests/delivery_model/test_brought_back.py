"""A slot that an edit puts back on the agenda while its delivery is on its way, step by step."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from bot.channel import Schedule, Settings
from tests.delivery_model.platform import Flavour
from tests.delivery_model.test_machine import ALL, CHANNELS, DAILY, DeliveryMachine, opened

if TYPE_CHECKING:
    from tests.delivery_model.world import Ground


@pytest.mark.parametrize("flavour", Flavour, ids=lambda flavour: flavour.name.lower())
@pytest.mark.parametrize("both", [False, True], ids=["one after the other", "both at once"])
@pytest.mark.usefixtures("quiet")
def test_a_lease_on_a_delivery_that_was_taken_back_is_none_on_the_one_planned_in_its_place(
    ground: Ground, flavour: Flavour, *, both: bool
) -> None:
    machine = DeliveryMachine(ground, flavour)
    world, channel = machine.world, CHANNELS[0]
    for address in CHANNELS:
        machine.change(address, partial(opened, settings=Settings(limit=2)))
    world.start("A", machine.life("A").take_in(world.papers(1)), ALL)
    due = world.ledger.due(channel)
    assert due is not None
    world.pass_time(due - world.clock.now - timedelta(seconds=1))

    # A second before the slot somebody types `schedule`: B has read the channel, and is about to save it with that slot as its next.
    edit = machine.life("B").change(channel, lambda one: dataclasses.replace(one, schedule=Schedule(days=DAILY, zone="Etc/UTC")))
    world.start("B", edit, 1)
    [save] = machine.life("B").asked
    world.pass_time(timedelta(seconds=1))
    world.start("A", machine.life("A").plan(), ALL)
    world.start("A", machine.life("A").deliver(), ALL)  # the first fence; it is about to begin
    world.go_on(machine.life("B"), save, ALL)
    assert world.ledger.due(channel) == due, "the slot is back"
    world.start("B", machine.life("B").take_in(world.papers(1)), ALL)
    world.pass_time(timedelta(seconds=1))
    world.start("B", machine.life("B").plan(), ALL)  # takes A's delivery back, plans another with both papers under the same id
    world.start("B", machine.life("B").deliver(), ALL)

    try:
        a, b = machine.life("A"), machine.life("B")
        if both:
            for life in (a, b):
                world.go_on(life, life.asked[-1], 1)
            for life in (a, b):
                if life.asked:
                    life.asked[-1].get_there()
        world.run(a)
        world.run(b)
        machine.the_end()
    finally:
        machine.abandon()
