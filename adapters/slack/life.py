"""What happens to channels and workspaces on Slack, told to the core."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from adapters.slack.callers import remember_name
from adapters.slack.origin import PLATFORM
from adapters.slack.ways import say
from bot import lifecycle
from bot.channel import Address
from bot.errors import PostTrouble
from bot.message import Button, Buttons, Hint, Message, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.slack.workspaces import Workspaces
    from bot.desk import Desk

HELLO_AGAIN = timedelta(days=30)
"""How long a channel is not greeted a second time, however often the bot is removed and invited."""

_HELLO = Message(
    (
        Text("Hello! I bring this channel the research papers it asks for: one short, ranked digest each working morning."),
        Text("Begin by telling me what you read about: /papers subscribe curriculum learning"),
        Buttons((Button("Subscribe", "subscribe"), Button("Help", "help"))),
        Hint("I read no messages but those that mention me."),
    ),
    gist="Hello! Begin with: /papers subscribe curriculum learning",
)
_BACK = Message(
    (
        Text("Hello again! The rules of this channel are kept, and its digests go on."),
        Buttons((Button("List", "list"), Button("Schedule", "schedule"))),
    )
)
_REASONS: Mapping[str, str] = {
    "channel_archive": "this channel is archived: unarchive it, and I go on by myself",
    "channel_deleted": "this channel was deleted",
    "channel_left": "I was removed from this channel: invite me with /invite @Paperboy, and I go on by myself",
}
_log = structlog.get_logger()


async def channel_lived(desk: Desk, workspace: str, event: Mapping[str, Any]) -> None:
    """An event about a channel, public or private: archived, unarchived, deleted, renamed, another id, left by the bot."""
    kind = str(event.get("type", "")).replace("group_", "channel_", 1)
    given = event.get("channel")
    channel = str(given.get("id", "")) if isinstance(given, dict) else str(given or "")
    address = Address(PLATFORM, workspace, channel)
    match kind:
        case "channel_unarchive":
            await lifecycle.reopen_channel(desk, address)
        case "channel_rename" if isinstance(given, dict) and given.get("name"):
            name = f"#{given['name']}"
            await remember_name(desk.store.cache, workspace, channel, name)
            await lifecycle.rename_channel(desk, address, name)
        case "channel_id_changed":
            old, new = (Address(PLATFORM, workspace, str(event.get(name, ""))) for name in ("old_channel_id", "new_channel_id"))
            await lifecycle.move_channel(desk, old, new)
        case _ if kind in _REASONS:
            await lifecycle.pause_channel(desk, address, _REASONS[kind])
        case _:
            _log.warning("channel_event_not_understood", type=event.get("type"))


async def member_came_or_went(desk: Desk, workspaces: Workspaces, workspace: str, event: Mapping[str, Any]) -> None:
    """Somebody joined or left a channel; it matters if it was the bot."""
    api = await workspaces.api(workspace)
    if event.get("user") != api.installation.bot_user:
        return
    address = Address(PLATFORM, workspace, str(event.get("channel", "")))
    if event.get("type") == "member_left_channel":
        await lifecycle.pause_channel(desk, address, _REASONS["channel_left"])
        return
    await lifecycle.reopen_channel(desk, address)
    if not await desk.store.cache.first(f"slack:hello:{workspace}:{address.channel}", keep=HELLO_AGAIN):
        return
    has_rules = bool((await desk.store.channels.load(address)).subscriptions)
    try:
        await say(api, address.channel, _BACK if has_rules else _HELLO)
    except PostTrouble as exc:
        _log.info("hello_not_said", channel=str(address), reason=str(exc))


async def workspace_left(desk: Desk, workspaces: Workspaces, workspace: str, body: Mapping[str, Any]) -> None:
    """The app was removed, or its token revoked: whichever of the two is told first, nothing more is posted from now on.

    Tokens of people do not matter: the bot has none.
    """
    event = body.get("event") or {}
    if event.get("type") == "tokens_revoked" and not (event.get("tokens") or {}).get("bot"):
        return
    happened = body.get("event_time")
    at = datetime.fromtimestamp(happened, UTC) if isinstance(happened, int) and happened > 0 else None
    await workspaces.retire(workspace, at=at)
    workspaces.forget(workspace)
    await lifecycle.close_workspace(desk, PLATFORM, workspace, "the app was removed from this workspace: install it again", at=at)


def rate_limited(body: Mapping[str, Any]) -> None:
    """Slack has stopped telling events for a minute: more than 30,000 came in an hour."""
    _log.warning("events_rate_limited", workspace=body.get("team_id"), minute=body.get("minute_rate_limited"))
