"""Installations on a server: tokens sealed, workspaces that left noted.

A record is four bytes with its version (big-endian), which the scripts must see, and after them what `bot.store.seal` made of the
packed installation. What was removed leaves its version behind until it is `erased`: a token that somebody refreshed meanwhile is
for an installation that is no more, and must not come back over a newer one.

Records that cannot be opened stay where they are, and no copy is set aside: a token is deleted in one place or it is not deleted.
"""

from __future__ import annotations

import dataclasses
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bot.errors import CorruptRecord
from bot.ports import Saved
from bot.store import keys
from bot.store.codec import pack_installation, unpack_installation
from bot.store.connection import ms
from bot.store.scripts import Script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from bot.installation import Installation
    from bot.store.connection import Connection
    from bot.store.seal import Seal

_HEAD = struct.Struct(">I")
_READ_AT_ONCE = 100

_log = structlog.get_logger()

_STANDING = f"""
local installations, leaving = unpack(KEYS)
local name = ARGV[1]
local known = redis.call('HGET', installations, name)
local at = known and #known >= {_HEAD.size} and struct.unpack('>I4', known) or 0
local stands = known and #known ~= {_HEAD.size}
"""

_SAVE = Script(
    "save_installation",
    _STANDING
    + """
local version, sealed, over = tonumber(ARGV[2]), ARGV[3], ARGV[4]  -- the last may be nil
if (stands and at or 0) ~= version and known ~= over then return known end
redis.call('HSET', installations, name, struct.pack('>I4', at + 1) .. sealed)
redis.call('ZREM', leaving, name)
return 1
""",
)

_RESEAL = Script(
    "reseal_installation",
    _STANDING
    + """
if known ~= ARGV[2] then return 0 end
redis.call('HSET', installations, name, ARGV[3])
return 1
""",
)

_REMOVE = Script(
    "remove_installation",
    _STANDING
    + """
if stands then redis.call('HSET', installations, name, struct.pack('>I4', at)) end
local noted = redis.call('ZADD', leaving, 'LT', 'CH', ARGV[2], name) == 1
return (stands or noted) and 1 or 0
""",
)

_ERASED = Script(
    "erased_workspace",
    _STANDING
    + """
if stands then return 0 end
redis.call('HDEL', installations, name)
redis.call('ZREM', leaving, name)
return 1
""",
)

