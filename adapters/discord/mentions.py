"""Plain words to the bot: a mention in a channel, or a direct message. Nothing else that anybody writes is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import structlog

from adapters.discord.answers import note_papers
from adapters.discord.callers import caller
from adapters.discord.client import PLATFORM
from adapters.discord.errors import LACKING, ChannelClosed, Refused
from adapters.discord.mark import nonce
from adapters.discord.origin import Origin, Reach, name_of, part, text
from adapters.discord.places import ANYWHERE, DIRECT, Place, place_of
from adapters.discord.render import LIMITS, bare, measure
from adapters.discord.reply import WRONGLY_MADE
from adapters.discord.written import body, files, written
from bot.channel import Address
from bot.commands import answer, command_of
from bot.message import File, Hint, Message
from bot.paging import split

if TYPE_CHECKING:
    from collections.abc import Mapping

    import discord

    from adapters.discord.client import Rest
    from adapters.discord.once import Once
    from adapters.discord.places import Places
    from adapters.discord.render import Rendered
    from bot.desk import Desk

    Payload = Mapping[str, Any]

_SPOKEN = frozenset({0, 19})
"""Types of messages: what somebody says, and replies."""
_NO_FILES = Hint("I may not attach files here; ask by command, /papers, and you get it for yourself.")

_log = structlog.get_logger()


class Mentions:
    """What is done about messages."""

    def __init__(self, desk: Desk, rest: Rest, places: Places, once: Once) -> None:
        self._desk = desk
        self._rest = rest
        self._places = places
        self._once = once

    async def hear(self, payload: Payload) -> None:
        """Answer a MESSAGE_CREATE that is to the bot, as a reply; told again, it is answered no second time. Never raises."""
        if (words := self._meant(payload)) is None:
            return
        origin = of_message(payload, self._places)

        async def work() -> None:
            call = caller(origin, command_of(words))
            await self._reply(origin, (await answer(self._desk, call)).message)

        await self._once.do(
            origin.id, work, lambda sorry: self._reply(origin, sorry, prefix="sorry"), channel=str(origin.address), user=origin.user
        )

    def _meant(self, payload: Payload) -> str | None:
        """The words without the mention; None if they are not to the bot. A reply to one of its messages alone is not: people comment."""
        me, author, content = self._places.user, part(payload, "author"), text(payload, "content")
        is_talk = payload.get("type") in _SPOKEN and text(author, "id") and not author.get("bot") and not payload.get("webhook_id")
        if me is None or not is_talk:
            return None
        mention = re.compile(rf"<@!?{me.id}>[\s:,]*")
        if payload.get("guild_id") and not mention.search(content):
            return None
        return mention.sub(" ", content).strip()

    async def _reply(self, origin: Origin, message: Message, *, prefix: str = "answer") -> None:
        said: dict[str, Message] = {}
        for place, one in enumerate(split(message, LIMITS, measure=measure)):
            key = f"{prefix}:{origin.id}:{place}"
            try:
                id = await self._posted(origin, one, key=key)
            except ChannelClosed as exc:
                bare = tuple(block for block in one.blocks if not isinstance(block, File))
                if exc.code != LACKING or len(bare) == len(one.blocks):
                    raise
                # In an answer to a command it needs no permission to attach a file.
                id = await self._posted(origin, Message((*bare, _NO_FILES), gist=one.gist), key=key)
            said[origin.message_id(id)] = one
        await note_papers(self._desk, origin.address, said)

    async def _posted(self, origin: Origin, message: Message, *, key: str) -> str:
        try:
            return await self._sent(origin, await written(self._desk.store.cache, origin.address, message), key=key)
        except Refused as exc:
            if exc.code not in WRONGLY_MADE:
                raise
            _log.error("message_refused", reason=str(exc), message=origin.id)
        return await self._sent(origin, bare(message), key=key)

    async def _sent(self, origin: Origin, shown: Rendered, *, key: str) -> str:
        sent = await self._rest.call(
            "POST",
            "/channels/{channel_id}/messages",
            channel_id=origin.channel,
            json={
                **body(shown),
                "message_reference": {"message_id": origin.message, "fail_if_not_exists": False},
                "nonce": nonce(key),
                "enforce_nonce": True,
            },
            files=files(shown),
        )
        return str(sent["id"])


def of_message(payload: Payload, places: Places) -> Origin:
    """Who said it, and where."""
    author, member = part(payload, "author"), part(payload, "member")
    guild, raw, user = text(payload, "guild_id"), text(payload, "channel_id"), text(author, "id")
    place = place_of({"id": raw}, places) if guild else Place(f"@{user}", DIRECT)
    return Origin(
        id=f"message:{text(payload, 'id')}",
        token="",
        application="",
        address=Address(PLATFORM, guild or ANYWHERE, place.channel),
        channel_name=place.name,
        channel=raw,
        user=user,
        user_name=name_of(member, author),
        may_manage=not guild or _manages(places.get_guild(int(guild)), user, member),
        reach=Reach.SERVER if guild else Reach.DIRECT,
        allowed=None,
        message=text(payload, "id"),
    )


def _manages(guild: discord.Guild | None, user: str, member: Payload) -> bool:
    """Whether their roles let them manage the server: with a message Discord tells those, and no permissions."""
    if guild is None:
        return False
    given = member.get("roles")
    roles = [guild.default_role, *(guild.get_role(int(id)) for id in (given if isinstance(given, list) else []))]
    allowed = [role.permissions for role in roles if role is not None]
    return user == str(guild.owner_id) or any(one.manage_guild or one.administrator for one in allowed)
