"""Where anything is kept of a workspace: for what has to go without being read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.channel import Address
from bot.store import keys

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.store.connection import Connection

_KEYS_AT_ONCE = 1_000
_SIGNS = re.compile(r"[\\*?\[\]^-]")
"""What a glob would not take as it is."""


async def traces(connection: Connection, platform: str, workspace: str) -> list[Address]:
    """Every address of the workspace with a record, be it unreadable, or with anything else. Looks at every key there is: for rare use."""
    records = await connection.read("SMEMBERS", keys.workspace(platform, workspace))
    addresses = {Address.parse(name.decode()) for name in records}
    spellings = keys.of_channel(Address(platform, workspace, ""))
    async for some in found(connection, f"{keys.PREFIX}*:{as_it_is(f'{platform}:{workspace}')}:*"):
        for key in some:
            spelling = next((spelling for spelling in spellings if key.startswith(spelling)), None)
            if spelling is not None:
                addresses.add(Address(platform, workspace, key.removeprefix(spelling)))
    return sorted(addresses)


async def found(connection: Connection, pattern: str) -> AsyncIterator[list[str]]:
    """The keys that fit a glob, some at a time; one that is there all the while comes at least once."""
    cursor = b"0"
    while True:
        cursor, some = await connection.read("SCAN", cursor, "MATCH", pattern, "COUNT", _KEYS_AT_ONCE)
        yield [one.decode() for one in some]
        if cursor == b"0":
            return


def as_it_is(text: str) -> str:
    """A glob that fits this text alone."""
    return _SIGNS.sub(lambda sign: f"\\{sign[0]}", text)
