"""A store as a small JSON file, and back: every key with its type, its value and how long it stays."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from bot.store.connection import Connection


async def dump(connection: Connection) -> dict[str, Any]:
    """Key -> `type`, `value`, and `left_ms`: milliseconds until it expires, None if it stays. What may be no text is in base64."""
    kept = {}
    for key in sorted(one.decode() for one in await connection.read("KEYS", "*")):
        kind = (await connection.read("TYPE", key)).decode()
        left = await connection.read("PTTL", key)
        kept[key] = {"type": kind, "left_ms": None if left == -1 else left, "value": await _value(connection, kind, key)}
    return kept


async def _value(connection: Connection, kind: str, key: str) -> Any:
    match kind:
        case "string":
            return _text(await connection.read("GET", key))
        case "hash":
            flat = await connection.read("HGETALL", key)
            return {name.decode(): _text(value) for name, value in sorted(zip(flat[::2], flat[1::2], strict=True))}
        case "zset":
            flat = await connection.read("ZRANGE", key, 0, -1, "WITHSCORES")
            return {member.decode(): score.decode() for member, score in zip(flat[::2], flat[1::2], strict=True)}
        case "set":
            return sorted(member.decode() for member in await connection.read("SMEMBERS", key))
        case "list":
            return [_text(line) for line in await connection.read("LRANGE", key, 0, -1)]
    raise ValueError(f"{key} is a {kind}")


async def restore(connection: Connection, file: Path) -> None:
    """Put everything back into an empty store; what expires does so as long from now as it would have from the moment it was written."""
    for key, entry in json.loads(file.read_text("utf-8"))["keys"].items():
        value, parts = entry["value"], []
        match entry["type"]:
            case "string":
                parts = ["SET", key, b64decode(value)]
            case "hash":
                parts = ["HSET", key, *(one for name, text in value.items() for one in (name, b64decode(text)))]
            case "zset":
                parts = ["ZADD", key, *(one for member, score in value.items() for one in (score, member))]
            case "set":
                parts = ["SADD", key, *value]
            case "list":
                parts = ["RPUSH", key, *(b64decode(line) for line in value)]
        await connection.call(*parts)
        if entry["left_ms"] is not None:
            await connection.call("PEXPIRE", key, entry["left_ms"])


def _text(value: bytes) -> str:
    return b64encode(value).decode()
