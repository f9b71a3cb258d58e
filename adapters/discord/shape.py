"""The shape of what the gateway tells: what has another is let pass, and nobody behind it has to doubt what he reads.

Only what we look into is described, and nothing of it has to be there; whatever else is in a payload may be anything.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from bot.shapes import Misshapen, shaped

Word = str | None
Number = int | None
Snowflake = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,20}$")]
"""64 bits as decimal digits. Only where the number matters: to us an id is a word."""


class _User(msgspec.Struct, frozen=True):
    id: Word = None
    username: Word = None
    global_name: Word = None
    bot: bool | None = None


class _Member(msgspec.Struct, frozen=True):
    user: _User | None = None
    nick: Word = None
    roles: list[Snowflake] | None = None
    permissions: Word = None


class _Channel(msgspec.Struct, frozen=True):
    id: Word = None
    type: Number = None
    name: Word = None
    parent_id: Word = None


class _Pressed(msgspec.Struct, frozen=True):
    """The message whose button was pressed."""

    id: Word = None
    flags: Number = None


class _Asked(msgspec.Struct, frozen=True):
    type: Number = None
    name: Word = None
    custom_id: Word = None
    target_id: Word = None
    values: list[str] | None = None
    resolved: dict[str, Any] | None = None


class Interaction(msgspec.Struct, frozen=True):
    """INTERACTION_CREATE."""

    id: Word = None
    application_id: Word = None
    token: Word = None
    type: Number = None
    guild_id: Snowflake | None = None
    channel_id: Word = None
    channel: _Channel | None = None
    member: _Member | None = None
    user: _User | None = None
    message: _Pressed | None = None
    data: _Asked | None = None
    app_permissions: Word = None
    context: Number = None
    authorizing_integration_owners: dict[str, Any] | None = None


class Said(msgspec.Struct, frozen=True):
    """MESSAGE_CREATE."""

    id: Word = None
    type: Number = None
    channel_id: Word = None
    guild_id: Snowflake | None = None
    webhook_id: Word = None
    content: Word = None
    author: _User | None = None
    member: _Member | None = None


def misshapen(payload: object, shape: type[Interaction | Said]) -> str:
    """Why a payload is none that Discord sends, for the log, with nothing of what is in it; "" if it can be worked on."""
    try:
        shaped(payload, shape)
    except Misshapen as error:
        return str(error)
    return ""
