"""A channel's rules as a small text file: export and import.

The file is made of commands, so whoever can type can read it, and it moves between platforms as it is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.channel import Address, Channel, QueryText, Subscription
from bot.commands.backtest import backlog
from bot.commands.call import Asker
from bot.commands.changing import change
from bot.commands.permission import must_not_lock_out
from bot.commands.replies import RULE, button, count, empty, place, said, typed
from bot.commands.rules import next_digest, with_rule
from bot.commands.serving import with_schedule, with_settings, written_settings
from bot.errors import BadQuery, UserMistake
from bot.memory import understood
from bot.message import Buttons, File, Hint, Text
from bot.query import parse
from bot.timewords import describe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.commands.call import Answer, Call
    from bot.desk import Desk
    from bot.paper import PaperId

LONGEST_IMPORT = 20_000
"""Characters; 25 rules of the greatest length fit."""


async def export(desk: Desk, call: Call, text: str) -> Answer:  # noqa: ARG001  # every command takes the text after its name
    """The channel's rules, schedule and settings as the very commands that would make them."""
    now = await desk.store.now()
    channel = await desk.store.channels.load(call.address)
    if not channel.subscriptions:
        return empty("Nothing to export", f"There are no rules yet in {place(call)}.", "Begin with: subscribe curriculum")
    content = "\n".join((f"# Paperboy rules, {now:%Y-%m-%d}. Bring them anywhere with /papers import.", *exported(channel), ""))
    return said(
        Text(f"{count(len(channel.subscriptions), 'rule')} of {place(call)}, to review, share, or move:"),
        File("paperboy-rules.txt", content),
        Hint("Elsewhere: import, followed by these lines."),
    )


def exported(channel: Channel) -> tuple[str, ...]:
    """The commands that make such a channel, one a line."""
    schedule = f"schedule {describe(channel.schedule)}"
    settings = " ".join(("settings", *(word for pair in written_settings(channel.settings) for word in pair)))
    return (schedule, settings, *(f"subscribe {one.query}" for one in channel.subscriptions))


async def import_rules(desk: Desk, call: Call, text: str) -> Answer:
    """Apply an export, from here or elsewhere: all of its lines, or none and which one is wrong.

    Rules that are there already stay; schedule and settings are taken over.
    """
    lines = _lines(text)
    now = await desk.caught_up()

    def all_applied(channel: Channel) -> Channel:
        wanted = _all_applied(channel, lines, asker=call.asker, now=now)
        must_not_lock_out(call, channel.settings, wanted.settings)
        return wanted

    channel = await desk.store.channels.load(call.address)
    before, after = await change(desk, call, all_applied, backlog=_backlog(desk, channel, all_applied(channel), now))
    new = [one.query for one in after.subscriptions if not before.subscription(one.query)]
    there = sum(line.split(maxsplit=1)[0].casefold() == "subscribe" for line in lines) - len(new)
    parts = [count(len(new), "rule")] if new or there else []
    parts += ["the schedule"] if after.schedule != before.schedule else []
    parts += ["the settings"] if after.settings != before.settings else []
    undo = f"unsubscribe {typed(new[0])}" if len(new) == 1 else "list"
    known = f" ({there} {'was' if there == 1 else 'were'} there already)" if there else ""
    return said(
        Text(f"{call.asker.name} imported {' and '.join(parts) or 'nothing new'} into {place(call)}{known}."),
        Buttons((button("Undo" if len(new) == 1 else "See the rules", undo),)),
        Hint(next_digest(after, now)),
        public=True,
    )


def check_import(text: str) -> None:
    """Read an import as far as it can be read without the channel that it is for.

    Raises:
        UserMistake: It says which line cannot be taken, and why.
    """
    nowhere = Channel(address=Address("", "", ""))
    _all_applied(nowhere, _lines(text), asker=Asker(id="", name=""), now=datetime.min.replace(tzinfo=UTC))


def _all_applied(channel: Channel, lines: Sequence[str], *, asker: Asker, now: datetime) -> Channel:
    for number, line in enumerate(lines, start=1):
        channel = _applied(channel, line, number=number, asker=asker, now=now)
    return channel


def _backlog(desk: Desk, before: Channel, after: Channel, now: datetime) -> Sequence[PaperId]:
    new = [query for one in after.subscriptions if not before.subscription(one.query) and (query := understood(one.query))]
    return tuple(dict.fromkeys(id for query in new for id in backlog(desk, before, query, now)))


def _lines(text: str) -> list[str]:
    """The commands of an export: lines, or parts between semicolons where a platform takes one line only; comments left out.

    Raises:
        UserMistake: There are none, or it is longer than any export.
    """
    if len(text) > LONGEST_IMPORT:
        raise UserMistake(f"That is more than {LONGEST_IMPORT} characters; no export is so long.")
    parts = (part.strip() for line in text.splitlines() if not line.lstrip().startswith("#") for part in _between_semicolons(line))
    if not (lines := [part.removeprefix("/papers ") for part in parts if part]):
        raise UserMistake("Nothing to import. Paste the lines of an export after the word.", instead="import subscribe curriculum")
    return lines


def _between_semicolons(line: str) -> list[str]:
    # A semicolon inside quotes belongs to the query.
    parts, quoted = [""], False
    for character in line:
        quoted ^= character == '"'
        if character == ";" and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _applied(channel: Channel, line: str, *, number: int, asker: Asker, now: datetime) -> Channel:
    name, rest = (*line.split(maxsplit=1), "")[:2]
    try:
        match name.casefold():
            case "subscribe":
                query = QueryText(str(parse(rest.removeprefix(RULE))))
                return with_rule(channel, Subscription(query, asker.name, now, maker=asker.id))
            case "schedule":
                return with_schedule(channel, rest, zone=asker.zone)
            case "settings":
                return with_settings(channel, rest)
            case _:
                raise UserMistake(f"`{name}` is not part of an export; subscribe, schedule and settings are.")
    except UserMistake as exc:
        remedy = f"subscribe {exc.instead}" if isinstance(exc, BadQuery) and exc.instead else exc.instead
        raise UserMistake(f"Line {number}, `{line}`: {exc.reason} Nothing was imported.", instead=remedy) from exc
