"""What the bot may do in a channel, found out by asking Discord: for naming the permission that is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from discord import Permissions

from adapters.discord.errors import ChannelClosed
from bot.errors import PostTrouble, StoreTrouble

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from adapters.discord.client import Rest
    from bot.channel import Address

_log = structlog.get_logger()

_THREADS = frozenset({10, 11, 12})

_IN_CHANNEL = {"View Channel": "view_channel", "Send Messages": "send_messages", "Embed Links": "embed_links"}
_IN_THREAD = {"View Channel": "view_channel", "Send Messages in Threads": "send_messages_in_threads", "Embed Links": "embed_links"}


async def named(rest: Rest, address: Address, refused: ChannelClosed) -> ChannelClosed:
    """A refusal with the names of the permissions that are missing; as it came where they cannot be found out.

    Args:
        address: A channel of a server.
        refused: Discord says that one is missing, never which.
    """
    try:
        names = await lacking(rest, address.workspace, address.channel)
    except (PostTrouble, StoreTrouble) as error:
        _log.info("permissions_not_found_out", channel=str(address), reason=str(error))
        return refused
    if not names:
        return refused
    return ChannelClosed(f"I lack a permission in this channel: give me {' and '.join(names)}, then type /papers resume", code=refused.code)


async def lacking(rest: Rest, guild: str, channel: str) -> tuple[str, ...]:
    """The permissions, as Discord's settings call them, that posting in the channel takes and the bot does not have.

    Raises:
        As `Rest.call` does.
    """
    described = await rest.call("GET", "/channels/{channel_id}", channel_id=channel)
    is_thread = described.get("type") in _THREADS
    if is_thread:
        # A thread goes by the channel it is in.
        described = await rest.call("GET", "/channels/{channel_id}", channel_id=str(described["parent_id"]))
    me = await rest.me()
    server = await rest.call("GET", "/guilds/{guild_id}", guild_id=guild)
    member = await rest.call("GET", "/guilds/{guild_id}/members/{user_id}", guild_id=guild, user_id=me)
    roles = [guild, *map(str, member.get("roles") or ())]
    allowed = permissions(server["roles"], described.get("permission_overwrites") or (), roles=roles, user=me)
    return tuple(name for name, flag in (_IN_THREAD if is_thread else _IN_CHANNEL).items() if not getattr(allowed, flag))


def permissions(
    roles_of_server: Iterable[Mapping[str, Any]], overwrites: Sequence[Mapping[str, Any]], *, roles: Sequence[str], user: str
) -> Permissions:
    """What a member may do in a channel (Discord, Permissions, "Permission Overwrites").

    Args:
        roles_of_server: All of them, as Discord describes them.
        overwrites: The channel's.
        roles: The member's: that of everyone, which has the server's id, first.
        user: The member.
    """
    bits = 0
    for role in roles_of_server:
        if str(role["id"]) in roles:
            bits |= int(role["permissions"])
    if Permissions(bits).administrator:
        return Permissions.all()
    for who in ({roles[0]}, set(roles[1:]), {user}):
        meant = [one for one in overwrites if str(one["id"]) in who]
        for one in meant:
            bits &= ~int(one["deny"])
        for one in meant:
            bits |= int(one["allow"])
    return Permissions(bits)
