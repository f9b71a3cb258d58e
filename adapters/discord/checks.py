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


def invitation(application: str, permissions: Permissions = ADVISED) -> str:
    """The address at which somebody who manages a server adds the bot to it."""
    asked = {"client_id": application, "scope": "bot applications.commands", "permissions": str(permissions.value)}
    return f"https://discord.com/oauth2/authorize?{urlencode(asked)}"


async def checks(rest: Rest, intents: Intents) -> list[Finding]:
    """Ask Discord about the token, the application and the gateway. Raises StoreTrouble only.

    Args:
        intents: What the gateway will be asked for.
    """
    try:
        me = await rest.call("GET", "/applications/@me")
        gateway = await rest.call("GET", "/gateway/bot")
    except TokenRefused:
        advice = "Discord does not accept DISCORD_TOKEN; copy it again: page Bot of the application, Reset Token"
        return [Finding("discord token", fine=False, said=advice)]
    except PostTrouble as trouble:
        return [Finding("discord", fine=False, said=f"not reached: {trouble}")]
    application = str(me["id"])
    return [
        Finding("discord token", fine=True, said=f"{me.get('name') or 'the bot'}, application {application}"),
        _commands(me),
        _intents(intents),
        _identifies(gateway["session_start_limit"]),
        Finding("discord invitation", fine=True, said=invitation(application)),
        Finding("discord invitation with the least permissions", fine=True, said=invitation(application, LEAST)),
    ]


def _commands(me: dict[str, Any]) -> Finding:
    if me.get("interactions_endpoint_url"):
        advice = "they go to an address and not to the bot; empty Interactions Endpoint URL on page General Information"
        return Finding("discord commands", fine=False, said=advice)
    return Finding("discord commands", fine=True, said="they come to the bot")


def _intents(intents: Intents) -> Finding:
    wanted = ", ".join(name for name, on in intents if on)
    privileged = [name for name in ("members", "presences", "message_content") if getattr(intents, name)]
    if privileged:  # pragma: no cover  # none is asked for, and this is where it would be noticed
        return Finding("discord intents", fine=False, said=f"{', '.join(privileged)} must be switched on: page Bot")
    return Finding("discord intents", fine=True, said=f"{wanted}; none needs to be switched on")


def _identifies(limit: dict[str, Any]) -> Finding:
    left = f"{limit['remaining']} of {limit['total']} connections left today"
    if limit["remaining"] <= FEW * limit["total"]:
        return Finding("discord gateway", fine=False, said=f"{left}: something begins anew again and again; see the log")
    return Finding("discord gateway", fine=True, said=left)
