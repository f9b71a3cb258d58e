"""How the channel is served: schedule, settings, pause, resume."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from bot.channel import FOREVER, MOST_PAPERS_IN_A_DIGEST, Format, Managers
from bot.commands.changing import change
from bot.commands.replies import button, place, said, whole
from bot.errors import UserMistake
from bot.message import Buttons, Heading, Hint, Item, Text
from bot.timetable import next_slots
from bot.timewords import describe, describe_moment, parse_pause, parse_schedule

if TYPE_CHECKING:
    from datetime import datetime

    from bot.channel import Channel, Settings
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
    _, after = await change(desk, call, lambda channel: with_schedule(channel, text, zone=call.asker.zone))
    return said(
        Text(f"{call.asker.name} set the digests of {place(call)}: {describe(after.schedule)}."), Hint(_next_times(after, now)), public=True
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
        return said(Heading(f"Settings of {place(call)}"), *_rows(channel.settings), Hint("Change one: settings limit 8"))
    _, after = await change(desk, call, lambda channel: with_settings(channel, text))
    wanted = after.settings
    summary = f"limit {wanted.limit}, format {wanted.format}, thread {'on' if wanted.thread else 'off'}, manage {wanted.managers}"
    return said(Text(f"{call.asker.name} set {place(call)}: {summary}."), public=True)


def _rows(settings: Settings) -> tuple[Block, ...]:
    formats = tuple(button(one, f"settings format {one}") for one in Format if one is not settings.format)
    thread = "off" if settings.thread else "on"
    managers = Managers.ADMINS if settings.managers is Managers.ANYONE else Managers.ANYONE
    return (
        Item(f"limit {settings.limit}", "papers in one digest"),
        Item(f"format {settings.format}", "how much of each paper is shown", buttons=formats),
        Item(
            f"thread {'on' if settings.thread else 'off'}",
            "a thread for each paper",
            buttons=(button(f"Thread {thread}", f"settings thread {thread}"),),
        ),
        Item(
            f"manage {settings.managers}",
            "who may change rules and settings",
            buttons=(button(f"Manage {managers}", f"settings manage {managers}"),),
        ),
    )


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


_EXAMPLES = {"limit": "limit 5", "format": "format full", "thread": "thread on", "manage": "manage admins"}


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
        case "thread", ("on" | "off"):
            return dataclasses.replace(settings, thread=value == "on")
        case "thread", _:
            raise UserMistake(f"Threads are `on` or `off`, not {value!r}.", instead="settings thread on")
        case "manage", ("anyone" | "admins"):
            return dataclasses.replace(settings, managers=Managers(value))
        case "manage", _:
            raise UserMistake(f"`anyone` or `admins` may manage, not {value!r}.", instead="settings manage anyone")
        case _:
            raise UserMistake(f"There is no setting {name!r}: limit, format, thread and manage are.", instead="settings limit 5")


async def pause(desk: Desk, call: Call, text: str) -> Answer:
    """Stop the digests for a while, or until somebody resumes; the rules stay and go on collecting."""
    now = await desk.store.now()

    def paused(channel: Channel) -> Channel:
        until = parse_pause(text, now, channel.schedule.zone) if text else FOREVER
        return dataclasses.replace(channel, paused_until=until)

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
        return said(Text(f"{place(call)} was not paused."), Hint(_next_times(after, now)))
    return said(Text(f"{call.asker.name} resumed {place(call)}."), Hint(_next_times(after, now)), public=True)
