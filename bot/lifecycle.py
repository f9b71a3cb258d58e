"""The life of channels and workspaces: what cannot be served any more pauses or moves, and goes on when it can.

Rules never vanish by themselves: a channel that is archived, left or lost keeps them, paused, and those who made them hear of it once.
Only a workspace that removed the app is erased, `ERASED_AFTER` later. Every function may be called twice, by several processes at once,
and again after a crash: what is done already is left alone.
"""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import structlog

from bot.channel import FOREVER, Address
from bot.errors import CorruptRecord
from bot.jobs import due_or_told
from bot.message import Hint, Message, Text
from bot.paging import split
from bot.ports import Delivery, Due, Saved
from bot.summary import one_line, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from bot.channel import Channel
    from bot.desk import Desk
    from bot.installation import Installation

ERASED_AFTER = timedelta(hours=20)
"""From the removal of the app until what is left of its workspace is erased; the hourly sweep does it, so 24 hours are never reached."""
MOVED_AGAIN = timedelta(hours=1)
"""How long after an attempt to move a workspace the next is made."""
CLOSED = "I cannot act in this workspace: "
"""Begins `Channel.trouble` of a channel that paused with its whole workspace, and goes on with it."""

_NAMED = 3
"""Channels that a farewell names; the others are counted."""
_AT_ONCE = 50
"""Channels of a workspace changed side by side."""
_CLOCKS_APART = timedelta(minutes=1)
"""How far the platform's clock and ours may be apart when it is asked which of two things came first."""
_LONGEST_NAME = 80

_log = structlog.get_logger()


# ---------------------------------------------------------------- a channel


async def pause_channel(desk: Desk, address: Address, reason: str) -> None:
    """Stop posting to a channel that cannot be posted to; its rules stay, `status` says why, `resume` begins again.

    Everybody who made one of its rules is told, once for each time it comes to this. A channel that is paused already, by itself or by
    a person, is left as it is; of one that has no record (a person who cannot be reached) nothing is kept.

    Args:
        reason: For the channel's people: a sentence, its full stop or none.
    """
    reason = _sentence(reason)
    now = await desk.store.now()
    channel = await desk.store.channels.load(address)
    if not channel.version or channel.is_paused(now):
        _log.info("channel_cannot_be_posted_to", channel=str(address), reason=reason)
        return
    # Before it is paused, for whoever finds it paused takes its people for told. The same version gives the same messages.
    for delivery in _told(desk, channel, reason, now):
        await desk.store.deliveries.post_now(delivery)
    if await _changed(desk, address, lambda channel: _paused(channel, reason, now)):
        await desk.store.deliveries.recall(address)
        _log.warning("channel_paused", channel=str(address), reason=reason)


async def reopen_channel(desk: Desk, address: Address) -> None:
    """Go on where posting had stopped by itself: the channel is back (unarchived, invited again). What a person paused stays paused."""
    if await _changed(desk, address, _resumed):
        _log.info("channel_reopened", channel=str(address))


async def rename_channel(desk: Desk, address: Address, name: str) -> None:
    """People call the channel otherwise now.

    Args:
        name: As they see it: "#ml-reading".
    """
    await _changed(desk, address, lambda channel: dataclasses.replace(channel, name=name))


async def move_channel(desk: Desk, old: Address, new: Address) -> None:
    """The platform gave the channel another id: everything goes with it.

    Where the new one has rules of its own already, the old ones stay where they were, paused, and their makers hear of it.
    """
    if await desk.store.channels.move(old, new):
        _log.info("channel_moved", channel=str(new), before=str(old))
    else:
        await pause_channel(desk, old, "the channel has a new id, under which it has other rules already")


# ---------------------------------------------------------------- a workspace


