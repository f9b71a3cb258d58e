"""The digest: the one message that carries a channel's matches of a period, or the thread."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards import card, paper_buttons, why
from bot.channel import Format, QueryText
from bot.errors import UserMistake
from bot.message import Button, Buttons, Heading, Hint, Message
from bot.ranking import rank
from bot.summary import one_line, shorten
from bot.timewords import MONTHS, WEEKDAYS
from bot.zones import day_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

    from bot.channel import Channel
    from bot.message import Block, Card
    from bot.paper import PaperId
    from bot.query.nodes import Condition
    from bot.ranking import Matched

GIST = 150
"""Characters of a notification that phones show."""
_LONGEST_CHANNEL_NAME = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What is said, and which papers it settles."""

    message: Message
    replies: tuple[Message, ...] = ()
    """What stands under it, in order, if each paper gets a message of its own."""
    shown: tuple[PaperId, ...]
    """Best first."""
    remainder: tuple[PaperId, ...]
    """Only counted, best first."""
    tags: tuple[QueryText, ...] = ()
    """The rules that the papers shown meet, those with the most papers first; of equals the one with the better paper."""


def compose(
    channel: Channel,
    matched: Sequence[Matched],
    *,
    rarity: Callable[[Condition], float],
    now: datetime,
    delivery_id: str = "",
    reactions: Mapping[PaperId, int] | None = None,
    threads: bool = False,
) -> Digest | None:
    """Lay out a channel's papers, best first; None when there are none: no matches, no message.

    The same arguments give the same digest. It may be longer than a platform allows; `bot.paging.split` parts it.

    Args:
        matched: Papers of the channel's inbox, none twice, in any order.
        rarity: See `bot.ranking.score`.
        now: Aware; the date is that of the channel's own zone.
        delivery_id: What the button for the rest asks for; without one the rest is only counted, as for a preview.
        reactions: The channel's own to papers, favourable minus unfavourable.
        threads: Whether a message can stand under another where it goes; if the channel wants that, the message is a list of titles, and
            each paper a reply.
    """
    if not matched:
        return None
    ranked = rank(matched, rarity=rarity, now=now, reactions=reactions)
    limit = max(channel.settings.limit, 1)
    shown, remainder = ranked[:limit], ranked[limit:]
    name = shorten(one_line(channel.name), _LONGEST_CHANNEL_NAME) or "this channel"
    papers = f"{len(ranked)} paper{'' if len(ranked) == 1 else 's'} for {name}"
    today = _today(channel, now)
    blocks: list[Block] = [Heading(f"{papers} · {WEEKDAYS[today.weekday()]} {today.day} {MONTHS[today.month - 1]}")]
    cards = [_card(one, channel.settings.format, number=number, now=now) for number, one in enumerate(shown, start=1)]
    rest = (_rest(len(remainder), delivery_id),) if remainder else ()
    replies: tuple[Message, ...] = ()
    if threads and channel.settings.thread:
        blocks += [card(one.paper, Format.COMPACT, now=now, number=number) for number, one in enumerate(shown, start=1)]
        blocks.append(Hint("Each paper stands in the thread below, to be talked about there."))
        replies = tuple(Message((one,), gist=shorten(f"{one.number}. {one.title}", GIST)) for one in cards)
        replies += (Message(rest, gist=f"{len(remainder)} more"),) if rest else ()
    else:
        blocks += [*cards, *rest]
    gist = shorten(f"{papers}: {cards[0].title}", GIST)
    return Digest(
        message=Message(tuple(blocks), gist=gist),
        replies=replies,
        shown=tuple(one.paper.id for one in shown),
        remainder=tuple(one.paper.id for one in remainder),
        tags=_rules_met(shown),
    )


def _rules_met(shown: Sequence[Matched]) -> tuple[QueryText, ...]:
    met = Counter(QueryText(str(query)) for one in shown for query in one.queries)
    return tuple(rule for rule, _ in met.most_common())


def _card(one: Matched, format: Format, *, number: int, now: datetime) -> Card:
    buttons = () if format is Format.COMPACT else paper_buttons(one.paper)
    return card(one.paper, format, now=now, why=why(one.hits), number=number, buttons=buttons)


def _rest(count: int, delivery_id: str) -> Block:
    if not delivery_id:
        return Hint(f"{count} more")
    return Buttons((Button(f"{count} more", command=f"more {delivery_id}"),))


def _today(channel: Channel, now: datetime) -> date:
    try:
        return day_of(now, channel.schedule.zone)
    except UserMistake:
        # The zone was known when it was set; a digest with UTC's date is better than none.
        return now.date()
