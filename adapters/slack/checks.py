"""Looks whether Slack is set up so that everything works."""

from __future__ import annotations

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.api import Api
from adapters.slack.scopes import CORE, missing
from adapters.slack.workspaces import PLATFORM
from bot.errors import PostTrouble
from bot.findings import Finding
from bot.installation import Installation


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


async def _bot(api: Api) -> list[Finding]:
    try:
        me = await api.call("auth.test")
    except PostTrouble as trouble:
        return [Finding("slack token", fine=False, said=f"{trouble}; page Install App: copy the Bot User OAuth Token again")]
    found = [Finding("slack token", fine=True, said=f"{me.get('user', 'the bot')} in {me.get('team', 'a workspace')}")]
    if lacking := [scope for scope in CORE.scopes if scope not in api.granted]:
        found.append(Finding("slack scopes", fine=False, said=f"{', '.join(lacking)}: page OAuth & Permissions, then install again"))
    # Whoever installed the app may have left them out on purpose.
    without = [scope for feature in missing(api.granted) for scope in feature.scopes if scope not in api.granted]
    said = f"all but {', '.join(without)}; the README tells what is missing without" if without else "all"
    return [*found, Finding("slack optional scopes", fine=True, said=said)]


async def _socket(api: Api) -> Finding:
    try:
        await api.call("apps.connections.open")
    except PostTrouble as trouble:
        said = f"{trouble}; page Basic Information, App-Level Tokens: one with connections:write, and page Socket Mode: on"
        return Finding("slack socket", fine=False, said=said)
    return Finding("slack socket", fine=True, said="Socket Mode opens")


def _api(token: str, api_url: str) -> Api:
    return Api(Installation(platform=PLATFORM, workspace="", token=token), AsyncWebClient(token, base_url=api_url, retry_handlers=[]))
