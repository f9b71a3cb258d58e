"""`deliveries`: how the delivery stands, what of it died and why, and bringing that back; also while the bot is at work."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot import dead_letters
from bot.channel import Address, Channel
from bot.dead_letters import COMMAND, Letter, Replayed
from bot.errors import CorruptRecord, OperatorMistake
from bot.settings import revealed
from bot.standing import standing
from bot.store.visiting import visit_store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.ports import Store
    from bot.settings import Settings
    from bot.store.visiting import Visit

SHORTEST_TYPED = 4
"""Digits of an id that have to be typed at least, as in git: fewer are hardly meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the operator wants to see or done."""

    dead: bool = False
    limit: int = 100
    """Dead deliveries shown at most, from 1."""
    channel: str = ""
    """An address; "" for none."""
    replay: Sequence[str] = ()
    """Ids, the beginnings of ids, or "all" alone."""
    json: bool = False


async def deliveries(settings: Settings, asked: Asked, write: Callable[[str], object]) -> int:
    """Write what was asked for; 1 if something could not be replayed, else 0.

    Raises:
        OperatorMistake: It was asked wrongly, or there is no store.
        StoreTrouble: The store failed.
        EOFError: Nobody reads what is written.
    """
    _check(asked)
    url, directory = revealed(settings.redis_url), settings.data_dir
    async with visit_store(url, directory=directory, verify=settings.redis_tls_verify) as visit:
        said, status = await answered(visit, asked)
    # Not while the store is held: a pager may take its time.
    write(said)
    return status


async def answered(visit: Visit, asked: Asked) -> tuple[str, int]:
    """What is to be written, and the exit status.

    Raises:
        OperatorMistake: The address of a channel cannot be read.
        StoreTrouble: The store failed.
    """
    store = visit.store
    if asked.replay:
        ended = await replay(store, asked.replay)
        said = dead_letters.replayed_json(ended) if asked.json else dead_letters.replayed_text(ended, alone=visit.alone)
        return said, int(not all(one.id for one in ended))
    if asked.dead:
        return await _dead(store, asked), 0
    if asked.channel:
        channel = await _channel(store, _address(asked.channel))
        log = await store.deliveries.log(channel.address)
        return (dead_letters.log_json if asked.json else dead_letters.log_text)(channel, log), 0
    stands = await standing(store)
    return (dead_letters.standing_json if asked.json else dead_letters.standing_text)(stands), 0


async def replay(store: Store, asked: Sequence[str]) -> list[Replayed]:
    """Bring dead deliveries back, and tell of each what became of it.

    Args:
        asked: Ids or their beginnings; "all" alone for every one. Twice the same is as good as once.
    """
    ids = await store.deliveries.dead_ids()
    length = dead_letters.short_length(ids)
    wanted = [id[:length] for id in ids] if list(asked) == ["all"] else dict.fromkeys(asked)
    return [await _replayed(store, one, ids, length) for one in wanted]


async def _replayed(store: Store, typed: str, ids: Sequence[str], length: int) -> Replayed:
    wanted = typed.lower()
    if len(wanted) < SHORTEST_TYPED or not set(wanted) <= set(string.hexdigits):
        return Replayed(typed, f"this is no id, nor {SHORTEST_TYPED} digits of one; those there are: {COMMAND} --dead")
    found = [id for id in ids if id.startswith(wanted)]
    if len(found) > 1:
        some = ", ".join([*(id[:length] for id in found[:3]), *(["..."] if found[3:] else [])])
        return Replayed(typed, f"{len(found)} dead deliveries begin so ({some}); which one")
    try:
        if not found:
            return Replayed(typed, await _no_such(store, wanted))
        [id] = found
        delivery = await store.deliveries.get(id)
    except CorruptRecord:
        return Replayed(typed, "this version cannot read it; a newer one may")
    if delivery is None or not await store.deliveries.replay(id):
        return Replayed(typed, "it is dead no more: replayed already, or a later digest has its papers")
    channel = await _channel(store, delivery.address)
    said = f"brought back, for {dead_letters.place(channel)}"
    if channel.is_paused(await store.now()):
        said += ", which is paused: this delivery is tried all the same, digests wait for `resume` there"
    return Replayed(typed, said, id=id)


async def _no_such(store: Store, id: str) -> str:
    if await store.deliveries.get(id) is not None:
        return "it is not dead: it was sent, or is on its way"
    return f"no dead delivery of the last 30 days begins so; those there are: {COMMAND} --dead"


async def _dead(store: Store, asked: Asked) -> str:
    letters = await store.deliveries.dead(limit=asked.limit)
    ids = await store.deliveries.dead_ids()
    length = dead_letters.short_length(ids)
    channels = {address: await _channel(store, address) for address in dict.fromkeys(one.delivery.address for one in letters)}
    shown = [Letter(one, channels[one.delivery.address], one.delivery.id[:length]) for one in letters]
    now = await store.now()
    if asked.json:
        return dead_letters.dead_json(shown, len(ids), now)
    return dead_letters.dead_text(shown, len(ids), now, limit=asked.limit)


async def _channel(store: Store, address: Address) -> Channel:
    try:
        return await store.channels.load(address)
    except CorruptRecord:  # its name is all that is wanted
        return Channel(address=address)


def _check(asked: Asked) -> None:
    if sum((asked.dead, bool(asked.channel), bool(asked.replay))) > 1:
        raise OperatorMistake("--dead, --channel and replay are three different wishes: one at a time.")
    if asked.channel:
        _address(asked.channel)
    if asked.limit < 1:
        raise OperatorMistake(f"--limit {asked.limit}: a number from 1, please.")
    if "all" in asked.replay and len(asked.replay) > 1:
        raise OperatorMistake(f"Either {COMMAND} replay all, or ids; not both.")


def _address(typed: str) -> Address:
    try:
        return Address.parse(typed)
    except ValueError:
        raise OperatorMistake(
            f"--channel {typed}: an address is PLATFORM:WORKSPACE:CHANNEL, such as slack:T024BE7LD:C024BE91L; the log has it as `channel`."
        ) from None
