"""Who may change a channel, and what is said to those who may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.channel import Managers
from bot.errors import UserMistake

if TYPE_CHECKING:
    from bot.channel import Settings
    from bot.commands.call import Asker, Call
    from bot.desk import Desk


def may_change(asker: Asker, managers: Managers) -> bool:
    """Whether the asker may change a channel that these manage."""
    return not asker.is_guest and (asker.may_manage or managers is Managers.ANYONE)


async def must_be_allowed(desk: Desk, call: Call, command: str) -> None:
    """Let those pass who may change the channel; the record is only read where it matters.

    Raises:
        UserMistake: The asker may not; it says who may. Or nobody can be served there.
    """
    if call.unreachable:
        raise UserMistake(call.unreachable)
    if call.asker.is_guest:
        raise UserMistake(f"Guests may look papers up here; `{command}` is for members. Ask one of them.", hint=call.asker.untold)
    if call.asker.may_manage:
        return
    channel = await desk.store.channels.load(call.address)
    if may_change(call.asker, channel.settings.managed_by(call.managers)):
        return
    raise UserMistake(
        f"Only those who run this channel may use `{command}` here. They can open it to everybody: settings manage anyone",
        hint=call.asker.untold,
    )


def must_not_lock_out(call: Call, before: Settings, after: Settings) -> None:
    """Nobody may close a channel to themselves: there might be nobody who can open it again.

    Raises:
        UserMistake: The asker could not change the channel any more.
    """
    wanted = after.managed_by(call.managers)
    if wanted is not before.managed_by(call.managers) and not may_change(call.asker, wanted):
        raise UserMistake(
            "Then you could not change anything here any more yourself: I do not count you among those who run this channel. "
            "Ask one of them to do it.",
            hint=call.asker.untold,
        )
