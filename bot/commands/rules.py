"""The channel's rules: subscribe, unsubscribe, edit, list, export, import."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import json
import re
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from bot.channel import FOREVER, SUBSCRIPTIONS_PER_CHANNEL, QueryText, Subscription
from bot.commands.backtest import backlog, backtest
from bot.commands.changing import change
from bot.commands.replies import RULE, button, count, empty, place, said, typed, whole
from bot.commands.serving import zone_not_told
from bot.errors import UserMistake
from bot.memory import understood
from bot.message import Button, Buttons, Excerpt, Heading, Hint, Item, Text
from bot.query import parse, same
from bot.timetable import next_slot
from bot.timewords import describe, describe_day, describe_moment
from bot.zones import day_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.channel import Channel
    from bot.commands.call import Answer, Call
    from bot.desk import Desk
    from bot.message import Block

NEAREST = 3
UNDO_KEPT = timedelta(days=30)
UNDO_AT_MOST = SUBSCRIPTIONS_PER_CHANNEL
"""Removals of a channel that can be undone; of more, the latest."""


async def subscribe(desk: Desk, call: Call, text: str) -> Answer:
    """Keep a query for the channel, and show at once what it would have brought."""
    query = parse(text.removeprefix(RULE))
    rule = QueryText(str(query))
    now = await desk.caught_up()

    def added(channel: Channel) -> Channel:
        return with_rule(channel, Subscription(rule, call.asker.name, now, maker=call.asker.id))

    channel = await desk.store.channels.load(call.address)
    before, after = await change(desk, call, added, backlog=backlog(desk, channel, query, now))
    if after.version == before.version and before.subscription(rule):
        return _already(call, before, rule)
    blocks = (
        Text(f"{call.asker.name} subscribed {place(call)} to {rule}"),
        *await backtest(desk, query, now=now, limit=after.settings.limit),
        Buttons(
            (
                button("Undo", f"unsubscribe {typed(rule)}"),
                button("Preview", f"preview {typed(rule)}"),
                button("Narrow", f"narrow {typed(rule)}"),
                button("Broaden", f"broaden {typed(rule)}"),
            )
        ),
        Hint(next_digest(after, now)),
        *(() if before.version else zone_not_told(call, after.schedule)),
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
        Text(f"You are already subscribed to {rule} in {place(call)} (added{by})."),
        Buttons((button("Preview", f"preview {typed(rule)}"), button("Remove", f"unsubscribe {typed(rule)}"))),
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
    return said(
        Text(f"{call.asker.name} unsubscribed {place(call)} from {'all of its rules' if len(removed) > 1 else lines}"),
        *((Excerpt(lines),) if len(removed) > 1 else ()),
        Buttons((button("Undo", f"restore {await _kept_for_undo(desk, call, removed)}"),)),
        *(() if after.subscriptions else (Hint("No rules are left, so no digests will come."),)),
        public=True,
    )


async def _kept_for_undo(desk: Desk, call: Call, removed: Sequence[Subscription]) -> str:
    """Keep removed rules, with who made them and when, for a button that is too short to hold them. Returns what finds them again."""
    rows = [(one.query, one.added_by, one.added_at.isoformat(), one.maker) for one in removed]
    token = sha256(str(call.address).encode() + json.dumps(rows).encode()).hexdigest()[:16]
    # One entry for the channel, which `forget` erases with it: an entry for each removal would outlive the channel by a month.
    kept: dict[str, object] = json.loads(await desk.store.cache.get(f"undo:{call.address}") or b"{}")
    latest = [*((name, value) for name, value in kept.items() if name != token), (token, rows)][-UNDO_AT_MOST:]
    await desk.store.cache.put(f"undo:{call.address}", json.dumps(dict(latest)).encode(), keep=UNDO_KEPT)
    return token


async def restore(desk: Desk, call: Call, text: str) -> Answer:
    """Bring back rules that were removed, as they were."""
    rows = json.loads(await desk.store.cache.get(f"undo:{call.address}") or b"{}").get(text)
    if rows is None:
        # As 0.1 kept it.
        rows = json.loads(await desk.store.cache.get(f"undo:{call.address}:{text}") or b"null")
    if rows is None:
        raise UserMistake(f"That can no longer be undone here: {UNDO_KEPT.days} days are over, or it was forgotten.", instead="list")
    removed = [_kept_rule(*row[:4]) for row in rows]
    before, after = await change(desk, call, lambda channel: functools.reduce(with_rule, removed, channel))
    back = count(len(after.subscriptions) - len(before.subscriptions), "rule")
    if after.subscriptions == before.subscriptions:
        return said(Text(f"What was removed is back in {place(call)} already."))
    return said(
        Text(f"{call.asker.name} brought {back} back to {place(call)}."), Hint(next_digest(after, await desk.store.now())), public=True
    )


def _kept_rule(query: str, by: str, at: str, maker: str = "") -> Subscription:
    # Records from before makers were kept have three parts; what later versions may add is left out.
    return Subscription(QueryText(query), by, datetime.fromisoformat(at), maker=maker)


async def edit(desk: Desk, call: Call, text: str) -> Answer:
    """Put one rule in the place of another: "OLD => NEW", OLD by text or number."""
    old, arrow, new = re.sub(r"\s+=>\s+", " => ", text).partition(" => ")
    if not arrow:
        present = (await chosen_for_edit(desk, call, old)).query
        example = f"edit {typed(present)} => {present} -survey"
        return said(Text("Write the rule you have, then ` => `, then the new one:"), Excerpt(example))
    query = parse(new.removeprefix(RULE))
    rule = QueryText(str(query))
    now = await desk.caught_up()
    replaced: list[Subscription] = []

    def changed(channel: Channel) -> Channel:
        replaced[:] = [_one_chosen(channel, old.strip(), instead=lambda near: f"edit {typed(near)} => {typed(rule)}")]
        if channel.subscription(rule):
            return dataclasses.replace(
                channel, subscriptions=tuple(s for s in channel.subscriptions if s not in replaced or same(s.query, rule))
            )
        fresh = Subscription(rule, call.asker.name, now, maker=call.asker.id)
        return dataclasses.replace(channel, subscriptions=tuple(fresh if s in replaced[:1] else s for s in channel.subscriptions))

    channel = await desk.store.channels.load(call.address)
    try:
        before, after = await change(desk, call, changed, backlog=backlog(desk, channel, query, now))
    except UserMistake:
        if channel.subscription(rule):
            # The button was pressed before: the old rule is gone, and the new one there.
            return _already(call, channel, rule)
        raise
    if after.subscriptions == before.subscriptions:
        return _already(call, after, rule)
    return said(
        Text(f"{call.asker.name} changed a rule of {place(call)} from {replaced[0].query} to {rule}"),
        *await backtest(desk, query, now=now, limit=after.settings.limit),
        Buttons((button("Undo", f"edit {typed(rule)} => {typed(replaced[0].query)}"), button("Preview", f"preview {typed(rule)}"))),
        public=True,
    )


async def chosen_for_edit(desk: Desk, call: Call, text: str) -> Subscription:
    """The rule that is to be edited, by text or number.

    Raises:
        UserMistake: No such rule, or none was named.
    """
    if not text:
        raise UserMistake("Which rule? Give its number from the list, or its text.", instead="list")
    return _one_chosen(await desk.store.channels.load(call.address), text, instead=lambda near: f"edit {typed(near)}")


def _one_chosen(channel: Channel, text: str, *, instead: Callable[[str], str]) -> Subscription:
    found = _chosen(channel, text, instead=instead)
    if len(found) > 1:
        raise UserMistake("One rule at a time can be put in another's place.", instead="list")
    return found[0]


def _chosen(
    channel: Channel, text: str, *, instead: Callable[[str], str] = lambda near: f"unsubscribe {typed(near)}"
) -> list[Subscription]:
    """The rules that a person means: one by number or text, or all; what a button typed is a text.

    Args:
        instead: The command that does it to a rule with this text.

    Raises:
        UserMistake: There is no such rule; the nearest ones are offered.
    """
    rules = channel.subscriptions
    if not rules:
        raise UserMistake("There are no rules here yet.", instead="subscribe curriculum")
    if not text.startswith(RULE):
        if text.casefold() == "all":
            return list(rules)
        if number := whole(text.lstrip("#"), most=len(rules)):
            return [rules[number - 1]]
    text = text.removeprefix(RULE)
    if exact := [one for one in rules if same(one.query, text)]:
        return exact[:1]
    near = nearest(text, [one.query for one in rules])
    raise UserMistake(
        f"There is no rule {text!r} here. The nearest: {', '.join(near)}."
        if near
        else f"There is no rule {text!r} here; the list has {count(len(rules), 'rule')}.",
        instead=instead(near[0]) if near else "list",
    )


def nearest(text: str, candidates: Sequence[str]) -> list[str]:
    """Up to three of the candidates that look most like the text, likest first."""
    folded = {one.casefold(): one for one in candidates}
    found = difflib.get_close_matches(text.casefold(), list(folded), n=NEAREST, cutoff=0.5)
    inside = [key for key in folded if text.casefold() in key and key not in found]
    return [folded[key] for key in [*found, *inside][:NEAREST]]


async def show_rules(desk: Desk, call: Call, text: str) -> Answer:  # noqa: ARG001  # every command takes the text after its name
    """The channel's rules, numbered, with what each brought in the last week; and when the next digest comes."""
    now = await desk.caught_up()
    channel = await desk.store.channels.load(call.address)
    if not channel.subscriptions:
        return empty(
            f"Rules of {place(call)}",
            "There are none yet." if not channel.is_paused(now) else "There are none yet, and the channel is paused.",
            "Begin with: subscribe curriculum\nThen every working morning its papers come here.",
        )
    rows: list[Block] = [
        Item(rule.query, rule_note(desk, rule, channel, now), number=number, buttons=rule_buttons(rule))
        for number, rule in enumerate(channel.subscriptions, start=1)
    ]
    return said(Heading(f"Rules of {place(call)}"), *rows, Hint(next_digest(channel, now)))


def rule_buttons(one: Subscription) -> tuple[Button, ...]:
    """What may be done with a rule wherever it stands in a list."""
    rule = typed(one.query)
    return (button("Edit", f"edit {rule}"), button("Remove", f"unsubscribe {rule}"), button("Preview", f"preview {rule}"))


def rule_note(desk: Desk, rule: Subscription, channel: Channel, now: datetime) -> str:
    """What a rule brought in the last week, and who made it when. The archive must have caught up."""
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
