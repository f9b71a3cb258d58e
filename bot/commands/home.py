"""The home page of a person: their channels' rules, what comes next, what was saved; and how to begin where there is nothing yet."""

from __future__ import annotations

import asyncio
import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards import card
from bot.channel import Format, Managers
from bot.commands.house import source_notes
from bot.commands.permission import may_change
from bot.commands.replies import button, count, hint, row
from bot.commands.rules import next_digest, rule_buttons, rule_note
from bot.errors import CorruptRecord, UserMistake
from bot.message import Buttons, Heading, Hint, Item, Text
from bot.paging import page as page_of
from bot.timewords import describe_day
from bot.zones import day_of, is_zone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.channel import Address, Channel, Subscription
    from bot.commands.call import Asker
    from bot.desk import Desk
    from bot.message import Block, Button
    from bot.paper import Paper

CHANNELS_A_PAGE = 5
RULES_A_PAGE = 24
"""Rules shown on one page, all of its channels together; so that a page stays below 90 blocks of a platform, each row taken for two."""
SAVED_SHOWN = 3
SOURCES_SHOWN = 12
CHANNELS_READ = 50
"""Channels whose reading lists are looked into for the newest."""

_EXAMPLES = (
    ("curriculum learning", "both words, anywhere in title or abstract"),
    ('"reinforcement learning" -robot', "the exact phrase, and not this word"),
    ("cat:cs.CL upvotes>=10", "language papers that the community likes"),
)


@dataclass(frozen=True, slots=True)
class Section:
    """Some blocks of the page, whose buttons all type into one channel."""

    address: Address | None
    """The channel; None for the viewer's own direct messages with the bot."""
    blocks: tuple[Block, ...]


async def home(
    desk: Desk, asker: Asker, channels: Sequence[Address], *, page: int = 1, missing: str = "", managers: Managers = Managers.ANYONE
) -> tuple[Section, ...]:
    """The page as it is now; reading it changes nothing.

    Args:
        channels: Those the asker may look into, in the order they are to be shown. Five stand on a page.
        page: From 1; one that there is not is taken for the nearest that there is. Its buttons type "home page:2" in no channel.
        missing: What cannot be shown here and what would change that, a sentence for people; "" if nothing is missing.
        managers: Who may change a channel here that never chose who.

    Raises:
        StoreTrouble: Nothing can be shown.
    """
    now = await desk.caught_up()
    shown = page_of(channels, page, CHANNELS_A_PAGE)
    records = await asyncio.gather(*(_read(desk, address) for address in shown.items))
    rooms = _shares([len(one.subscriptions) if one else 0 for one in records], RULES_A_PAGE)
    top = _overview(len(channels), missing) if channels else _first_visit(asker, missing)
    sections = [Section(None, top)]
    for address, channel, room in zip(shown.items, records, rooms, strict=True):
        sections.append(Section(address, _channel(desk, asker, channel, now, room=room, managers=managers) if channel else _unreadable()))
    if turns := row(shown.turns(lambda to: f"home page:{to}")):
        sections.append(Section(None, turns))
    zone = asker.zone if is_zone(asker.zone) else "UTC"
    return (*sections, *await _saved(desk, channels[:CHANNELS_READ], zone, now), Section(None, await _sources(desk, zone, now)))


async def _read(desk: Desk, address: Address) -> Channel | None:
    """The channel; None if its record cannot be read: the others must not suffer for it."""
    try:
        return await desk.store.channels.load(address)
    except CorruptRecord:
        return None


