"""The shape of what Slack sends: what has another is turned away at the door, and nobody behind it has to doubt what he reads.

Only what Bolt and we look into is described, and nothing of it has to be there; whatever else is in a payload may be anything.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from bot.shapes import Misshapen, shaped

Word = str | None


class _Named(msgspec.Struct, frozen=True):
    id: Word = None
    name: Word = None
    username: Word = None
    team_id: Word = None


Thing = _Named | str | None
"""A person, a channel or a workspace: as an object or by its id."""


class _Option(msgspec.Struct, frozen=True):
    value: Word = None


class _State(msgspec.Struct, frozen=True):
    """Of one input."""

    value: Word = None
    selected_time: Word = None
    selected_option: _Option | None = None
    selected_options: list[_Option] | None = None


class _States(msgspec.Struct, frozen=True):
    values: dict[str, dict[str, _State]] = {}


class _Block(msgspec.Struct, frozen=True):
    type: str
    block_id: Word = None


class _View(msgspec.Struct, frozen=True):
    id: Word = None
    type: Word = None
    callback_id: Word = None
    hash: Word = None
    private_metadata: Word = None
    team_id: Word = None
    app_installed_team_id: Word = None
    state: _States | UnsetType = UNSET
    blocks: list[_Block] | UnsetType = UNSET


class _Action(msgspec.Struct, frozen=True):
    action_id: str
    type: Word = None
    block_id: Word = None
    value: Word = None
    selected_option: _Option | None = None


class _Container(msgspec.Struct, frozen=True):
    channel_id: Word = None
    message_ts: Word = None
    thread_ts: Word = None


class _Authorization(msgspec.Struct, frozen=True):
    enterprise_id: Word = None
    team_id: Word = None
    user_id: Word = None
    is_enterprise_install: bool | None = None


class _Item(msgspec.Struct, frozen=True):
    type: Word = None
    channel: Word = None
    ts: Word = None


class _Tokens(msgspec.Struct, frozen=True):
    bot: list[str] | None = None


class _Event(msgspec.Struct, frozen=True):
    type: str | UnsetType = UNSET
    subtype: Word = None
    user: Thing = None
    channel: Thing = None
    team: Thing = None
    bot_id: Word = None
    text: Word = None
    ts: Word = None
    thread_ts: Word = None
    message_ts: Word = None
    channel_id: Word = None
    channel_type: Word = None
    old_channel_id: Word = None
    new_channel_id: Word = None
    item: _Item | None = None
    item_user: Word = None
    reaction: Word = None
    tab: Word = None
    view: _View | None = None
    links: list[Any] | None = None
    tokens: _Tokens | None = None


class _Payload(msgspec.Struct, frozen=True):
    type: Word = None
    command: Word = None
    ssl_check: Word = None
    text: Word = None
    value: Word = None
    callback_id: Word = None
    action_id: Word = None
    block_id: Word = None
    team_id: Word = None
    team: Thing = None
    enterprise_id: Word = None
    enterprise: Thing = None
    is_enterprise_install: bool | Word = None
    user_id: Word = None
    user_name: Word = None
    user: Thing = None
    channel_id: Word = None
    channel_name: Word = None
    channel: Thing = None
    response_url: Word = None
    trigger_id: Word = None
    event_id: Word = None
    authorizations: list[_Authorization] | None = None
    container: _Container | None = None
    view: _View | UnsetType = UNSET
    event: _Event | UnsetType = UNSET
    actions: Annotated[list[_Action], msgspec.Meta(min_length=1)] | UnsetType = UNSET


def misshapen(payload: object) -> str:
    """Why a payload is none that Slack sends, for the log, with nothing of what is in it; "" if it can be worked on."""
    try:
        known = shaped(payload, _Payload)
    except Misshapen as error:
        return str(error)
    return "" if known.type or known.command or known.ssl_check else "it says neither a type nor a command"
