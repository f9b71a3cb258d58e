"""The identity of a slot: the same for the same, another for any other."""

from __future__ import annotations

from datetime import timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from bot.channel import Address
from bot.delivery import slot_id
from tests.courier.world import ADDRESS, NOW, SECOND


def test_the_same_slot_has_the_same_id_in_whatever_zone_its_moment_is_told() -> None:
    assert slot_id(ADDRESS, NOW) == slot_id(ADDRESS, NOW.astimezone(timezone(timedelta(hours=9))))
    assert len(slot_id(ADDRESS, NOW)) == 64


@given(st.text(), st.text(), st.integers(0, 9), st.integers(0, 9))
def test_other_channels_and_other_moments_have_other_ids(one: str, other: str, early: int, late: int) -> None:
    first, second = (Address("slack", "T1", one), NOW + early * SECOND), (Address("slack", "T1", other), NOW + late * SECOND)

    assert (slot_id(*first) == slot_id(*second)) == (first == second)
