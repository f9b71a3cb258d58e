"""The way back to whoever asked: an interaction's token, good for three seconds, and once acknowledged for fifteen minutes.

What the first response is fixes who sees the first message: a deferral to all is taken back before something is said to one, and the
other way round. Source: discord.com/developers/docs, "Receiving and Responding to Interactions".
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Any

import structlog

from adapters.discord.errors import ChannelClosed, Refused
from adapters.discord.origin import EPHEMERAL, Reach
from adapters.discord.render import LIMITS, bare, measure
from adapters.discord.written import body, files, written
from bot.errors import MessageRefused, NotSent, PostTrouble
from bot.message import Hint, Message
from bot.paging import split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adapters.discord.client import Rest
    from adapters.discord.origin import Origin
    from adapters.discord.render import Rendered
    from bot.ports import Cache

    Json = dict[str, Any]

_THINKING, _TURNING, _CHOICES, _FORM = 5, 6, 8, 9
_UNKNOWN_INTERACTION, _UNKNOWN_WEBHOOK, _INVALID_TOKEN, _ACKNOWLEDGED, _UNKNOWN_MESSAGE = 10062, 10015, 50027, 40060, 10008
_SPENT = frozenset({_UNKNOWN_INTERACTION, _UNKNOWN_WEBHOOK, _INVALID_TOKEN})
WRONGLY_MADE = frozenset({50035, 50006})
"""Discord's codes for a message that it cannot take as it was laid out; its words it may."""
_MOST_PARTS = 10
_MOST_PARTS_ELSEWHERE = 5
"""Followups that Discord takes where the app was brought along ("User-installed apps")."""

_log = structlog.get_logger()


class TokenSpent(NotSent):
    """The interaction is over: it was answered too late, or elsewhere.

    Args:
        said: How many parts of the message were shown before.
    """

    def __init__(self, reason: str, *, said: int = 0) -> None:
        super().__init__(reason)
        self.said = said


class _Shown(Enum):
    """What the asker sees so far."""

    NOTHING = auto()
    THINKING = auto()
    """"Paperboy is thinking…", to the asker alone."""
    THINKING_ALOUD = auto()
    """The same, to everybody."""
    TURNING = auto()
    """The message whose button was pressed, as it was."""
    SOMETHING = auto()
    """An answer, or a form: what follows is a message of its own."""


