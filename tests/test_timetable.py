"""Slots, in every zone there is, on the days when the clocks misbehave."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channel import Address, Schedule
from bot.errors import UserMistake
from bot.timetable import day_of, next_due, next_slot, next_slots, spread, start_of_day

WEEK = (0, 1, 2, 3, 4, 5, 6)
BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def local(slot: datetime | None, zone: str) -> str:
    assert slot is not None
    assert slot.tzinfo is UTC
    return slot.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def distinct_zones() -> list[str]:
    """One name for every different rule of the zone database."""
    names: dict[bytes, str] = {}
    for name in sorted(available_timezones()):
        rule = resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
        if rule.is_file():
            names.setdefault(rule.read_bytes(), name)
    return list(names.values())


def changes(zone: ZoneInfo, since: int, until: int) -> list[datetime]:
    """Moments at most a week after each change of the clocks."""
    moment, end = datetime(since, 1, 1, tzinfo=UTC), datetime(until, 1, 1, tzinfo=UTC)
    found, last = [], moment.astimezone(zone).utcoffset()
    while moment < end:
        moment += timedelta(days=7)
        if (offset := moment.astimezone(zone).utcoffset()) != last:
            found.append(moment)
            last = offset
    return found


def exists(day: date, zone: ZoneInfo) -> bool:
    around = datetime.combine(day, time(), tzinfo=UTC) - timedelta(hours=16)
    return any((around + timedelta(hours=hour)).astimezone(zone).date() == day for hour in range(48))


DISTINCT = distinct_zones()
NIGHT = [(0, 0), (0, 15), (0, 59), (1, 0), (1, 30), (2, 0), (2, 30), (3, 30)]


def test_there_are_many_rules_to_try() -> None:
    assert len(DISTINCT) > 300


def test_every_zone_has_one_slot_on_every_local_day_however_the_clocks_change() -> None:
    for name in DISTINCT:
        zone = ZoneInfo(name)
        for change in changes(zone, 2010, 2030):
            start = (change - timedelta(days=10)).astimezone(zone).replace(hour=12).astimezone(UTC)
            for hour, minute in NIGHT:
                slots = next_slots(Schedule(WEEK, hour, minute, name), start, 13)
                days = [slot.astimezone(zone).date() for slot in slots]
                for before, after in pairwise(days):
                    missing = [before + timedelta(n) for n in range(1, (after - before).days)]
                    assert after > before, (name, hour, minute, before)
                    assert not any(exists(day, zone) for day in missing), (name, hour, minute, missing)


def test_every_zone_has_a_slot_every_monday_at_midnight() -> None:
    for name in DISTINCT:
        zone = ZoneInfo(name)
        for year in (2024, 2026):
            days = [slot.astimezone(zone).date() for slot in next_slots(Schedule((0,), 0, 0, name), datetime(year, 1, 3, tzinfo=UTC), 60)]
            assert {day.weekday() for day in days} == {0}, name
            assert {(after - before).days for before, after in pairwise(days)} == {7}, name


@pytest.mark.parametrize(
    ("zone", "hour", "minute", "after", "slots"),
    [
        pytest.param(BERLIN, 2, 30, "2026-03-28T12:00", ["2026-03-29 03:30", "2026-03-30 02:30"], id="left-out hour: moved forward"),
        pytest.param(BERLIN, 2, 30, "2026-10-24T12:00", ["2026-10-25 02:30", "2026-10-26 02:30"], id="repeated hour: once"),
        pytest.param(BERLIN, 0, 30, "2026-03-28T12:00", ["2026-03-29 00:30", "2026-03-30 00:30"], id="the day after is not skipped"),
        pytest.param("Australia/Lord_Howe", 2, 15, "2026-10-03T00:00", ["2026-10-04 02:45", "2026-10-05 02:15"], id="half an hour"),
        pytest.param("Asia/Kolkata", 9, 0, "2026-03-28T12:00", ["2026-03-29 09:00", "2026-03-30 09:00"], id="half an hour off for ever"),
        pytest.param(
            "Pacific/Apia", 9, 0, "2011-12-29T12:00", ["2011-12-29 09:00", "2011-12-31 09:00", "2012-01-01 09:00"], id="no such day"
        ),
        pytest.param(
            "Africa/Cairo", 0, 0, "2026-04-22T12:00", ["2026-04-23 00:00", "2026-04-24 01:00", "2026-04-25 00:00"], id="no midnight"
        ),
        pytest.param("America/Santiago", 0, 30, "2026-09-05T12:00", ["2026-09-06 01:30", "2026-09-07 00:30"], id="no midnight either"),
        pytest.param("America/Nuuk", 23, 30, "2024-03-30T12:00", ["2024-03-31 00:30", "2024-03-31 23:30"], id="no eleven at night"),
    ],
)
def test_a_slot_where_the_clocks_change(zone: str, hour: int, minute: int, after: str, slots: list[str]) -> None:
    found = next_slots(Schedule(WEEK, hour, minute, zone), at(after), len(slots))

    assert [local(slot, zone) for slot in found] == slots


def test_the_repeated_hour_counts_in_its_first_pass() -> None:
    assert next_slot(Schedule(WEEK, 2, 30, BERLIN), at("2026-10-24T12:00")) == at("2026-10-25T00:30")


def test_a_slot_in_the_second_pass_of_its_hour_is_tomorrow() -> None:
    second_pass = at("2026-10-25T01:10")

    assert local(next_slot(Schedule(WEEK, 2, 30, BERLIN), second_pass), BERLIN) == "2026-10-26 02:30"


def test_a_friday_that_a_country_skips_is_made_up_for_on_saturday() -> None:
    fridays = next_slots(Schedule((4,), 9, 0, "Pacific/Apia"), at("2011-12-24T00:00"), 2)

    assert [local(slot, "Pacific/Apia") for slot in fridays] == ["2011-12-31 09:00", "2012-01-06 09:00"]


@pytest.mark.parametrize(
    ("schedule", "after", "slot"),
    [
        (Schedule(WEEK, 23, 30, "America/Nuuk"), "2024-03-31T00:10-01:00", "2024-03-31 00:30"),
        (Schedule((4,), 9, 0, "Pacific/Apia"), "2011-12-31T08:00+14:00", "2011-12-31 09:00"),
    ],
)
def test_a_slot_that_was_moved_into_the_next_day_is_still_ahead_when_that_day_has_begun(schedule: Schedule, after: str, slot: str) -> None:
    assert local(next_slot(schedule, at(after)), schedule.zone) == slot


def test_a_slot_at_this_very_moment_is_not_ahead() -> None:
    assert next_slot(Schedule((0,), 9, 0), at("2026-11-23T09:00")) == at("2026-11-30T09:00")
    assert next_slot(Schedule((0,), 9, 0), at("2026-11-23T08:59:59")) == at("2026-11-23T09:00")


def test_the_moment_to_start_from_may_be_in_any_zone() -> None:
    assert next_slot(Schedule(WEEK, 9, 0), at("2026-11-23T23:30+14:00")) == at("2026-11-24T09:00")


def test_an_unscheduled_channel_has_no_slots() -> None:
    assert next_slot(Schedule(days=()), at("2026-11-23")) is None
    assert next_slots(Schedule(days=()), at("2026-11-23"), 3) == ()
    assert next_due(Schedule(days=()), Address("slack", "T", "C"), at("2026-11-23")) is None


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "Europe", ""])
def test_a_zone_that_the_machine_does_not_know_is_a_mistake_with_a_name(name: str) -> None:
    with pytest.raises(UserMistake, match="No time zone is called"):
        next_slot(Schedule(zone=name), at("2026-11-23"))


def test_a_day_begins_when_its_first_hour_does() -> None:
    assert start_of_day(date(2026, 4, 24), "Africa/Cairo") == at("2026-04-23T22:00")
    assert day_of(at("2026-04-23T22:00"), "Africa/Cairo") == date(2026, 4, 24)
    assert day_of(at("2026-04-23T21:59:59"), "Africa/Cairo") == date(2026, 4, 23)


# ---------------------------------------------------------------- spread

addresses = st.builds(Address, st.sampled_from(["slack", "discord"]), st.just("T1"), st.text(min_size=1, max_size=12))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds
schedules = st.builds(
    Schedule,
    st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    st.integers(0, 23),
    st.integers(0, 59),
    st.sampled_from(DISTINCT),
)


@given(addresses)
def test_a_channel_is_late_by_less_than_two_minutes_and_always_the_same(address: Address) -> None:
    assert timedelta() <= spread(address) < timedelta(minutes=2)
    assert spread(address) == spread(Address.parse(str(address)))
    assert not spread(address).microseconds


def test_channels_of_one_hour_are_spread_over_the_two_minutes() -> None:
    seconds = {spread(Address("slack", "T1", f"C{n}")).seconds for n in range(2000)}

    assert seconds == set(range(120))


@given(schedules, addresses, moments)
def test_what_is_due_next_is_ahead_and_is_a_slot(schedule: Schedule, address: Address, now: datetime) -> None:
    due = next_due(schedule, address, now)

    assert due is not None
    assert due > now
    assert next_slot(schedule, due - spread(address) - timedelta(seconds=1)) == due - spread(address)


@given(schedules, addresses, moments)
def test_planning_a_slot_at_its_moment_leads_to_the_one_after_it(schedule: Schedule, address: Address, now: datetime) -> None:
    due = next_due(schedule, address, now)
    assert due is not None

    then = next_due(schedule, address, due)

    assert [due - spread(address), then and then - spread(address)] == list(next_slots(schedule, now - spread(address), 2))


@given(schedules, addresses, moments, st.floats(0, 0.999))
def test_whoever_asks_between_two_slots_hears_of_the_same_one(schedule: Schedule, address: Address, now: datetime, share: float) -> None:
    due = next_due(schedule, address, now)
    assert due is not None

    assert next_due(schedule, address, now + (due - now) * share) == due
