"""Papers and words as hostile as the world sends them: those of every platform, and what only Discord could take for markup."""

from __future__ import annotations

from dataclasses import replace

from bot.paper import PaperId
from tests.library import LIBRARY, ROBOT
from tests.slack.ugly import LONG_QUERY
from tests.slack.ugly import SIGNS as ANYWHERE
from tests.slack.ugly import UGLY as EVERYWHERE

SIGNS = (
    f"# heading {ANYWHERE} @everyone @here <@1> <@&2> <#3> </list:4> <id:browse> <t:1:R> <:a:1> <a:b:2> ||spoiler|| __under__ ~~gone~~ "
    "[x](http://evil) [y](<https://evil.example>) discord.gg/evil ```js\ncode\n```\n> quoted\n>>> all\n- list\n1. first\n-# small\n***"
)
"""All that Discord could take for markup, at once."""

UGLY = (
    *EVERYWHERE,
    replace(
        ROBOT,
        id=PaperId("2611.00015"),
        title="# Curriculum @everyone [free](http://evil) ||spoiler|| <:a:1> <t:1:R>",
        summary=f"> We propose a curriculum. {SIGNS}",
        abstract=f"We propose a curriculum. {SIGNS}",
        authors=("@everyone", "- Bobby *Tables*", "<@!1>"),
        organisation="discord.gg/evil ```",
    ),
)
PAPERS = (*LIBRARY, *UGLY)

__all__ = ["LONG_QUERY", "PAPERS", "SIGNS", "UGLY"]
