"""Slack's mouth: a message is posted at least once, and found again by the key it carries where its outcome was lost."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from adapters.slack.errors import ChannelClosed, NotInvited, Refused, ScopeMissing
from adapters.slack.pace import Pace
from adapters.slack.render import LIMITS, measure, render
from adapters.slack.workspaces import PLATFORM
from bot.errors import NotSent, OutcomeUnknown, StoreTrouble, WorkspaceGone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from adapters.slack.api import Api
    from adapters.slack.workspaces import Workspaces
    from bot.channel import Address
    from bot.installation import Installation
    from bot.message import Block, Message
    from bot.ports import Cache, Limits

EVENT = "paperboy_delivery"
"""The type of the metadata our posts carry; anybody in the workspace can read them, so they hold the key alone."""

THREAD_GONE = frozenset(
    {
        "cannot_reply_to_message",
        "restricted_action_non_threadable_channel",
        "restricted_action_thread_locked",
        "thread_not_found",
    }
)
"""Errors that say that nothing can stand under that message, while the channel itself may take it."""

PAGE = 15
"""Messages; the most that apps outside Slack's Marketplace get, once a minute."""
PAGES = 4
"""Read in one go, each within the time of a request; the rest is read the next time."""
SKEW = timedelta(minutes=1)
"""By how much our clock may be ahead of Slack's."""
PLACE_KEPT = timedelta(hours=1)
"""How long it is remembered how far a channel was read."""

_log = structlog.get_logger()


