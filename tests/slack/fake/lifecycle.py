"""The life of channels and installations: what changes, and the event that tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tests.slack.fake.record import Json
    from tests.slack.fake.world import Channel, Team

Lifecycle = Literal[
    "app_uninstalled",
    "tokens_revoked",
    "channel_archive",
    "channel_unarchive",
    "channel_deleted",
    "channel_rename",
    "channel_id_changed",
    "channel_left",
    "group_archive",
    "group_unarchive",
    "group_deleted",
    "group_rename",
    "group_left",
    "member_joined_channel",
    "member_left_channel",
]


def change(team: Team, type: Lifecycle, *, channel: str, user: str, name: str, new_id: str) -> Json:
    """Change the world and return the event. For member_* the user is who joined or left, the bot too."""
    if type == "app_uninstalled":
        team.uninstall()
        return {"type": type}
    if type == "tokens_revoked":
        team.revoke()
        return {"type": type, "tokens": {"bot": [team.bot_user_id]}}
    there = team[channel]
    if type in ("member_joined_channel", "member_left_channel"):
        _move(there, user, joined=type == "member_joined_channel")
        return {"type": type, "user": user, "channel": channel, "channel_type": "G" if there.private else "C", "team": team.id}
    if type == "channel_id_changed":
        there.id = new_id
        team.channels[new_id] = team.channels.pop(channel)
        return {"type": type, "old_channel_id": channel, "new_channel_id": new_id}
    return {"type": type, **_happen(there, type.partition("_")[2], user=user, name=name)}


def _happen(there: Channel, what: str, *, user: str, name: str) -> Json:
    match what:
        case "archive" | "unarchive":
            there.archived = what == "archive"
            return {"channel": there.id, "user": user}
        case "deleted":
            del there.team.channels[there.id]
            return {"channel": there.id}
        case "rename":
            there.name = name
            return {"channel": {"id": there.id, "name": name, "name_normalized": name, "created": 0, "is_mpim": False}}
        case _:
            there.member = False
            return {"channel": there.id, "actor_id": user}


def _move(there: Channel, user: str, *, joined: bool) -> None:
    if user == there.team.bot_user_id:
        there.member = joined
    elif joined:
        there.members.add(user)
    else:
        there.members.discard(user)
