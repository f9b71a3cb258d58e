"""Time zones: under the names that people give them, and the clocks on their walls."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bot.errors import UserMistake

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CITY_BY_ABBREVIATION: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("cet", "cest", "met", "mest", "mez", "mesz"), "Europe/Berlin"),
        **dict.fromkeys(("eet", "eest"), "Europe/Helsinki"),
        **dict.fromkeys(("est", "edt", "et", "est5edt"), "America/New_York"),
        **dict.fromkeys(("cst", "cdt", "ct", "cst6cdt"), "America/Chicago"),
        **dict.fromkeys(("mst", "mdt", "mt", "mst7mdt"), "America/Denver"),
        **dict.fromkeys(("pst", "pdt", "pt", "pst8pdt"), "America/Los_Angeles"),
        **dict.fromkeys(("aest", "aedt"), "Australia/Sydney"),
        **dict.fromkeys(("nzst", "nzdt"), "Pacific/Auckland"),
        "hst": "Pacific/Honolulu",
        "wet": "Europe/Lisbon",
        "brt": "America/Sao_Paulo",
        "bst": "Europe/London",
        "msk": "Europe/Moscow",
        "gst": "Asia/Dubai",
        "pkt": "Asia/Karachi",
        "ist": "Asia/Kolkata",
        "ict": "Asia/Bangkok",
        "sgt": "Asia/Singapore",
        "jst": "Asia/Tokyo",
        "kst": "Asia/Seoul",
    }
)
"""Abbreviations leave the summer open ("EST" in the zone database has none) or mean several places ("CST", "IST"): one likely city each."""

_REGIONS = frozenset({"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"})
_OFFSET = re.compile(r"(?:utc|gmt)?([+-])(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)
_WINTER, _SUMMER = datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)


def zone(name: str) -> ZoneInfo:
    """The zone with this exact IANA name.

    Raises:
        UserMistake: The zone database of this machine has none; it may have been there when the name was stored.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # ValueError: "../x"; OSError: the name of a folder ("Europe")
        raise UserMistake(f"No time zone is called “{name}”.", instead="schedule 09:00 Europe/Berlin") from error


def is_zone(name: str) -> bool:
    """Whether `name` is the exact IANA name of a zone."""
    return name in available()


def find_zone(text: str) -> str:
    """The IANA name a person means: in any case, with blanks, or only the city where one zone ends so.

    An exact name is always understood, "CET" and "EST" too.

    Raises:
        UserMistake: Nothing or several things are called so; other abbreviations and fixed offsets get a city in answer.
    """
    wanted = _folded(text)
    if wanted in {"utc", "gmt", "z", "zulu"}:
        return "UTC"
    if is_zone(text.strip()):
        # As our own exports write it: "CET" in capitals is a zone of the database, "cet" is somebody's guess.
        return text.strip()
    if wanted in _CITY_BY_ABBREVIATION:
        city = _CITY_BY_ABBREVIATION[wanted]
        reason = f"“{text}” leaves open what happens in summer, or which place is meant; name a city."
        raise UserMistake(reason, instead=f"schedule {city}")
    if offset := _OFFSET.fullmatch(wanted):
        reason = f"“{text}” is the same all year, and most clocks are not; name a city."
        raise UserMistake(reason, instead=f"schedule {_city_at(offset)}")
    if found := _names().get(wanted):
        return found
    cities = _cities().get(wanted, ())
    if len(cities) == 1:
        return cities[0]
    if cities:
        raise UserMistake(f"Several time zones end in “{text}”: {', '.join(cities)}.", instead=f"schedule {cities[0]}")
    close = close_zones(text)
    raise UserMistake(f"No time zone is called “{text}”.", instead=f"schedule {close[0] if close else 'Europe/Berlin'}")


def close_zones(text: str) -> Sequence[str]:
    """Zones whose city or whole name is written nearly so, the closest first; at most 3."""
    wanted = _folded(text)
    cities = [name for city in get_close_matches(wanted, _cities(), cutoff=0.75) for name in _cities()[city]]
    names = [_names()[name] for name in get_close_matches(wanted, _names(), cutoff=0.75)]
    return tuple(dict.fromkeys([*cities, *names]))[:3]


