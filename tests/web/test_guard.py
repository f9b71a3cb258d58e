from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.web.guard import MOST_REMEMBERED, TRIES, WINDOW, Guard, Verdict

TOKEN = "correct-horse-battery"


def basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guard(clock: Clock) -> Guard:
    return Guard(TOKEN, clock=clock)


@pytest.mark.parametrize("said", [f"Bearer {TOKEN}", f"bearer  {TOKEN} ", basic("", TOKEN), basic("operator", TOKEN)])
def test_whoever_has_the_token_is_let_in(said: str, guard: Guard) -> None:
    assert guard.judge(said, "1.2.3.4") is Verdict.ADMITTED


@pytest.mark.parametrize(
    "said",
    [
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Digest {TOKEN}",
        TOKEN,
        basic(TOKEN, ""),
        basic("operator", f"{TOKEN}:"),
        "Basic",
        "Basic =",
        "Basic ????",
        "Bearer Ünïcödé",
        f"Basic {b64encode(b'no colon').decode()}",
    ],
)
def test_nobody_else_is(said: str, guard: Guard) -> None:
    assert guard.judge(said, "1.2.3.4") is Verdict.WRONG


@given(st.text())
def test_whatever_is_said_is_judged(said: str) -> None:
    assert Guard(TOKEN, clock=Clock()).judge(said, "") in {Verdict.ASKED, Verdict.WRONG}


def test_whoever_says_nothing_is_asked_however_often(guard: Guard) -> None:
    assert {guard.judge("", "1.2.3.4") for _ in range(3 * TRIES)} == {Verdict.ASKED}


def test_tries_are_limited_for_a_while_also_the_right_one(guard: Guard, clock: Clock) -> None:
    assert {guard.judge("Bearer wrong", "1.2.3.4") for _ in range(TRIES)} == {Verdict.WRONG}
    assert guard.judge("Bearer wrong", "1.2.3.4") is Verdict.SLOWLY
    assert guard.judge(f"Bearer {TOKEN}", "1.2.3.4") is Verdict.SLOWLY, "else it could be found by trying on"
    assert guard.judge(f"Bearer {TOKEN}", "5.6.7.8") is Verdict.ADMITTED, "somebody else's tries are not ours"
    clock.now += WINDOW.total_seconds()
    assert guard.judge(f"Bearer {TOKEN}", "1.2.3.4") is Verdict.ADMITTED


def test_the_right_one_is_no_try(guard: Guard) -> None:
    assert {guard.judge(f"Bearer {TOKEN}", "1.2.3.4") for _ in range(3 * TRIES)} == {Verdict.ADMITTED}


def test_however_many_try_only_so_many_are_remembered(guard: Guard) -> None:
    for number in range(2 * MOST_REMEMBERED):
        assert guard.judge("Bearer wrong", str(number)) is Verdict.WRONG
    assert len(guard._wrong) == MOST_REMEMBERED
