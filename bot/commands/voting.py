"""Votes: what people of the channel think of a paper, by a reaction to its post or by button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.commands.finding import paper_meant, recorded
from bot.commands.replies import button, place, said, short_title
from bot.errors import UserMistake
from bot.message import Buttons, Hint, Text
from bot.votes import Vote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.channel import Address
    from bot.commands.call import Answer, Call
    from bot.desk import Desk
    from bot.paper import PaperId
    from bot.votes import Reaction

BUTTON = "button"
"""The sign of a vote that was cast by command; one person has one of these for a paper."""
_VALUES = {"up": 1, "down": -1, "none": 0}


async def react(desk: Desk, address: Address, message_id: str, reaction: Reaction, *, voter: str, removed: bool) -> None:
    """Count a reaction to a post as a vote on the paper it means, or take it back; nothing else is kept of it.

    A reaction to the message means its paper where it shows a single one; one with a place means the paper of that number. Nothing
    happens where no paper is meant, or the message is none of ours. Twice is as good as once.

    Args:
        voter: The platform's id of the person.
        removed: Whether the person took the reaction back.
    """
    shown = await desk.store.votes.shown_by(address, message_id)
    paper = _meant(shown, reaction.place)
    if paper is None:
        return
    vote = Vote(paper=paper, voter=voter, sign=reaction.sign, value=reaction.value)
    await (desk.store.votes.withdraw if removed else desk.store.votes.cast)(address, vote)


def _meant(shown: Sequence[PaperId], place: int | None) -> PaperId | None:
    if place is None:
        return shown[0] if len(shown) == 1 else None
    return shown[place - 1] or None if 1 <= place <= len(shown) else None


async def vote(desk: Desk, call: Call, text: str) -> Answer:
    """Cast the asker's own vote on a paper for this channel, or take it back: "ID up", "ID down", "ID none"."""
    named, _, word = text.strip().rpartition(" ")
    if word not in _VALUES:
        raise UserMistake("A vote is `up`, `down` or `none`.", instead="vote 1706.03762 down")
    paper = await recorded(desk, paper_meant(named.strip(), command="vote"), await desk.store.now())
    cast = Vote(paper=paper.id, voter=call.asker.id, sign=BUTTON, value=_VALUES[word])
    if not cast.value:
        await desk.store.votes.withdraw(call.address, cast)
        return said(Text(f"Your vote on “{short_title(paper)}” is taken back."))
    await desk.store.votes.cast(call.address, cast)
    told, effect = ("one for", "higher") if cast.value > 0 else ("not for", "lower")
    return said(
        Text(f"Noted: “{short_title(paper)}” is {told} {place(call)}."),
        Buttons((button("Undo", f"vote {paper.id} none"),)),
        Hint(f"What the same rules bring will stand a little {effect} in the next digests. How it counts: why {paper.id}"),
    )
