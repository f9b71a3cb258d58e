"""Discord's mouth: a message is posted at least once, repeats are dropped by its nonce, and it is found again by its mark."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from discord.utils import time_snowflake

from adapters.discord import forums, threads
from adapters.discord.client import PLATFORM
from adapters.discord.errors import ARCHIVED, BAD_BODY, FORUM, LACKING, NOT_TEXT, UNKNOWN_MESSAGE, UNWANTED, ChannelClosed, Refused
from adapters.discord.escape import label
from adapters.discord.finding import found
from adapters.discord.mark import marked, nonce
from adapters.discord.places import ANYWHERE
from adapters.discord.render import LIMITS, measure, rendered
from adapters.discord.rights import named
from bot.errors import NotSent, OutcomeUnknown, StoreTrouble
from bot.message import Heading, Text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from adapters.discord.client import Rest
    from adapters.discord.render import Rendered
    from bot.channel import Address
    from bot.message import Block, Message
    from bot.ports import Cache, Limits

SKEW = timedelta(minutes=1)
"""By how much our clock may be ahead of Discord's, which makes the ids."""

KEPT = timedelta(days=7)
"""How long it is remembered what a channel is, and which channel a person's direct messages are."""
POST_KEPT = timedelta(hours=1)
"""How long what is said in a forum without tags belongs to the last post: the further parts of a digest."""

_NAME = 100
"""Characters in the name of a thread or post."""

_log = structlog.get_logger()


THREAD = "The papers of this digest"
"""What a thread is called: it stands under the digest, which says the rest. Its first reply, a paper, would name it wrongly."""


