"""What is offered while somebody types an option: own rules, words, titles, schedules, commands."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from bot.commands import phrasing
from bot.commands.command import Kind
from bot.commands.phrasing import LONGEST, among, label
from bot.commands.questions import SETTINGS
from bot.commands.replies import typed as typed_rule
from bot.commands.table import TABLE
from bot.errors import StoreTrouble, UserMistake
from bot.form import Choice
from bot.identity import recognise
from bot.query import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.channel import Channel
    from bot.commands.call import Call
    from bot.commands.command import Option
    from bot.desk import Desk
    from bot.paper import PaperId

MOST_OFFERS = 25
"""Discord's menu holds no more, and nobody reads more."""
_READ = 200
"""Characters of what is typed that are looked at; twice what an offer may hold."""
_TYPED = frozenset({Kind.QUERY, Kind.RULE, Kind.PAPER, Kind.SCHEDULE, Kind.COMMAND})
_WRITTEN = frozenset({"pause", "settings"})
"""Commands whose free text has usual forms: see `_text`."""
_BY_OPTION = {(command.name, option.name): option for command in TABLE for option in command.options}


def completes(command: str, option: Option) -> bool:
    """Whether `offers` has anything for this option of a command; what can only be chosen is no matter of typing."""
    return option.kind in _TYPED or (option.kind is Kind.TEXT and command in _WRITTEN)


async def offers(desk: Desk, call: Call, command: str, option: str, typed: str, *, limit: int = MOST_OFFERS) -> Sequence[Choice]:
    """Whole values for an option of a command, the likeliest first; nothing for an option that there is not.

    Any text has an answer, at worst none: nothing is raised. Value and label hold 1 to 100 characters, no value stands there twice.

    Args:
        call: Where and who; its text does not matter.
        typed: What stands in the option so far: partial, wrong, or "".
        limit: At most so many.
    """
    asked = _BY_OPTION.get((command, option))
    if asked is None or limit < 1:
        return ()
    try:
        found = await _offers(desk, call, command, asked, _clean(typed), limit)
    except StoreTrouble:
        # A menu that stays empty for a moment; the command itself will tell what is wrong.
        return ()
    fitting: dict[str, Choice] = {}
    for one in found:
        if one.value.strip() and len(one.value) <= LONGEST and one.label.strip():
            fitting.setdefault(one.value, one)
    return list(fitting.values())[:limit]


def _clean(typed: str) -> str:
    """What is looked at: one line, nothing that cannot be sent back (half a character, a NUL)."""
    return re.sub(r"\s", " ", typed[:_READ].replace("\0", "").encode(errors="ignore").decode())


async def _offers(desk: Desk, call: Call, command: str, option: Option, typed: str, limit: int) -> Sequence[Choice]:
    if option.kind is Kind.CHOICE:
        return among((Choice(one, one) for one in option.choices), typed)
    if option.kind is Kind.COMMAND:
        return among((Choice(one.name, label(f"{one.name}: {one.help}")) for one in TABLE if not one.hidden), typed)
    if option.kind is Kind.PAPER:
        return await _papers(desk, call, command, typed, limit)
    channel = await desk.store.channels.load(call.address)
    match option.kind:
        case Kind.RULE:
            return _rules(channel, typed, everything=command == "unsubscribe")
        case Kind.QUERY:
            now, rules = await desk.caught_up(), [one.query for one in channel.subscriptions]
            own = () if command == "subscribe" else _own_queries(channel, typed)
            return (*own, *phrasing.queries(desk.memory.archive, typed, now, known=rules, limit=limit))
        case Kind.SCHEDULE:
            return phrasing.schedules(typed, current=channel.schedule, zone=call.asker.zone, limit=limit)
        case Kind.TEXT:
            return await _text(desk, channel, command, typed)


async def _text(desk: Desk, channel: Channel, command: str, typed: str) -> Sequence[Choice]:
    match command:
        case "pause":
            return phrasing.pauses(typed, channel, await desk.store.now())
        case "settings":
            return phrasing.pairs(((name, values) for name, (_, values) in SETTINGS.items()), typed)
        case _:
            return ()


