"""Looking in a channel for a message that was posted with a key."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.discord.mark import bears
from bot.errors import OutcomeUnknown

if TYPE_CHECKING:
    from adapters.discord.client import Rest
    from bot.ports import Cache

PAGE = 100
"""Messages; the most Discord gives at once."""
PAGES = 5
"""Read in one go, within the time of a delivery's request; the rest is read the next time."""
PLACE_KEPT = timedelta(hours=1)
"""How long it is remembered how far a channel was read."""


async def found(rest: Rest, cache: Cache, channel: str, *, key: str, after: str) -> str | None:
    """The id of our message with the key; None if there is none, or history may not be read: Discord shows it as empty then.

    Args:
        cache: Shared by all processes: the next look goes on where one that came to no end left off.
        channel: Or a thread.
        after: The snowflake after which to begin.

    Raises:
        OutcomeUnknown: So much was said that it could not all be read now, or what came were no messages.
        As `Rest.call` does.
    """
    me = await rest.me()
    place = f"discord:read:{channel}:{key}"
    after = (await cache.get(place) or after.encode()).decode()
    for _ in range(PAGES):
        page = await rest.call("GET", "/channels/{channel_id}/messages", channel_id=channel, params={"after": after, "limit": PAGE})
        if not isinstance(page, list):
            # A page of some proxy with status 200: read as "no messages", it would have the digest posted again.
            raise OutcomeUnknown("Discord answered with something else than messages")
        for message in page:
            if str(message["author"]["id"]) == me and bears(message, key):
                return str(message["id"])
        if len(page) < PAGE:
            return None
        # What is posted later has a greater id, however late it was accepted, so nothing before this has to be read again.
        after = max((str(message["id"]) for message in page), key=int)
        await cache.put(place, after.encode(), keep=PLACE_KEPT)
    raise OutcomeUnknown(f"not among the {PAGES * PAGE} messages read now")
