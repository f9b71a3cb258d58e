"""How a query, a schedule, a pause or settings could go on from what is typed so far. Pure; any text has an answer."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING

from bot.commands.replies import count, typed
from bot.errors import UserMistake
from bot.form import Choice
from bot.query import Query, parse
from bot.summary import one_line, shorten
from bot.timewords import FULL_WEEKDAYS, describe, describe_moment, parse_pause, parse_schedule
from bot.zones import is_zone, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from bot.archive import Archive
    from bot.channel import Channel, Schedule

LONGEST = 100
"""Characters of an offer's value and of its label: what Discord takes."""
_WORD = re.compile(r"[^\W\d_]+\Z")
_CATEGORY = re.compile(r"cat(?:egory)?:([\w.\-]*)\Z", re.IGNORECASE)
_FACTS = ("has:code", "has:model", "is:new", "is:update", "upvotes>=10", "stars>100")

# ---------------------------------------------------------------- queries


def queries(archive: Archive, text: str, now: datetime, *, known: Sequence[str], limit: int) -> Sequence[Choice]:
    """Whole queries that begin with the text, each with what it would have brought in 7 days.

    Nothing typed: what is talked about, newest and most by turns. Else the text itself if it is a query, then with its last word
    completed, then with what would part its papers.

    Args:
        known: The channel's rules, which are not offered again.
    """
    text, chosen = text.lstrip(), dict[Query, str]()
    told = {query for rule in known if (query := _query(rule)) is not None}
    for value in _queries(archive, text, limit=limit):
        query = _query(value)
        if query is not None and query not in told and len(value) <= LONGEST and typed(value) == value:
            chosen.setdefault(query, value)
        if len(chosen) == limit:
            break
    return [_with_papers(archive, query, value, now) for query, value in chosen.items()]


def _queries(archive: Archive, text: str, *, limit: int) -> Iterator[str]:
    if not text:
        newest, most = archive.recent(limit), archive.popular(2 * limit)
        yield from (word for pair in zip(newest, most, strict=False) for word in pair)
        yield from (*newest, *most)
        return
    yield text.rstrip()
    # An open quote is closed behind the word.
    quote = '"' if text.count('"') % 2 else ""
    if found := _CATEGORY.search(text):
        begun = found[1].casefold()
        categories = (one for one in archive.categories(_CATEGORIES) if one.casefold().startswith(begun))
        yield from (f"{text[: found.start(1)]}{one}" for one in categories)
        # What parts a whole category takes long to find.
        return
    if last := _WORD.search(text):
        head = text[: last.start()]
        yield from (f"{head}{fact}" for fact in _FACTS if fact.startswith(last[0].casefold()))
        yield from (f"{head}{word}{quote}" for word in archive.beginning(last[0], limit))
    query = _query(text)
    if query is not None:
        yield from (str(suggestion.query) for suggestion in archive.narrower(query, _NARROWER))


_CATEGORIES = 200
_NARROWER = 6


def _query(text: str) -> Query | None:
    try:
        return parse(text)
    except UserMistake:
        return None


def _with_papers(archive: Archive, query: Query, value: str, now: datetime) -> Choice:
    # By the hour, for the archive remembers which papers have come since the last moment that was asked for.
    hour = now.replace(minute=0, second=0, microsecond=0)
    label = f"{value} · {count(sum(archive.days(query, hour)), 'paper')} in 7 days"
    return Choice(value, label if len(label) <= LONGEST else value)


# ---------------------------------------------------------------- schedules

_USUAL = ("weekdays 09:00", "daily 09:00", "weekly mon 09:00", "weekdays 08:00", "mon,thu 09:00")
_DAYS = ("daily", "weekdays", "weekends", "weekly", *FULL_WEEKDAYS, "off")
_WORDS_OF_A_CITY = 3
"""Los Angeles, New York, Port of Spain."""


