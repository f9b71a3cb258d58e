"""From what somebody typed to what is said in return: the one way in for every platform."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.commands.call import Answer
from bot.commands.permission import must_be_allowed
from bot.commands.replies import RULE, button, hint, said
from bot.commands.rules import nearest
from bot.commands.table import TABLE
from bot.errors import BadQuery, CorruptRecord, NewerRecord, SourceTrouble, StoreFull, StoreTrouble, UserMistake
from bot.identity import recognise
from bot.message import Buttons, Excerpt, Hint, Text
from bot.query import marked
from bot.telling import span
from bot.uptime import uptime

if TYPE_CHECKING:
    from bot.commands.call import Call
    from bot.desk import Desk
    from bot.message import Block

COMMANDS_A_MINUTE = 30
LONGEST_CALL = 25_000
"""Characters; an import is the longest thing worth reading."""
HERE = "here"
"""The word at the end of a command that lets everybody in the channel read the answer."""

_log = structlog.get_logger(__name__)
_BY_NAME = {command.name: command for command in TABLE}


async def answer(desk: Desk, call: Call) -> Answer:
    """Answer one command. Never raises for what a person or the outside world did; a bug of ours goes up.

    A trailing `here` makes a private answer public. The same call twice is answered twice; whoever may receive a call twice from
    its platform drops the repeat before.
    """
    began, well = uptime(), False
    try:
        answered = await _kindly(desk, call)
        well = True
    except SourceTrouble as exc:
        answered = said(Text(f"A source of papers is in trouble just now: {exc.reason} Nothing was changed; try again later."))
    except NewerRecord:
        answered = said(
            Text("A newer version of me has written down this channel, and this one cannot read it; nothing was changed."),
            Hint("While I am being replaced that lasts some minutes; try again then."),
        )
    except CorruptRecord as exc:
        _log.error("record_not_readable", key=exc.key, reason=str(exc))
        answered = said(
            Text("What is kept about this channel cannot be read. Whoever runs me has been told in the log; nothing was changed."),
            Hint("If nobody can mend it, `forget everything` erases it, and you can begin anew."),
        )
    except StoreFull:
        _log.error("store_full", command=call.text.partition(" ")[0])
        answered = said(Text("My store is full, so this was not saved. Whoever runs me has been told in the log."))
    except StoreTrouble as exc:
        _log.error("store_trouble", command=call.text.partition(" ")[0], reason=str(exc))
        answered = said(Text("I cannot reach my store just now, so this may not have been saved. Try again in a minute."))
    finally:
        name, _ = _parted(call.text)
        desk.counts.answered(call.address.platform, name if name in _BY_NAME else "", timedelta(seconds=uptime() - began), well=well)
    return answered


async def _kindly(desk: Desk, call: Call) -> Answer:
    """The answer, also to a person's mistake."""
    try:
        if not call.asker.is_operator:
            await _within_limits(desk, call)
        return await _answered(desk, call)
    except BadQuery as exc:
        return said(Text(exc.reason), Excerpt(marked(exc)), *_remedy(exc, _retry(call, exc)))
    except UserMistake as exc:
        return said(Text(exc.reason), *hint(exc.hint), *_remedy(exc, exc.instead))


async def _within_limits(desk: Desk, call: Call) -> None:
    who = f"{call.address.platform}:{call.address.workspace}:{call.asker.id}"
    if not await desk.store.cache.allow(f"commands:{who}", limit=COMMANDS_A_MINUTE, per=timedelta(minutes=1)):
        raise UserMistake(f"That is more than {COMMANDS_A_MINUTE} commands in a minute. Take a breath, then go on.")


async def _answered(desk: Desk, call: Call) -> Answer:
    name, rest = _parted(call.text)
    if len(call.text) > LONGEST_CALL:
        raise UserMistake(f"That is more than {LONGEST_CALL} characters; I stopped reading.")
    command = _BY_NAME.get(name)
    if command is None:
        raise _unknown(name, rest)
    public = RULE not in rest and (rest == HERE or rest.endswith(f" {HERE}"))
    rest = rest.removesuffix(HERE).rstrip() if public else rest
    if command.manages and not (command.tells and not rest):
        await must_be_allowed(desk, call, command.name)
    with span("command", platform=call.address.platform, workspace=call.address.workspace, command=name):
        answered = await command.run(desk, call, rest)
    return Answer(answered.message, public=public or answered.public, threaded=answered.threaded)


def _parted(text: str) -> tuple[str, str]:
    """The command's name and what follows it; nothing at all asks for help."""
    name, rest = (*text.strip().removeprefix("/papers").split(maxsplit=1), "", "")[:2]
    return (name.casefold() or "help", rest.strip())


def _unknown(name: str, rest: str) -> UserMistake:
    if recognise(f"{name} {rest}".strip()):
        return UserMistake("That is a paper, not a command.", instead=f"show {name}")
    near = nearest(name, [command.name for command in TABLE if not command.hidden])
    if near:
        return UserMistake(f"There is no command {name[:40]!r}. Did you mean {near[0]}?", instead=f"{near[0]} {rest}".strip())
    return UserMistake(f"There is no command {name[:40]!r}. To look for papers, search.", instead=f"search {name} {rest}"[:200].strip())


def _remedy(mistake: UserMistake, command: str) -> tuple[Block, ...]:
    """What to write instead, and a button that does it; nothing where nothing is known."""
    return (Text(f"Try: {mistake.instead}"), Buttons((button(mistake.instead, command),))) if mistake.instead else ()


def _retry(call: Call, mistake: BadQuery) -> str:
    """The command again with a query that works in the place of the one that does not."""
    text, query = call.text.strip(), mistake.query.strip()
    return f"{text.removesuffix(query).rstrip()} {mistake.instead}" if text.endswith(query) else f"search {mistake.instead}"
