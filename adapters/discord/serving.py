"""One request of a person, served: the form its command opens, or the command's answer."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING

import structlog

from adapters.discord.answers import deliver
from adapters.discord.callers import caller
from adapters.discord.modals import opened, refilled
from adapters.discord.once import QUICK
from adapters.discord.origin import Reach
from bot.commands import TABLE, Answer, answer, form
from bot.commands.answering import HERE
from bot.commands.forms import may_open
from bot.errors import MessageRefused, StoreTrouble
from bot.message import Hint, Message, Text

if TYPE_CHECKING:
    from adapters.discord.reply import Reply
    from bot.commands import Command
    from bot.desk import Desk

_BY_NAME = {command.name: command for command in TABLE}
_log = structlog.get_logger()


def changes(text: str) -> bool:
    """Whether a command changes the channel; not if it only tells."""
    command, rest = _parted(text)
    return command is not None and command.manages and bool(rest or not command.tells)


async def promise(reply: Reply, text: str, *, turns: bool = False, forms: bool = True) -> None:
    """Acknowledge a command at once, unless a form may come instead, which must be the first response. Raises as `Reply.think`.

    Args:
        turns: Whether its answer takes the place of the message whose button was pressed.
        forms: Whether a form may come: not after a form.
    """
    origin = reply.origin
    if forms and may_open(text) and origin.reach is not Reach.ELSEWHERE:
        return
    if turns:
        await reply.turn()
    else:
        for_all = _is_here(text) if origin.reach is Reach.ELSEWHERE else _is_here(text) or changes(text)
        await reply.think(public=for_all or origin.is_direct)


async def serve(desk: Desk, reply: Reply, text: str, *, turns: bool = False, forms: bool = True) -> None:
    """Answer a command, chosen or pressed, after `promise` with the same arguments.

    Raises:
        PostTrouble: Nobody could be told.
        StoreTrouble: It could not be worked on.
    """
    origin = reply.origin
    call = caller(origin, text)
    if origin.reach is Reach.ELSEWHERE:
        answered = Answer(_NOT_HERE) if changes(text) else await answer(desk, call)
        # What it changes is the person's own, and nothing that people of this place asked for.
        await deliver(desk, reply, call, dataclasses.replace(answered, public=answered.public and _is_here(text)), turns=turns)
        return
    if forms and may_open(text):
        if await _opened(desk, reply, text):
            return
        await reply.think(public=origin.is_direct)
    await deliver(desk, reply, call, await answer(desk, call), turns=turns)


async def _opened(desk: Desk, reply: Reply, text: str) -> bool:
    """Whether a form is open now: False if there is none for the command, or it could not be made in time."""
    origin = reply.origin
    try:
        async with asyncio.timeout(QUICK.total_seconds()):
            asked = await form(desk, caller(origin, text))
            if asked is not None:
                asked = await refilled(desk.store.cache, origin.address, origin.message, asked)
            shown = None if asked is None else await opened(desk.store.cache, origin.address, asked)
    except (TimeoutError, StoreTrouble) as exc:
        _log.warning("form_not_made", reason=str(exc) or "the store does not answer in time")
        return False
    if shown is None:
        return False
    try:
        await reply.open(shown)
    except MessageRefused as exc:
        _log.error("form_refused", reason=str(exc))
        return False
    return True


_NOT_HERE = Message(
    (
        Text("I am no member here, so I can look papers up for you, and neither bring digests nor keep anything for this place."),
        Hint("For digests, subscribe in our own direct messages, or have somebody who runs the server add me to it."),
    )
)


def _is_here(text: str) -> bool:
    """Whether the asker lets everybody read an answer that would else be theirs."""
    command, rest = _parted(text)
    return command is not None and not command.manages and (rest == HERE or rest.endswith(f" {HERE}"))


def _parted(text: str) -> tuple[Command | None, str]:
    name, _, rest = text.strip().partition(" ")
    return _BY_NAME.get(name.casefold()), rest.strip()
