"""The channel's rules: subscribe, unsubscribe, edit, list, export, import."""

from __future__ import annotations

import dataclasses
import difflib
from typing import TYPE_CHECKING

from bot.channel import FOREVER, SUBSCRIPTIONS_PER_CHANNEL, QueryText, Subscription
from bot.commands.backtest import backlog, backtest
from bot.commands.changing import change
from bot.commands.replies import button, count, empty, place, said
from bot.errors import UserMistake
from bot.memory import understood
from bot.message import Button, Buttons, Excerpt, Heading, Hint, Item, Text
from bot.query import parse
from bot.timetable import next_slot
from bot.timewords import describe, describe_day, describe_moment
from bot.zones import day_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.channel import Channel
    from bot.commands.call import Answer, Call
    from bot.desk import Desk
    from bot.message import Block

NEAREST = 3
LONGEST_NUMBER = 3
"""Digits of a rule's number; what is longer is a query."""


async def subscribe(desk: Desk, call: Call, text: str) -> Answer:
    """Keep a query for the channel, and show at once what it would have brought."""
    query = parse(text)
    rule = QueryText(str(query))
    now = await desk.store.now()
    await desk.memory.catch_up(now)

    def added(channel: Channel) -> Channel:
        return with_rule(channel, Subscription(rule, call.asker.name, now))

    channel = await desk.store.channels.load(call.address)
    before, after = await change(desk, call, added, backlog=backlog(desk, channel, query, now))
    if after.version == before.version and before.subscription(rule):
        return _already(call, before, rule)
    blocks = (
        Text(f"{call.asker.name} subscribed {place(call)} to {rule}"),
        *await backtest(desk, query, now=now, limit=after.settings.limit),
        Buttons(
            (
                button("Undo", f"unsubscribe {rule}"),
                button("Preview", f"preview {rule}"),
                button("Narrow", f"narrow {rule}"),
                button("Broaden", f"broaden {rule}"),
            )
        ),
        Hint(next_digest(after, now)),
    )
    return said(*blocks, public=True)


def with_rule(channel: Channel, rule: Subscription) -> Channel:
    """The channel with the rule added; unchanged if it has it already.

    Raises:
        UserMistake: It has as many rules as a channel may have.
    """
    if channel.subscription(rule.query):
        return channel
    if len(channel.subscriptions) >= SUBSCRIPTIONS_PER_CHANNEL:
        raise UserMistake(
            f"A channel keeps at most {SUBSCRIPTIONS_PER_CHANNEL} rules. Remove one first, or join two with OR.", instead="list"
        )
    return dataclasses.replace(channel, subscriptions=(*channel.subscriptions, rule))


def _already(call: Call, channel: Channel, rule: QueryText) -> Answer:
    one = channel.subscription(rule)
    by = f" by {one.added_by}" if one else ""
    return said(
        Text(f"{place(call)} is already subscribed to {rule} (added{by})."),
        Buttons((button("Preview", f"preview {rule}"), button("Remove", f"unsubscribe {rule}"))),
    )


async def unsubscribe(desk: Desk, call: Call, text: str) -> Answer:
    """Remove a rule by its text or number, or all of them."""
    if not text:
        raise UserMistake("Which rule? Give its number from the list, its text, or `all`.", instead="unsubscribe 1")
    removed: list[Subscription] = []

    def without(channel: Channel) -> Channel:
        removed[:] = _chosen(channel, text)
        return dataclasses.replace(channel, subscriptions=tuple(one for one in channel.subscriptions if one not in removed))

    _, after = await change(desk, call, without)
    lines = "\n".join(one.query for one in removed)
    undo = "; ".join(f"subscribe {one.query}" for one in removed)
    return said(
        Text(f"{call.asker.name} unsubscribed {place(call)} from {'all of its rules' if len(removed) > 1 else lines}"),
        *((Excerpt(lines),) if len(removed) > 1 else ()),
        Buttons((button("Undo", f"import {undo}" if len(removed) > 1 else undo),)),
        *(() if after.subscriptions else (Hint("No rules are left, so no digests will come."),)),
        public=True,
    )


