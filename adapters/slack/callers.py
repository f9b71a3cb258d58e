"""Who asks: a payload's person and channel as the core knows them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from adapters.slack.api import Refused, ScopeMissing
from adapters.slack.origin import PLATFORM
from bot.channel import Address
from bot.commands import Asker, Call
from bot.errors import ChannelGone, PostTrouble, WorkspaceGone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.slack.api import Api
    from adapters.slack.origin import Origin
    from bot.ports import Cache

KEEP = timedelta(minutes=10)
"""How long a person or a channel's name is believed: somebody who became an admin need not wait long, and users.info is asked rarely."""
OWN = timedelta(days=30)
"""How long it is known which direct channel is the bot's own with a person; it does not change."""
BETWEEN_PEOPLE = (
    "I am not part of this conversation, so digests cannot come here. Use /papers in a channel and invite me there with "
    "/invite @Paperboy, or in our own direct messages: you find me under Apps."
)
SOMEBODY = "Somebody"
"""A person whose name Slack does not tell."""


async def caller(api: Api, cache: Cache, origin: Origin, text: str) -> Call:
    """The command `text`, asked where and by whom the payload says.

    Raises:
        WorkspaceGone: The installation cannot act.
        StoreTrouble: Nothing is known.
    """
    return Call(
        address=Address(PLATFORM, origin.workspace, origin.channel),
        channel_name=origin.channel_name or await name_of(api, cache, origin),
        asker=await asker(api, cache, origin),
        text=text,
        unreachable=await _unreachable(api, cache, origin),
    )


async def _unreachable(api: Api, cache: Cache, origin: Origin) -> str:
    """Between two people the bot is never heard and cannot be invited. Their conversation looks like its own with one of them."""
    if not origin.is_direct or origin.is_talk or origin.channel == origin.home_channel:
        return ""
    key = f"slack:direct:{origin.workspace}:{origin.user}"
    own = (await cache.get(key) or b"").decode()
    if not own:
        try:
            own = str((await api.call("conversations.open", users=origin.user)).get("channel", {}).get("id") or "")
        except WorkspaceGone:
            raise
        except PostTrouble:
            # Without im:write, or just now, it cannot be told; what is posted there tells.
            return ""
        await cache.put(key, own.encode(), keep=OWN)
    return BETWEEN_PEOPLE if own and own != origin.channel else ""


async def asker(api: Api, cache: Cache, origin: Origin) -> Asker:
    """The person as the workspace knows them.

    Somebody whom Slack does not describe runs nothing. Guests, and people of another company in a shared channel, are guests.
    """
    key = f"slack:person:{origin.workspace}:{origin.user}"
    kept = await cache.get(key)
    facts = json.loads(kept) if kept is not None else await _described(api, origin)
    if kept is None:
        await cache.put(key, json.dumps(facts).encode(), keep=KEEP)
    # Those that another version kept besides are nothing to this one.
    known = _facts(**{name: fact for name, fact in facts.items() if name in _facts()})
    return Asker(**{**known, "id": origin.user, "name": known["name"] or origin.user_name or SOMEBODY})


async def _described(api: Api, origin: Origin) -> dict[str, Any]:
    try:
        user = (await api.call("users.info", user=origin.user)).get("user") or {}
    except WorkspaceGone:
        raise
    except ScopeMissing as exc:
        untold = f"I cannot see who runs this workspace or anybody's time zone: the app has no scope {exc.needed or 'users:read'}."
        return _facts(untold=untold)
    except Refused as exc:
        # user_not_found, user_not_visible: somebody of another company.
        return _facts(is_guest=exc.error.startswith("user_not_"), untold="Slack does not tell me who you are.")
    except PostTrouble:
        return _facts(untold="Slack does not tell me just now who runs this workspace. Try again in some minutes.")
    profile, company = user.get("profile") or {}, user.get("enterprise_user") or {}
    return _facts(
        name=str(profile.get("display_name") or user.get("real_name") or user.get("name") or ""),
        zone=str(user.get("tz") or ""),
        may_manage=any(person.get(role) is True for person in (user, company) for role in ("is_admin", "is_owner", "is_primary_owner")),
        is_guest=any(user.get(kind) is True for kind in ("is_restricted", "is_ultra_restricted", "is_stranger"))
        or not _belongs(user, company, origin),
    )


def _facts(*, name: str = "", zone: str = "", may_manage: bool = False, is_guest: bool = False, untold: str = "") -> dict[str, Any]:
    return {"name": name, "zone": zone, "may_manage": may_manage, "is_guest": is_guest, "untold": untold}


def _belongs(user: Mapping[str, Any], company: Mapping[str, Any], origin: Origin) -> bool:
    """Whether somebody is of the workspace or its organisation. True where Slack does not say: it marks strangers itself."""
    theirs = {user.get("team_id"), user.get("enterprise_id"), company.get("enterprise_id")} - {None, ""}
    theirs |= {*(user.get("teams") or ()), *(company.get("teams") or ())}
    return not theirs or not theirs.isdisjoint({origin.workspace, origin.team, origin.enterprise} - {""})


async def name_of(api: Api, cache: Cache, origin: Origin) -> str:
    """What people call the channel; "" where Slack does not tell (no scope, not a member)."""
    if not origin.channel:
        return ""
    if (kept := await cache.get(_name_key(origin.workspace, origin.channel))) is not None:
        return kept.decode()
    try:
        name = str((await api.call("conversations.info", channel=origin.channel)).get("channel", {}).get("name") or "")
    except (Refused, ChannelGone):
        name = ""
    except WorkspaceGone:
        raise
    except PostTrouble:
        return ""
    name = f"#{name}" if name else ""
    await remember_name(cache, origin.workspace, origin.channel, name)
    return name


async def remember_name(cache: Cache, workspace: str, channel: str, name: str) -> None:
    """From now on the channel is called `name` ("#ml-reading"; "" for unknown)."""
    await cache.put(_name_key(workspace, channel), name.encode(), keep=KEEP)


def _name_key(workspace: str, channel: str) -> str:
    return f"slack:channel-name:{workspace}:{channel}"
