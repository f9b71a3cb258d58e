"""After every test with a store, each key found must be in the table of keys, of its type, and expire if the table says so."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.paper import PaperId
from bot.store import keys

if TYPE_CHECKING:
    from bot.store.connection import Connection


async def leaks(connection: Connection) -> list[str]:
    """What is wrong with the keys on the server, a sentence each."""
    found = [key.decode() for key in await connection.read("KEYS", "*")]
    kinds = await connection.read_all([("TYPE", key) for key in found])
    lefts = await connection.read_all([("PTTL", key) for key in found])
    wrong = [await _complaint(connection, key, kind.decode(), left) for key, kind, left in zip(found, kinds, lefts, strict=True)]
    return [text for text in wrong if text]


async def _complaint(connection: Connection, key: str, kind: str, left_ms: int) -> str:
    if kind == "none":
        return ""  # it expired while we looked
    entry = keys.entry_of(key)
    if entry is None:
        return f"{key} is in no line of the table"
    if kind != entry.type:
        return f"{key} is a {kind}, not a {entry.type}"
    if isinstance(entry.stays, str) or (left_ms == -1 and await _is_kept(connection, key)):
        return ""
    if left_ms == -1:
        return f"{key} never expires"
    return f"{key} stays too long" if timedelta(milliseconds=left_ms) > entry.stays else ""


async def _is_kept(connection: Connection, key: str) -> bool:
    """Whether the key is a record or another name of a paper on a reading list."""
    if key.startswith(keys.alias("")):
        paper = (await connection.read("GET", key)).decode()
    elif key.startswith(keys.paper(PaperId(""))):
        paper = key.removeprefix(keys.paper(PaperId("")))
    else:
        return False
    return bool(await connection.read("EXISTS", keys.keepers(PaperId(paper))))
