"""Zones offered to somebody who types."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.zones import available, find_zone, suggest


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("berl", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("new y", "America/New_York"),
        ("york", "America/New_York"),
        ("EST", "America/New_York"),
        ("ist", "Asia/Kolkata"),
        ("utc", "UTC"),
        ("gmt", "UTC"),
        ("europe/ber", "Europe/Berlin"),
        ("US/Eastern", "US/Eastern"),
        ("berlni", "Europe/Berlin"),
        ("buenos", "America/Buenos_Aires"),
    ],
)
def test_the_likeliest_zone_comes_first(typed: str, first: str) -> None:
    assert suggest(typed)[0] == first


def test_with_nothing_typed_well_known_cities_stand_from_west_to_east() -> None:
    offered = suggest(" ")
    assert offered[0] == "Pacific/Honolulu"
    assert offered.index("America/New_York") < offered.index("UTC") < offered.index("Europe/Berlin") < offered.index("Asia/Tokyo")


def test_links_for_old_programs_are_not_offered_and_nonsense_finds_nothing() -> None:
    assert not [name for name in suggest("e", limit=1_000) if name.startswith(("US/", "Etc/", "Brazil/", "SystemV/"))]
    assert suggest("xyzzyxyzzy") == ()


def test_a_name_that_stands_for_another_is_not_offered_for_a_slip_of_the_finger() -> None:
    assert "Zulu" not in suggest("zlu")


@given(st.text(max_size=8) | st.sampled_from(sorted(available())), st.integers(1, 100))
def test_what_is_offered_is_understood(typed: str, limit: int) -> None:
    offered = suggest(typed, limit=limit)
    assert len(offered) <= limit
    assert len(set(offered)) == len(offered)
    assert all(find_zone(name) == name for name in offered)
