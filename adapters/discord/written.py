"""A message as the body of a request, whatever becomes of its longest buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from adapters.discord.render import render, rendered
from bot.errors import StoreTrouble

if TYPE_CHECKING:
    from adapters.discord.render import Rendered
    from bot.channel import Address
    from bot.message import Message
    from bot.ports import Cache

_log = structlog.get_logger()


async def written(cache: Cache, address: Address, part: Message) -> Rendered:
    """One part of an answer, ready to be sent; without the buttons that need the store while that is away.

    The answer is worth more than they are, and it may be the one that says that the store is away.
    """
    try:
        return await rendered(cache, address, part)
    except StoreTrouble as exc:
        _log.warning("buttons_left_out", reason=str(exc))
        return render(part)


def body(shown: Rendered) -> dict[str, Any]:
    """The JSON of a new message, or of an edit that leaves nothing of what was there; files go along with it."""
    attached = [{"id": place, "filename": file.name} for place, file in enumerate(shown.files)]
    return {
        "content": shown.content,
        "embeds": shown.embeds,
        "components": shown.components,
        "allowed_mentions": {"parse": []},
        **({"attachments": attached} if attached else {}),
    }


def files(shown: Rendered) -> list[tuple[str, bytes]]:
    """Name and content of each file of `body`."""
    return [(file.name, file.content.encode()) for file in shown.files]
