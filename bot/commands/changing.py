"""How a command changes a channel: read it, compute the new value, write it if nobody was faster."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from bot.jobs import due_of
from bot.ports import Due, Saved

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bot.channel import Channel, Schedule
    from bot.commands.call import Call
    from bot.desk import Desk
    from bot.paper import PaperId


async def change(desk: Desk, call: Call, how: Callable[[Channel], Channel], *, backlog: Sequence[PaperId] = ()) -> tuple[Channel, Channel]:
    """Apply `how` to the channel as it is now and save the result; on a conflict read again and repeat.

    Args:
        how: The new value from the present one. Called once or more; it may raise `UserMistake`, and then nothing is written.
        backlog: Papers to file into the inbox with the change.

    Returns:
        The channel before and after. When `how` changes nothing, nothing is written.
    """
    while True:
        now = await desk.store.now()
        before = await desk.store.channels.load(call.address)
        after = how(dataclasses.replace(before, name=call.channel_name or before.name, schedule=_opening(before, call)))
        if dataclasses.replace(after, name=before.name) == before:
            return before, before
        if await desk.store.channels.save(after, due=_due(before, after, now), backlog=backlog) is Saved.SAVED:
            return before, after


def _opening(channel: Channel, call: Call) -> Schedule:
    """A channel's first schedule goes by the clock of the person who opens it, where the platform tells their zone."""
    if channel.version or not call.asker.zone:
        return channel.schedule
    return dataclasses.replace(channel.schedule, zone=call.asker.zone)


def _due(before: Channel, after: Channel, now: datetime) -> datetime | Due | None:
    """Leave a running agenda alone unless the change is about time: a slot that is due this minute must not be skipped."""
    timing = [(one.schedule, one.paused_until, bool(one.subscriptions)) for one in (before, after)]
    return Due.KEEP if timing[0] == timing[1] else due_of(after, now)
