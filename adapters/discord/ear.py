"""What is done about each kind of interaction: acknowledge at once, then work."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import structlog

from adapters.discord import menu
from adapters.discord.actions import command_of, pressed
from adapters.discord.answers import deliver
from adapters.discord.callers import caller
from adapters.discord.completion import complete
from adapters.discord.modals import keep, mistakes, values
from adapters.discord.once import QUICK
from adapters.discord.origin import of_interaction
from adapters.discord.reply import Reply
from adapters.discord.serving import promise, serve
from adapters.discord.tree import command_in
from bot.commands import filled
from bot.commands.apologies import AWAY, WRONG
from bot.errors import PaperboyError, StoreTrouble
from bot.message import Hint, Message, Text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from adapters.discord.client import Rest
    from adapters.discord.once import Once
    from adapters.discord.places import Places
    from bot.desk import Desk

    Payload = Mapping[str, Any]

COMMAND, COMPONENT, COMPLETION, SUBMISSION = 2, 3, 4, 5
_MESSAGE_MENU = 3
_OLD_BUTTON = Message(
    (
        Text("This button has expired: it is older than 30 days, or was made by another version of Paperboy."),
        Hint("Type the command instead; /papers help tells which there are."),
    )
)
_OLD_FORM = Message((Text("This form has expired: it was made by another version of Paperboy. Please open it again."),))

_log = structlog.get_logger()


class Ear:
    """What is done about each kind of interaction."""

    def __init__(self, desk: Desk, rest: Rest, places: Places, once: Once) -> None:
        self._desk = desk
        self._rest = rest
        self._places = places
        self._once = once

    async def hear(self, payload: Payload) -> None:
        """Answer one INTERACTION_CREATE; told again, it is answered no second time. Never raises for what somebody did."""
        try:
            origin = of_interaction(payload, self._places)
        except ValueError as exc:
            _log.warning("interaction_not_understood", reason=str(exc))
            return
        reply = Reply(self._rest, self._desk.store.cache, origin)
        data = payload.get("data")
        try:
            await self._heard(reply, payload.get("type"), data if isinstance(data, dict) else {})
        except Exception:  # noqa: BLE001  # whatever it is, the person who waits must hear of it
            _log.exception("listener_failed", interaction=origin.id)
            await self._said(reply, WRONG)

    async def _heard(self, reply: Reply, kind: object, data: Payload) -> None:
        if kind == COMPLETION:
            await complete(self._desk, reply, data)
        elif kind == COMMAND and data.get("type") == _MESSAGE_MENU:
            await self._work(reply, lambda: reply.think(public=reply.origin.is_direct), lambda: self._similar(reply, data))
        elif kind == COMMAND:
            text = command_in(data)
            await self._work(reply, lambda: promise(reply, text), lambda: serve(self._desk, reply, text))
        elif kind == COMPONENT:
            await self._pressed(reply, data)
        elif kind == SUBMISSION:
            await self._submitted(reply, data)
        else:
            _log.info("interaction_not_ours", type=kind)

    async def _pressed(self, reply: Reply, data: Payload) -> None:
        values = data.get("values")
        try:
            press = pressed(str(data.get("custom_id", "")), values if isinstance(values, list) else ())
        except ValueError:
            await self._said(reply, _OLD_BUTTON)
            return
        text = press.command or await self._kept(reply, press.token, _OLD_BUTTON)
        if text:
            # Others read the message as well where it is not the asker's own; then what they read stays.
            turns = press.turns and (reply.origin.is_ephemeral or reply.origin.is_direct)
            await self._work(reply, lambda: promise(reply, text, turns=turns), lambda: serve(self._desk, reply, text, turns=turns))

    async def _submitted(self, reply: Reply, data: Payload) -> None:
        try:
            form = values(data)
        except ValueError:
            await self._said(reply, _OLD_FORM)
            return
        if not (opened_by := form.command or await self._kept(reply, form.token, _OLD_FORM)):
            return
        text = filled(opened_by, form.values)
        if isinstance(text, str):
            await self._work(reply, lambda: promise(reply, text, forms=False), lambda: serve(self._desk, reply, text, forms=False))
        else:
            shown = await self._said(reply, mistakes(text, None, command=opened_by))
            await self._kept_for_mending(reply, shown, form.values)

    async def _similar(self, reply: Reply, data: Payload) -> None:
        papers = menu.papers_in(data)
        if len(papers) == 1:
            await serve(self._desk, reply, f"similar {papers[0]}")
        else:
            await deliver(self._desk, reply, caller(reply.origin, "similar"), await menu.choice(self._desk, papers))

    async def _kept(self, reply: Reply, token: str, old: Message) -> str:
        """The command under a token; "" if nobody knows it any more, and then the asker is told."""
        try:
            async with asyncio.timeout(QUICK.total_seconds()):
                command = await command_of(self._desk.store.cache, reply.origin.address, token)
        except (TimeoutError, StoreTrouble) as exc:
            _log.error("store_trouble", reason=str(exc) or "not in time", interaction=reply.origin.id)
            await self._said(reply, AWAY)
            return ""
        if command is None:
            await self._said(reply, old)
        return command or ""

    async def _kept_for_mending(self, reply: Reply, messages: Iterable[str], said: Mapping[str, tuple[str, ...]]) -> None:
        try:
            for message in filter(None, messages):
                await keep(self._desk.store.cache, reply.origin.address, message, said)
        except StoreTrouble as exc:
            # The form opens again all the same.
            _log.warning("filled_in_not_kept", reason=str(exc), interaction=reply.origin.id)

    async def _said(self, reply: Reply, message: Message) -> Iterable[str]:
        """Say something to the asker alone, for which nothing has to be found out; the ids of its messages."""
        try:
            return await reply.say(message, public=reply.origin.is_direct)
        except PaperboyError as exc:
            _log.info("answer_not_delivered", interaction=reply.origin.id, reason=str(exc))
            return ()

    async def _work(self, reply: Reply, promised: Callable[[], Awaitable[None]], work: Callable[[], Awaitable[None]]) -> None:
        origin = reply.origin
        about = {"channel": str(origin.address), "user": origin.user}
        try:
            await promised()
        except PaperboyError as exc:
            # The person reads "The application did not respond" and tries again; what is done now would be done twice.
            _log.warning("not_acknowledged", interaction=origin.id, reason=str(exc), **about)
            return
        await self._once.do(origin.id, work, lambda message: reply.say(message, public=origin.is_direct), **about)
