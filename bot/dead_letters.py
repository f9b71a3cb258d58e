"""What an operator reads of the delivery: text for the eye and JSON for programs, made from values.

What platforms and strangers said (reasons, names) is cleaned of all that could steer a terminal, and of secrets, in both.
"""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from bot.cleaning import cleaned
from bot.redaction import redact
from bot.summary import one_line, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.channel import Channel
    from bot.ports import Attempt, DeadLetter
    from bot.standing import Standing

COMMAND = "python -m bot deliveries"
SHORTEST = 8
"""Digits of an id that are shown at least; more where two dead deliveries begin with the same."""
WIDTH = 100
"""Columns that a reason is wrapped at."""
LONGEST_REASON, LONGEST_NAME = 500, 80
"""Characters."""

_LABEL = 10


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead delivery, and what an operator should know besides."""

    dead: DeadLetter
    channel: Channel
    short: str
    """As much of the id as no other dead delivery begins with."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of the wish to bring a dead delivery back."""

    asked: str
    """As it was typed, or as it would be."""
    said: str
    """What happened, or why nothing did and what to type instead; a sentence without full stop."""
    id: str = ""
    """The whole id of what was brought back; "" if nothing was."""


def short_length(ids: Sequence[str]) -> int:
    """How many digits tell each of the ids from all others; SHORTEST at least."""
    length = SHORTEST
    while len({id[:length] for id in ids}) < len(set(ids)):
        length += 1
    return length


# ---------------------------------------------------------------- how it stands


def standing_text(stands: Standing) -> str:
    """A line for each platform and two for all; one sentence if there is nothing to tell."""
    if stands.is_idle:
        return "Nothing waits, no slot is overdue, nothing is dead: what was due is posted.\n"
    lines = [
        (platform, f"{backlog.waiting} waiting, the oldest for {_span(stands.age(backlog.oldest))}" if backlog.waiting else "nothing waits")
        for platform, backlog in stands.backlogs.items()
    ]
    late = f"{_count(stands.overdue.slots, 'slot')} not yet planned, the oldest for {_span(stands.age(stands.overdue.oldest))}"
    lines.append(("overdue", late if stands.overdue.slots else "no slot"))
    lines.append(("dead", f"{stands.dead} in the last 30 days: {COMMAND} --dead" if stands.dead else "none in the last 30 days"))
    return "".join(_labelled(label, said) for label, said in lines)


def standing_json(stands: Standing) -> str:
    """The same, ages in seconds."""
    return _json(
        {
            "at": _iso(stands.at),
            "platforms": {
                platform: {
                    "waiting": backlog.waiting,
                    "oldest": _iso(backlog.oldest),
                    "oldest_seconds": _seconds(stands.age(backlog.oldest)),
                }
                for platform, backlog in stands.backlogs.items()
            },
            "overdue": {
                "slots": stands.overdue.slots,
                "oldest": _iso(stands.overdue.oldest),
                "oldest_seconds": _seconds(stands.age(stands.overdue.oldest)),
            },
            "dead": stands.dead,
        }
    )


# ---------------------------------------------------------------- the dead


def dead_text(letters: Sequence[Letter], total: int, now: datetime, *, limit: int) -> str:
    """A paragraph for each, in the order given.

    Args:
        total: How many there are.
        now: The store's time.
        limit: How many of them were asked for.
    """
    if not total:
        return "No delivery died in the last 30 days: what was due is posted, or on its way.\n"
    said = f"{_count(total, 'dead delivery', 'dead deliveries')} of the last 30 days, newest first.\n"
    said += "".join(f"\n{_paragraph(letter, now)}" for letter in letters)
    if unreadable := min(limit, total) - len(letters):
        said += f"\n{unreadable} of them cannot be read by this version.\n"
    if total > limit:
        said += f"\n{total - limit} more. All of them: {COMMAND} --dead --limit {total}\n"
    return said


def dead_json(letters: Sequence[Letter], total: int, now: datetime) -> str:
    """The same as one document."""
    return _json({"at": _iso(now), "total": total, "shown": len(letters), "dead": [_entry(letter, now) for letter in letters]})


def _paragraph(letter: Letter, now: datetime) -> str:
    dead = letter.dead
    lines = [
        ("where", place(letter.channel)),
        ("slot", _moment(dead.delivery.due)),
        ("part", f"{dead.part + 1} of {len(dead.delivery.parts)}, after {_count(dead.attempt, 'attempt')}"),
        ("reason", _told(dead.reason, LONGEST_REASON) or "none was given"),
        ("posted", "perhaps: a replay looks first, and does not repeat it" if dead.doubtful else _not_posted(dead)),
        ("papers", _papers(dead)),
        ("replay", f"{COMMAND} replay {letter.short}"),
    ]
    if letter.channel.is_paused(now):
        lines.append(("paused", _paused(letter.channel)))
    return f"{letter.short}  died {_moment(dead.died)}, {_span(now - dead.died)} ago\n" + "".join(
        _labelled(label, said, "  ") for label, said in lines
    )


def _not_posted(dead: DeadLetter) -> str:
    return f"no, but {_count(dead.part, 'part')} before it" if dead.part else "no"


