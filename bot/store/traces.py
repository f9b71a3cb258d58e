"""Where anything is kept of a workspace: for what has to go without being read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.channel import Address
from bot.store import keys

if TYPE_CHECKING:
    from bot.store.connection import Connection

_KEYS_AT_ONCE = 1_000
_SIGNS = re.compile(r"[\\*?\[\]^-]")
"""What a glob would not take as it is."""


async def traces(connection: Connection, platform: str, workspace: str) -> list[Address]:
    """Every address of the workspace with a record, be it unreadable, or with anything else. Looks at every key there is: for rare use."""
    records = await connection.read("SMEMBERS", keys.workspace(platform, workspace))
    found = {Address.parse(name.decode()) for name in records}
    spellings = keys.of_channel(Address(platform, workspace, ""))
    pattern = f"{keys.PREFIX}*:{_SIGNS.sub(_as_it_is, f'{platform}:{workspace}')}:*"
    cursor = b"0"
    while True:
        cursor, some = await connection.read("SCAN", cursor, "MATCH", pattern, "COUNT", _KEYS_AT_ONCE)
        for key in (one.decode() for one in some):
            spelling = next((spelling for spelling in spellings if key.startswith(spelling)), None)
            if spelling is not None:
                found.add(Address(platform, workspace, key.removeprefix(spelling)))
        if cursor == b"0":
            return sorted(found)


def _as_it_is(sign: re.Match[str]) -> str:
    return f"\\{sign[0]}"
