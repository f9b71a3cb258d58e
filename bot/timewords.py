"""Schedules, pauses and moments in words: what people write, and what is written to them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn

from bot.channel import FOREVER, Schedule
from bot.errors import UserMistake
from bot.zones import day_of, find_zone, is_zone, start_of_day, zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Own tables, not strftime and strptime: those speak the language of the machine's locale.
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

LONGEST_PAUSE = timedelta(days=2 * 366)
_DIGITS = 9
"""Of a number of hours or weeks that somebody may mean."""

# ---------------------------------------------------------------- to people


def describe(schedule: Schedule) -> str:
    """A schedule in words that `parse_schedule` understands: "weekdays at 09:00, Europe/Berlin"; "off"."""
    if schedule.is_off:
        return "off"
    return f"{_describe_days(schedule.days)} at {schedule.hour:02}:{schedule.minute:02}, {schedule.zone}"


def describe_moment(moment: datetime, zone_name: str, now: datetime) -> str:
    """A moment by the clock on the wall: "today 09:00", "tomorrow 09:00", "Mon 23 Nov 09:00"; with the year if it is another.

    Args:
        moment: Aware, before or after `now`.
    """
    local = moment.astimezone(zone(zone_name))
    return f"{describe_day(local.date(), day_of(now, zone_name))} {local.hour:02}:{local.minute:02}"


def describe_day(day: date, today: date) -> str:
    """A date as seen from another: "today", "tomorrow", "yesterday", "Mon 23 Nov", "Mon 4 Jan 2027"."""
    match (day - today).days:
        case 0:
            return "today"
        case 1:
            return "tomorrow"
        case -1:
            return "yesterday"
        case _:
            year = f" {day.year}" if day.year != today.year else ""
            return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}{year}"


def _describe_days(days: tuple[int, ...]) -> str:
    names = [WEEKDAYS[day] for day in days]
    match days:
        case (0, 1, 2, 3, 4, 5, 6):
            return "daily"
        case (0, 1, 2, 3, 4):
            return "weekdays"
        case (5, 6):
            return "weekends"
        case (_,):
            return f"weekly on {names[0]}"
        case _:
            return f"{', '.join(names[:-1])} and {names[-1]}"


# ---------------------------------------------------------------- from people

FULL_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY_BY_WORD: Mapping[str, int] = MappingProxyType(
    {word: day for day, name in enumerate(FULL_WEEKDAYS) for word in (name + "s", *(name[:length] for length in range(2, len(name) + 1)))}
)
"""Every beginning of two letters and more; all are different from another weekday's."""

_WEEK = (0, 1, 2, 3, 4, 5, 6)
_DAYS_BY_WORD: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("daily", "everyday", "day", "days"), _WEEK),
        **dict.fromkeys(("weekdays", "weekday", "workdays", "workday"), _WEEK[:5]),
        **dict.fromkeys(("weekends", "weekend"), _WEEK[5:]),
        **{word: (day,) for word, day in _WEEKDAY_BY_WORD.items()},
    }
)
_WEEKLY = frozenset({"weekly", "week"})
_OFF = frozenset({"off", "never", "none", "stop"})
_FILLERS = frozenset({"at", "on", "every", "each", "and", "in", "time", "&", "+", "o'clock"})
_NOT_OFFERED = frozenset({"hourly", "biweekly", "fortnightly", "monthly", "yearly"})

_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d{2})|h)?\s*([ap]m)?|(\d{2})(\d{2})")
_HOURS, _MINUTES = 24, 60
_TIME_BY_WORD: Mapping[str, str] = MappingProxyType({"noon": "12:00", "midnight": "00:00", "midday": "12:00"})

_EXAMPLE = "weekdays 09:00 Europe/Berlin"