# ---------------------------------------------------------------- own rules


def _rules(channel: Channel, typed: str, *, everything: bool) -> Sequence[Choice]:
    """The channel's rules that fit, by number or text, the likeliest first; all of them where none does.

    Args:
        everything: Whether "all" is among them.
    """
    offered = [
        # By its number where the text is too long to be a value: the list may change meanwhile, but the answer tells which it was.
        Choice(rule if len(rule := typed_rule(one.query)) <= LONGEST else f"#{number}", label(f"{number}. {one.query}"))
        for number, one in enumerate(channel.subscriptions, start=1)
    ]
    number = typed.strip().lstrip("#")
    if number.isdecimal() and 1 <= int(number) <= len(offered):
        return (offered[int(number) - 1],)
    fitting = list(_fitting([one.query for one in channel.subscriptions], typed))
    chosen = [offered[place] for place in fitting or range(len(offered))]
    if everything and len(offered) > 1 and (not fitting or "all".startswith(typed.strip().casefold())):
        chosen.append(Choice("all", f"all {len(offered)} rules"))
    return chosen


def _own_queries(channel: Channel, typed: str) -> Sequence[Choice]:
    rules = [one.query for one in channel.subscriptions]
    return [Choice(rules[place], label(f"{rules[place]} · a rule of this channel")) for place in _fitting(rules, typed)]


def _fitting(rules: Sequence[str], typed: str) -> Sequence[int]:
    """The places of the rules that begin with the text, then of those that hold it, then of those that look like it."""
    wanted, folded = typed.strip().casefold(), [rule.casefold() for rule in rules]
    near = difflib.get_close_matches(wanted, folded, n=_NEAR)
    order = sorted(range(len(folded)), key=lambda place: (not folded[place].startswith(wanted), wanted not in folded[place], place))
    return [place for place in order if wanted in folded[place] or folded[place] in near]


_NEAR = 3

# ---------------------------------------------------------------- papers


async def _papers(desk: Desk, call: Call, command: str, typed: str, limit: int) -> Sequence[Choice]:
    """Titles of recorded papers, each standing for its id: those that bear the id typed, else those whose words are typed."""
    await desk.caught_up()
    if command == "unsave":
        kept = await desk.store.papers.kept(call.address)
        return among(await _titled(desk, [id for id, _ in kept]), typed)
    if not typed.strip():
        waiting = await desk.store.papers.inbox(call.address)
        return await _titled(desk, [*(id for id, _ in reversed(waiting)), *desk.memory.archive.most_voted(limit)][:limit])
    begun = typed.strip().casefold()
    id = recognise(typed)
    ids = [*([id] if id else ()), *sorted((one for one in desk.memory.archive if one.startswith(begun)), reverse=True)[:limit]]
    offered = await _titled(desk, ids or _found(desk, typed)[:limit])
    # Who pastes the address of a paper that is not recorded sees that it is understood.
    return offered or ([Choice(id, id)] if id else ())


async def _titled(desk: Desk, ids: Sequence[PaperId]) -> Sequence[Choice]:
    ids = tuple(dict.fromkeys(ids))
    papers = await desk.store.papers.get(ids)
    return [Choice(id, label(papers[id].title) or id) for id in ids if id in papers]


def _found(desk: Desk, typed: str) -> Sequence[PaperId]:
    """Papers that say the words, the last of which may be only begun."""
    archive = desk.memory.archive
    for text in _title_queries(desk, re.findall(r"\w+", typed.casefold())[:_WORDS]):
        try:
            query = parse(text)
        except UserMistake:
            continue
        if found := archive.search(query):
            return [one.id for one in found]
    return ()


def _title_queries(desk: Desk, words: Sequence[str]) -> Iterator[str]:
    """For words in a title, then anywhere. Quoted, for none of them is meant as an operator."""
    if not words:
        return
    *whole, begun = words
    for field in ("title:", ""):
        head = " ".join(f'{field}"{word}"' for word in whole)
        yield f"{head} {field}{begun}*"
        yield from (f"{head} {field}{word}" for word in desk.memory.archive.beginning(begun, _ENDINGS))


_WORDS = 8
_ENDINGS = 3
