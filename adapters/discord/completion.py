"""What Discord offers while somebody types an option; it waits three seconds and takes 25 choices of 100 characters."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import structlog

from adapters.discord.callers import caller
from adapters.discord.escape import label
from adapters.discord.once import QUICK
from adapters.discord.tree import chosen
from bot.commands.completing import offers
from bot.errors import PaperboyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from adapters.discord.reply import Reply
    from bot.desk import Desk
    from bot.form import Choice

MOST = 25
_LONGEST = 100

_log = structlog.get_logger()


async def complete(desk: Desk, reply: Reply, data: Mapping[str, Any]) -> None:
    """Offer what the option may become, at worst nothing: whoever types does not care why."""
    command, values, option = chosen(data)
    try:
        async with asyncio.timeout(QUICK.total_seconds()):
            found = await offers(desk, caller(reply.origin, command), command, option, values.get(option, ""), limit=MOST)
    except (TimeoutError, PaperboyError) as exc:
        _log.info("nothing_offered", command=command, option=option, reason=str(exc) or "not in time")
        found = ()
    except Exception:  # noqa: BLE001  # an empty menu is better than "Loading options failed"
        _log.exception("offers_failed", command=command, option=option)
        found = ()
    try:
        await reply.offer(fitting(found))
    except PaperboyError as exc:
        _log.info("offers_not_delivered", command=command, option=option, reason=str(exc))


def fitting(found: Iterable[Choice]) -> Sequence[dict[str, str]]:
    """The choices that Discord takes; a value too long for it is left out, for cut it would be another one."""
    fitting = {
        choice.value: {"name": label(choice.label.strip() or choice.value, _LONGEST), "value": choice.value}
        for choice in found
        if choice.value.strip() and len(choice.value) <= _LONGEST
    }
    return list(fitting.values())[:MOST]
