"""What a rule would bring, told from the archive: the backtest on subscribe, and Narrow and Broaden."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.cards import card
from bot.channel import Format, QueryText
from bot.commands.replies import RULE, button, choices, count, said, typed
from bot.errors import UserMistake
from bot.message import Buttons, Hint, Text
from bot.query import parse
from bot.timetable import next_slots

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.archive import Suggestion
    from bot.channel import Channel
    from bot.commands.call import Answer, Call
    from bot.desk import Desk
    from bot.message import Block, Item
    from bot.paper import PaperId
    from bot.query import Query

DAYS = 7
WORKING_DAYS = 5
SAMPLES = 3
SUGGESTIONS = 3


def backlog(desk: Desk, channel: Channel, query: Query, now: datetime) -> Sequence[PaperId]:
    """The papers that the channel's next digest would hold if the rule had been there since the last one, newest first."""
    return desk.memory.archive.matching(query, since=news_since(channel, now))


def news_since(channel: Channel, now: datetime) -> datetime:
    """Where the period of the channel's next digest begins: at its last slot, or a day ago where there is none in the last week."""
    recent = [slot for slot in next_slots(channel.schedule, now - timedelta(days=DAYS), DAYS) if slot <= now]
    return recent[-1] if recent else now - timedelta(days=1)


async def backtest(desk: Desk, query: Query, *, now: datetime, limit: int) -> tuple[Block, ...]:
    """What the rule found in the last seven days, three samples, and a warning with narrower rules if it is over-broad.

    The archive must have caught up.
    """
    archive = desk.memory.archive
    found = archive.matching(query, since=now - timedelta(days=DAYS))
    a_day = math.ceil(len(found) / WORKING_DAYS)
    papers = await desk.store.papers.get(found[:SAMPLES])
    samples = [card(papers[id], Format.COMPACT, number=n, now=now) for n, id in enumerate(found[:SAMPLES], start=1) if id in papers]
    blocks: list[Block] = [Text(_summary(desk, len(found), a_day, now)), *samples]
    if a_day > limit:
        blocks.append(Hint(f"That is more than the {count(limit, 'paper')} of a digest: only the best would be shown. Narrower:"))
        blocks += _suggested(archive.narrower(query, limit=SUGGESTIONS), f"edit {typed(query)} => ")
    return tuple(blocks)


def _summary(desk: Desk, found: int, a_day: int, now: datetime) -> str:
    archive = desk.memory.archive
    oldest = archive.oldest
    if oldest is None:
        return "I have read no papers yet, so I cannot tell what it will bring."
    # A bot that began to read yesterday must not speak of a week.
    if now - oldest < timedelta(days=DAYS - 1):
        return f"It finds {count(found, 'paper')} among the {len(archive)} that I have read since {oldest:%d %b}."
    pace = f", about {a_day} a working day" if found > WORKING_DAYS else ""
    return f"{count(found, 'paper').capitalize()} in the last {DAYS} days{pace}."


async def narrow(desk: Desk, call: Call, text: str) -> Answer:
    """Rules that bring a telling part of what this one brings; pressing one puts it in this one's place."""
    query = _of(text, "narrow")
    await desk.caught_up()
    archive = desk.memory.archive
    suggestions = archive.narrower(query, limit=2 * SUGGESTIONS)
    if not suggestions:
        return _no_suggestion(f"{query} finds too few papers to part them further.", query)
    told = f"{query} finds {count(len(archive.matching(query, since=None)), 'paper')}. Narrower:"
    return said(Text(told), *_suggested(suggestions, await _command(desk, call, query)))


async def broaden(desk: Desk, call: Call, text: str) -> Answer:
    """Rules that add what papers like these say instead; pressing one puts it in this one's place."""
    query = _of(text, "broaden")
    await desk.caught_up()
    suggestions = desk.memory.archive.broader(query, limit=2 * SUGGESTIONS)
    if not suggestions:
        return _no_suggestion(f"The archive knows no other words for {query} yet.", query)
    return said(
        Text(f"Papers like those of {query} also say:"), *_suggested(suggestions, await _command(desk, call, query), brings="adds ")
    )


def _suggested(suggestions: Sequence[Suggestion], command: str, *, brings: str = "") -> tuple[Item, ...]:
    """A row for each, with what it finds and a button that types `command` and it."""
    return choices([(str(one.query), f"{brings}{count(one.papers, 'paper')}", f"{command}{typed(one.query)}") for one in suggestions])


def _no_suggestion(told: str, query: Query) -> Answer:
    return said(Text(told), Buttons((button("Preview", f"preview {typed(query)}"),)))


def _of(text: str, name: str) -> Query:
    if not text:
        raise UserMistake("Which query?", instead=f"{name} curriculum")
    return parse(text.removeprefix(RULE))


async def _command(desk: Desk, call: Call, query: Query) -> str:
    """What a suggestion does: take the rule's place where the channel has it, else become a rule."""
    channel = await desk.store.channels.load(call.address)
    return f"edit {typed(query)} => " if channel.subscription(QueryText(str(query))) else "subscribe "
