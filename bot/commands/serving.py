"""How the channel is served: schedule, settings, pause, resume."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from bot.channel import FOREVER, MOST_PAPERS_IN_A_DIGEST, Format, Managers
from bot.commands.changing import change
from bot.commands.permission import must_not_lock_out
from bot.commands.replies import button, place, said, whole
from bot.errors import UserMistake
from bot.message import Buttons, Heading, Hint, Item, Text
from bot.timetable import next_slots
from bot.timewords import describe, describe_moment, parse_pause, parse_schedule

if TYPE_CHECKING:
    from datetime import datetime

    from bot.channel import Channel, Schedule, Settings
    from bot.commands.call import Answer, Call
    from bot.desk import Desk
    from bot.message import Block

TIMES_TOLD = 3


async def schedule(desk: Desk, call: Call, text: str) -> Answer:
    """Say when digests come, or change it; either way with the next three times."""
    now = await desk.store.now()
    if not text:
        channel = await desk.store.channels.load(call.address)
        return said(
            Text(f"Digests of {place(call)}: {describe(channel.schedule)}."),
            Hint(_next_times(channel, now)),
            Buttons(
                (
                    button("Daily", "schedule daily"),
                    button("Weekdays", "schedule weekdays"),
                    button("Weekly", "schedule weekly"),
                    button("Off", "schedule off"),
                )
            ),
            Hint("Or write it: schedule mon,thu 8:30 Europe/Berlin"),
        )
    before, after = await change(desk, call, lambda channel: with_schedule(channel, text, zone=call.asker.zone))
    if after.schedule == before.schedule:
        return said(Text(f"Digests of {place(call)} stay as they were: {describe(after.schedule)}."), Hint(_next_times(after, now)))
    return said(
        Text(f"{call.asker.name} set the digests of {place(call)}: {describe(after.schedule)}."),
        Hint(_next_times(after, now)),
        *zone_not_told(call, after.schedule, text),
        public=True,
    )


def with_schedule(channel: Channel, text: str, *, zone: str) -> Channel:
    """The channel with the schedule that the text describes; what the text leaves out stays as it was.

    Args:
        zone: The asker's own, for a channel that never had a schedule; "" when unknown.

    Raises:
        UserMistake: The text is no schedule.
    """
    default = zone if zone and not channel.version else channel.schedule.zone
    return dataclasses.replace(channel, schedule=parse_schedule(text, default_zone=default, current=channel.schedule))


def zone_not_told(call: Call, schedule: Schedule, text: str = "") -> tuple[Block, ...]:
    """A word of advice where a schedule goes by UTC only because the platform does not tell anybody's zone; nothing elsewhere.

    Args:
        text: What was asked for; somebody who wrote UTC means it.
    """
    if schedule.zone != "UTC" or call.asker.zone or not call.asker.untold or re.search(r"\b(?:utc|gmt|z|zulu)\b", text, re.IGNORECASE):
        return ()
    return (Hint(f"{call.asker.untold} So the time is UTC until you name your zone: schedule 09:00 Europe/Berlin"),)


def _next_times(channel: Channel, now: datetime) -> str:
    start = max(now, channel.paused_until or now)
    if start >= FOREVER:
        return "The channel is paused. Begin again with: resume"
    times = next_slots(channel.schedule, start, TIMES_TOLD)
    if not times:
        return "No digest comes by itself; `digest` posts one at any time."
    return f"The next three: {', '.join(describe_moment(one, channel.schedule.zone, now) for one in times)}."


async def settings(desk: Desk, call: Call, text: str) -> Answer:
    """Say how digests look and who may change them, or change that."""
    if not text:
        channel = await desk.store.channels.load(call.address)
        return said(Heading(f"Settings of {place(call)}"), *_rows(channel.settings, call.managers), Hint("Change one: settings limit 8"))

    def changed(channel: Channel) -> Channel:
        wanted = with_settings(channel, text)
        must_not_lock_out(call, channel.settings, wanted.settings)
        return wanted

    before, after = await change(desk, call, changed)
    written, was = (written_settings(one.settings, call.managers) for one in (after, before))
    summary = ", ".join(f"{name} {value}" for name, value in written)
    if written == was:
        return said(Text(f"Settings of {place(call)} stay as they were: {summary}."))
    return said(Text(f"{call.asker.name} set {place(call)}: {summary}."), public=True)


def written_settings(settings: Settings, managers: Managers | None = None) -> tuple[tuple[str, str], ...]:
    """Every setting as it is typed, in the order people are shown them: ("limit", "5"), ("thread", "off").

    Args:
        managers: Who may change a channel that never chose; None leaves that setting out where it was never chosen.
    """
    managers = settings.managers or managers
    return (
        ("limit", str(settings.limit)),
        ("format", settings.format.value),
        ("thread", _switch(settings.thread)),
        ("links", _switch(settings.links)),
        *((("manage", managers.value),) if managers else ()),
    )


def _switch(on: bool) -> str:  # noqa: FBT001  # the one thing it is about
    return "on" if on else "off"


def _rows(settings: Settings, unless_chosen: Managers) -> tuple[Block, ...]:
    formats = tuple(button(one, f"settings format {one}") for one in Format if one is not settings.format)
    managers = settings.managed_by(unless_chosen)
    others = Managers.ADMINS if managers is Managers.ANYONE else Managers.ANYONE
    return (
        Item(f"limit {settings.limit}", "papers in one digest"),
        Item(f"format {settings.format}", "how much of each paper is shown", buttons=formats),
        _row("thread", "a thread for each paper", on=settings.thread),
        _row("links", "a card where somebody pastes the address of a paper, on platforms that tell of it", on=settings.links),
        Item(
            f"manage {managers}",
            "who may change rules and settings",
            buttons=(button(f"Manage {others}", f"settings manage {others}"),),
        ),
    )


def _row(name: str, note: str, *, on: bool) -> Item:
    other = f"{name} {_switch(not on)}"
    return Item(f"{name} {_switch(on)}", note, buttons=(button(other.capitalize(), f"settings {other}"),))


def with_settings(channel: Channel, text: str) -> Channel:
    """The channel with settings changed as written: pairs such as "limit 5 format full".

    Raises:
        UserMistake: A name or value is not known.
    """
    words = text.casefold().replace("=", " ").split()
    if len(words) % 2:
        raise UserMistake("Settings come in pairs of a name and a value.", instead=f"settings {_EXAMPLES.get(words[-1], 'limit 5')}")
    changed = channel.settings
    for name, value in zip(words[::2], words[1::2], strict=True):
        changed = _with_setting(changed, name, value)
    return dataclasses.replace(channel, settings=changed)


_EXAMPLES = {"limit": "limit 5", "format": "format full", "thread": "thread on", "links": "links off", "manage": "manage admins"}


def _with_setting(settings: Settings, name: str, value: str) -> Settings:
    match name, value:
        case "limit", _:
            if limit := whole(value, most=MOST_PAPERS_IN_A_DIGEST):
                return dataclasses.replace(settings, limit=limit)
            raise UserMistake(f"A digest holds 1 to {MOST_PAPERS_IN_A_DIGEST} papers, not {value!r}.", instead="settings limit 5")
        case "format", ("compact" | "normal" | "full"):
            return dataclasses.replace(settings, format=Format(value))
        case "format", _:
            raise UserMistake(
                f"There is no format {value!r}: compact (titles), normal, full (with abstracts).", instead="settings format compact"
            )
        case "thread", _:
            return dataclasses.replace(settings, thread=_is_on(name, value))
        case "links", _:
            return dataclasses.replace(settings, links=_is_on(name, value))
        case "manage", ("anyone" | "admins"):
            return dataclasses.replace(settings, managers=Managers(value))
        case "manage", _:
            raise UserMistake(f"`anyone` or `admins` may manage, not {value!r}.", instead="settings manage anyone")
        case _:
            raise UserMistake(f"There is no setting {name!r}: limit, format, thread, links and manage are.", instead="settings limit 5")


def _is_on(name: str, value: str) -> bool:
    if value not in {"on", "off"}:
        raise UserMistake(f"`{name}` is `on` or `off`, not {value!r}.", instead=f"settings {_EXAMPLES[name]}")
    return value == "on"


async def pause(desk: Desk, call: Call, text: str) -> Answer:
    """Stop the digests for a while, or until somebody resumes; the rules stay and go on collecting."""
    now = await desk.store.now()

    def paused(channel: Channel) -> Channel:
        until = parse_pause(text, now, channel.schedule.zone) if text else FOREVER
        return dataclasses.replace(channel, paused_until=until, trouble="")

    _, after = await change(desk, call, paused)
    # A digest that is still being tried must not come in the middle of the pause; its papers wait for the next one.
    await desk.store.deliveries.recall(call.address)
    until = after.paused_until
    when = "until somebody resumes" if until is None or until >= FOREVER else f"until {describe_moment(until, after.schedule.zone, now)}"
    return said(
        Text(f"{call.asker.name} paused {place(call)} {when}."),
        Buttons((button("Resume", "resume"),)),
        Hint("The rules are kept. Afterwards one digest brings the best of the meantime."),
        public=True,
    )


async def resume(desk: Desk, call: Call, text: str) -> Answer:
    """Let the digests come again."""
    if text:
        raise UserMistake("`resume` takes no words.", instead="resume")
    now = await desk.store.now()
    before, after = await change(desk, call, lambda channel: dataclasses.replace(channel, paused_until=None, trouble=""))
    if not before.is_paused(now):
        return said(Text(f"Delivery to {place(call)} was not paused."), Hint(_next_times(after, now)))
    return said(Text(f"{call.asker.name} resumed {place(call)}."), Hint(_next_times(after, now)), public=True)
