"""Where something was asked on Discord and as whom: what an interaction says, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from adapters.discord.client import PLATFORM
from adapters.discord.places import ANYWHERE, DIRECT, THREADS, Place, place_of
from bot.channel import Address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.discord.places import Places

    Payload = Mapping[str, Any]

SOMEBODY = "Somebody"
"""A person whose name Discord does not tell."""
EPHEMERAL = 1 << 6
"""The flag of a message that one person sees (discord.com/developers/docs, "Message Flags")."""

_ADMINISTRATOR, _MANAGE_GUILD = 1 << 3, 1 << 5
_BITS_LONGEST = 40
"""Digits; today's have 16. Python refuses to read a number of thousands."""
_BOT_DM = 1
"""The context of an interaction in direct messages with the bot."""


class Reach(Enum):
    """Whether the bot itself can speak where it was asked."""

    SERVER = auto()
    """It is a member of the server."""
    DIRECT = auto()
    """Its own direct messages with the person."""
    ELSEWHERE = auto()
    """Somebody brought it along as their own app: a server it is no member of, or messages between people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One interaction: who asked, where, and the way back."""

    id: str
    """The same for the same interaction, however often it is told."""
    token: str
    application: str
    address: Address
    """The place the commands are about: see `places`."""
    channel_name: str
    channel: str
    """Discord's id of the channel or thread that it was asked in, which may stand in the place of `address`."""
    user: str
    """Discord's id of the person."""
    user_name: str
    may_manage: bool
    reach: Reach
    allowed: int | None
    """What the bot may do in the channel, as bits; None where Discord does not say, or it does not matter."""
    in_thread: bool = False
    """Whether `address` is a thread."""
    message: str = ""
    """The message whose button was pressed; "" where none was."""
    is_ephemeral: bool = False
    """Whether only the asker sees that message."""

    @property
    def person(self) -> str:
        """The person as an address and a voter."""
        return f"@{self.user}"

    @property
    def is_direct(self) -> bool:
        """Whether only the asker reads along anyway."""
        return self.reach is Reach.DIRECT

    def message_id(self, message: str) -> str:
        """A message of this channel by the id that `bot.ports.Outlet.post` gives: with its thread, where that is not the address itself."""
        return message if self.channel == self.address.channel or self.reach is not Reach.SERVER else f"{self.channel}/{message}"


def of_interaction(payload: Payload, places: Places) -> Origin:
    """What an INTERACTION_CREATE says.

    Raises:
        ValueError: It names no interaction, no token or no person: nobody can be answered.
    """
    member, message = part(payload, "member"), part(payload, "message")
    user = part(member, "user") or part(payload, "user")
    id, token, person = text(payload, "id"), text(payload, "token"), text(user, "id")
    if not (id and token and person):
        raise ValueError("an interaction without id, token or user")
    guild, reach = text(payload, "guild_id"), _reach(payload)
    channel = part(payload, "channel")
    raw = text(payload, "channel_id") or text(channel, "id")
    place = place_of({**channel, "id": raw}, places) if reach is Reach.SERVER else Place(f"@{person}", DIRECT)
    permissions = _bits(member.get("permissions")) or 0
    return Origin(
        id=id,
        token=token,
        application=text(payload, "application_id"),
        address=Address(PLATFORM, guild if reach is Reach.SERVER else ANYWHERE, place.channel),
        channel_name=place.name,
        channel=raw,
        user=person,
        user_name=name_of(member, user),
        may_manage=reach is not Reach.SERVER or bool(permissions & (_ADMINISTRATOR | _MANAGE_GUILD)),
        reach=reach,
        allowed=_bits(payload.get("app_permissions")) if reach is Reach.SERVER else None,
        in_thread=channel.get("type") in THREADS and place.channel == raw,
        message=text(message, "id"),
        is_ephemeral=bool((_bits(message.get("flags")) or 0) & EPHEMERAL),
    )


def name_of(member: Payload, user: Payload) -> str:
    """What people call a person: in this server, everywhere, or by the name of the account."""
    return text(member, "nick") or text(user, "global_name") or text(user, "username") or SOMEBODY


def _reach(payload: Payload) -> Reach:
    owners = payload.get("authorizing_integration_owners")
    # "0" is the server (in direct messages with the bot: "0") that has the app, "1" the person. Older payloads do not say.
    brought = isinstance(owners, dict) and bool(owners) and "0" not in owners
    if text(payload, "guild_id"):
        return Reach.ELSEWHERE if brought else Reach.SERVER
    context = payload.get("context")
    return Reach.DIRECT if context == _BOT_DM or (context is None and not brought) else Reach.ELSEWHERE


def _bits(value: object) -> int | None:
    """Permissions come as a decimal string, flags as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= _BITS_LONGEST else None


def part(body: Payload, name: str) -> Payload:
    """An object inside; {} where it is absent, null or something else."""
    found = body.get(name)
    return found if isinstance(found, dict) else {}


def text(body: Payload, name: str) -> str:
    """A text inside; "" where it is absent, null or something else."""
    found = body.get(name)
    return found if isinstance(found, str) else ""