def _papers(dead: DeadLetter) -> str:
    number = len(dead.delivery.papers) + len(dead.delivery.remainder)
    if not number:
        return "none: it is no digest"
    if dead.merge:
        return f"{number}; the channel's next digest takes them, and then there is nothing left to replay"
    return f"{number}; in no other digest"


def _paused(channel: Channel) -> str:
    why = _told(channel.trouble, LONGEST_REASON)
    return f"by itself: {why}; a replay tries this delivery all the same, digests wait for `resume` there" if why else _PAUSED_BY_PEOPLE


_PAUSED_BY_PEOPLE = "by its people; a replay posts this delivery all the same"


def _entry(letter: Letter, now: datetime) -> dict[str, object]:
    dead = letter.dead
    return {
        "id": dead.delivery.id,
        "short": letter.short,
        "died": _iso(dead.died),
        "slot": _iso(dead.delivery.due),
        "channel": _told(str(dead.delivery.address), LONGEST_REASON),
        "name": _told(letter.channel.name, LONGEST_NAME),
        "paused": letter.channel.is_paused(now),
        "part": dead.part + 1,
        "parts": len(dead.delivery.parts),
        "attempts": dead.attempt,
        "last_attempt": _iso(dead.last_attempt),
        "reason": _told(dead.reason, LONGEST_REASON),
        "perhaps_posted": dead.doubtful,
        "papers": len(dead.delivery.papers) + len(dead.delivery.remainder),
        "papers_go_on": dead.merge and bool(dead.delivery.papers),
    }


# ---------------------------------------------------------------- brought back


def replayed_text(ended: Sequence[Replayed], *, alone: bool) -> str:
    """A line for each; and when they are tried.

    Args:
        alone: Whether no bot is at work on the store.
    """
    if not ended:
        return "There is nothing to replay: no delivery died in the last 30 days.\n"
    said = "".join(f"{_told(one.asked, LONGEST_NAME)}: {one.said}.\n" for one in ended)
    if any(one.id for one in ended):
        said += (
            "No bot is at work here: the next one takes them up when it starts.\n"
            if alone
            else f"A running worker takes them up within seconds. How it went: {COMMAND} --channel ADDRESS\n"
        )
    return said


def replayed_json(ended: Sequence[Replayed]) -> str:
    """The same as one document."""
    return _json(
        {
            "replayed": [one.id for one in ended if one.id],
            "refused": [{"id": _told(one.asked, LONGEST_NAME), "reason": one.said} for one in ended if not one.id],
        }
    )


# ---------------------------------------------------------------- one channel


def log_text(channel: Channel, attempts: Sequence[Attempt]) -> str:
    """A line for each attempt, in the order given."""
    if not attempts:
        return f"Nothing was tried in {place(channel)} in the last 30 days.\n"
    said = f"The last {_count(len(attempts), 'attempt')} in {place(channel)}, newest first (50 at most, of 30 days).\n"
    for one in attempts:
        line = f"{_moment(one.at, seconds=True)}  {one.outcome:<8}  {one.delivery[:SHORTEST]} part {one.part + 1}"
        said += f"{line}  {_told(one.detail, LONGEST_REASON)}".rstrip() + "\n"
    return said


def log_json(channel: Channel, attempts: Sequence[Attempt]) -> str:
    """The same as one document."""
    return _json(
        {
            "channel": _told(str(channel.address), LONGEST_REASON),
            "name": _told(channel.name, LONGEST_NAME),
            "attempts": [
                {
                    "at": _iso(one.at),
                    "delivery": one.delivery,
                    "part": one.part + 1,
                    "outcome": one.outcome,
                    "detail": _told(one.detail, LONGEST_REASON),
                }
                for one in attempts
            ],
        }
    )


def place(channel: Channel) -> str:
    """A channel as an operator finds it: its name, if there is one, and its address."""
    address, name = _told(str(channel.address), LONGEST_REASON), _told(channel.name, LONGEST_NAME)
    return f"{name} ({address})" if name else address


# ---------------------------------------------------------------- how things are written


def _told(text: str, longest: int) -> str:
    return shorten(one_line(redact(cleaned(text))), longest)


def _labelled(label: str, said: str, before: str = "") -> str:
    start = f"{before}{label:<{_LABEL}}"
    return textwrap.fill(said, WIDTH, initial_indent=start, subsequent_indent=" " * len(start), break_on_hyphens=False) + "\n"


def _count(number: int, singular: str, plural: str = "") -> str:
    return f"{number} {singular if number == 1 else plural or f'{singular}s'}"


def _span(duration: timedelta) -> str:
    """The largest unit of which there are two; seconds for what is shorter."""
    for name, unit in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if duration >= 2 * unit:
            return _count(duration // unit, name)
    return _count(max(duration // timedelta(seconds=1), 0), "second")


def _moment(moment: datetime, *, seconds: bool = False) -> str:
    return f"{moment.astimezone(UTC):{'%Y-%m-%d %H:%M:%S' if seconds else '%Y-%m-%d %H:%M'}} UTC"


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _seconds(age: timedelta) -> float:
    return round(age.total_seconds(), 3)


def _json(document: dict[str, object]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