class SlackOutlet:
    """See `bot.ports.Outlet`.

    Args:
        workspaces: Who acts where.
        cache: Shared by all processes: the pace of each channel, and how far one was read.
        clock: Now, aware UTC.
        pause: How to wait for the channel's next second, given seconds.
    """

    def __init__(
        self,
        workspaces: Workspaces,
        cache: Cache,
        clock: Callable[[], datetime],
        *,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._workspaces = workspaces
        self._cache = cache
        self._pace = Pace(cache, clock, pause=pause)
        self._unused: dict[Address, str] = {}
        """The key whose turn to post in the channel was taken, and not used."""

    @property
    def platform(self) -> str:
        """As in `Address.platform`."""
        return PLATFORM

    @property
    def limits(self) -> Limits:
        """What one message may hold."""
        return LIMITS

    def measure(self, block: Block) -> int:
        """Characters of its Block Kit, escaped."""
        return measure(block)

    async def post(self, address: Address, message: Message, *, key: str, under: str = "", tags: Sequence[str] = ()) -> str:  # noqa: ARG002  # Slack tags no posts
        """See the port. Returns the message's timestamp, which is its id in the channel."""
        try:
            return await self._post(address, message, key=key, under=under)
        except StoreTrouble as error:
            # The store is asked for tokens and waits before a request goes out, and told of a wait after one was turned away.
            raise NotSent(f"the store could not be asked before posting: {error}") from error

    async def posted(self, address: Address, *, key: str, since: datetime, under: str = "") -> str | None:
        """See the port. None also where it cannot be known: the app may not read the channel. It is then posted again.

        Raises:
            OutcomeUnknown: It cannot be found out now; a long channel is read on from there the next time.
            Busy: Slack lets the channel be read later.
            ChannelGone: The bot is in the channel no more.
            WorkspaceGone: Nor anywhere else.
        """
        try:
            api = await self._workspaces.api(address.workspace)
            return await self._found(api, address, key=key, since=since, under=under)
        except ScopeMissing as error:
            _log.warning("post_not_looked_for", channel=str(address), missing=error.needed)
            return None
        except Refused as error:
            raise OutcomeUnknown(str(error)) from error
        except StoreTrouble as error:
            raise OutcomeUnknown(f"the store could not be asked: {error}") from error

    async def _post(self, address: Address, message: Message, *, key: str, under: str) -> str:
        api = await self._workspaces.api(address.workspace)
        if self._unused.pop(address, "") != key:
            await self._pace.take_turn(address)
        try:
            return await _sent(api, address.channel, message, key=key, under=under)
        except ScopeMissing as error:
            # Not the message's fault: as plain text it would be refused too, and tomorrow's as well.
            _log.error("scope_missing", channel=str(address), error=error.error, needed=error.needed)
            raise _not_allowed(error) from error
        except Refused:
            # Nothing was posted: the same message in plain words may follow at once, and must not be told to wait again and again.
            self._unused[address] = key
            raise

    async def _found(self, api: Api, address: Address, *, key: str, since: datetime, under: str) -> str | None:
        channel = await _direct(api, address.channel) if _is_person(address.channel) else address.channel
        if not channel:
            return None
        wanted = {
            "channel": channel,
            "oldest": f"{(since - SKEW).timestamp():.6f}",
            "limit": PAGE,
            "include_all_metadata": True,
        }

        def replies(cursor: str | None) -> Awaitable[dict[str, Any]]:
            return api.call("conversations.replies", ts=under, cursor=cursor, **wanted)

        def history(cursor: str | None) -> Awaitable[dict[str, Any]]:
            return api.call("conversations.history", cursor=cursor, **wanted)

        try:
            if under:
                with contextlib.suppress(_ThreadGone):
                    found = await self._read(replies, f"replies:{key}", api.installation, key)
                    if found is not None:
                        return found
            # A reply that the thread did not take stands in the channel.
            return await self._read(history, f"history:{key}", api.installation, key)
        except NotInvited as error:
            if error.error == "not_in_channel" and "chat:write.public" in api.granted:
                return None  # it may post there, and never read
            raise

    async def _read(
        self, page_at: Callable[[str | None], Awaitable[dict[str, Any]]], place: str, installation: Installation, key: str
    ) -> str | None:
        """The message with the key, looked for from where the last look left off."""
        place = f"slack-read:{place}"
        cursor = (await self._cache.get(place) or b"").decode()
        for _ in range(PAGES):
            try:
                page = await page_at(cursor or None)
            except Refused as error:
                if error.error in THREAD_GONE:
                    raise _ThreadGone from error
                if not cursor or error.error != "invalid_cursor":
                    raise
                cursor = ""  # it had its time: from the beginning
                continue
            for message in page.get("messages") or ():
                if _key(message) == key and _is_ours(message, installation):
                    return str(message["ts"])
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            # Forgotten before anybody hears that nothing was found: a later post is looked for from the beginning.
            await self._cache.put(place, cursor.encode(), keep=PLACE_KEPT if cursor else timedelta(milliseconds=1))
            if not cursor:
                return None
        raise OutcomeUnknown(f"not among the {PAGES * PAGE} messages read now")


class _ThreadGone(Exception):
    """There is no thread to look in."""


async def _sent(api: Api, channel: str, message: Message, *, key: str, under: str) -> str:
    """Post; without what Slack refuses, if it can be left out: the thread, the pictures."""
    pictures = True
    while True:
        rendered = render(message, pictures=pictures)
        try:
            answer = await api.call(
                "chat.postMessage",
                channel=channel,
                blocks=rendered.blocks or None,
                text=rendered.text,
                thread_ts=under or None,
                unfurl_links=False,
                unfurl_media=False,
                metadata={"event_type": EVENT, "event_payload": {"key": key}},
            )
        except (Refused, ChannelClosed) as error:
            if under and error.error in THREAD_GONE:
                under = ""
            elif pictures and error.error == "invalid_blocks" and render(message, pictures=False) != rendered:
                pictures = False  # Slack could not load one
            else:
                raise
        else:
            return str(answer["ts"])


async def _direct(api: Api, user: str) -> str:
    """The id of the direct channel with a person; "" if there is none."""
    try:
        opened = await api.call("conversations.open", users=user)
    except ScopeMissing:
        raise
    except Refused:
        return ""
    return str(opened["channel"]["id"])


def _not_allowed(error: ScopeMissing) -> ChannelClosed | WorkspaceGone:
    """What stops with a scope: without that of posting the whole workspace, which goes on once the app is installed again."""
    lacks = f"the scope {error.needed}" if error.needed else "the permission"
    remedy = f"I may not post, the app lacks {lacks}: install it again, then type /papers resume"
    if error.error == "not_allowed_token_type" or "chat:write" in error.needed.split(","):
        return WorkspaceGone(remedy)
    return ChannelClosed(remedy, error=error.error)


def _is_person(id: str) -> bool:
    return id.startswith(("U", "W"))


def _key(message: Mapping[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    return (metadata.get("event_payload") or {}).get("key") if metadata.get("event_type") == EVENT else None


def _is_ours(message: Mapping[str, Any], installation: Installation) -> bool:
    """Whether we said it: another app may copy a key, which anybody can read."""
    known = {installation.bot, installation.bot_user, installation.app} - {""}
    return not known or not known.isdisjoint({message.get("bot_id"), message.get("user"), message.get("app_id")})
