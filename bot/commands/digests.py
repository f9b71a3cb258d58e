"""The digest on demand: preview, digest, more; and why a paper came or did not."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.cards import card, paper_buttons
from bot.cards import why as why_line
from bot.channel import QueryText, Subscription
from bot.commands.attempts import chosen, last_attempt
from bot.commands.backtest import news_since
from bot.commands.finding import paper_meant, recorded_as
from bot.commands.replies import RULE, button, count, empty, hint, place, said, short_title
from bot.document import document
from bot.errors import UserMistake
from bot.jobs import due_of, edition, match_of, matched, post_now, waiting
from bot.memory import rules_of, understood
from bot.message import Buttons, Heading, Hint, Item, Text
from bot.opinions import describe, opinions_in_full
from bot.query import failing, hits, matches, parse, written
from bot.ranking import Matched, explain, score
from bot.timetable import next_slot
from bot.timewords import describe_moment

if TYPE_CHECKING:
    from datetime import datetime

    from bot.channel import Channel
    from bot.commands.call import Answer, Call
    from bot.desk import Desk
    from bot.message import Block
    from bot.paper import Paper
    from bot.ports import Attempt, Delivery, History

DIGEST_KEPT = timedelta(days=30)
"""How long the rest of a digest can be asked for."""


async def preview(desk: Desk, call: Call, text: str) -> Answer:
    """The next digest as it stands now; or, with a query, as it would stand if the channel had that rule alone."""
    now = await desk.caught_up()
    channel = await desk.store.channels.load(call.address)
    channel = dataclasses.replace(channel, name=call.channel_name or channel.name)
    text = text.removeprefix(RULE)
    if text:
        query = parse(text)
        channel = dataclasses.replace(channel, subscriptions=(Subscription(QueryText(str(query)), call.asker.name, now),))
        found = await matched(desk, desk.memory.archive.matching(query, since=news_since(channel, now)), (query,))
    else:
        found = await waiting(desk, channel)
    digest = await edition(desk, channel, found, now=now)
    if digest is None:
        return _nothing_yet(call, channel, now, text)
    advice = f"A preview of what {text} would bring; nothing is saved." if text else "A preview. " + _when(channel, now)
    return said(*digest.message.blocks, Hint(advice), gist=digest.message.gist)


def _nothing_yet(call: Call, channel: Channel, now: datetime, text: str) -> Answer:
    if text:
        return empty(f"Nothing new for {text}", "No paper since the last digest meets it.", f"Older ones: search {text}")
    if not channel.subscriptions:
        return empty("No digest yet", f"There are no rules in {place(call)}.", "Begin with: subscribe curriculum")
    return empty("Nothing waits", f"No new paper meets a rule of {place(call)} so far.", _when(channel, now))


def _when(channel: Channel, now: datetime) -> str:
    slot = next_slot(channel.schedule, now)
    if due_of(channel, now) is None or slot is None:
        return "No digest is scheduled."
    return f"The digest is due {describe_moment(slot, channel.schedule.zone, now)}."


async def digest(desk: Desk, call: Call, text: str) -> Answer:
    """Post the digest now; the next one does not repeat it."""
    if text:
        raise UserMistake("`digest` posts what the rules brought and takes no words. To try a query, preview.", instead=f"preview {text}")
    delivery = await post_now(desk, call.address)
    if delivery is None:
        now = await desk.store.now()
        return _nothing_yet(call, await desk.store.channels.load(call.address), now, "")
    await desk.hurry()
    if reason := await _died(desk, delivery):
        return said(Text(f"It could not be posted: {reason}."), Hint("Its papers wait. When that is mended: resume, then digest"))
    return said(Hint(f"{call.asker.name} asked for the digest of {place(call)} now: {count(len(delivery.papers), 'paper')}."), public=True)


async def _died(desk: Desk, delivery: Delivery) -> str:
    """Why a delivery will not be tried again; "" if it was sent or still is."""
    attempts = [one for one in await desk.store.deliveries.log(delivery.address) if one.delivery == delivery.id]
    return attempts[0].detail if attempts and attempts[0].outcome == "dead" else ""


async def more(desk: Desk, call: Call, text: str) -> Answer:
    """The papers that a digest only counted: under the digest for everybody the first time, to the asker alone afterwards."""
    delivery = await desk.store.deliveries.get(text)
    # An id typed or forged in another channel opens nothing: a digest belongs to the channel it was made for.
    if delivery is None or delivery.address != call.address:
        raise UserMistake("That digest is older than 30 days; its papers can still be found.", instead="search curriculum")
    now = await desk.store.now()
    channel = await desk.store.channels.load(call.address)
    papers = await desk.store.papers.get(delivery.remainder)
    cards = [
        card(papers[id], channel.settings.format, number=number, buttons=paper_buttons(papers[id]), now=now)
        for number, id in enumerate((id for id in delivery.remainder if id in papers), start=len(delivery.papers) + 1)
    ]
    if not cards:
        return empty("No more papers", "That digest showed all of its papers.")
    is_first = await desk.store.cache.first(f"more:{delivery.id}", keep=DIGEST_KEPT)
    again = hint("" if is_first else "Somebody asked before, so these stand under the digest already.")
    return dataclasses.replace(said(Heading(f"{len(cards)} more"), *again, *cards, public=is_first), threaded=True)


async def why(desk: Desk, call: Call, text: str) -> Answer:
    """What became of a paper in this channel, and because of which rule and which word."""
    id = await recorded_as(desk, paper_meant(text, command="why"))
    now = await desk.caught_up()
    paper = (await desk.store.papers.get([id])).get(id)
    channel = await desk.store.channels.load(call.address)
    history = await desk.store.papers.history(call.address, id)
    if paper is None:
        return empty(f"Not seen: {id}", "No source I read has listed this paper, or it was long ago.", f"Look it up with: show {id}")
    settled = history.posted or history.capped or history.waiting or not history.filed
    attempt = None if settled else await last_attempt(desk, call.address, id)
    wanted = match_of(paper, rules_of(channel))
    opinion = (await opinions_in_full(desk, call.address, [wanted or Matched(paper, (), ())])).get(id)
    liked = opinion.value if opinion else 0
    reckoning = explain(score(wanted, rarity=desk.memory.archive.rarity, now=now, reactions=liked)) if wanted else ""
    return said(
        Heading(f"Why “{short_title(paper)}”"),
        Text(_fate(history, channel, paper, now, wanted=wanted is not None, attempt=attempt)),
        *_by_rule(channel, paper),
        *hint(describe(opinion) if opinion else ""),
        *hint(reckoning),
        Buttons((button("Abstract", f"show {id}"),)),
    )


def _fate(history: History, channel: Channel, paper: Paper, now: datetime, *, wanted: bool, attempt: Attempt | None) -> str:
    """What became of it, in a sentence or two.

    Args:
        wanted: Whether a present rule meets it.
        attempt: The last to post a digest with it, where it is not posted or waiting.
    """
    zone = channel.schedule.zone
    if history.posted:
        return f"Posted here {describe_moment(history.posted, zone, now)}."
    if history.capped:
        return (
            f"It was among the best, but not the {count(channel.settings.limit, 'paper')} of a digest: counted under “more” "
            f"{describe_moment(history.capped, zone, now)}."
        )
    if history.waiting and wanted:
        return f"It waits for the next digest. {_when(channel, now)}"
    if history.waiting:
        return f"It was chosen {describe_moment(history.filed or now, zone, now)}, but the rule that chose it is gone, so it will not come."
    if history.filed:
        return chosen(history.filed, attempt, zone, now)
    if not channel.subscriptions:
        return "This channel has no rules, so nothing comes."
    seen = f"I first saw it {describe_moment(paper.first_seen, zone, now)}. " if paper.first_seen else ""
    if wanted:
        return f"{seen}A rule meets it now, but the paper came before the rule did."
    return f"{seen}No rule of this channel meets it."


def _by_rule(channel: Channel, paper: Paper) -> tuple[Block, ...]:
    """A row for each rule, numbered as in `list`: where it hit, or what kept the paper out."""
    subject = document(paper)
    rows = []
    for number, rule in enumerate(channel.subscriptions, start=1):
        query = understood(rule.query)
        if query is None:
            told = "not understood any more"
        elif matches(query, subject):
            told = f"meets it: {why_line(hits(query, subject))}"
        else:
            told = f"does not: {', '.join(written(node) for node in failing(query, subject))}"
        rows.append(Item(rule.query, told, number=number))
    return tuple(rows)