class DiscordOutlet:
    """See `bot.ports.Outlet`.

    The id of a message is Discord's; of one in a thread that is not the address itself (a post in a forum, what stands under a digest)
    "<thread id>/<message id>"; "" of one that somebody deleted before we heard that it was posted.

    Args:
        rest: Who asks Discord.
        cache: Shared by all processes.
    """

    def __init__(self, rest: Rest, cache: Cache) -> None:
        self._rest = rest
        self._cache = cache

    @property
    def platform(self) -> str:
        """As in `Address.platform`."""
        return PLATFORM

    @property
    def limits(self) -> Limits:
        """What one message may hold."""
        return LIMITS

    def measure(self, block: Block) -> int:
        """Characters of its content or embeds, escaped."""
        return measure(block)

    async def post(self, address: Address, message: Message, *, key: str, under: str = "", tags: Sequence[str] = ()) -> str:
        """See the port. In a forum it becomes a post named after its heading; one without tags soon after another belongs to that one."""
        try:
            return await self._post(address, message, key=key, under=under, tags=tags)
        except StoreTrouble as error:
            # The store is asked for turns, and what it knows, before a request goes out; afterwards only told.
            raise NotSent(f"the store could not be asked before posting: {error}") from error
        except ChannelClosed as error:
            if error.code != LACKING or _is_direct(address):
                raise
            raise await named(self._rest, address, error) from error

    async def posted(self, address: Address, *, key: str, since: datetime, under: str = "") -> str | None:
        """See the port. None also where it cannot be known: without Read Message History Discord shows a channel as empty.

        Raises:
            OutcomeUnknown: It cannot be found out now; a long channel is read on from there the next time.
            Busy: Discord lets the channel be read later.
            ChannelGone: It is closed to the bot.
            WorkspaceGone: So is the server, or all of Discord.
        """
        after = str(time_snowflake(since - SKEW))
        try:
            channel = await self._channel(address)
            if under and (thread := under.partition("/")[0]):
                # There may be none: what should have stood there stands in the channel.
                with contextlib.suppress(ChannelClosed, Refused):
                    if (id := await self._found(thread, key=key, after=after)) is not None:
                        return _id(thread, id)
            if not await self._is_forum(channel, ask=True):
                return await self._found(channel, key=key, after=after)
            me = await self._rest.me()
            for thread in await forums.posts(self._rest, address.workspace, channel, owner=me, after=after):
                if (id := await self._found(thread, key=key, after=after)) is not None:
                    await self._cache.put(_last_post(channel), thread.encode(), keep=POST_KEPT)
                    return _id(thread, id)
        except Refused as error:
            raise OutcomeUnknown(str(error)) from error
        except StoreTrouble as error:
            raise OutcomeUnknown(f"the store could not be asked: {error}") from error
        return None

    async def _post(self, address: Address, message: Message, *, key: str, under: str, tags: Sequence[str]) -> str:
        channel = await self._channel(address)
        if thread := await self._thread(address, channel, under):
            try:
                return _id(thread, await self._said(address, thread, message, key))
            except ChannelClosed as error:
                # It was closed since; the channel itself may be open.
                _log.info("thread_closed", channel=str(address), thread=thread, code=error.code)
                await threads.give_up(self._cache, thread)
        if await self._is_forum(channel):
            return await self._said_in_forum(address, channel, message, key=key, tags=tags)
        try:
            return await self._said(address, channel, message, key)
        except (Refused, ChannelClosed) as error:
            if error.code not in (FORUM, NOT_TEXT) or not await self._is_forum(channel, ask=True):
                raise
            return await self._said_in_forum(address, channel, message, key=key, tags=tags)

    async def _said(self, address: Address, channel: str, message: Message, key: str) -> str:
        """Say it in a channel or thread, which is reopened if need be."""

        async def send(shown: Rendered) -> str:
            try:
                return await self._sent(channel, shown, key)
            except ChannelClosed as error:
                if error.code != ARCHIVED or not await threads.reopen(self._rest, channel):
                    raise
                return await self._sent(channel, shown, key)

        return await self._shown(address, message, key, send)

    async def _shown(self, address: Address, message: Message, key: str, send: Callable[[Rendered], Awaitable[str]]) -> str:
        """Send it with its mark; without its pictures if Discord refuses them."""
        shown = await rendered(self._cache, address, message)
        try:
            return await send(marked(shown, key))
        except Refused as error:
            plainer = await rendered(self._cache, address, message, pictures=False)
            if error.code != BAD_BODY or plainer == shown:
                raise
            return await send(marked(plainer, key))

    async def _sent(self, channel: str, shown: Rendered, key: str) -> str:
        body = {**_body(shown), "nonce": nonce(key), "enforce_nonce": True}
        try:
            answer = await self._rest.call("POST", "/channels/{channel_id}/messages", channel_id=channel, json=body, files=_files(shown))
        except Refused as error:
            if error.code == UNKNOWN_MESSAGE:
                return ""  # a repeat, and the first one was deleted (discord/discord-api-docs#6647)
            raise
        return str(answer["id"])

    async def _said_in_forum(self, address: Address, forum: str, message: Message, *, key: str, tags: Sequence[str]) -> str:
        last = (await self._cache.get(_last_post(forum)) or b"").decode()
        if last and not tags:
            with contextlib.suppress(ChannelClosed):  # deleted or locked since: it becomes a post of its own
                return _id(last, await self._said(address, last, message, key))
        applied = forums.applied(await self._rest.call("GET", "/channels/{channel_id}", channel_id=forum), tags)
        head = {"name": _name(message), **({"applied_tags": applied} if applied else {})}

        async def send(shown: Rendered) -> str:
            body, path = {**head, "message": _body(shown)}, "/channels/{channel_id}/threads"
            # It takes no nonce: asked for twice, it would be there twice.
            answer = await self._rest.call("POST", path, channel_id=forum, json=body, files=_files(shown), repeat=False)
            # A post has the id of its first message.
            return str(answer["id"])

        post = await self._shown(address, message, key, send)
        try:
            await self._cache.put(_last_post(forum), post.encode(), keep=POST_KEPT)
        except StoreTrouble as error:
            # It stands there, and must not be posted again.
            _log.warning("forum_post_not_noted", channel=str(address), post=post, reason=str(error))
        return _id(post, post)

    async def _thread(self, address: Address, channel: str, under: str) -> str:
        """The id of the thread that what belongs under a message stands in; "" if there can be none."""
        thread, slash, _ = under.partition("/")
        if slash:
            return thread
        there = under and not _is_direct(address) and await threads.open_under(self._rest, self._cache, channel, under, name=THREAD)
        return under if there else ""

    async def _found(self, channel: str, *, key: str, after: str) -> str | None:
        return await found(self._rest, self._cache, channel, key=key, after=after)

    async def _channel(self, address: Address) -> str:
        """The id of the channel; for a person that of their direct messages."""
        if not address.channel.startswith("@"):
            return address.channel
        user = address.channel.removeprefix("@")
        known = await self._cache.get(f"discord:direct:{user}")
        if known is None:
            try:
                opened = await self._rest.call("POST", "/users/@me/channels", json={"recipient_id": user})
            except Refused as error:
                raise ChannelClosed(UNWANTED, code=error.code) from error  # there is nobody of this id, any more
            known = str(opened["id"]).encode()
            await self._cache.put(f"discord:direct:{user}", known, keep=KEPT)
        return known.decode()

    async def _is_forum(self, channel: str, *, ask: bool = False) -> bool:
        """Whether messages cannot stand in the channel itself, but only in its posts.

        Args:
            ask: Discord, if it is not known. To ask before every post would take half of all the requests that Discord allows.
        """
        place = f"discord:forum:{channel}"
        if await self._cache.get(place):
            return True
        if not ask or not forums.is_forum(await self._rest.call("GET", "/channels/{channel_id}", channel_id=channel)):
            return False
        await self._cache.put(place, b"yes", keep=KEPT)
        return True


def _body(shown: Rendered) -> dict[str, Any]:
    parts = {"content": shown.content, "embeds": shown.embeds, "components": shown.components}
    return {**{name: part for name, part in parts.items() if part}, "allowed_mentions": {"parse": []}}


def _files(shown: Rendered) -> list[tuple[str, bytes]]:
    return [(file.name, file.content.encode()) for file in shown.files]


def _name(message: Message) -> str:
    """What a post is called: the heading, or whatever is said first."""
    said = next((block.text for block in message.blocks if isinstance(block, Heading)), message.gist)
    return label(said or next((block.text for block in message.blocks if isinstance(block, Text)), ""), _NAME)


def _id(thread: str, message: str) -> str:
    return message and f"{thread}/{message}"


def _is_direct(address: Address) -> bool:
    return address.workspace == ANYWHERE or address.channel.startswith("@")


def _last_post(forum: str) -> str:
    return f"discord:post:{forum}"