def parse_schedule(text: str, default_zone: str, current: Schedule) -> Schedule:
    """The schedule somebody asks for: days, time and zone in any order and any case; what is not said stays as it is.

    Days are `daily`, `weekdays`, `weekends`, `weekly` (Monday, or the one day it was) or named (`mon,thu`, `mon-fri`); times `9`,
    `09:00`, `9:30pm`, `noon`; zones an IANA name or its city. `off` alone keeps time and zone for the day it is switched on again.

    Args:
        default_zone: The asker's own zone: a time without a zone is meant there, and so is the first schedule of a channel. "" or a
            name that we do not know: the zone stays.
        current: The channel's schedule up to now.

    Raises:
        UserMistake: It cannot be understood, or would mean something else than it seems.
    """
    words = _schedule_words(text)
    if not words:
        _refuse("Say when: days, a time and a time zone.")
    if any(word.casefold() in _OFF for word in words):
        if len(words) > 1:
            _refuse("“off” stands alone.", "off")
        return replace(current, days=())
    days: set[int] = set()
    times: list[tuple[int, int]] = []
    unknown: list[str] = []
    for word in words:
        if found := _days(word):
            days.update(found)
        elif word.casefold() not in _WEEKLY and (at := _time(word)):
            times.append(at)
        elif word.casefold() not in _WEEKLY:
            unknown.append(word)
    if len(times) > 1:
        _refuse("A digest comes once a day: name one time.")
    hour, minute = times[0] if times else (current.hour, current.minute)
    zone_name = _zone_of(words, unknown) if unknown else _zone_unsaid(default_zone, current, timed=bool(times))
    weekly = any(word.casefold() in _WEEKLY for word in words)
    if weekly and any(len(_days(word)) > 1 for word in words):
        _refuse("“weekly” is one day, and these are several: leave one of them out.", "weekly on mon 09:00")
    return Schedule(days=tuple(sorted(days)) or _days_unsaid(current, weekly=weekly), hour=hour, minute=minute, zone=zone_name)


def parse_pause(text: str, now: datetime, zone_name: str) -> datetime:
    """Until when somebody wants silence: aware UTC; FOREVER for an empty text, until somebody resumes.

    Durations count from `now` (`3d`, `2 weeks`; a month is 30 days). Dates (`2026-12-24`, `24 Dec`) and days (`tomorrow`, `until
    monday`, `next week`) mean the moment when that day begins in the zone: its digest comes again.

    Raises:
        UserMistake: It cannot be understood, is not ahead, or is more than LONGEST_PAUSE ahead.
    """
    wish = re.sub(r"^(?:for|until|till|til)\s+|[.,]", "", " ".join(text.casefold().split()))
    if wish in {"", "forever", "indefinitely", "until", "for"}:
        return FOREVER
    if duration := re.fullmatch(r"(\d+|an?|one)\s*(h|d|w|hours?|days?|weeks?|months?)", wish):
        number, unit = duration.groups()
        length = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1), "m": timedelta(days=30)}[unit[0]]
        # The digits first, for Python refuses to read five thousand of them.
        if len(number) > _DIGITS:
            _refuse_long_pause()
        times = int(number) if number.isdigit() else 1
        if times == 0:
            raise UserMistake("A pause has to have a length.", instead="pause 2w")
        if times > LONGEST_PAUSE / length:
            _refuse_long_pause()
        return now + times * length
    today = day_of(now, zone_name)
    day = _day(wish, today)
    if day is None:
        raise UserMistake(f"“{text.strip()}” is neither a length of time nor a date.", instead=f"pause {today + timedelta(weeks=2)}")
    if day <= today:
        said = describe_day(day, today)
        raise UserMistake(f"{said[0].upper()}{said[1:]} is not ahead.", instead=f"pause {today + timedelta(weeks=2)}")
    if day - today > LONGEST_PAUSE:
        _refuse_long_pause()
    return start_of_day(day, zone_name)


def _schedule_words(text: str) -> Sequence[str]:
    text = re.sub(r"\s*[-–—‐‑−]\s*", "-", text.strip(" .!"))  # noqa: RUF001 - dashes as phones write them
    text = re.sub(r"(?i)(\d)\s*([ap])\.?m\b\.?", r"\1\2m", text)
    words = re.split(r"[\s,;]+", text)
    return tuple(word for word in words if word and word.casefold() not in _FILLERS)


def _days(word: str) -> tuple[int, ...]:
    first, dash, last = word.casefold().partition("-")
    if not dash:
        return _DAYS_BY_WORD.get(first, ())
    if first in _WEEKDAY_BY_WORD and last in _WEEKDAY_BY_WORD:
        start = _WEEKDAY_BY_WORD[first]
        return tuple((start + step) % 7 for step in range((_WEEKDAY_BY_WORD[last] - start) % 7 + 1))
    return ()


