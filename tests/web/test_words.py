from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.web import words
from adapters.web.bars import FULL, bars


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "1 second"), (119, "119 seconds"), (120, "2 minutes"), (7199, "119 minutes"), (7200, "2 hours"), (86400 * 3, "3 days")],
)
def test_a_span_is_told_by_the_largest_unit_of_which_there_are_two(seconds: int, said: str) -> None:
    assert words.span(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0"), (999, "999"), (1_000, "1k"), (1_250, "1.2k"), (9_999, "9.9k"), (12_999, "12k"), (240_000, "240k")]
)
def test_a_number_below_a_bar_is_short(number: int, said: str) -> None:
    assert words.compact(number) == said


@given(st.integers(0, 999_999))
def test_a_number_below_a_bar_has_room_there(number: int) -> None:
    assert len(words.compact(number)) <= 4


@pytest.mark.parametrize(("share", "said"), [(1, "100"), (0.9999, "99.9"), (0.5, "50"), (0, "0")])
def test_a_share_is_never_told_greater_than_it_is(share: float, said: str) -> None:
    assert words.percent(share) == f"{said}\N{NO-BREAK SPACE}%"


def test_sources_and_platforms_go_by_the_names_that_people_know() -> None:
    assert [words.source(name) for name in ("huggingface", "arxiv:cs.CL", "sample", "other:x", "new")] == [
        "Hugging Face",
        "arXiv cs.CL",
        "Sample papers",
        "other x",
        "new",
    ]
    assert [words.platform(name) for name in ("slack", "discord", "e-mail")] == ["Slack", "Discord", "e-mail"]


def test_days_are_named_in_english_whatever_the_machine_speaks() -> None:
    assert (words.day(date(2026, 11, 20)), words.letter(date(2026, 11, 20))) == ("Fri 20 Nov", "F")


@pytest.mark.parametrize(
    ("contact", "link"),
    [
        ("papers@example.org", "mailto:papers@example.org"),
        ("https://example.org/help", "https://example.org/help"),
        ("Ada <ada@example.org>", ""),
        ("javascript:alert(1)@example.org", ""),
        ("http://example.org/ x", ""),
    ],
)
def test_only_a_plain_address_becomes_a_link(contact: str, link: str) -> None:
    assert words.where(contact) == link


@given(st.lists(st.integers(0, 10**6), max_size=30))
def test_bars_stay_in_their_frame_and_in_proportion(numbers: list[int]) -> None:
    drawn = bars(numbers)
    assert all(0 < one.height <= FULL and one.top + one.height == FULL for one in drawn)
    assert [one.number for one in drawn] == numbers
    for one in drawn:
        for other in drawn:
            assert one.number <= other.number or one.height >= other.height


def test_a_day_with_a_single_paper_differs_from_one_without() -> None:
    nothing, little, most = bars([0, 1, 10_000])
    assert nothing.height < little.height < most.height == FULL


def test_nothing_at_all_is_no_division_by_it() -> None:
    assert bars([]) == []
    assert len({one.height for one in bars([0, 0])}) == 1