async def close_workspace(
    desk: Desk, platform: str, workspace: str, reason: str, *, erase: bool = True, at: datetime | None = None, tell: bool = False
) -> None:
    """Stop posting to all channels of a workspace.

    Args:
        reason: As for `pause_channel`; people read it once the app is there again.
        erase: Whether the app was removed: its tokens are deleted at once, before anything else, and all that is kept of the workspace
            `ERASED_AFTER` later. Else (a token that is refused) only posting stops, until `open_workspace`.
        at: When it happened, aware; the app may have been installed anew since, and then nothing is done.
        tell: Whether those who made its rules hear of it, once: only where people can be written to from outside of the workspace.
    """
    # An uninstallation must not be missed: in doubt, it is the later of the two.
    if at is not None and await _installed_since(desk, platform, workspace, at + _CLOCKS_APART if erase else at):
        _log.info("workspace_is_back_already", platform=platform, workspace=workspace, reason=reason)
        return
    now = await desk.store.now()
    if erase:
        await desk.store.installations.remove(platform, workspace, erase_at=now + ERASED_AFTER)
    trouble = CLOSED + _sentence(reason)
    if tell:
        closing = [one for one in await desk.store.channels.of(platform, workspace) if _paused(one, trouble, now) != one]
        for delivery in _farewells(desk, closing, _sentence(reason), now, erase=erase):
            await desk.store.deliveries.post_now(delivery)
    paused = await _changed_all(desk, platform, workspace, lambda channel: _paused(channel, trouble, now))
    for address in paused:
        await desk.store.deliveries.recall(address)
    _log.warning("workspace_closed", platform=platform, workspace=workspace, reason=reason, erase=erase, channels=len(paused))


async def move_workspace(desk: Desk, platform: str, old: str, new: str) -> int:
    """Give all channels of a workspace the name of the installation that acts in it from now on, with all that is kept about them.

    A channel that has a record under the new name stays as it is under the old. Returns how many moved; cheap where there is nothing to
    move, and twice is as good as once.
    """
    if old == new or not await desk.store.channels.of(platform, old):
        return 0
    # One that cannot move stays behind, and is not to be tried at every word that is said in the workspace.
    if not await desk.store.cache.first(f"moving:{platform}:{old}:{new}", keep=MOVED_AGAIN):
        return 0
    moved = 0
    for address in await desk.store.channels.traces(platform, old):
        moved += await desk.store.channels.move(address, Address(platform, new, address.channel))
    _log.info("workspace_moved", platform=platform, old=old, new=new, channels=moved)
    await _reopen(desk, platform, new)
    return moved


async def open_workspace(desk: Desk, installation: Installation) -> None:
    """The app was installed, for the first time or again: keep its tokens, and go on in the channels that `close_workspace` paused."""
    platform, workspace = installation.platform, installation.workspace
    saved = Saved.CONFLICT
    while saved is Saved.CONFLICT:
        try:
            known = await desk.store.installations.get(platform, workspace)
        except CorruptRecord:
            known = None  # sealed with keys that the operator has no more: the new one takes its place
        saved = await desk.store.installations.save(dataclasses.replace(installation, version=known.version if known else 0))
    await _reopen(desk, platform, workspace)


async def reopen_workspace(desk: Desk, platform: str, workspace: str) -> None:
    """The same for a workspace whose token stands in the operator's settings, so that nothing is stored: call it when the token works."""
    await desk.store.installations.erased(platform, workspace)
    await _reopen(desk, platform, workspace)


async def erase_left(desk: Desk) -> int:
    """Erase what is kept of the workspaces whose time has come, see `close_workspace`. Returns how many channels and people that were."""
    number = 0
    for platform, workspace in await desk.store.installations.leaving(await desk.store.now()):
        for address in await desk.store.channels.traces(platform, workspace):
            if (platform, workspace) not in await desk.store.installations.leaving(await desk.store.now()):
                break  # it has come back meanwhile
            await desk.store.channels.forget(address)
            number += 1
        else:
            await desk.store.cache.forget(platform, workspace)
        await desk.store.installations.erased(platform, workspace)
        _log.warning("workspace_erased", platform=platform, workspace=workspace)
    return number


# ---------------------------------------------------------------- how


async def _installed_since(desk: Desk, platform: str, workspace: str, at: datetime) -> bool:
    try:
        known = await desk.store.installations.get(platform, workspace)
    except CorruptRecord:
        return False
    return known is not None and known.installed_at is not None and known.installed_at > at


async def _reopen(desk: Desk, platform: str, workspace: str) -> None:
    def resumed(channel: Channel) -> Channel:
        return _resumed(channel) if channel.trouble.startswith(CLOSED) else channel

    reopened = await _changed_all(desk, platform, workspace, resumed)
    _log.info("workspace_opened", platform=platform, workspace=workspace, channels=len(reopened))


def _paused(channel: Channel, trouble: str, now: datetime) -> Channel:
    """Unless it is paused already: what a person paused must not go on when the trouble is over. When their pause ends, it is met again."""
    return channel if channel.is_paused(now) else dataclasses.replace(channel, paused_until=FOREVER, trouble=trouble)


