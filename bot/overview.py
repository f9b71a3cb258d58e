"""What the operator alone sees: workspaces, channels that delivery has paused, digests that were given up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.dead_letters import LONGEST_NAME, LONGEST_REASON, short_length
from bot.errors import CorruptRecord
from bot.status import shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.channel import Address, Channel
    from bot.ports import DeadLetter, Store

MOST = 100
"""Lines of a list. Whoever has more asks `python -m bot deliveries`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """One workspace that uses the bot, or has it installed."""

    platform: str
    id: str
    name: str = ""
    """"" if only the platform knows it."""
    installed_at: datetime | None = None
    """None where the app was not installed by way of our web server."""
    channels: int = 0
    """Those with rules."""
    rules: int = 0
    paused: int = 0
    """Channels with rules that are paused, by their people or by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PausedChannel:
    """A channel that delivery has paused by itself."""

    address: Address
    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadDigest:
    """A digest that will not be tried again by itself."""

    short: str
    """As much of its id as no other begins with."""
    address: Address
    name: str
    """The channel's."""
    due: datetime
    died: datetime
    why: str
    doubtful: bool
    """Whether it may stand there all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What one look at the store tells. Its texts are fit to be shown; names are "" where they are not known."""

    at: datetime
    """The store's time, aware UTC."""
    workspaces: Sequence[Workspace] = ()
    """Those with the most channels first, MOST at most."""
    workspaces_in_all: int = 0
    channels: int = 0
    """With rules, in all workspaces."""
    rules: int = 0
    paused: Sequence[PausedChannel] = ()
    """By address, MOST at most."""
    paused_in_all: int = 0
    dead: Sequence[DeadDigest] = ()
    """Newest first, MOST at most, of the last 30 days."""
    dead_in_all: int = 0


async def overview(store: Store, *, installed: Sequence[str]) -> Overview:
    """Look at every channel's record, and at the newest dead deliveries. Takes a second or so where there are thousands.

    Args:
        installed: Platforms whose installations are kept, and can be opened.

    Raises:
        StoreTrouble: It is away.
    """
    now = await store.now()
    channels = [channel async for changes in store.channels.changes(0) for channel in changes.channels]
    served = [channel for channel in channels if channel.subscriptions]
    workspaces = await _workspaces(store, served, now, installed)
    paused = sorted((one for one in served if one.trouble and one.is_paused(now)), key=lambda one: one.address)
    ids = await store.deliveries.dead_ids()
    length = short_length(ids)
    return Overview(
        at=now,
        workspaces=workspaces[:MOST],
        workspaces_in_all=len(workspaces),
        channels=len(served),
        rules=sum(len(channel.subscriptions) for channel in served),
        paused=[PausedChannel(address=one.address, name=_name(one.name), why=shown(one.trouble, LONGEST_REASON)) for one in paused[:MOST]],
        paused_in_all=len(paused),
        dead=[await _dead(store, letter, length) for letter in await store.deliveries.dead(limit=MOST)],
        dead_in_all=len(ids),
    )


async def _workspaces(store: Store, served: Sequence[Channel], now: datetime, installed: Sequence[str]) -> list[Workspace]:
    known = {(one.platform, one.workspace): one for platform in installed for one in await store.installations.all(platform)}
    channels = Counter(_of(channel) for channel in served)
    rules, paused = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for channel in served:
        rules[_of(channel)] += len(channel.subscriptions)
        paused[_of(channel)] += channel.is_paused(now)
    every = [
        Workspace(
            platform=platform,
            id=id,
            name=_name(known[platform, id].name) if (platform, id) in known else "",
            installed_at=known[platform, id].installed_at if (platform, id) in known else None,
            channels=channels[platform, id],
            rules=rules[platform, id],
            paused=paused[platform, id],
        )
        for platform, id in {**known, **channels}
    ]
    return sorted(every, key=lambda one: (-one.channels, one.platform, one.id))


async def _dead(store: Store, letter: DeadLetter, length: int) -> DeadDigest:
    address = letter.delivery.address
    try:
        name = (await store.channels.load(address)).name
    except CorruptRecord:  # its name is all that is wanted
        name = ""
    return DeadDigest(
        short=letter.delivery.id[:length],
        address=address,
        name=_name(name),
        due=letter.delivery.due,
        died=letter.died,
        why=shown(letter.reason, LONGEST_REASON),
        doubtful=letter.doubtful,
    )


def _of(channel: Channel) -> tuple[str, str]:
    return channel.address.platform, channel.address.workspace


def _name(name: str) -> str:
    return shown(name, LONGEST_NAME)
