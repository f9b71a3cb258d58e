"""Who and where: auth.test, auth.revoke, api.test, users.info, team.info, apps.connections.open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.slack.fake.errors import ApiError

if TYPE_CHECKING:
    from tests.slack.fake.call import Call
    from tests.slack.fake.record import Json


def auth_test(call: Call) -> Json:
    install, team = call.install, call.team
    return {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": "paperboy",
        "team_id": install.enterprise if install.org else team.id,
        "user_id": team.bot_user_id,
        "bot_id": team.bot_id,
        "is_enterprise_install": install.org,
    } | ({"enterprise_id": team.enterprise} if team.enterprise else {})


def auth_revoke(call: Call) -> Json:
    if call.get("test", False):
        return {"revoked": False}
    call.state.safe.spoil(call.install, "token_revoked")
    return {"revoked": True}


def api_test(call: Call) -> Json:
    if error := call.get("error"):
        raise ApiError(str(error), args=call.args)
    return {"args": call.args}


def users_info(call: Call) -> Json:
    id = str(call.need("user"))
    team = next((team for team in call.install.teams if id in team.users), None)
    if team is None:
        raise ApiError("user_not_found")
    return {"user": team.users[id].payload(team)}


def team_info(call: Call) -> Json:
    id = call.get("team")
    team = call.team if not id else next((team for team in call.install.teams if team.id == id), None)
    if team is None:
        raise ApiError("team_not_found")
    shown = {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": "", "icon": {"image_default": True}}
    return {"team": shown | ({"enterprise_id": team.enterprise, "enterprise_name": team.enterprise} if team.enterprise else {})}


def connections_open(call: Call) -> Json:
    if call.token not in call.state.app_tokens:
        raise ApiError("not_allowed_token_type" if call.token.startswith(("xoxb-", "xoxe.")) else "invalid_auth")
    return {"url": f"{call.state.url.replace('http', 'ws', 1)}/link/?ticket={call.state.ticket(call.token)}&app_id=A0PAPERBOY"}


METHODS = {
    "auth.test": auth_test,
    "auth.revoke": auth_revoke,
    "api.test": api_test,
    "users.info": users_info,
    "team.info": team_info,
    "apps.connections.open": connections_open,
}