def _resumed(channel: Channel) -> Channel:
    """If it paused by itself; with another date, or without a trouble, it was a person who did."""
    mine = channel.trouble and channel.paused_until == FOREVER
    return dataclasses.replace(channel, paused_until=None, trouble="") if mine else channel


async def _changed(desk: Desk, address: Address, how: Callable[[Channel], Channel]) -> bool:
    """Whether there was anything to change. A channel without a record is not given one."""
    while True:
        now = await desk.store.now()
        before = await desk.store.channels.load(address)
        after = how(before)
        if not before.version or after == before:
            return False
        due = Due.KEEP if after.paused_until == before.paused_until else due_or_told(after, now)
        if await desk.store.channels.save(after, due=due) is Saved.SAVED:
            return True


async def _changed_all(desk: Desk, platform: str, workspace: str, how: Callable[[Channel], Channel]) -> list[Address]:
    """The channels of the workspace in which there was anything to change."""
    wanting = [channel.address for channel in await desk.store.channels.of(platform, workspace) if how(channel) != channel]
    changed: list[Address] = []
    for start in range(0, len(wanting), _AT_ONCE):
        group = wanting[start : start + _AT_ONCE]
        done = await asyncio.gather(*(_changed(desk, address, how) for address in group))
        changed += [address for address, was_changed in zip(group, done, strict=True) if was_changed]
    return changed


def _told(desk: Desk, channel: Channel, reason: str, now: datetime) -> Iterator[Delivery]:
    """A message to each who made a rule of the channel, wherever people are reached on that platform."""
    name = shorten(one_line(channel.name), _LONGEST_NAME)
    rules = len(channel.subscriptions)
    kept = f"Its {rules} rules are kept, and what they find waits." if rules > 1 else "Its rule is kept, and what it finds waits."
    message = Message(
        (
            Text(f"The digests of {name or 'a channel that you made a rule for'} have stopped: {reason}."),
            Hint(f"{kept} Once that is mended I go on, at the latest when somebody types resume there."),
        ),
        gist=f"The digests of {name or 'a channel'} have stopped",
    )
    for address in _makers(channel):
        yield _letter(desk, address, message, now, about=f"trouble {channel.address} {channel.version}")


def _farewells(desk: Desk, closing: Sequence[Channel], reason: str, now: datetime, *, erase: bool) -> Iterator[Delivery]:
    """One message to each who made a rule in any of these channels of a workspace. The same versions give the same messages."""
    theirs: dict[Address, list[Channel]] = {}
    for channel in closing:
        for address in _makers(channel):
            theirs.setdefault(address, []).append(channel)
    for address, channels in theirs.items():
        names = [shorten(one_line(one.name), _LONGEST_NAME) or "a channel" for one in channels[:_NAMED]]
        if (more := len(channels) - _NAMED) > 0:
            names.append(f"{more} more")
        hours = round(ERASED_AFTER.total_seconds() / 3600)
        kept = (
            f"If that happens within {hours} hours, all goes on; after that what I keep of it is erased."
            if erase
            else "The rules are kept."
        )
        message = Message(
            (Text(f"The digests of {', '.join(names)} have stopped: {reason}."), Hint(kept)), gist=f"The digests of {names[0]} have stopped"
        )
        outlet = desk.outlets.get(address.platform)
        parts = split(message, outlet.limits, measure=outlet.measure) if outlet else (message,)
        seen = " ".join(f"{one.address} {one.version}" for one in channels)
        yield Delivery(
            id=sha256(f"farewell {seen} {address.channel}".encode()).hexdigest(), address=address, due=now, parts=parts, papers=()
        )


def _letter(desk: Desk, to: Address, message: Message, now: datetime, *, about: str) -> Delivery:
    """A message to a person. The same person and the same `about` give the same delivery, so that it goes out once."""
    outlet = desk.outlets.get(to.platform)
    parts = split(message, outlet.limits, measure=outlet.measure) if outlet else (message,)
    return Delivery(id=sha256(f"{about} {to.channel}".encode()).hexdigest(), address=to, due=now, parts=parts, papers=())


def _makers(channel: Channel) -> Sequence[Address]:
    """Where to reach those who made its rules; not in the channel itself."""
    ids = dict.fromkeys(one.maker for one in channel.subscriptions if one.maker)
    addresses = (dataclasses.replace(channel.address, channel=id) for id in ids)
    return [address for address in addresses if address != channel.address]


def _sentence(reason: str) -> str:
    return one_line(reason).removesuffix(".")
