"""Answers of the core, brought to where they belong: to the channel what changes it, to the asker everything else.

They go by the interaction's token, which needs no permission in the channel. A mistake in a command that would have changed the channel
is told to the one who made it, though everybody was promised an answer: the promise is taken back. Once the token is spent, what changed
the channel is posted there; what only its asker would have read is dropped, for they have long gone on.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import structlog

from adapters.discord.callers import in_words, lacking, lacking_for_threads
from adapters.discord.client import PLATFORM
from adapters.discord.reply import TokenSpent
from bot.errors import PostTrouble, WorkspaceGone
from bot.message import Hint, Message, Text
from bot.votes import note_shown

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from adapters.discord.reply import Reply
    from bot.channel import Address
    from bot.commands import Answer, Call
    from bot.desk import Desk

_PROMISING = frozenset({"subscribe", "import", "digest", "schedule", "resume"})
"""Commands after which people expect digests."""
_THREADS_ON = re.compile(r"settings\b.*\bthread\s+on\b", re.IGNORECASE)
_IN_THE_THREAD = Message((Text("They are in the thread under the digest."),))
_IN_THE_CHANNEL = Message((Text("They stand in this channel now, for I may not open a thread under the digest."),))

_log = structlog.get_logger()


async def deliver(desk: Desk, reply: Reply, call: Call, answered: Answer, *, turns: bool = False) -> None:
    """Bring an answer to the people it is for.

    Args:
        turns: Whether it takes the place of the message whose button was pressed.

    Raises:
        PostTrouble: The asker cannot be reached.
    """
    origin = reply.origin
    message = _warned(reply, call, answered)
    has_threads = bool(origin.message) and not origin.is_direct and not origin.in_thread
    if answered.threaded and answered.public and has_threads and (posted := await _under(desk, reply, call, message)):
        # Where no thread may be opened, it stands in the channel.
        message = _IN_THE_THREAD if all("/" in id for id in posted if id) else _IN_THE_CHANNEL
        answered = dataclasses.replace(answered, public=False)
    try:
        said = await reply.say(message, public=answered.public or origin.is_direct, replace=turns)
    except TokenSpent as exc:
        if not answered.public:
            _log.info("answer_too_late", interaction=origin.id, channel=str(call.address), reason=str(exc))
            return
        await _in_channel(desk, call, reply.parts(message)[exc.said :], key=f"answer:{origin.id}:{exc.said}")
        return
    if answered.public or origin.is_direct:
        await note_papers(desk, call.address, {origin.message_id(id): part for id, part in said.items()})


def _warned(reply: Reply, call: Call, answered: Answer) -> Message:
    """The answer, with a word about what keeps digests from coming."""
    origin, message = reply.origin, answered.message
    if not answered.public or origin.allowed is None:
        return message
    if call.text.partition(" ")[0].casefold() in _PROMISING:
        promised, missing = "post digests", lacking(origin.allowed, in_thread=origin.in_thread)
    elif _THREADS_ON.search(call.text) and origin.channel == origin.address.channel and not origin.in_thread:
        promised, missing = "open threads", lacking_for_threads(origin.allowed)
    else:
        return message
    if not missing:
        return message
    hint = f"I cannot {promised} here yet: I lack {in_words(missing)} in this channel. Whoever runs the server can allow me that."
    return dataclasses.replace(message, blocks=(*message.blocks, Hint(hint)))


async def _under(desk: Desk, reply: Reply, call: Call, message: Message) -> Collection[str]:
    """The ids of what stands now in the thread of the message whose button was pressed, or in the channel; none if nothing does."""
    origin = reply.origin
    try:
        said = {
            await desk.outlets[PLATFORM].post(
                call.address, part, key=f"under:{origin.id}:{place}", under=origin.message_id(origin.message)
            ): part
            for place, part in enumerate(reply.parts(message))
        }
    except WorkspaceGone:
        raise
    except PostTrouble as exc:
        _log.info("thread_not_used", channel=str(call.address), reason=str(exc))
        return ()
    await note_papers(desk, call.address, said)
    return said.keys()


async def _in_channel(desk: Desk, call: Call, parts: Sequence[Message], *, key: str) -> None:
    posted = [await desk.outlets[PLATFORM].post(call.address, part, key=f"{key}:{place}") for place, part in enumerate(parts)]
    await note_papers(desk, call.address, dict(zip(posted, parts, strict=True)))


async def note_papers(desk: Desk, address: Address, said: Mapping[str, Message]) -> None:
    """So that reactions to it count as the channel's votes.

    Args:
        said: The parts of one answer in their order, by the ids of their messages as `bot.ports.Outlet.post` gives them.
    """
    parts = list(said.values())
    for place, id in enumerate(said):
        if id:
            await note_shown(desk.store.votes, address, id, parts, place)
