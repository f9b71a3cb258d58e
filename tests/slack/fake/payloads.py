"""Interactive payloads in the shapes Slack was seen to send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.slack.fake.pressing import Pressed, default_state
from tests.slack.fake.record import Ephemeral, Json, Message, Unfurl, View, identified

if TYPE_CHECKING:
    from tests.slack.fake.world import Channel, Team

Target = Message | Ephemeral | View | Unfurl


def outer(team: Team) -> Json:
    """What every payload says about where it comes from."""
    return {
        "token": "verification",
        "api_app_id": team.app_id,
        "enterprise": {"id": team.enterprise, "name": team.enterprise} if team.enterprise else None,
        "is_enterprise_install": team.install.org,
    }


def _who(team: Team, user: str) -> Json:
    name = team.users[user].name
    shown: Json = {"id": team.id, "domain": team.domain} | ({"enterprise_id": team.enterprise} if team.enterprise else {})
    return {"team": shown, "user": {"id": user, "username": name, "name": name, "team_id": team.id}}


def command_payload(channel: Channel, user: str, command: str, text: str, fields: Json) -> Json:
    """A slash command; every value is a string."""
    team = channel.team
    name = "directmessage" if channel.im_of or channel.id.startswith("D") else "privategroup" if channel.private else channel.name
    grid = {"enterprise_id": team.enterprise, "enterprise_name": team.enterprise} if team.enterprise else {}
    return {
        "token": "verification",
        "team_id": team.id,
        "team_domain": team.domain,
        **grid,
        "channel_id": channel.id,
        "channel_name": name,
        "user_id": user,
        "user_name": team.users[user].name,
        "command": command,
        "text": text,
        "api_app_id": team.app_id,
        "is_enterprise_install": "true" if team.install.org else "false",
        **fields,
    }


def target_team(target: Target) -> Team:
    """Where the thing pressed is."""
    return target.channel.team if isinstance(target, Message) else target.team


def action_payload(target: Target, pressed: Pressed, user: str, fields: Json) -> Json:
    """block_actions, with the container of its target and only the keys that kind of target has."""
    team = target_team(target)
    payload = {"type": "block_actions", **_who(team, user), **outer(team), "actions": [pressed.action], "state": {"values": {}}}
    match target:
        case Message():
            payload |= {"container": {"type": "message", "message_ts": target.ts, "channel_id": target.channel.id, "is_ephemeral": False}}
            payload |= {"channel": _channel(team, target.channel.id), "message": target.payload()}
            payload["state"]["values"] = default_state(identified(target.blocks))
        case Ephemeral():
            payload |= {"container": {"type": "message", "message_ts": target.ts, "channel_id": target.channel, "is_ephemeral": True}}
            payload |= {"channel": _channel(team, target.channel)}
            payload["state"]["values"] = default_state(identified(target.blocks))
        case View():
            shown = {**target.view, "state": {"values": default_state(target.blocks)}}
            payload |= {"container": {"type": "view", "view_id": target.id}, "view": shown}
            # A view carries its state inside.
            del payload["state"]
        case Unfurl():
            [url] = [url for url, card in target.unfurls.items() if pressed.block in identified(card.get("blocks") or [])][:1]
            payload |= {
                "container": {
                    "type": "message_attachment",
                    "message_ts": target.ts,
                    "attachment_id": 1,
                    "channel_id": target.channel,
                    "is_ephemeral": False,
                    "is_app_unfurl": True,
                    "app_unfurl_url": url,
                },
                "channel": _channel(team, target.channel),
                "app_unfurl": {**target.unfurls[url], "id": 1, "app_unfurl_url": url, "is_app_unfurl": True},
            }
    if isinstance(target, Message | Ephemeral) and target.thread_ts:
        payload["container"]["thread_ts"] = target.thread_ts
    return payload | fields


def suggestion_payload(target: Target, pressed: Pressed, user: str, typed: str) -> Json:
    """block_suggestion: what a person typed into a menu whose options the app brings."""
    action = {name: pressed.action[name] for name in ("action_id", "block_id")}
    payload = action_payload(target, pressed, user, {"type": "block_suggestion", **action, "value": typed})
    del payload["actions"]
    return payload


def submission_payload(view: View, values: Json, user: str) -> Json:
    """view_submission; `values` are complete."""
    return {
        "type": "view_submission",
        **_who(view.team, user),
        **outer(view.team),
        "view": {**view.view, "state": {"values": values}},
        "response_urls": [],
    }


def closing_payload(view: View, user: str) -> Json:
    """view_closed."""
    return {"type": "view_closed", **_who(view.team, user), **outer(view.team), "view": view.view, "is_cleared": False}


def _channel(team: Team, id: str) -> Json:
    channel = team.channels[id]
    return {"id": id, "name": "directmessage" if channel.im_of else "privategroup" if channel.private else channel.name}
