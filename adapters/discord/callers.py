"""Who asks: an interaction's person and place as the core knows them, and what the bot may do there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.discord.origin import Reach
from bot.channel import Managers
from bot.commands import Asker, Call

if TYPE_CHECKING:
    from adapters.discord.origin import Origin

_ADMINISTRATOR, _VIEW, _SEND, _EMBED, _SEND_IN_THREADS = 1 << 3, 1 << 10, 1 << 11, 1 << 14, 1 << 38
_CREATE_PUBLIC_THREADS = 1 << 35


def caller(origin: Origin, text: str) -> Call:
    """The command `text`, asked where and by whom the interaction says.

    In a server those manage a channel who manage the server, until it chooses otherwise; what is in direct messages is the person's own.
    """
    return Call(
        address=origin.address,
        channel_name=origin.channel_name,
        asker=Asker(id=origin.person, name=origin.user_name, may_manage=origin.may_manage),
        text=text,
        managers=Managers.ADMINS if origin.reach is Reach.SERVER else Managers.ANYONE,
    )


def lacking(allowed: int, *, in_thread: bool) -> tuple[str, ...]:
    """The permissions that the bot needs for a digest and does not have, by the names that Discord shows people.

    Args:
        allowed: What it may do, as bits.
    """
    if allowed & _ADMINISTRATOR:
        return ()
    sending = ("Send Messages in Threads", _SEND_IN_THREADS) if in_thread else ("Send Messages", _SEND)
    needed = (("View Channel", _VIEW), sending, ("Embed Links", _EMBED))
    return tuple(name for name, bit in needed if not allowed & bit)


def lacking_for_threads(allowed: int) -> tuple[str, ...]:
    """The same for a thread under a digest, in a channel that may have threads."""
    if allowed & _ADMINISTRATOR:
        return ()
    needed = (("Create Public Threads", _CREATE_PUBLIC_THREADS), ("Send Messages in Threads", _SEND_IN_THREADS))
    return tuple(name for name, bit in needed if not allowed & bit)


def in_words(names: tuple[str, ...]) -> str:
    """As people list things: "View Channel, Send Messages and Embed Links"."""
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)
