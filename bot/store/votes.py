"""Votes on a server, and which papers the messages show that people vote on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.paper import PaperId
from bot.store import keys
from bot.store.connection import ms
from bot.store.scripts import Script
from bot.votes import Vote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.channel import Address
    from bot.store.connection import Connection

MOST_VOTES = 10_000
MOST_MESSAGES = 500
"""So many of the newest are kept in one channel: what strangers can make must end somewhere."""

_SHOWN = Script(
    "note_shown",
    """
local shown, shown_at = unpack(KEYS)
local message, papers, stays, most = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('HSET', shown, message, papers)
redis.call('ZADD', shown_at, now, message)
local function drop(old)
  for _, id in ipairs(old) do
    redis.call('HDEL', shown, id)
    redis.call('ZREM', shown_at, id)
  end
end
drop(redis.call('ZRANGE', shown_at, '-inf', now - stays, 'BYSCORE'))
drop(redis.call('ZRANGE', shown_at, 0, -most - 1))
redis.call('PEXPIRE', shown, stays)
redis.call('PEXPIRE', shown_at, stays)
""",
)

_CAST = Script(
    "cast_vote",
    """
local votes, vote, opposite, most = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
redis.call('ZREM', votes, opposite)
redis.call('ZREMRANGEBYSCORE', votes, '-inf', now - MATCHED)
remember(votes, vote, redis.call('ZSCORE', votes, vote) or now)
redis.call('ZREMRANGEBYRANK', votes, 0, -most - 1)
""",
)


class StoredVotes:
    """Implements `bot.ports.Votes`: of the newest MOST_VOTES votes, and for 30 days the newest MOST_MESSAGES messages of each channel."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def shown(self, address: Address, message_id: str, papers: Sequence[PaperId]) -> None:
        """See the port."""
        if papers:
            stays = int(keys.SHOWN.total_seconds() * 1000)
            places = [keys.shown(address), keys.shown_at(address)]
            await self._connection.run(_SHOWN, keys=places, args=[message_id, " ".join(papers), stays, MOST_MESSAGES])

    async def shown_by(self, address: Address, message_id: str) -> Sequence[PaperId]:
        """See the port."""
        papers = await self._connection.read("HGET", keys.shown(address), message_id)
        return () if papers is None else tuple(map(PaperId, papers.decode().split(" ")))

    async def cast(self, address: Address, vote: Vote) -> None:
        """See the port. Cast again it is as old as it was."""
        await self._connection.run(
            _CAST, keys=[keys.votes(address)], args=[_written(vote, vote.value), _written(vote, -vote.value), MOST_VOTES]
        )

    async def withdraw(self, address: Address, vote: Vote) -> None:
        """See the port. Twice is as good as once."""
        await self._connection.call("ZREM", keys.votes(address), _written(vote, 1), _written(vote, -1))

    async def of(self, address: Address) -> Sequence[Vote]:
        """See the port."""
        oldest = ms(await self._connection.now() - keys.MATCHED)
        return [
            _read(text.decode()) for text in await self._connection.read("ZRANGE", keys.votes(address), f"({oldest}", "+inf", "BYSCORE")
        ]


def _written(vote: Vote, value: int) -> str:
    return f"{value:+d} {vote.paper} {vote.voter} {vote.sign}"


def _read(text: str) -> Vote:
    value, paper, voter, sign = text.split(" ", 3)
    return Vote(paper=PaperId(paper), voter=voter, sign=sign, value=int(value))
