"""Schedules, pauses and moments in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channel import FOREVER, Schedule
from bot.errors import UserMistake
from bot.timetable import describe, describe_moment, find_zone, parse_pause, parse_schedule
from bot.zones import available

BERLIN = "Europe/Berlin"
WEEK, WORKDAYS, WEEKEND = (0, 1, 2, 3, 4, 5, 6), (0, 1, 2, 3, 4), (5, 6)
CURRENT = Schedule((1,), 17, 45, "Asia/Tokyo")
NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)  # a Sunday


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("daily 9:00 Europe/Berlin", Schedule(WEEK, 9, 0, BERLIN)),
        ("weekdays 09:00 europe/berlin", Schedule(WORKDAYS, 9, 0, BERLIN)),
        ("BERLIN Weekdays 9AM", Schedule(WORKDAYS, 9, 0, BERLIN)),
        ("9:30pm berlin weekends", Schedule(WEEKEND, 21, 30, BERLIN)),
        ("at 9 am every day in new york", Schedule(WEEK, 9, 0, "America/New_York")),
        ("every monday at noon, Berlin time.", Schedule((0,), 12, 0, BERLIN)),
        ("mon,thu 9 utc", Schedule((0, 3), 9, 0, "UTC")),
        ("mon, thu and fri 9h30 GMT", Schedule((0, 3, 4), 9, 30, "UTC")),
        ("Mon – Fri 18.15 Berlin", Schedule(WORKDAYS, 18, 15, BERLIN)),
        ("fri-mon midnight berlin", Schedule((0, 4, 5, 6), 0, 0, BERLIN)),
        ("sat-sat 0900 berlin", Schedule((5,), 9, 0, BERLIN)),
        ("weekdays sat 9 berlin", Schedule((0, 1, 2, 3, 4, 5), 9, 0, BERLIN)),
        ("weekly on fridays 12am berlin", Schedule((4,), 0, 0, BERLIN)),
        ("tu,th 12 p.m. America/Argentina/Buenos_Aires", Schedule((1, 3), 12, 0, "America/Argentina/Buenos_Aires")),
        ("daily 9 buenos aires", Schedule(WEEK, 9, 0, "America/Buenos_Aires")),
        ("daily 9 port-au-prince", Schedule(WEEK, 9, 0, "America/Port-au-Prince")),
        ("daily 9 Etc/GMT-2", Schedule(WEEK, 9, 0, "Etc/GMT-2")),
        ("daily 9 eastern", Schedule(WEEK, 9, 0, "US/Eastern")),
        ("daily 9 us/eastern", Schedule(WEEK, 9, 0, "US/Eastern")),
        ("daily 9 CET", Schedule(WEEK, 9, 0, "CET")),
        ("EST daily 9", Schedule(WEEK, 9, 0, "EST")),
        ("daily 9 WET", Schedule(WEEK, 9, 0, "WET")),
    ],
)
def test_a_schedule_is_understood_in_any_order_and_case(text: str, schedule: Schedule) -> None:
    assert parse_schedule(text, "", CURRENT) == schedule


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("daily", Schedule(WEEK, 17, 45, "Asia/Tokyo")),
        ("weekly", Schedule((1,), 17, 45, "Asia/Tokyo")),
        ("every week", Schedule((1,), 17, 45, "Asia/Tokyo")),
        ("8:00", Schedule((1,), 8, 0, BERLIN)),
        ("london", Schedule((1,), 17, 45, "Europe/London")),
        ("off", Schedule((), 17, 45, "Asia/Tokyo")),
    ],
)
def test_what_is_not_said_stays_but_a_time_alone_means_the_askers_own(text: str, schedule: Schedule) -> None:
    assert parse_schedule(text, BERLIN, CURRENT) == schedule


def test_the_first_schedule_of_a_channel_is_in_the_askers_zone() -> None:
    assert parse_schedule("daily", BERLIN, Schedule()) == Schedule(WEEK, 9, 0, BERLIN)


@pytest.mark.parametrize("own", ["", "Mars/Olympus", "europe/berlin"])
def test_an_asker_without_a_known_zone_leaves_the_zone(own: str) -> None:
    assert parse_schedule("8:00", own, CURRENT).zone == "Asia/Tokyo"


def test_weekly_is_monday_where_several_days_were_chosen() -> None:
    assert parse_schedule("weekly", "", Schedule()).days == (0,)


def test_switching_on_again_without_days_means_weekdays() -> None:
    off = parse_schedule("off", "", CURRENT)

    assert parse_schedule("18:00", "", off) == Schedule(WORKDAYS, 18, 0, "Asia/Tokyo")


@pytest.mark.parametrize(
    ("text", "reason", "instead"),
    [
        ("", "Say when", "schedule weekdays 09:00 Europe/Berlin"),
        ("at", "Say when", "schedule weekdays 09:00 Europe/Berlin"),
        ("off 9:00", "stands alone", "schedule off"),
        ("daily 9:00 10:00", "once a day", "schedule weekdays 09:00 Europe/Berlin"),
        ("daily 24:00", "begins at 00:00", "schedule 00:00"),
        ("daily 25:00", "no time “25:00”", "schedule weekdays 09:00 Europe/Berlin"),
        ("daily 24:30", "no time “24:30”", "schedule weekdays 09:00 Europe/Berlin"),
        ("daily 9:75", "no time “9:75”", "schedule weekdays 09:00 Europe/Berlin"),
        ("daily 13pm", "no time “13pm”", "schedule weekdays 09:00 Europe/Berlin"),
        ("daily 0am", "no time “0am”", "schedule weekdays 09:00 Europe/Berlin"),
        ("daily 9:000", "“9:000” is no time", "schedule weekdays 09:00 Europe/Berlin"),
        ("hourly", "daily, on weekdays, weekly", "schedule mon,thu 09:00"),
        ("weekdys 9:00", "“weekdys” is no day", "schedule weekdays 9:00"),
        ("wensday 9:00", "“wensday” is no day", "schedule wednesday 9:00"),
        ("daily 9:00 berlni", "No time zone is called “berlni”", "schedule daily 9:00 Europe/Berlin"),
        ("daily 9:00 xyzzy", "No time zone is called “xyzzy”", "schedule daily 9:00 Europe/Berlin"),
        ("daily 9:00 mon-xyz", "No time zone is called “mon-xyz”", "schedule daily 9:00 Europe/Berlin"),
        ("9am cet", "name a city", "schedule 9am Europe/Berlin"),
        ("9am est", "name a city", "schedule 9am America/New_York"),
        ("9am PST", "name a city", "schedule 9am America/Los_Angeles"),
        ("weekdays weekly", "“weekly” is one day", "schedule weekly on mon 09:00"),
        ("weekly mon-wed 9", "“weekly” is one day", "schedule weekly on mon 09:00"),
        ("9am UTC+2", "name a city", "schedule 9am Europe/Helsinki"),
        ("9am +05:30", "name a city", "schedule 9am Asia/Kolkata"),
        ("9am UTC -8", "name a city", "schedule 9am America/Los_Angeles"),
        ("9am utc+3:17", "name a city", "schedule 9am Europe/Berlin"),
        ("9am west", "Several time zones end in “west”", "schedule 9am Brazil/West"),
    ],
)
def test_a_schedule_that_cannot_be_meant_is_answered_with_one_that_can(text: str, reason: str, instead: str) -> None:
    with pytest.raises(UserMistake) as caught:
        parse_schedule(text, "", CURRENT)

    assert reason in caught.value.reason
    assert caught.value.reason.endswith(".")
    assert caught.value.instead == instead
    parse_schedule(instead.removeprefix("schedule "), "", CURRENT)


def test_every_zone_is_found_by_its_own_name_and_unless_it_is_an_abbreviation_in_any_case() -> None:
    for name in available():
        assert find_zone(name) == ("UTC" if name in _UTC else name)
        assert parse_schedule(f"daily 9:00 {name}", "", CURRENT).zone == find_zone(name)
        if "/" in name:
            assert find_zone(name.upper()).casefold() == name.casefold()


# ---------------------------------------------------------------- describe

_UTC = {"GMT", "Zulu"}
"""Stored by nobody: whoever asks for one of these gets UTC."""
zones = st.sampled_from(sorted(available() - _UTC))
schedules = st.builds(
    Schedule,
    st.sets(st.integers(0, 6)).map(lambda days: tuple(sorted(days))),
    st.integers(0, 23),
    st.integers(0, 59),
    zones,
)


@given(schedules)
def test_a_described_schedule_reads_back_as_itself(schedule: Schedule) -> None:
    current = schedule if schedule.is_off else CURRENT

    assert parse_schedule(describe(schedule), BERLIN, current) == schedule


@given(st.text(max_size=30), st.text(max_size=10))
def test_any_text_is_a_schedule_or_a_kind_mistake(text: str, own: str) -> None:
    try:
        schedule = parse_schedule(text, own, CURRENT)
    except UserMistake:
        return
    assert parse_schedule(describe(schedule), "", schedule) == schedule


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (Schedule(WORKDAYS, 9, 0, BERLIN), "weekdays at 09:00, Europe/Berlin"),
        (Schedule(WEEK, 21, 5), "daily at 21:05, UTC"),
        (Schedule(WEEKEND), "weekends at 09:00, UTC"),
        (Schedule((0,)), "weekly on Mon at 09:00, UTC"),
        (Schedule((0, 3)), "Mon and Thu at 09:00, UTC"),
        (Schedule((0, 2, 4)), "Mon, Wed and Fri at 09:00, UTC"),
        (Schedule(()), "off"),
    ],
)
def test_a_schedule_is_described_in_words(schedule: Schedule, words: str) -> None:
    assert describe(schedule) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-11-22T08:00", "today 09:00"),
        ("2026-11-22T23:00", "tomorrow 00:00"),
        ("2026-11-23T08:00", "tomorrow 09:00"),
        ("2026-11-21T22:59", "yesterday 23:59"),
        ("2026-11-24T08:00", "Tue 24 Nov 09:00"),
        ("2027-01-04T08:00", "Mon 4 Jan 2027 09:00"),
        ("2026-07-01T08:00", "Wed 1 Jul 10:00"),
    ],
)
def test_a_moment_is_told_by_the_clock_on_the_wall(moment: str, words: str) -> None:
    assert describe_moment(at(moment), BERLIN, NOW) == words


# ---------------------------------------------------------------- pauses


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("", FOREVER),
        ("forever", FOREVER),
        ("2w", at("2026-12-06T15:30")),
        ("for 3 days", at("2026-11-25T15:30")),
        ("a week", at("2026-11-29T15:30")),
        ("12h", at("2026-11-23T03:30")),
        ("1 month", at("2026-12-22T15:30")),
        ("2026-12-24", at("2026-12-23T23:00")),
        ("until 2026-12-24", at("2026-12-23T23:00")),
        ("until monday", at("2026-11-22T23:00")),
        ("next week", at("2026-11-22T23:00")),
        ("sunday", at("2026-11-28T23:00")),
        ("Tomorrow", at("2026-11-22T23:00")),
        ("24 Dec", at("2026-12-23T23:00")),
        ("24. December 2026", at("2026-12-23T23:00")),
        ("until December 24th, 2026", at("2026-12-23T23:00")),
        ("1 July", at("2027-06-30T22:00")),
        ("Nov 22", at("2027-11-21T23:00")),
    ],
)
def test_a_pause_lasts_as_long_as_it_says(text: str, until: datetime) -> None:
    assert parse_pause(text, NOW, BERLIN) == until


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0d", "has to have a length"),
        ("2026-11-22", "Today is not ahead"),
        ("2025-12-24", "Wed 24 Dec 2025 is not ahead"),
        ("2026-11-21", "Yesterday is not ahead"),
        ("9999-12-31", "more than two years"),
        ("3000 days", "more than two years"),
        ("99999999999999999999999 weeks", "more than two years"),
        (f"{'9' * 5000} h", "more than two years"),
        ("2026-02-30", "neither a length of time nor a date"),
        ("30 feb", "neither a length of time nor a date"),
        ("30m", "neither a length of time nor a date"),
        ("24/12/2026", "neither a length of time nor a date"),
        ("soon", "neither a length of time nor a date"),
    ],
)
def test_a_pause_that_cannot_be_meant_is_answered_with_one_that_can(text: str, reason: str) -> None:
    with pytest.raises(UserMistake) as caught:
        parse_pause(text, NOW, BERLIN)

    assert reason in caught.value.reason
    assert parse_pause(caught.value.instead.removeprefix("pause"), NOW, BERLIN) > NOW


@given(st.text(max_size=20), zones)
def test_any_text_is_a_pause_ahead_or_a_kind_mistake(text: str, zone: str) -> None:
    try:
        until = parse_pause(text, NOW, zone)
    except UserMistake:
        return
    assert until == FOREVER or NOW < until <= NOW + timedelta(days=734)
