"""About the bot itself: status, forget, help."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.commands.attempts import outcome
from bot.commands.replies import button, count, place, said
from bot.commands.rules import nearest, next_digest
from bot.errors import UserMistake
from bot.message import Button, Buttons, Heading, Hint, Item, Text
from bot.timewords import describe_moment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.commands.call import Answer, Call
    from bot.commands.command import Command
    from bot.desk import Desk
    from bot.message import Block
    from bot.ports import Health

LOG_SHOWN = 3
LAG_TOLD = timedelta(days=1)
"""A source without a new paper for so long is worth a word."""


async def status(desk: Desk, call: Call, text: str) -> Answer:  # noqa: ARG001  # every command is called alike
    """How each source is doing, when the next digest comes, and what became of the last ones."""
    now = await desk.caught_up()
    channel = await desk.store.channels.load(call.address)
    zone = channel.schedule.zone
    rows = [Item(name, note) for name, note in await source_notes(desk, zone, now)] or [Item("No source is configured.")]
    blocks: list[Block] = [Heading("Status"), *rows, Text(f"{count(len(desk.memory.archive), 'paper')} in the archive.")]
    if channel.trouble:
        blocks.append(Text(f"Delivery to {place(call)} was paused: {channel.trouble}. When it is mended: resume"))
    none = f"There are no rules yet in {place(call)}. Begin with: subscribe curriculum"
    blocks.append(Hint(next_digest(channel, now) if channel.subscriptions else none))
    blocks += [
        Item(f"{describe_moment(one.at, zone, now)}: {outcome(one)}", "" if one.outcome == "sent" else one.detail)
        for one in list(await desk.store.deliveries.log(call.address))[:LOG_SHOWN]
    ]
    return said(*blocks)


async def source_notes(desk: Desk, zone: str, now: datetime) -> Sequence[tuple[str, str]]:
    """Each source with how it is doing, in the order of the desk; times by the clocks of `zone`."""
    known = await desk.store.fetches.health([source.name for source in desk.sources])
    return [(source.name, _source_note(known.get(source.name), zone, now)) for source in desk.sources]


def _source_note(book: tuple[Health, datetime | None] | None, zone: str, now: datetime) -> str:
    if book is None:
        return "not read yet"
    health, again = book
    parts = (
        [f"read {describe_moment(health.last_good, zone, now)}: {count(health.seen, 'paper')}, {health.new} new"]
        if health.last_good
        else []
    )
    if health.trouble:
        since = f" since {describe_moment(health.failing_since, zone, now)}" if health.failing_since else ""
        parts.append(f"trouble{since}: {health.trouble}")
    if health.note:
        parts.append(health.note)
    if health.last_new and now - health.last_new >= LAG_TOLD:
        parts.append(f"last new paper {describe_moment(health.last_new, zone, now)}")
    if again:
        parts.append(f"next {describe_moment(again, zone, now)}" if again > now else "being read now")
    return "; ".join(parts) or "not read yet"


async def forget(desk: Desk, call: Call, text: str) -> Answer:
    """Erase all that is kept about the channel, once that is confirmed."""
    if text.casefold() != "everything":
        return said(
            Text(f"This erases the rules, settings, reading list and history of {place(call)}, for good."),
            Buttons((Button("Erase everything", "forget everything"), Button("Export first", "export"))),
        )
    await desk.store.channels.forget(call.address)
    return said(Text(f"{call.asker.name} erased all that was kept about {place(call)}."), public=True)


def help_about(table: tuple[Command, ...], text: str) -> Answer:
    """The commands in one list, or one of them with examples.

    Raises:
        UserMistake: There is no such command.
    """
    shown = [command for command in table if not command.hidden]
    name = text.casefold().removeprefix("/papers").strip()
    if not name:
        rows = [Item(f"{command.name} {command.usage}".rstrip(), command.help) for command in shown]
        return said(
            Heading("What you can ask"),
            *rows,
            Hint('Queries know words, "phrases", OR, -not, prefix*, title:, author:, cat:cs.CL, upvotes>=10. More: help subscribe'),
            Hint("Put `here` behind a command to let everybody read its answer."),
        )
    for command in shown:
        if command.name == name:
            examples = tuple(Item(example, buttons=(button("Try", example),)) for example in command.examples)
            more = (Hint(command.more),) if command.more else ()
            return said(Heading(f"{command.name} {command.usage}".rstrip()), Text(command.help), *examples, *more)
    near = nearest(name, [command.name for command in shown])
    raise UserMistake(f"There is no command {name!r}.", instead=f"help {near[0]}" if near else "help")