class Reply:
    """One interaction's answers. Not to be shared between tasks."""

    def __init__(self, rest: Rest, cache: Cache, origin: Origin) -> None:
        self.origin = origin
        self._rest = rest
        self._cache = cache
        self._shown = _Shown.NOTHING

    # ---------------------------------------------------------------- the first response, within three seconds

    async def think(self, *, public: bool) -> None:
        """Promise an answer.

        Args:
            public: Whether everybody sees that it is coming, and then the answer.

        Raises:
            TokenSpent: Three seconds are over.
            PostTrouble: As `Rest.call`.
        """
        await self._respond(_THINKING, {} if public else {"flags": EPHEMERAL})
        self._shown = _Shown.THINKING_ALOUD if public else _Shown.THINKING

    async def turn(self) -> None:
        """Promise that the message whose button was pressed will change. Raises as `think`."""
        await self._respond(_TURNING, {})
        self._shown = _Shown.TURNING

    async def open(self, modal: Json) -> None:
        """Open a form. Raises as `think`; `MessageRefused` if Discord will not have the form, and then an answer may still be given."""
        await self._respond(_FORM, modal)
        self._shown = _Shown.SOMETHING

    async def offer(self, choices: Sequence[Json]) -> None:
        """Answer an autocomplete. Raises as `think`."""
        await self._respond(_CHOICES, {"choices": list(choices)})

    async def _respond(self, kind: int, data: Json) -> None:
        response: Json = {"type": kind, **({"data": data} if data else {})}
        try:
            await self._call("POST", "/interactions/{webhook_id}/{webhook_token}/callback", json=response, webhook=self.origin.id)
        except PostTrouble as exc:
            # Another process that heard it too was faster: the token is good all the same.
            if _code(exc) != _ACKNOWLEDGED:
                raise

    # ---------------------------------------------------------------- answers, within fifteen minutes

    async def say(self, message: Message, *, public: bool, replace: bool = False) -> Mapping[str, Message]:
        """Show an answer in as many messages as it needs; nothing for an empty one, whose promise is taken back.

        Args:
            public: Whether everybody sees it.
            replace: After `turn`: whether it takes the place of the message whose button was pressed.

        Returns:
            What was said, in its order, by the ids of the messages.

        Raises:
            TokenSpent: Fifteen minutes are over; `said` parts were shown.
            PostTrouble: As `Rest.call`.
        """
        parts = self.parts(message)
        if self._shown is _Shown.NOTHING:
            await self.think(public=public)
        said: dict[str, Message] = {}
        if not parts:
            await self._take_back()
        for place, part in enumerate(parts):
            try:
                id = await self._show(part, public=public, replace=replace and not place)
            except TokenSpent as exc:
                raise TokenSpent(str(exc), said=place) from exc
            said[id] = part
        return said

    def parts(self, message: Message) -> Sequence[Message]:
        """The message in as many parts as Discord needs, but no more than it takes at once."""
        parts = split(message, LIMITS, measure=measure)
        most = _MOST_PARTS_ELSEWHERE if self.origin.reach is Reach.ELSEWHERE else _MOST_PARTS
        more = len(parts) - most + 1
        if len(parts) <= most:
            return parts
        rest = Message((Hint(f"That is not all: {more} more messages do not go at once. Ask for less, or for a page."),))
        return (*parts[: most - 1], rest)

    async def _show(self, part: Message, *, public: bool, replace: bool) -> str:
        promised = _Shown.THINKING_ALOUD if public else _Shown.THINKING
        if self._shown is promised or (replace and self._shown is _Shown.TURNING):
            try:
                id = await self._written("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/@original", part, {"attachments": []})
            except PostTrouble as exc:
                if _code(exc) != _UNKNOWN_MESSAGE:
                    raise
                _log.info("promise_was_removed", interaction=self.origin.id)
            else:
                self._shown = _Shown.SOMETHING
                return id
        elif self._shown in {_Shown.THINKING, _Shown.THINKING_ALOUD}:
            # The next message would else be seen by those to whom the answer was promised.
            await self._take_back()
        self._shown = _Shown.SOMETHING
        return await self._written("POST", "/webhooks/{webhook_id}/{webhook_token}", part, {} if public else {"flags": EPHEMERAL})

    async def _take_back(self) -> None:
        if self._shown in {_Shown.THINKING, _Shown.THINKING_ALOUD}:
            try:
                await self._call("DELETE", "/webhooks/{webhook_id}/{webhook_token}/messages/@original")
            except PostTrouble as exc:
                if _code(exc) != _UNKNOWN_MESSAGE:
                    raise
        self._shown = _Shown.SOMETHING

    async def _written(self, method: str, path: str, part: Message, more: Json) -> str:
        try:
            return await self._sent(method, path, await written(self._cache, self.origin.address, part), more)
        except MessageRefused as exc:
            if _code(exc) not in WRONGLY_MADE:
                raise
            _log.error("message_refused", reason=str(exc), interaction=self.origin.id)
        return await self._sent(method, path, bare(part), more)

    async def _sent(self, method: str, path: str, shown: Rendered, more: Json) -> str:
        sent = await self._call(method, path, json={**more, **body(shown)}, files=files(shown))
        return str(sent.get("id", "")) if isinstance(sent, dict) else ""

    async def _call(
        self, method: str, path: str, *, json: Json | None = None, files: Sequence[tuple[str, bytes]] = (), webhook: str = ""
    ) -> Any:
        try:
            return await self._rest.call(
                method,
                path,
                json=json,
                files=files,
                # A new message that may have been shown is not sent again: nothing would find the first one.
                repeat=method != "POST",
                webhook_id=webhook or self.origin.application,
                webhook_token=self.origin.token,
            )
        except PostTrouble as exc:
            if _code(exc) in _SPENT:
                raise TokenSpent(str(exc)) from exc
            raise


def _code(exc: PostTrouble) -> int:
    """Discord's own code of an error; 0 if it gave none."""
    return exc.code if isinstance(exc, Refused | ChannelClosed) else 0
