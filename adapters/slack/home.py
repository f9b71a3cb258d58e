"""App Home: the viewer's page, published afresh whenever they look or change something."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import structlog

from adapters.slack import scopes
from adapters.slack.api import Refused, ScopeMissing
from adapters.slack.callers import asker
from adapters.slack.origin import PLATFORM
from adapters.slack.views import home as home_view
from bot.commands import home

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.slack.api import Api
    from adapters.slack.origin import Origin
    from bot.desk import Desk

PAGE = re.compile(r"home page:(\d{1,3})")
"""The command of the buttons that turn the page."""
LISTED_AT_ONCE = 200
"""Of users.conversations; Slack recommends no more."""
MOST_LISTED = 20
"""Requests for one person's channels: 4,000 of them."""
_TRIES = 2

_log = structlog.get_logger()


async def publish(desk: Desk, api: Api, origin: Origin, *, hash: str = "") -> None:
    """Publish the viewer's page as things stand.

    Args:
        hash: Of the page they look at; if it is not the latest any more, the page is computed and published once more.

    Raises:
        PostTrouble: Slack did not take it.
        StoreTrouble: It cannot be computed.
    """
    for attempt in range(1, _TRIES + 1):
        view = await _page(desk, api, origin)
        try:
            # The second time without: what was read just now is at least as new as what somebody else has published.
            await api.call("views.publish", user_id=origin.user, view=view, hash=hash if hash and attempt == 1 else None)
        except Refused as exc:
            if exc.error == "hash_conflict" and attempt < _TRIES:
                continue
            if exc.error == "not_enabled":
                _log.info("home_not_enabled", workspace=origin.workspace)
                return
            raise
        return


async def _page(desk: Desk, api: Api, origin: Origin) -> dict[str, Any]:
    visible, missing = await channels_of(api, origin)
    theirs = {origin.home_channel, *visible}
    channels = [one for one in await desk.store.channels.of(PLATFORM, origin.workspace) if one.address.channel in theirs]
    # Their own first, the others as in Slack's sidebar.
    channels.sort(key=lambda one: (one.address.channel != origin.home_channel, one.name.casefold(), one.address))
    addresses = [one.address for one in channels]
    missing = " ".join(filter(None, (missing, _left_out(api))))
    sections = await home(desk, await asker(api, desk.store.cache, origin), addresses, page=origin.page, missing=missing)
    note = {"direct": origin.home_channel, "page": str(origin.page)}
    return {**home_view(sections), "private_metadata": json.dumps({name: value for name, value in note.items() if value})}


def _left_out(api: Api) -> str:
    """What the app goes without here, but for what the page shows by itself; "" if nothing, or Slack did not tell the scopes."""
    granted = api.installation.scopes
    lacking = [one for one in scopes.missing(granted) if "channels:read" not in one.scopes] if granted else []
    named = "; ".join(f"{one.name} ({', '.join(scope for scope in one.scopes if scope not in granted)})" for one in lacking)
    return f"This app was installed without: {named}. Whoever installed it can add what is missing." if named else ""


async def may_see(api: Api, origin: Origin, channel: str) -> bool:
    """Whether the viewer is in the channel whose button they pressed; a page may be older than their membership."""
    return channel == origin.home_channel or channel in (await channels_of(api, origin))[0]


async def channels_of(api: Api, origin: Origin) -> tuple[Sequence[str], str]:
    """The channels of the viewer that the bot can see, by id, and a sentence about those it may not look for, "" if it may."""
    try:
        return await _listed(api, origin, "public_channel,private_channel"), ""
    except ScopeMissing:
        try:
            return await _listed(api, origin, "public_channel"), f"Private channels are not shown here: {_lacks('groups:read')}"
        except ScopeMissing:
            return (), f"Your channels are not shown here, only our direct messages: {_lacks('channels:read and groups:read')}"


def _lacks(scopes: str) -> str:
    return f"the app has no scope {scopes}, which whoever installed it can add."


async def _listed(api: Api, origin: Origin, kinds: str) -> Sequence[str]:
    listed: list[str] = []
    cursor = ""
    for _ in range(MOST_LISTED):
        answer = await api.call(
            "users.conversations",
            user=origin.user,
            types=kinds,
            exclude_archived=False,
            limit=LISTED_AT_ONCE,
            cursor=cursor or None,
            # The token of an organisation wants to be told which workspace; that of a workspace does not mind.
            team_id=origin.team or None,
        )
        listed += [str(one["id"]) for one in answer.get("channels") or () if one.get("id")]
        cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            break
    return listed
