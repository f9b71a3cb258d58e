"""Answers of the core, brought to where they belong: to the channel what changes it, to the asker everything else.

A public answer is said by chat.postMessage, so that it is known whether the bot can be heard there at all; a private one goes the
first of the ways that works: response url, dialog, a whisper in the channel, the asker's direct messages.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import structlog

from adapters.slack.api import NotInvited
from adapters.slack.callers import BETWEEN_PEOPLE
from adapters.slack.files import delivered
from adapters.slack.origin import DIRECT, Place, remembering
from adapters.slack.views import shown
from adapters.slack.ways import USES, UrlSpent, parts_of, respond, say, stands, whisper
from bot.errors import Busy, ChannelGone, MessageRefused, NotSent, OutcomeUnknown, WorkspaceGone
from bot.message import Hint, Message
from bot.votes import note_shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.slack.api import Api
    from adapters.slack.origin import Origin
    from bot.commands import Answer, Call
    from bot.desk import Desk

AT_ONCE = USES - 1
"""Parts of one answer by a response url; the last use is kept for what has to be said after them."""
INVITE = (
    "I am not in this channel, so digests cannot come here. Invite me: type /invite @Paperboy. If you cannot, somebody who runs the "
    "channel can; I need nothing else."
)
UNSURE = "Slack did not tell me whether the channel got this, and I do not say it twice. For you alone:"

_log = structlog.get_logger()


async def deliver(desk: Desk, api: Api, origin: Origin, call: Call, answered: Answer, *, turns: bool = False) -> None:
    """Bring an answer to the people it is for.

    Args:
        turns: Whether it takes the place of the message whose button was pressed, where only the asker reads that message.

    Raises:
        PostTrouble: The asker cannot be reached in any way; `WorkspaceGone` if nobody can.
    """
    message = await delivered(api, origin, answered.message)
    if answered.threaded and answered.public:
        await _announce(desk, api, origin, call, message, thread=origin.threads_under)
    elif answered.public:
        # A mention in a thread is answered there, and shown to the channel, which the change is about.
        said = await _announce(desk, api, origin, call, message, thread=origin.thread if origin.is_talk else "", broadcast=True)
        if said and origin.place is Place.MODAL:
            # The dialog hides the channel; without a word in it a press seems to have done nothing.
            await _show(api, origin, message, call.text)
    elif answered.threaded:
        await tell(api, dataclasses.replace(origin, thread=origin.threads_under), message)
    else:
        await tell(api, origin, message, turns=turns, command=call.text)


async def _announce(desk: Desk, api: Api, origin: Origin, call: Call, message: Message, *, thread: str, broadcast: bool = False) -> bool:
    """Say it openly. False where the asker was told something else, or more."""
    parts = parts_of(message)
    for place, part in enumerate(parts):
        rest = parts[place:]
        try:
            ts = await say(api, call.address.channel, part, thread=thread, broadcast=broadcast)
        except WorkspaceGone:
            raise
        except NotInvited:
            hint = BETWEEN_PEOPLE if origin.channel_name == DIRECT else INVITE
            await _say_by_url(api, origin, rest, Hint(hint), thread=thread)
            return False
        except ChannelGone as exc:
            await tell(api, origin, _joined(rest, Hint(f"Only you can see this: {exc}.")))
            return False
        except OutcomeUnknown as exc:
            _log.warning("announcement_doubtful", channel=str(call.address), reason=str(exc))
            await tell(api, origin, _joined(rest, before=Hint(UNSURE)))
            return False
        except (NotSent, Busy) as exc:
            _log.warning("announcement_not_sent", channel=str(call.address), reason=str(exc))
            await _say_by_url(api, origin, rest, None, thread=thread)
            return False
        await note_shown(desk.store.votes, call.address, ts, parts, place)
    return True


async def _say_by_url(api: Api, origin: Origin, parts: Sequence[Message], hint: Hint | None, *, thread: str) -> None:
    """Say it openly where the bot itself cannot post, if the request brought a way to; then the asker alone reads the hint."""
    said = 0
    if origin.response_url:
        try:
            for part in parts[:AT_ONCE]:
                await respond(api, origin.response_url, part, public=True, thread=thread)
                said += 1
        except OutcomeUnknown as exc:
            _log.warning("announcement_doubtful", channel=origin.channel, reason=str(exc))
            await tell(api, origin, _joined(parts[said:], *_maybe(hint), before=Hint(UNSURE)))
            return
        except (NotSent, MessageRefused) as exc:
            _log.info("response_url_failed", reason=str(exc))
    if rest := parts[said:]:
        await tell(api, origin, _joined(rest, *_maybe(hint)))
    elif hint is not None:
        await tell(api, origin, Message((hint,)))


async def tell(api: Api, origin: Origin, message: Message, *, turns: bool = False, command: str = "") -> None:
    """Say something to the asker alone, the first way that works. An empty message is not said.

    Args:
        turns: As for `deliver`.
        command: What the message answers; it names the dialog that shows it.

    Raises:
        PostTrouble: No way works.
    """
    parts = parts_of(message)
    if not parts:
        return
    said = 0
    if origin.place in {Place.HOME, Place.MODAL} and await _show(api, origin, message, command):
        return
    if origin.is_talk and origin.is_direct:
        for part in parts:
            await say(api, origin.channel, part, thread=origin.thread)
        return
    if origin.response_url:
        # The message of a button that was pressed in direct messages is the person's own as well.
        replace = turns and bool(origin.message) and (origin.is_ephemeral or origin.is_direct)
        try:
            for part in _cut(parts):
                await respond(api, origin.response_url, part, replace=replace and not said, thread=origin.thread)
                said += 1
        except UrlSpent as exc:
            _log.info("response_url_spent", reason=str(exc))
        except NotSent as exc:
            _log.warning("response_url_failed", reason=str(exc))
        else:
            return
    await _reach(api, origin, _cut(parts)[said:])


async def _reach(api: Api, origin: Origin, parts: Sequence[Message]) -> None:
    """Without a response url: in the channel, for them alone; else in their direct messages."""
    said = 0
    # Whoever works in App Home does not see what is whispered in a channel.
    if origin.channel and not origin.is_direct and not origin.home_channel and origin.place is not Place.HOME:
        try:
            for part in parts:
                await whisper(api, origin.channel, origin.user, part, thread=origin.thread)
                said += 1
        except (ChannelGone, MessageRefused) as exc:
            _log.info("whisper_failed", channel=origin.channel, reason=str(exc))
        else:
            return
    for part in parts[said:]:
        await say(api, origin.user, part)


async def _show(api: Api, origin: Origin, message: Message, command: str) -> bool:
    """Show it in a dialog: a new one over App Home, else in the place of what the present one shows. False if that is too late."""
    name = command.split(maxsplit=1)[0].capitalize() if command.split() else "Paperboy"
    view = remembering(shown(message, name, channel=origin.channel), origin)
    if origin.place is Place.MODAL:
        return await stands(api.call("views.update", view_id=origin.view, view=view))
    return await stands(api.call("views.open", trigger_id=origin.trigger, view=view))


def _cut(parts: Sequence[Message]) -> Sequence[Message]:
    """As many as go at once; how many more there would be is counted in small print."""
    more = len(parts) - AT_ONCE
    if more <= 0:
        return parts
    messages = "1 more message does" if more == 1 else f"{more} more messages do"
    return [*parts[:AT_ONCE], Message((Hint(f"That is not all: {messages} not go at once."),))]


def _joined(parts: Sequence[Message], *after: Hint, before: Hint | None = None) -> Message:
    return Message((*_maybe(before), *(block for part in parts for block in part.blocks), *after), gist=parts[0].gist)


def _maybe(hint: Hint | None) -> tuple[Hint, ...]:
    return () if hint is None else (hint,)
