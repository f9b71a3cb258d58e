"""Looks whether Slack is set up so that everything works."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

import aiohttp
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.api import Api
from adapters.slack.errors import Refused
from adapters.slack.http import EVENTS
from adapters.slack.scopes import CORE, OPTIONAL, missing
from adapters.slack.workspaces import PLATFORM, TIMEOUT
from bot.errors import PostTrouble, WorkspaceGone
from bot.findings import Finding
from bot.installation import Installation

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

__all__ = ["PLATFORM", "checks", "client", "installed", "scopes", "signed"]

SOME = 20
"""Workspaces asked about at most: an operator waits, and Slack counts."""
_REFUSED_CLIENT = frozenset({"invalid_client_id", "bad_client_secret"})


async def checks(api_url: str, *, bot_token: str, app_token: str) -> list[Finding]:
    """Ask Slack about the tokens that stand in the settings. Raises nothing of Slack's.

    Args:
        api_url: Of the Web API, ending in a slash.
        bot_token: "xoxb-…", or "" where workspaces install the app by themselves.
        app_token: "xapp-…", or "" without Socket Mode.
    """
    found: list[Finding] = []
    if bot_token:
        found += await _bot(_api(bot_token, api_url))
    if app_token:
        found.append(await _socket(_api(app_token, api_url)))
    return found


async def client(api_url: str, *, client_id: str, client_secret: str) -> Finding:
    """Whether Slack knows the app by these two: asked to redeem a code that nobody gave out, it says which of the three is wrong."""
    about = "slack client"
    try:
        await _api("", api_url).call("oauth.v2.access", client_id=client_id, client_secret=client_secret, code="check")
    except Refused as refused:
        if refused.error not in _REFUSED_CLIENT:
            return Finding(about, fine=True, said="Slack knows SLACK_CLIENT_ID and SLACK_CLIENT_SECRET")
        remedy = "copy Client ID and Client Secret again: page Basic Information of the app"
        return Finding(
            about, fine=False, said=f"Slack does not know SLACK_CLIENT_ID with SLACK_CLIENT_SECRET ({refused.error})", remedy=remedy
        )
    except PostTrouble as trouble:
        return Finding(about, fine=False, said=f"not reached: {trouble}", remedy="look whether this machine may reach SLACK_API_URL")
    return Finding(about, fine=True, said="Slack knows SLACK_CLIENT_ID and SLACK_CLIENT_SECRET")  # pragma: no cover  # it took the code


def scopes(asked: Collection[str] | None) -> Finding:
    """Whether SLACK_SCOPES, None for all, are scopes that the app has a use for."""
    if strange := sorted(set(asked or ()) - set(OPTIONAL)):
        remedy = f"take from {', '.join(OPTIONAL)}"
        return Finding("slack install", fine=False, said=f"SLACK_SCOPES: there is no optional scope {', '.join(strange)}", remedy=remedy)
    return Finding("slack install", fine=True, said=f"asks for {'all optional scopes' if asked is None else ', '.join(asked) or 'none'}")


async def installed(api_url: str, installations: Sequence[Installation], *, now: datetime) -> Finding:
    """Whether Slack still accepts what workspaces handed over; of many, of the first ones. Raises nothing of Slack's.

    Args:
        now: A token that has ended by then is not asked about: it is renewed when it is needed.
    """
    about = "slack workspaces"
    if not installations:
        return Finding(about, fine=True, said="none has installed the app yet")
    asked = [one for one in installations if one.expires_at is None or one.expires_at > now][:SOME]
    lost: list[str] = []
    for one in asked:
        try:
            await _api(one.token, api_url).call("auth.test")
        except (WorkspaceGone, Refused):
            lost.append(one.workspace)
        except PostTrouble as trouble:
            return Finding(about, fine=False, said=f"not reached: {trouble}", remedy="look whether this machine may reach SLACK_API_URL")
    said = f"{len(installations)} installed the app; of {len(asked)} tokens asked about {len(asked) - len(lost)} are accepted"
    if not lost:
        return Finding(about, fine=True, said=said)
    remedy = "whoever wants the bot back there installs it again at /slack/install"
    return Finding(about, fine=len(lost) < len(asked), said=f"{said}, not those of {', '.join(lost)}", remedy=remedy)


async def signed(public_url: str, *, signing_secret: str, now: datetime) -> Finding:
    """Ask our web server what Slack asks when its address is entered, signed as Slack signs. Raises nothing.

    Args:
        public_url: Where it is; no slash at the end.
        now: This machine's clock: a signature counts for five minutes of the server's.
    """
    about = "slack signing secret"
    challenge = secrets.token_hex(16)
    body = json.dumps({"type": "url_verification", "token": "check", "challenge": challenge})
    timestamp = str(int(now.timestamp()))
    signature = SignatureVerifier(signing_secret).generate_signature(timestamp=timestamp, body=body) or ""
    headers = {"Content-Type": "application/json", "X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}
    try:
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT, trust_env=False) as session,
            session.post(f"{public_url}{EVENTS}", data=body, headers=headers, allow_redirects=False) as answer,
        ):
            text = await answer.text(errors="replace")
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        what = f"{public_url}{EVENTS} gives no answer ({type(error).__name__})"
        return Finding(about, fine=False, said=what, remedy="let everything below /slack/ through to the web server")
    match answer.status:
        case 200 if challenge in text:
            return Finding(about, fine=True, said=f"what is signed with it is taken at {public_url}{EVENTS}")
        case 401:
            what = f"the web server at {public_url} goes by another SLACK_SIGNING_SECRET, or its clock is minutes apart"
            return Finding(about, fine=False, said=what, remedy="start it anew with this setting; set both clocks by a time server")
        case 503:
            what = "the web server there is not ready to answer Slack"
            return Finding(about, fine=False, said=what, remedy=f"see what {public_url}/readyz says, then check again")
        case status:
            what = f"{public_url}{EVENTS} answers with status {status} what Slack would ask"
            return Finding(about, fine=False, said=what, remedy="let everything below /slack/ through to the web server, as it is")


async def _bot(api: Api) -> list[Finding]:
    try:
        me = await api.call("auth.test")
    except PostTrouble as trouble:
        remedy = "page Install App: copy the Bot User OAuth Token again"
        return [Finding("slack token", fine=False, said=str(trouble), remedy=remedy)]
    found = [Finding("slack token", fine=True, said=f"{me.get('user', 'the bot')} in {me.get('team', 'a workspace')}")]
    if lacking := [scope for scope in CORE.scopes if scope not in api.granted]:
        remedy = "page OAuth & Permissions: add them, then install the app again"
        found.append(Finding("slack scopes", fine=False, said=f"{', '.join(lacking)} are missing", remedy=remedy))
    # Whoever installed the app may have left them out on purpose.
    without = [scope for feature in missing(api.granted) for scope in feature.scopes if scope not in api.granted]
    said = f"all but {', '.join(without)}" if without else "all"
    remedy = "docs/slack.md tells what is missing without them" if without else ""
    return [*found, Finding("slack optional scopes", fine=True, said=said, remedy=remedy)]


async def _socket(api: Api) -> Finding:
    try:
        await api.call("apps.connections.open")
    except PostTrouble as trouble:
        remedy = "page Basic Information, App-Level Tokens: one with connections:write, and page Socket Mode: on"
        return Finding("slack socket", fine=False, said=str(trouble), remedy=remedy)
    return Finding("slack socket", fine=True, said="Socket Mode opens")


def _api(token: str, api_url: str) -> Api:
    client = AsyncWebClient(token or None, base_url=api_url, timeout=int(TIMEOUT.total or 0), retry_handlers=[])
    return Api(Installation(platform=PLATFORM, workspace="", token=token), client)