async def edit(desk: Desk, call: Call, text: str) -> Answer:
    """Put one rule in the place of another: "OLD => NEW", OLD by text or number."""
    old, arrow, new = text.partition(" => ")
    if not arrow:
        raise UserMistake("Write the rule you have, then ` => `, then the new one.", instead="edit 1 => curriculum learning")
    query = parse(new)
    rule = QueryText(str(query))
    now = await desk.store.now()
    await desk.memory.catch_up(now)
    replaced: list[Subscription] = []

    def changed(channel: Channel) -> Channel:
        replaced[:] = _chosen(channel, old.strip())
        if channel.subscription(rule):
            return dataclasses.replace(
                channel, subscriptions=tuple(s for s in channel.subscriptions if s not in replaced or s.query == rule)
            )
        fresh = Subscription(rule, call.asker.name, now)
        return dataclasses.replace(channel, subscriptions=tuple(fresh if s in replaced[:1] else s for s in channel.subscriptions))

    channel = await desk.store.channels.load(call.address)
    _, after = await change(desk, call, changed, backlog=backlog(desk, channel, query, now))
    return said(
        Text(f"{call.asker.name} changed a rule of {place(call)} from {replaced[0].query} to {rule}"),
        *await backtest(desk, query, now=now, limit=after.settings.limit),
        Buttons((button("Undo", f"edit {rule} => {replaced[0].query}"), button("Preview", f"preview {rule}"))),
        public=True,
    )


def _chosen(channel: Channel, text: str) -> list[Subscription]:
    """The rules that a person means: one by number or text, or all.

    Raises:
        UserMistake: There is no such rule; the nearest ones are offered.
    """
    rules = channel.subscriptions
    if not rules:
        raise UserMistake("There are no rules here yet.", instead="subscribe curriculum")
    if text.casefold() == "all":
        return list(rules)
    number = text.lstrip("#")
    if number.isascii() and number.isdecimal() and len(number) <= LONGEST_NUMBER and 1 <= int(number) <= len(rules):
        return [rules[int(number) - 1]]
    query = understood_or_none(text)
    exact = [one for one in rules if one.query == text or (query is not None and one.query == query)]
    if exact:
        return exact[:1]
    near = nearest(text, [one.query for one in rules])
    raise UserMistake(
        f"There is no rule {text!r} here. The nearest: {', '.join(near)}."
        if near
        else f"There is no rule {text!r} here; the list has {count(len(rules), 'rule')}.",
        instead=f"unsubscribe {near[0]}" if near else "list",
    )


def understood_or_none(text: str) -> str | None:
    """The canonical form of what somebody typed, or None if it is no query at all."""
    try:
        return str(parse(text))
    except UserMistake:
        return None


def nearest(text: str, candidates: Sequence[str]) -> list[str]:
    """Up to three of the candidates that look most like the text, likest first."""
    folded = {one.casefold(): one for one in candidates}
    found = difflib.get_close_matches(text.casefold(), list(folded), n=NEAREST, cutoff=0.5)
    inside = [key for key in folded if text.casefold() in key and key not in found]
    return [folded[key] for key in [*found, *inside][:NEAREST]]


async def show_rules(desk: Desk, call: Call, text: str) -> Answer:  # noqa: ARG001  # every command takes the text after its name
    """The channel's rules, numbered, with what each brought in the last week; and when the next digest comes."""
    now = await desk.store.now()
    await desk.memory.catch_up(now)
    channel = await desk.store.channels.load(call.address)
    if not channel.subscriptions:
        return empty(
            f"Rules of {place(call)}",
            "There are none yet.",
            "Begin with: subscribe curriculum\nThen every working morning its papers come here.",
        )
    rows: list[Block] = [
        Item(rule.query, _note(desk, rule, channel, now), number=number, buttons=_row_buttons(rule))
        for number, rule in enumerate(channel.subscriptions, start=1)
    ]
    return said(Heading(f"Rules of {place(call)}"), *rows, Hint(next_digest(channel, now)))


def _row_buttons(rule: Subscription) -> tuple[Button, ...]:
    return (button("Remove", f"unsubscribe {rule.query}"), button("Preview", f"preview {rule.query}"))


def _note(desk: Desk, rule: Subscription, channel: Channel, now: datetime) -> str:
    zone = channel.schedule.zone
    since = f"added by {rule.added_by}, {describe_day(day_of(rule.added_at, zone), day_of(now, zone))}"
    query = understood(rule.query)
    if query is None:
        return f"not understood any more: remove it and write it anew; {since}"
    return f"{count(sum(desk.memory.archive.days(query, now)), 'paper')} in 7 days; {since}"


def next_digest(channel: Channel, now: datetime) -> str:
    """One sentence: when, by which schedule, how many."""
    if channel.paused_until is not None and now < channel.paused_until:
        until = "" if channel.paused_until >= FOREVER else f" until {describe_moment(channel.paused_until, channel.schedule.zone, now)}"
        return f"Paused{until}. Begin again with: resume"
    slot = next_slot(channel.schedule, now)
    if slot is None:
        return "The daily digest is switched off. Switch it on with: schedule weekdays 09:00"
    when = describe_moment(slot, channel.schedule.zone, now)
    return f"Next digest: {when} ({describe(channel.schedule)}), at most {count(channel.settings.limit, 'paper')}."
