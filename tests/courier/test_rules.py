"""What is decided after each thing that can happen: the rules, without any effect."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery import LONGEST_FAILING, REQUEST, RETRIES, Decider, Decision, PauseChannel, PauseWorkspace
from bot.errors import Busy, ChannelGone, MessageRefused, NotSent, OutcomeUnknown, WorkspaceGone
from bot.ports import Dead, Doubtful, Later, Sent
from tests.courier.world import ADDRESS, LEASE, MIDDLE, NOW, SECOND, lease

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


def test_a_reason_ends_without_a_full_stop_however_the_platform_words_it() -> None:
    decision = MIDDLE.after_posting(lease(), ChannelGone("I am not in the channel: invite me. "), NOW)

    assert decision.pause == PauseChannel(ADDRESS, "I am not in the channel: invite me")
