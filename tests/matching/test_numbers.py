from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.matching.numbers import Numbers, added, each, removed

small = st.integers(0, 20)


@given(st.lists(st.tuples(st.booleans(), small)))
def test_the_tight_set_behaves_as_a_set(changes: list[tuple[bool, int]]) -> None:
    held: Numbers | None = None
    expected: set[int] = set()
    for comes, number in changes:
        if comes:
            held = added(held, number)
            expected.add(number)
        else:
            held = removed(held, number)
            expected.discard(number)
        assert list(each(held)) == sorted(expected)
        assert (held is None) == (not expected)


@given(st.sets(small, min_size=2, max_size=5))
def test_a_set_that_shrinks_to_one_number_is_that_number(numbers: set[int]) -> None:
    held: Numbers | None = None
    for number in numbers:
        held = added(held, number)
    for number in sorted(numbers)[1:]:
        held = removed(held, number)
    assert held == min(numbers)
