"""What kind of server this is, and whether what it is given is safe there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bot.errors import StoreTrouble

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

OLDEST = (7, 0)
"""The oldest Redis that the tests run on (Debian 12 has 7.0); Valkey calls itself 7.2.4."""
NEARLY_FULL = 0.8
"""The share of its memory from which a server is called so: a day's papers and digests are kept within what is left."""


class Flaw(NamedTuple):
    """Why a server cannot be relied on."""

    what: str
    remedy: str

    def __str__(self) -> str:
        """In one line."""
        return f"{self.what}: {self.remedy}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What a server says of itself. Of its flaws, None says that there is none."""

    name: str
    """"Valkey 9.1.0", "Redis 7.4.1"."""
    cluster: Flaw | None
    version: Flaw | None
    policy: Flaw | None
    """What it does when its memory is full."""
    persistence: Flaw | None
    """Whether a restart loses what was written: rather a warning, for a cache that fills itself again may be meant."""
    room: Flaw | None
    used: int
    """Bytes."""
    limit: int
    """Bytes; 0 for as many as the machine has."""


async def inspect(info: bytes, ask: Callable[..., Awaitable[list[bytes]]]) -> Inspection:
    """Read what it says of itself.

    Args:
        info: Its answer to INFO.
        ask: Sends one command that changes nothing; raises StoreTrouble where it is forbidden.
    """
    told = _fields(info)
    version = told.get("redis_version", "unknown")
    used, limit = _number(told.get("used_memory")), _number(told.get("maxmemory"))
    return Inspection(
        name=f"Valkey {told['valkey_version']}" if "valkey_version" in told else f"Redis {version}",
        cluster=_CLUSTER if told.get("redis_mode") == "cluster" or told.get("cluster_enabled") == "1" else None,
        version=_too_old(version),
        policy=_forgetful(told.get("maxmemory_policy", "noeviction")),
        persistence=await _short_lived(told, ask),
        room=_nearly_full(used, limit),
        used=used,
        limit=limit,
    )


_CLUSTER = Flaw("REDIS_URL points at a Redis Cluster, but Paperboy changes several keys at once", "use a server without cluster mode")
_LOSES = Flaw("the Redis server keeps nothing on disk, a restart of it loses all rules", "switch on AOF or RDB on the Redis server")


def _too_old(version: str) -> Flaw | None:
    if tuple(map(_number, version.split(".")[:2])) >= OLDEST:
        return None
    return Flaw(
        f"the Redis server is version {version}, Paperboy needs 7.0 or Valkey",
        "upgrade the server, or unset REDIS_URL to use the embedded one",
    )


def _forgetful(policy: str) -> Flaw | None:
    if policy == "noeviction":
        return None
    what = f"the Redis server would delete subscriptions when its memory is full (maxmemory-policy {policy})"
    return Flaw(what, "set maxmemory-policy to noeviction")


async def _short_lived(told: dict[str, str], ask: Callable[..., Awaitable[list[bytes]]]) -> Flaw | None:
    if told.get("aof_enabled") == "1":
        failed = told.get("aof_last_write_status", "ok") != "ok"
    else:
        try:
            reply = await ask("CONFIG", "GET", "save")
        except StoreTrouble:
            # Hosted servers forbid CONFIG; one that ever wrote a snapshot does persist.
            snapshots = told.get("rdb_saves", "0") != "0"
        else:
            snapshots = len(reply) == 2 and reply[1] != b""  # noqa: PLR2004  # a name and a value
        if not snapshots:
            return _LOSES
        failed = told.get("rdb_last_bgsave_status", "ok") != "ok"
    return Flaw("the Redis server could not write to its disk the last time", "look at its log and free some space") if failed else None


def _nearly_full(used: int, limit: int) -> Flaw | None:
    if not limit or used < NEARLY_FULL * limit:
        return None
    return Flaw(
        f"the Redis server uses {used:,} of its {limit:,} bytes; full, it would take nothing more", "give it more memory (maxmemory)"
    )


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() else 0


def _fields(info: bytes) -> dict[str, str]:
    lines = (line.partition(":") for line in info.decode(errors="replace").splitlines())
    return {name: value for name, colon, value in lines if colon}
