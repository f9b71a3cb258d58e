"""OAuth v2: a code for an installation, a refresh token for a new token, an old token for a rotating one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.slack.fake.errors import ApiError
from tests.slack.fake.tokens import ROTATION

if TYPE_CHECKING:
    from tests.slack.fake.call import Call
    from tests.slack.fake.record import Json
    from tests.slack.fake.tokens import Install


def _client(call: Call) -> None:
    id, secret = call.client
    if id != call.state.client_id:
        raise ApiError("invalid_client_id")
    if secret != call.state.client_secret:
        raise ApiError("bad_client_secret")


def _installation(install: Install, user: str = "") -> Json:
    team = install.teams[0]
    rotating = {"refresh_token": install.refresh_token, "expires_in": int(ROTATION.total_seconds())} if install.refresh_token else {}
    authed = {"authed_user": {"id": user}} if user else {}
    return {
        "app_id": team.app_id,
        **authed,
        "scope": ",".join(sorted(install.scopes)),
        "token_type": "bot",
        "access_token": install.token,
        "bot_user_id": team.bot_user_id,
        "team": None if install.org else {"id": team.id, "name": team.name},
        "enterprise": {"id": team.enterprise, "name": team.enterprise} if team.enterprise else None,
        "is_enterprise_install": install.org,
        **rotating,
    }


def access(call: Call) -> Json:
    _client(call)
    state, kind = call.state, call.get("grant_type", "authorization_code")
    if kind == "refresh_token":
        install = state.safe.redeem(str(call.need("refresh_token")))
        state.safe.renew(install, rotating=True)
        return _installation(install)
    if kind != "authorization_code":
        raise ApiError("invalid_grant_type")
    grant = state.grants.get(str(call.need("code")))
    if grant is None:
        raise ApiError("invalid_code")
    if call.get("redirect_uri") not in ("", grant.redirect_uri):
        raise ApiError("bad_redirect_uri")
    # A code works once, and a try with the wrong address leaves it usable.
    del state.grants[str(call.get("code"))]
    install = grant.install
    # Installing again adds scopes, it takes none away; the token stays while it is good.
    fresh = state.safe.good(install.token)
    install.scopes = set(grant.scopes) | (install.scopes if fresh else set())
    if not fresh or state.rotation:
        state.safe.renew(install, rotating=state.rotation)
    return _installation(install, grant.user)


def exchange(call: Call) -> Json:
    _client(call)
    install = call.install
    if install.refresh_token:
        raise ApiError("token_already_exchanged")
    state, old = call.state, install.token
    state.safe.renew(install, rotating=True)
    state.safe.spoil(install, "token_revoked", only=old)
    return _installation(install)


METHODS = {"oauth.v2.access": access, "oauth.v2.exchange": exchange}
