"""Reading conversations: what they are, who is in them, what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.slack.fake.call import page
from tests.slack.fake.errors import ApiError
from tests.slack.fake.scopes import FAMILIES, family

if TYPE_CHECKING:
    from tests.slack.fake.call import Call
    from tests.slack.fake.record import Json, Message
    from tests.slack.fake.world import Channel, Team

HISTORY_MOST = 15
"""Messages a page for an app that is distributed outside the Marketplace."""
LIST_MOST, LIST_DEFAULT = 999, 100


def info(call: Call) -> Json:
    channel = call.readable("read")
    more: Json = {"num_members": len(channel.members) + channel.member} if call.get("include_num_members", False) else {}
    return {"channel": channel.payload() | more}


def members(call: Call) -> Json:
    channel = call.readable("read")
    there = [*sorted(channel.members), *([channel.team.bot_user_id] if channel.member else [])]
    # `page` deals in objects; here the items are bare ids.
    found = page([{"id": id} for id in there], call, most=LIST_MOST, default=LIST_DEFAULT, key="members")
    return found | {"members": [item["id"] for item in found["members"]]}


def join(call: Call) -> Json:
    channel = call.channel()
    if channel.archived:
        raise ApiError("is_archived")
    if channel.private:
        raise ApiError("method_not_supported_for_channel_type")
    channel.member = True
    return {"channel": channel.payload()}


def open_(call: Call) -> Json:
    users = str(call.need("users")).split(",")
    if len(users) != 1:
        raise ApiError("not_enough_users" if not users[0] else "too_many_users")
    owner = next((team for team in call.install.teams if users[0] in team.users), None)
    if owner is None:
        raise ApiError("user_not_found")
    known = any(channel.im_of == users[0] for channel in owner.channels.values())
    channel = owner.im(users[0])
    return {"channel": {"id": channel.id}} | ({"no_op": True, "already_open": True} if known else {})


def _listed(call: Call, channels: list[Channel]) -> Json:
    types = str(call.get("types", "public_channel")).replace(" ", "").split(",")
    if not set(types) <= set(FAMILIES):
        raise ApiError("invalid_types")
    for type in types:
        call.demand(f"{FAMILIES[type]}:read")
    families = {FAMILIES[type] for type in types}
    archived = not call.get("exclude_archived", False)
    shown = [channel.payload() for channel in channels if family(channel) in families and (archived or not channel.archived)]
    return page(shown, call, most=LIST_MOST, default=LIST_DEFAULT, key="channels")


def _one_team(call: Call) -> Team:
    if call.install.org and not call.get("team_id"):
        raise ApiError("missing_argument")
    return call.team


def list_(call: Call) -> Json:
    return _listed(call, [channel for channel in _one_team(call).channels.values() if channel.member or not channel.private])


def of_user(call: Call) -> Json:
    """users.conversations: where the bot is, or where the given user is as far as the bot may know."""
    team, user = _one_team(call), call.get("user")
    if not user or user == team.bot_user_id:
        return _listed(call, [channel for channel in team.channels.values() if channel.member])
    if user not in team.users:
        raise ApiError("user_not_found")
    there = [channel for channel in team.channels.values() if user in channel.members and (channel.member or not channel.private)]
    return _listed(call, there)


def _read(call: Call) -> Channel:
    channel = call.readable("history")
    if not channel.member:
        raise ApiError("not_in_channel")
    return channel


def _between(call: Call, messages: list[Message]) -> list[Message]:
    def moment(name: str, default: float) -> float:
        try:
            return float(call.get(name, default))
        except ValueError as exc:
            raise ApiError(f"invalid_ts_{name}") from exc

    oldest, latest = moment("oldest", 0), moment("latest", float("inf"))
    if call.get("inclusive", False):
        return [message for message in messages if oldest <= float(message.ts) <= latest]
    return [message for message in messages if oldest < float(message.ts) < latest]


def _messages(call: Call, messages: list[Message]) -> Json:
    metadata = bool(call.get("include_all_metadata", False))
    shown = [message.payload(metadata=metadata) for message in messages]
    found = page(shown, call, most=HISTORY_MOST, default=HISTORY_MOST, key="messages")
    return found | {"has_more": bool(found["response_metadata"]["next_cursor"])}


def history(call: Call) -> Json:
    channel = _read(call)
    top = [message for message in channel.visible if message.thread_ts in ("", message.ts) or message.broadcast]
    return _messages(call, _between(call, top)[::-1])


def replies(call: Call) -> Json:
    channel, ts = _read(call), str(call.need("ts"))
    parent = channel.message(ts)
    if parent is None:
        raise ApiError("thread_not_found")
    said = [message for message in channel.visible if message.thread_ts == ts and message is not parent]
    return _messages(call, [parent, *_between(call, said)])


METHODS = {
    "conversations.info": info,
    "conversations.members": members,
    "conversations.join": join,
    "conversations.open": open_,
    "conversations.list": list_,
    "conversations.history": history,
    "conversations.replies": replies,
    "users.conversations": of_user,
}