def _time(word: str) -> tuple[int, int] | None:
    word = word.casefold()
    match = _TIME.fullmatch(_TIME_BY_WORD.get(word, word))
    if match is None:
        return None
    hour, minute = int(match[1] or match[4]), int(match[2] or match[5] or 0)
    half = match[3]
    if hour == _HOURS and not minute:
        _refuse("The day ends before 24:00; the next one begins at 00:00.", "00:00")
    if minute >= _MINUTES or hour >= _HOURS or (half and not 1 <= hour <= _HOURS // 2):
        _refuse(f"There is no time “{word}”.")
    if half:
        hour = hour % (_HOURS // 2) + (_HOURS // 2 if half == "pm" else 0)
    return hour, minute


def _days_unsaid(current: Schedule, *, weekly: bool) -> tuple[int, ...]:
    if weekly:
        return current.days if len(current.days) == 1 else (0,)
    return current.days or Schedule().days


def _zone_unsaid(default_zone: str, current: Schedule, *, timed: bool) -> str:
    # Who moves the digest from Monday to Tuesday does not mean to move it to another continent; who says "9am" means their own nine.
    # A schedule that is still the one every channel begins with was chosen by nobody.
    return default_zone if (timed or current == Schedule()) and is_zone(default_zone) else current.zone


def _zone_of(words: Sequence[str], unknown: Sequence[str]) -> str:
    """The zone named by the words that are neither days nor a time."""
    if len(unknown) == 1 and is_zone(unknown[0]):
        # The zone database's own spelling is no slip of the finger, though "WET" is nearly "we" and "CET" may have no summer.
        return find_zone(unknown[0])
    understood = [word for word in words if word not in unknown]
    for word in unknown:
        if word.casefold() in _NOT_OFFERED:
            _refuse("Digests come daily, on weekdays, weekly or on the days you name.", "mon,thu 09:00")
        if close := get_close_matches(word.casefold(), [*_DAYS_BY_WORD, *_WEEKLY, *_OFF], n=1, cutoff=0.8):
            _refuse(f"“{word}” is no day.", " ".join([close[0], *understood]))
        if word[0].isdigit():
            _refuse(f"“{word}” is no time.")
    try:
        return find_zone(" ".join(unknown))
    except UserMistake as mistake:
        city = mistake.instead.removeprefix("schedule ")
        raise UserMistake(mistake.reason, instead=" ".join(["schedule", *understood, city])) from mistake


_MONTH = "|".join(month.casefold() for month in MONTHS)


def _day(wish: str, today: date) -> date | None:
    """The date that words mean: the next such day after today, or the date itself if it carries a year."""
    wish = wish.removeprefix("next ").removeprefix("on ")
    if wish == "tomorrow":
        return today + timedelta(days=1)
    if (weekday := 0 if wish == "week" else _WEEKDAY_BY_WORD.get(wish)) is not None:
        return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    if iso := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", wish):
        return _date(int(iso[1]), int(iso[2]), int(iso[3]))
    named = re.fullmatch(rf"(\d{{1,2}})(?:st|nd|rd|th)? ({_MONTH})[a-z]*(?: (\d{{4}}))?", wish)
    if named is None and (american := re.fullmatch(rf"({_MONTH})[a-z]* (\d{{1,2}})(?:st|nd|rd|th)?(?: (\d{{4}}))?", wish)):
        return _named_day(american[2], american[1], american[3], today)
    return _named_day(named[1], named[2], named[3], today) if named else None


def _named_day(day: str, month: str, year: str | None, today: date) -> date | None:
    number = _MONTH.split("|").index(month) + 1
    if year:
        return _date(int(year), number, int(day))
    this = _date(today.year, number, int(day))
    return this if this and this > today else _date(today.year + 1, number, int(day))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _refuse(reason: str, example: str = _EXAMPLE) -> NoReturn:
    raise UserMistake(reason, instead=f"schedule {example}")


def _refuse_long_pause() -> NoReturn:
    raise UserMistake("That is more than two years away; without a time the pause lasts until somebody resumes.", instead="pause")
