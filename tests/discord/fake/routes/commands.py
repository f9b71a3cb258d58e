"""Application commands, global and of a guild."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.discord.fake.command_limits import A_DAY, CHAT_INPUT, MOST, command_problems
from tests.discord.fake.errors import ApiError, invalid
from tests.discord.fake.showing import without_nulls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.discord.fake.call import Answer, Call, Route
    from tests.discord.fake.record import Json

OPTIONAL = ("name_localizations", "description_localizations", "options", "contexts", "integration_types", "nsfw", "dm_permission")


def list_(call: Call) -> Answer:
    """GET …/commands."""
    return 200, _registered(call)


def overwrite(call: Call) -> Answer:
    """PUT …/commands: these and no others; those that stay as they are called are not created anew."""
    sent = call.request.body
    if not isinstance(sent, list):
        raise invalid(["/: Only iterables may be used in a ListType"])
    return 200, _accept(call, sent)


def create(call: Call) -> Answer:
    """POST …/commands: 201 for a new one, 200 for one that had this name."""
    before = _registered(call)
    key = _key(call.body)
    after = _accept(call, [*(one for one in before if _key(one) != key), call.body])
    return 201 if key not in map(_key, before) else 200, after[-1]


def _scope(call: Call) -> str:
    call.app  # noqa: B018 - it raises where the path names another application
    return call.guild.id if "guild_id" in call.request.params else ""


def _registered(call: Call) -> list[Json]:
    return call.state.commands.get(_scope(call), [])


def _key(command: Json) -> tuple[int, str]:
    return command.get("type") or CHAT_INPUT, str(command.get("name"))


def _accept(call: Call, commands: Sequence[Json]) -> list[Json]:
    scope, known = _scope(call), {_key(one): one for one in _registered(call)}
    if found := list(command_problems(commands)):
        raise invalid(found)
    kinds = [_key(command)[0] for command in commands]
    if any(kinds.count(kind) > most for kind, most in MOST.items()):
        raise ApiError(30032)
    day = (scope, call.state.clock().date().isoformat())
    new = sum(_key(command) not in known for command in commands)
    if call.state.creations.get(day, 0) + new > A_DAY:
        raise ApiError(30034)
    call.state.creations[day] = call.state.creations.get(day, 0) + new
    call.state.commands[scope] = [_stored(call, command, known.get(_key(command)), scope) for command in commands]
    return call.state.commands[scope]


def _stored(call: Call, command: Json, before: Json | None, scope: str) -> Json:
    permissions = command.get("default_member_permissions")
    stored: Json = {
        "id": before["id"] if before else call.state.id(),
        "application_id": call.state.app_id,
        "version": call.state.id(),
        "type": _key(command)[0],
        "name": command["name"],
        "description": command.get("description") or "",
        "default_member_permissions": None if permissions is None else str(permissions),
        "dm_permission": True,
        "nsfw": False,
        **({"guild_id": scope} if scope else {}),
        **{name: without_nulls(command[name]) for name in OPTIONAL if command.get(name) is not None},
    }
    return stored


APP = "/applications/{application_id}"
ROUTES: dict[str, Route] = {
    f"{verb} {APP}{place}/commands": route
    for place in ("", "/guilds/{guild_id}")
    for verb, route in (("GET", list_), ("PUT", overwrite), ("POST", create))
}