def _shares(wanted: Sequence[int], room: int) -> Sequence[int]:
    """How much each gets of the room: what it wants, or as much as any other that does not get that either."""
    shares = [0] * len(wanted)
    for done, place in enumerate(sorted(range(len(wanted)), key=wanted.__getitem__)):
        shares[place] = min(wanted[place], room // (len(wanted) - done))
        room -= shares[place]
    return shares


# ---------------------------------------------------------------- the top


def _overview(channels: int, missing: str) -> tuple[Block, ...]:
    return (
        Heading("Paperboy"),
        Text(f"New papers for {count(channels, 'channel')}, by the rules below."),
        Buttons((button("Subscribe for myself", "subscribe"), *_LOOKING)),
        *hint(missing),
    )


def _first_visit(asker: Asker, missing: str) -> tuple[Block, ...]:
    return (
        Heading("Papers you asked for, every working morning"),
        Text(
            "Tell me what you care about, and each working morning the new research papers that meet it come as one short digest, the best "
            "first. In a channel: invite me there, then type /papers subscribe and what the channel is about."
        ),
        *(() if asker.is_guest else _examples()),
        Buttons(_LOOKING if asker.is_guest else (button("Something else", "subscribe"), *_LOOKING)),
        Hint("Rules of a channel are shown here, to be changed with one press, as soon as it has some."),
        *hint(missing),
    )


def _examples() -> tuple[Block, ...]:
    rows = (Item(query, f"{note}: subscribe {query}", buttons=(button("Subscribe", f"subscribe {query}"),)) for query, note in _EXAMPLES)
    return (Text("Or begin with a digest of your own, here in our direct messages:"), *rows)


_LOOKING: tuple[Button, ...] = (button("Papers of today", "today"), button("Trending", "trending week"), button("Help", "help"))


# ---------------------------------------------------------------- a channel


def _channel(desk: Desk, asker: Asker, channel: Channel, now: datetime, *, room: int, managers: Managers) -> tuple[Block, ...]:
    """What one channel keeps; with buttons to change it for those who may.

    Args:
        room: How many of its rules may be shown.
        managers: Who may change it if it never chose.
    """
    changeable = may_change(asker, channel.settings.managed_by(managers))
    rules = [
        Item(rule.query, _note(desk, rule, channel, now), number=number, buttons=rule_buttons(rule) if changeable else ())
        for number, rule in enumerate(channel.subscriptions[:room], start=1)
    ]
    rest = len(channel.subscriptions) - len(rules)
    who = "Members" if asker.is_guest else "Those who run this channel"
    return (
        Heading(channel.name or "A channel without a name"),
        *rules,
        *hint(f"And {count(rest, 'more rule')}: list" if rest else ""),
        Hint(_state(channel, now)),
        *hint("" if changeable else f"{who} may change it."),
        Buttons(_channel_buttons(channel, now, changeable=changeable)),
    )


def _note(desk: Desk, rule: Subscription, channel: Channel, now: datetime) -> str:
    try:
        return rule_note(desk, rule, channel, now)
    except UserMistake as mistake:
        # The zone was known when it was set; what cannot be told of one channel must not hide the others.
        return mistake.reason


def _state(channel: Channel, now: datetime) -> str:
    if not channel.subscriptions:
        return "No rules yet."
    if channel.trouble:
        return f"Delivery was paused: {channel.trouble}. When it is mended: resume"
    try:
        return next_digest(channel, now)
    except UserMistake as mistake:
        return mistake.reason


def _channel_buttons(channel: Channel, now: datetime, *, changeable: bool) -> tuple[Button, ...]:
    if not changeable:
        return (button("All rules", "list"), button("Reading list", "saved"))
    pause = button("Resume", "resume") if channel.is_paused(now) else button("Pause", "pause")
    return (
        button("Add a rule", "subscribe"),
        button("Schedule", "schedule"),
        button("Settings", "settings"),
        pause,
        button("All rules", "list"),
        button("Reading list", "saved"),
    )


def _unreadable() -> tuple[Block, ...]:
    return (Text("What is kept about one more channel cannot be read. Whoever runs me can see in the log which one it is."),)


# ---------------------------------------------------------------- what was saved, and where it comes from


async def _saved(desk: Desk, channels: Sequence[Address], zone: str, now: datetime) -> tuple[Section, ...]:
    """The papers that were saved last in any of the channels, each in the name of its channel."""
    lists = await asyncio.gather(*(desk.store.papers.kept(address) for address in channels))
    newest = sorted(
        ((kept, id, address) for address, list_ in zip(channels, lists, strict=True) for id, kept in list_[:SAVED_SHOWN]), reverse=True
    )[:SAVED_SHOWN]
    papers = await desk.store.papers.get([id for _, id, _ in newest])
    names = {address: (await _read(desk, address)) for address in dict.fromkeys(address for _, _, address in newest)}
    shown = [Section(address, (_saved_card(papers[id], names[address], kept, zone, now),)) for kept, id, address in newest if id in papers]
    return (Section(None, (Heading("Saved last"),)), *shown) if shown else ()


def _saved_card(paper: Paper, channel: Channel | None, kept: datetime, zone: str, now: datetime) -> Block:
    name = channel.name if channel else ""
    when = f"saved {describe_day(day_of(kept, zone), day_of(now, zone))}" + (f" in {name}" if name else "")
    pressed = (button("Abstract", f"show {paper.id}"), button("Similar", f"similar {paper.id}"))
    found = card(paper, Format.COMPACT, now=now, buttons=pressed)
    return dataclasses.replace(found, facts=(*found.facts, when))


async def _sources(desk: Desk, zone: str, now: datetime) -> tuple[Block, ...]:
    notes = await source_notes(desk, zone, now)
    lines = [f"{name}: {note}" for name, note in notes[:SOURCES_SHOWN]] or ["No source is configured."]
    if len(notes) > SOURCES_SHOWN:
        lines.append(f"And {len(notes) - SOURCES_SHOWN} more: status")
    return (Heading("Where papers come from"), Text("\n".join(lines)))
