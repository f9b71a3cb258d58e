"""Looks whether Discord is set up so that everything works, and makes the link that invites the bot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from discord import Intents, Permissions

from adapters.discord.errors import TokenRefused
from bot.errors import PostTrouble
from bot.findings import Finding

if TYPE_CHECKING:
    from adapters.discord.client import Rest

LEAST = Permissions(view_channel=True, send_messages=True, embed_links=True, send_messages_in_threads=True)
"""Without one of these no digest can be posted."""
ADVISED = LEAST | Permissions(read_message_history=True, create_public_threads=True)
"""With looking whether a post stands already after a lost connection, and with `settings thread on`."""
FEW = 0.1
"""The share of a day's identifies below which something must be connecting again and again."""


PAGE = 200
"""Servers asked about at most: as many as come in one answer."""
SHOWN = 5
"""Servers named at most."""


def invitation(application: str, permissions: Permissions = ADVISED) -> str:
    """The address at which somebody who manages a server adds the bot to it."""
    asked = {"client_id": application, "scope": "bot applications.commands", "permissions": str(permissions.value)}
    return f"https://discord.com/oauth2/authorize?{urlencode(asked)}"


async def checks(rest: Rest, intents: Intents) -> list[Finding]:
    """Ask Discord about the token, the application, its servers and the gateway. Raises StoreTrouble only.

    Args:
        intents: What the gateway will be asked for.
    """
    try:
        me = await rest.call("GET", "/applications/@me")
        gateway = await rest.call("GET", "/gateway/bot")
        servers = await rest.call("GET", "/users/@me/guilds", params={"limit": PAGE})
    except TokenRefused:
        remedy = "copy it again: page Bot of the application, Reset Token"
        return [Finding("discord token", fine=False, said="Discord does not accept DISCORD_TOKEN", remedy=remedy)]
    except PostTrouble as trouble:
        return [
            Finding("discord", fine=False, said=f"not reached: {trouble}", remedy="look whether this machine may reach DISCORD_API_URL")
        ]
    application = str(me["id"])
    return [
        Finding("discord token", fine=True, said=f"{me.get('name') or 'the bot'}, application {application}"),
        _commands(me),
        _intents(intents),
        _permissions(servers),
        _identifies(gateway["session_start_limit"]),
        _installable(me),
        Finding("discord invitation", fine=True, said=invitation(application)),
        Finding("discord invitation with the least permissions", fine=True, said=invitation(application, LEAST)),
    ]


def _commands(me: dict[str, Any]) -> Finding:
    if me.get("interactions_endpoint_url"):
        remedy = "empty Interactions Endpoint URL on page General Information"
        return Finding("discord commands", fine=False, said="they go to an address and not to the bot", remedy=remedy)
    return Finding("discord commands", fine=True, said="they come to the bot")


def _intents(intents: Intents) -> Finding:
    wanted = ", ".join(name for name, on in intents if on)
    privileged = [name for name in ("members", "presences", "message_content") if getattr(intents, name)]
    if privileged:  # pragma: no cover  # none is asked for, and this is where it would be noticed
        return Finding("discord intents", fine=False, said=f"{', '.join(privileged)} must be switched on", remedy="page Bot")
    return Finding("discord intents", fine=True, said=f"{wanted}; none needs to be switched on")


def _permissions(servers: list[dict[str, Any]]) -> Finding:
    """What the bot's roles allow in its servers; channels may allow more or less, which the outlet finds out."""
    about = "discord permissions"
    if not servers:
        return Finding(about, fine=True, said="the bot is in no server yet", remedy="invite it")
    lacking = {str(server["name"]): names for server in servers if (names := _lacking(Permissions(int(server["permissions"]))))}
    many = f"{len(servers)} server{'' if len(servers) == 1 else 's'}{' or more' if len(servers) == PAGE else ''}"
    if not lacking:
        return Finding(about, fine=True, said=f"enough in {many}")
    some = ", ".join(f"{name} ({', '.join(names)})" for name, names in list(lacking.items())[:SHOWN])
    said = f"too few by its roles in {len(lacking)} of {many}: {some}{', …' if len(lacking) > SHOWN else ''}"
    # A server may well allow the bot into one channel alone, by that channel's own settings.
    remedy = "give them to the bot's role there or in the channel, or add the bot again by the invitation"
    return Finding(about, fine=len(lacking) < len(servers), said=said, remedy=remedy)


def _lacking(granted: Permissions) -> list[str]:
    return [] if granted.administrator else [name.replace("_", " ") for name, wanted in LEAST if wanted and not getattr(granted, name)]


def _installable(me: dict[str, Any]) -> Finding:
    if me.get("bot_require_code_grant"):
        remedy = "switch Requires OAuth2 Code Grant off on page Bot"
        return Finding("discord installation", fine=False, said="nobody can add the bot by an invitation", remedy=remedy)
    who = "whoever manages a server" if me.get("bot_public", True) else "its owner alone (page Bot, Public Bot)"
    return Finding("discord installation", fine=True, said=f"{who} can add the bot")


def _identifies(limit: dict[str, Any]) -> Finding:
    left = f"{limit['remaining']} of {limit['total']} connections left today"
    if limit["remaining"] <= FEW * limit["total"]:
        return Finding("discord gateway", fine=False, said=f"{left}: something begins anew again and again", remedy="see the bot's log")
    return Finding("discord gateway", fine=True, said=left)
