"""What becomes of records that cannot be read: a copy is set aside and counted, and the rest goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from bot.errors import NewerRecord
from bot.store import keys
from bot.store.scripts import Script

if TYPE_CHECKING:
    from bot.errors import CorruptRecord
    from bot.store.connection import Connection

_log = structlog.get_logger()

_SET_ASIDE = Script(
    "set_aside",
    """
local bytes, stays, move = ARGV[1], ARGV[2], ARGV[3]
if redis.call('SET', KEYS[2], bytes, 'NX', 'PX', stays) then redis.call('INCR', KEYS[3]) end
-- Somebody may have written a good record meanwhile: only the very bytes that could not be read go.
if move == '1' and redis.call('GET', KEYS[1]) == bytes then redis.call('DEL', KEYS[1]) end
""",
)


async def set_aside(connection: Connection, error: CorruptRecord, data: bytes, *, move: bool) -> None:
    """Copy unreadable bytes to `keys.corrupt`, count them once, and log it.

    Args:
        move: Whether they also leave their place, which must be a string key: right for what a source will deliver again, wrong for
            what only people know. Records of a newer version of the program never leave, so that going back to it loses nothing.
    """
    if isinstance(error, NewerRecord):
        # It stays, and is met again and again until this version is gone.
        if error.key in connection.newer_records:
            return
        connection.newer_records.add(error.key)
    _log.error("record_not_readable", key=error.key, reason=str(error))
    if not isinstance(error, NewerRecord):
        stays = int(keys.SET_ASIDE.total_seconds() * 1000)
        await connection.run(_SET_ASIDE, keys=[error.key, keys.corrupt(error.key), keys.CORRUPT_COUNT], args=[data, stays, int(move)])
