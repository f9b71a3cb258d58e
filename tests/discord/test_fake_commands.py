from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import discord
import pytest
from discord import app_commands

from tests.discord.talking import bare, real

if TYPE_CHECKING:
    from tests.clock import Clock
    from tests.discord.fake import FakeDiscord

PAPERS: dict[str, Any] = {"name": "papers", "description": "Research papers", "type": 1}


def option(name: str = "query", **more: object) -> dict[str, object]:
    return {"name": name, "description": "What", "type": 3, **more}


async def test_the_real_tree_is_registered(server: FakeDiscord) -> None:
    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    papers = app_commands.Group(name="papers", description="Research papers")

    @papers.command(name="subscribe", description="Follow words")
    @app_commands.describe(query="Words", scope="Where")
    @app_commands.choices(scope=[app_commands.Choice(name="Titles", value="title")])
    async def subscribe(
        interaction: discord.Interaction,
        query: app_commands.Range[str, 1, 200],
        scope: app_commands.Choice[str] | None = None,
        most: app_commands.Range[int, 1, 9] = 3,
    ) -> None: ...

    @tree.context_menu(name="Find similar papers")
    async def similar(interaction: discord.Interaction, message: discord.Message) -> None: ...

    tree.add_command(papers)
    payload: Any = [command.to_dict(tree) for command in tree.get_commands()]
    async with real(server) as http:
        first = await http.bulk_upsert_global_commands(server.app_id, payload)
        answer = await http.bulk_upsert_global_commands(server.app_id, payload)
        assert await http.get_global_commands(server.app_id) == answer
    assert [command["id"] for command in first] == [command["id"] for command in answer]
    assert [command["name"] for command in server.commands[""]] == ["papers", "Find similar papers"]
    assert list(server.creations.values()) == [2]


async def test_a_guilds_commands_are_its_own(server: FakeDiscord) -> None:
    async with bare(server) as call:
        path = f"/applications/{server.app_id}/guilds/{server.acme.id}/commands"
        assert (await call("POST", path, PAPERS)).status == 201
        assert (await call("POST", path, PAPERS)).status == 200
        assert (await call("GET", path)).body[0]["guild_id"] == server.acme.id
        assert (await call("GET", f"/applications/{server.app_id}/commands")).body == []
        assert (await call("GET", "/applications/1/commands")).code == 20012


@pytest.mark.parametrize(
    "commands",
    [
        [PAPERS, PAPERS],
        [{**PAPERS, "name": "Papers"}],
        [{**PAPERS, "name": "my papers"}],
        [{**PAPERS, "description": "x" * 101}],
        [{**PAPERS, "description": ""}],
        [{**PAPERS, "options": [option(str(n)) for n in range(26)]}],
        [{**PAPERS, "options": [option(), option()]}],
        [{**PAPERS, "options": [option(), option("other", required=True)]}],
        [{**PAPERS, "options": [option(choices=[{"name": str(n), "value": str(n)} for n in range(26)])]}],
        [{**PAPERS, "options": [option(choices=[{"name": "x", "value": "x"}], autocomplete=True)]}],
        [{**PAPERS, "options": [option(choices=[{"name": "x", "value": "x" * 101}])]}],
        [{**PAPERS, "options": [option(), {**option("other"), "type": 1}]}],
        [{**PAPERS, "description_localizations": {"klingon": "x"}}],
        [{"name": "Find similar papers", "type": 3, "description": "x"}],
        [
            {
                **PAPERS,
                "options": [
                    {**option(str(n)), "type": 1, "options": [option(str(m), description="x" * 100) for m in range(10)]} for n in range(9)
                ],
            },
        ],
    ],
)
async def test_commands_that_are_wrong_are_refused(server: FakeDiscord, commands: list[object]) -> None:
    with server.expecting_problems() as found:
        async with bare(server) as call:
            assert (await call("PUT", f"/applications/{server.app_id}/commands", commands)).code == 50035
    assert found
    assert not server.commands


async def test_a_set_of_commands_is_a_list(server: FakeDiscord) -> None:
    with server.expecting_problems() as found:
        async with bare(server) as call:
            assert (await call("PUT", f"/applications/{server.app_id}/commands", {"name": "papers"})).code == 50035
    assert found


async def test_there_are_a_hundred_commands_at_most(server: FakeDiscord) -> None:
    with server.expecting_problems() as found:
        async with bare(server) as call:
            commands = [{**PAPERS, "name": f"papers{n}"} for n in range(101)]
            assert (await call("PUT", f"/applications/{server.app_id}/commands", commands)).code == 30032
    assert found


async def test_two_hundred_are_created_a_day_at_most(server: FakeDiscord, clock: Clock) -> None:
    async with bare(server) as call:
        path = f"/applications/{server.app_id}/commands"
        sets = [[{**PAPERS, "name": f"papers{n}"} for n in range(start, start + 100)] for start in (0, 100, 200)]
        assert [(await call("PUT", path, commands)).body[0].get("name") for commands in sets[:2]] == ["papers0", "papers100"]
        assert (await call("PUT", path, sets[2])).code == 30034
        assert (await call("PUT", path, sets[1])).status == 200
        clock.advance(timedelta(days=1))
        assert (await call("PUT", path, sets[2])).status == 200