def suggest(text: str, *, limit: int = 100) -> Sequence[str]:
    """Zones to offer somebody who has typed so much: what it may stand for, cities that begin so, names that hold it, names nearly so.

    Each kind in a fixed order. With nothing typed, well-known cities from west to east; each name once, and only names that
    `find_zone` understands.
    """
    wanted = _folded(text)
    if not wanted:
        return _well_known()[:limit]
    exact = [text.strip()] if is_zone(text.strip()) and "/" in text else []
    stands_for = [name for short, name in (("utc", "UTC"), ("gmt", "UTC"), *_CITY_BY_ABBREVIATION.items()) if short == wanted]
    begin = [name for name in _offered() if _folded(name.rpartition("/")[2]).startswith(wanted)]
    hold = [name for name in _offered() if wanted in _folded(name)]
    near = [name for name in close_zones(text) if name in _offered()]
    return tuple(dict.fromkeys([*exact, *stands_for, *begin, *hold, *near]))[:limit]


@cache
def available() -> frozenset[str]:
    """All IANA names of this machine's zone database."""
    return frozenset(available_timezones())


# --- the clock on the wall


def placed(day: date, at: time, zone_name: str) -> datetime:
    """The moment when the clocks show `at` on `day`. fold=0 moves what is left out forward, and takes the first of what is repeated."""
    return datetime.combine(day, at, tzinfo=zone(zone_name)).astimezone(UTC)


def start_of_day(day: date, zone_name: str) -> datetime:
    """The moment when `day` begins there, aware UTC; where midnight is left out, as late as the clocks are moved forward."""
    return placed(day, time(), zone_name)


def day_of(moment: datetime, zone_name: str) -> date:
    """The date on the calendar there at an aware moment."""
    return moment.astimezone(zone(zone_name)).date()


# --- tables


def _folded(text: str) -> str:
    return re.sub(r"[\s_]+", "_", text.strip()).casefold()


@cache
def _names() -> dict[str, str]:
    return {_folded(name): name for name in sorted(available())}


@cache
def _offered() -> tuple[str, ...]:
    """The names that people pick from: continents and oceans, shortest first; not the database's links for old programs ("US/Eastern")."""
    names = (name for name in available() if name.partition("/")[0] in _REGIONS and "/" in name)
    return ("UTC", *sorted(names, key=lambda name: (len(name), name)))


@cache
def _well_known() -> tuple[str, ...]:
    def offset(name: str) -> timedelta:
        return _WINTER.astimezone(zone(name)).utcoffset() or timedelta()

    return tuple(sorted({"UTC", *_CITY_BY_ABBREVIATION.values()}, key=lambda name: (offset(name), name != "UTC", name)))


@cache
def _cities() -> dict[str, tuple[str, ...]]:
    """Last part of the name -> names. Old spellings of one and the same zone (America/Louisville) count once, under the shortest."""
    cities: dict[str, list[str]] = {}
    for name in sorted(available(), key=lambda name: (len(name), name)):
        region, _, city = name.rpartition("/")
        if not region or region.startswith(("Etc", "SystemV", "posix", "right")):
            continue
        same = cities.setdefault(_folded(city), [])
        if not any(_behaves_alike(name, other) for other in same):
            same.append(name)
    return {city: tuple(names) for city, names in cities.items()}


def _behaves_alike(one: str, other: str) -> bool:
    return all(moment.astimezone(zone(one)).utcoffset() == moment.astimezone(zone(other)).utcoffset() for moment in (_WINTER, _SUMMER))


def _city_at(offset: re.Match[str]) -> str:
    """A well-known city whose standard time is at this offset."""
    sign, hours, minutes = offset.groups()
    wanted = timedelta(hours=int(hours), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    # Europe first: of the places at an offset the likeliest to be meant by somebody who writes offsets instead of abbreviations.
    for name in dict.fromkeys(["Europe/London", *_CITY_BY_ABBREVIATION.values()]):
        if min(moment.astimezone(zone(name)).utcoffset() or timedelta() for moment in (_WINTER, _SUMMER)) == wanted:
            return name
    return "Europe/Berlin"
