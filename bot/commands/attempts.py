"""What became of attempts to post here, as people say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.timewords import describe_moment

if TYPE_CHECKING:
    from datetime import datetime

    from bot.channel import Address
    from bot.desk import Desk
    from bot.paper import PaperId
    from bot.ports import Attempt

_SAID = {"sent": "sent", "later": "put off", "doubtful": "perhaps sent; I find out before I try again", "dead": "given up"}


def outcome(attempt: Attempt) -> str:
    """What came of it; why is in `Attempt.detail`."""
    return _SAID.get(attempt.outcome, attempt.outcome)


async def last_attempt(desk: Desk, address: Address, paper: PaperId) -> Attempt | None:
    """The last attempt of the newest delivery with this paper, of the channel's last 50 of the last 30 days; None if there was none."""
    looked = set()
    for attempt in await desk.store.deliveries.log(address):
        if attempt.delivery not in looked:
            looked.add(attempt.delivery)
            delivery = await desk.store.deliveries.get(attempt.delivery)
            if delivery is not None and paper in (*delivery.papers, *delivery.remainder):
                return attempt
    return None


def chosen(filed: datetime, attempt: Attempt | None, zone: str, now: datetime) -> str:
    """What became of a paper that was chosen for a digest and is not known to be posted, in a sentence or two.

    Args:
        filed: When it was chosen.
        attempt: The last to post its digest.
        zone: By whose clocks.
    """
    said = f"It was chosen {describe_moment(filed, zone, now)}"
    if attempt is None or attempt.outcome == "sent":  # of several parts, one
        return f"{said} and is on its way."
    when, why = describe_moment(attempt.at, zone, now), f": {attempt.detail}" if attempt.detail else ""
    if attempt.outcome == "dead":
        return f"{said}, but its digest could not be posted, and I gave it up {when}{why}. Whoever runs me can see it and post it again."
    return f"{said} and is on its way. The last attempt, {when}: {outcome(attempt)}{why}."