def schedules(text: str, *, current: Schedule, zone: str, limit: int) -> Sequence[Choice]:
    """Whole schedules that begin with the text, each in words; nothing typed: the usual ones, then those of well-known cities.

    Args:
        current: What the channel has: it fills in what is not said.
        zone: The asker's own; "" when unknown.
    """
    chosen: dict[Schedule, str] = {}
    for value in _schedules(text.strip(), zone if is_zone(zone) else current.zone):
        try:
            schedule = parse_schedule(value, zone, current)
        except UserMistake:
            continue
        if len(value) <= LONGEST:
            chosen.setdefault(schedule, value)
        if len(chosen) == limit:
            break
    return [Choice(value, label(describe(schedule))) for schedule, value in chosen.items()]


def _schedules(text: str, zone: str) -> Iterator[str]:
    if not text:
        yield from (f"{usual} {zone}" for usual in _USUAL)
        yield "off"
        yield from (f"weekdays 09:00 {one}" for one in suggest(""))
        return
    yield text
    words = text.split()
    head = " ".join(words[:-1])
    for day in _DAYS:
        if day.startswith(words[-1].casefold()):
            yield f"{head} {day}".strip()
    for taken in range(1, _WORDS_OF_A_CITY + 1):
        head, begun = " ".join(words[:-taken]), " ".join(words[-taken:])
        if len(words) >= taken:
            yield from (f"{head} {one}".strip() for one in suggest(begun))
    yield from (f"{text} {one}" for one in (zone, *suggest("")))


# ---------------------------------------------------------------- pauses

_PAUSES = ("1d", "3d", "1w", "2w", "1 month", "tomorrow", "monday", "next week")


def pauses(text: str, channel: Channel, now: datetime) -> Sequence[Choice]:
    """How long the channel may be silent: what is typed if it is understood, then the usual lengths that begin so."""
    offered: list[Choice] = []
    for value in dict.fromkeys((text.strip(), *(one for one in _PAUSES if one.startswith(text.strip().casefold())))):
        try:
            until = parse_pause(value, now, channel.schedule.zone) if value else None
        except UserMistake:
            continue
        if until is not None and len(value) <= LONGEST and until.year < _ENDLESS:
            offered.append(Choice(value, label(f"{value}: until {describe_moment(until, channel.schedule.zone, now)}")))
    return offered


_ENDLESS = 9999

# ---------------------------------------------------------------- one of several


def among(choices: Iterable[Choice], text: str) -> Sequence[Choice]:
    """Those of the choices that begin with the text, then those that hold it; all of them if none does."""
    wanted, every = text.strip().casefold(), list(choices)
    holding = [one for one in every if wanted in one.value.casefold() or wanted in one.label.casefold()]
    return sorted(holding, key=lambda one: not one.value.casefold().startswith(wanted)) or every


def pairs(names: Iterable[tuple[str, Sequence[Choice]]], text: str) -> Sequence[Choice]:
    """Pairs of a name and one of its values behind the whole pairs that are typed already, each name's first value before any second.

    Args:
        names: Every name with its values; one that is typed already is not offered again.
    """
    words = text.split()
    whole, rest = words[: len(words) // 2 * 2], words[len(words) // 2 * 2 :]
    if words and not rest and not text.endswith(" "):
        whole, rest = words[:-2], words[-2:]
    head, begun = " ".join(whole), " ".join(rest)
    told = set(head.casefold().split()[::2])
    each = [
        [Choice(f"{head} {name} {one.value}".strip(), label(f"{name}: {one.label}")) for one in values]
        for name, values in names
        if name not in told
    ]
    every = [one for turn in zip_longest(*each) for one in turn if one is not None]
    fitting = [one for one in every if one.value.casefold().startswith(f"{head} {begun}".strip().casefold())]
    return [one for one in fitting or every if len(one.value) <= LONGEST]


def label(text: str) -> str:
    """The text on one line, cut where it is too long for a label."""
    return shorten(one_line(text), LONGEST)
