"""Who the bot is, and where its gateway is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.discord.fake.errors import ApiError

if TYPE_CHECKING:
    from tests.discord.fake.call import Answer, Call, Route
    from tests.discord.fake.guild import Guild
    from tests.discord.fake.record import Json


def me(call: Call) -> Answer:
    """GET /users/@me."""
    return 200, {**call.state.bot.payload(), "mfa_enabled": False, "locale": "en-US", "verified": True, "email": None}


def application(call: Call) -> Answer:
    """GET /applications/@me and its older twin."""
    return 200, _application(call)


def _application(call: Call) -> Json:
    return {
        "id": call.state.app_id,
        "name": "Paperboy",
        "icon": None,
        "description": "",
        "type": None,
        "bot": call.state.bot.payload(),
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "00" * 32,
        "flags": call.state.app_flags,
        "flags_new": str(call.state.app_flags),
        "rpc_origins": [],
        "redirect_uris": [],
        "interactions_endpoint_url": call.state.interactions_endpoint_url,
        "role_connections_verification_url": None,
        "owner": call.state.ada.payload(),
        "approximate_guild_count": len(_joined(call)),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
        "integration_types_config": {"0": {}, "1": {}},
    }


def gateway(call: Call) -> Answer:
    """GET /gateway."""
    return 200, {"url": call.state.gateway_url}


def guilds(call: Call) -> Answer:
    """GET /users/@me/guilds."""
    return 200, [
        {
            "id": guild.id,
            "name": guild.name,
            "icon": None,
            "banner": None,
            "owner": guild.owner_id == call.state.bot.id,
            "permissions": str(guild.bot.permissions),
            "features": [],
        }
        for guild in _joined(call)
    ]


def _joined(call: Call) -> list[Guild]:
    return [guild for guild in call.state.guilds.values() if guild.joined]


def leave(call: Call) -> Answer:
    """DELETE /users/@me/guilds/{guild_id}."""
    guild = call.guild
    guild.joined = False
    call.state.announce("GUILD_DELETE", guild.id, {"id": guild.id})
    return 204, None


def open_dm(call: Call) -> Answer:
    """POST /users/@me/channels: the same channel every time."""
    user = call.state.users.get(str(call.body.get("recipient_id")))
    if user is None:
        raise ApiError(10013)
    return 200, call.state.dm(user).payload()


ROUTES: dict[str, Route] = {
    "GET /users/@me": me,
    "GET /applications/@me": application,
    "GET /oauth2/applications/@me": application,
    "GET /gateway": gateway,
    "GET /users/@me/guilds": guilds,
    "DELETE /users/@me/guilds/{guild_id}": leave,
    "POST /users/@me/channels": open_dm,
}