_PLACES = (keys.INSTALLATIONS, keys.LEAVING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seals:
    """How many installations are sealed with what."""

    current: int
    """The first of our keys."""
    older: int
    """Another of our keys."""
    lost: int
    """None of our keys."""


class StoredInstallations:
    """Implements `bot.ports.Installations`."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal

    async def get(self, platform: str, workspace: str) -> Installation | None:
        """See the port."""
        name = _name(platform, workspace)
        stored = await self._connection.read("HGET", keys.INSTALLATIONS, name)
        return None if stored is None else self._opened(name, stored)

    async def save(self, installation: Installation) -> Saved:
        """See the port. Saving the same value again after a lost answer is SAVED."""
        name = _name(installation.platform, installation.workspace)
        sealed = self._seal.close(pack_installation(installation))
        over: list[bytes] = []
        while True:
            found = await self._connection.run(_SAVE, keys=_PLACES, args=[name, installation.version, sealed, *over])
            if found == 1:
                return Saved.SAVED
            if found is None:
                return Saved.CONFLICT
            try:
                stands = self._opened(name, found)
            except CorruptRecord:
                if installation.version:
                    return Saved.CONFLICT
                over = [found]
                continue
            is_ours = stands is not None and dataclasses.replace(stands, version=installation.version) == installation
            return Saved.SAVED if is_ours else Saved.CONFLICT

    async def remove(self, platform: str, workspace: str, *, erase_at: datetime) -> bool:
        """See the port. Needs no keys. After a lost answer the second call says False."""
        return bool(await self._connection.run(_REMOVE, keys=_PLACES, args=[_name(platform, workspace), ms(erase_at)]))

    async def leaving(self, by: datetime) -> Sequence[tuple[str, str]]:
        """See the port."""
        names = await self._connection.read("ZRANGE", keys.LEAVING, "-inf", ms(by), "BYSCORE")
        return [_parsed(name) for name in names]

    async def erased(self, platform: str, workspace: str) -> None:
        """See the port. Twice is as good as once."""
        await self._connection.run(_ERASED, keys=_PLACES, args=[_name(platform, workspace)])

    async def all(self, platform: str) -> Sequence[Installation]:
        """See the port. Those that cannot be opened are logged and left out."""
        installations: dict[str, Installation] = {}
        async for name, stored in self._stored():
            if _parsed(name)[0] != platform:
                continue
            try:
                installation = self._opened(name.decode(), stored)
            except CorruptRecord as error:
                _log.error("installation_not_readable", key=error.key, reason=str(error))
                continue
            if installation is not None:
                installations[installation.workspace] = installation
        return [installations[workspace] for workspace in sorted(installations)]

    async def rotate(self) -> int:
        """See the port."""
        changed, trouble = 0, None
        async for name, stored in self._stored():
            try:
                changed += await self._resealed(name.decode(), stored)
            except CorruptRecord as error:
                trouble = trouble or error
        if trouble:
            raise trouble
        return changed

    async def seals(self) -> Seals:
        """Which keys the stored installations need. Changes nothing."""
        seals = dict.fromkeys((True, False, None), 0)
        async for name, stored in self._stored():
            if len(stored) == _HEAD.size:
                continue
            sealed = stored[_HEAD.size :]
            try:
                self._seal.open(sealed, key=_place(name.decode()))
                seals[self._seal.is_current(sealed)] += 1
            except CorruptRecord:
                seals[None] += 1
        return Seals(current=seals[True], older=seals[False], lost=seals[None])

    async def _resealed(self, name: str, stored: bytes | None) -> bool:
        while stored is not None and len(stored) != _HEAD.size and not self._seal.is_current(stored[_HEAD.size :]):
            plain = self._seal.open(stored[_HEAD.size :], key=_place(name))
            again = stored[: _HEAD.size] + self._seal.close(plain)
            if await self._connection.run(_RESEAL, keys=_PLACES, args=[name, stored, again]):
                return True
            # Somebody saved it meanwhile, perhaps a process that still has the old keys.
            stored = await self._connection.read("HGET", keys.INSTALLATIONS, name)
        return False

    async def _stored(self) -> AsyncIterator[tuple[bytes, bytes]]:
        """Every name with its record, also of what was removed; some perhaps twice."""
        cursor = b"0"
        while True:
            cursor, flat = await self._connection.read("HSCAN", keys.INSTALLATIONS, cursor, "COUNT", _READ_AT_ONCE)
            for name, stored in zip(flat[::2], flat[1::2], strict=True):
                yield name, stored
            if cursor == b"0":
                return

    def _opened(self, name: str, stored: bytes) -> Installation | None:
        """None for what was removed. Raises CorruptRecord."""
        if len(stored) == _HEAD.size:
            return None
        plain = self._seal.open(stored[_HEAD.size :], key=_place(name))
        version = _HEAD.unpack_from(stored)[0]
        installation = unpack_installation(plain, version=version, key=_place(name))
        if _name(installation.platform, installation.workspace) != name:
            # Whoever can write to the server, but has no keys, could else let one workspace speak with another's token.
            raise CorruptRecord(f"the record at {_place(name)} is of another workspace", key=_place(name))
        return installation


def _name(platform: str, workspace: str) -> str:
    return f"{platform}:{workspace}"


def _parsed(name: bytes) -> tuple[str, str]:
    platform, _, workspace = name.decode().partition(":")
    return platform, workspace


def _place(name: str) -> str:
    """Where the record lies: the hash and the name in it."""
    return f"{keys.INSTALLATIONS}:{name}"
