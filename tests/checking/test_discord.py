"""Discord: the token, rights, intents, and how often the bot may still connect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord import Permissions

from adapters.discord.checks import ADVISED, LEAST, _installable, _permissions, invitation
from tests.checking.operator import on_discord
from tests.discord.fake import error as discord_error

if TYPE_CHECKING:
    from tests.checking.operator import Operator
    from tests.discord.fake import FakeDiscord


def test_the_least_permissions_are_the_least() -> None:
    assert LEAST.value == 274877926400
    assert ADVISED.value == 309237730304
    assert invitation("1") == "https://discord.com/oauth2/authorize?client_id=1&scope=bot+applications.commands&permissions=309237730304"


async def test_a_token_that_is_refused_is_wrong(discord: FakeDiscord, operator: Operator) -> None:
    discord.revoke()
    checked = await operator.checks(**on_discord(discord))
    assert checked.wrong == ["discord token"]
    assert "Reset Token" in checked.line("discord token")


async def test_a_discord_that_sends_commands_elsewhere_or_has_few_connections_left_is_wrong(
    discord: FakeDiscord, operator: Operator
) -> None:
    discord.interactions_endpoint_url = "https://elsewhere.example.org"
    discord.gateway.remaining = 12
    checked = await operator.checks(**on_discord(discord))
    assert (checked.status, checked.wrong) == (1, ["discord commands", "discord gateway"])
    assert "12 of 1000" in checked.said


async def test_a_discord_that_is_not_reached_is_wrong(discord: FakeDiscord, operator: Operator) -> None:
    discord.fault("GET /applications/@me", *[discord_error(130000)] * 6)
    checked = await operator.checks(**on_discord(discord))
    assert checked.wrong == ["discord"]


def server(name: str, permissions: Permissions) -> dict[str, str]:
    return {"id": "1", "name": name, "permissions": str(permissions.value)}


def test_rights_that_are_missing_in_every_server_are_wrong_and_named() -> None:
    few = LEAST & ~Permissions(embed_links=True, send_messages=True)
    found = _permissions([server("Acme", few)])
    assert not found.fine
    assert "Acme (" in found.said
    assert "embed links" in found.said
    assert "send messages" in found.said
    assert "view channel" not in found.said


def test_rights_that_are_missing_somewhere_are_told_and_no_more_than_five_are_named() -> None:
    found = _permissions([server("Good", LEAST), *(server(f"Bare {number}", Permissions.none()) for number in range(7))])
    assert found.fine
    assert "in 7 of 8 servers" in found.said
    assert "Bare 4" in found.said
    assert "Bare 5" not in found.said


def test_an_administrator_may_everything() -> None:
    assert "enough in 1 server" in _permissions([server("Home", Permissions(administrator=True))]).said


def test_a_bot_in_no_server_is_to_be_invited() -> None:
    found = _permissions([])
    assert (found.fine, found.remedy) == (True, "invite it")


async def test_a_bot_that_nobody_can_add_is_wrong(discord: FakeDiscord, operator: Operator) -> None:
    assert not _installable({"bot_require_code_grant": True}).fine
    assert "its owner alone" in _installable({"bot_public": False}).said
    checked = await operator.checks(**on_discord(discord))
    assert "discord installation" in checked.fine
