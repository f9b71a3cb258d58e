"""The promise of the store about votes: what a channel's people think of the papers they were shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.channel import Address
    from bot.paper import PaperId
    from bot.votes import Vote


class Votes(Protocol):
    """Votes, kept 180 days, erased with their channel."""

    async def shown(self, address: Address, message_id: str, papers: Sequence[PaperId]) -> None:
        """Note which papers a posted message shows, by their numbers: "" where a number stands nowhere. Twice is as good as once."""

    async def shown_by(self, address: Address, message_id: str) -> Sequence[PaperId]:
        """The papers of a posted message; () if it shows none or is not known (any more)."""

    async def cast(self, address: Address, vote: Vote) -> None:
        """Count a vote. The same vote (paper, voter, sign) twice counts once; with another value the last one stands."""

    async def withdraw(self, address: Address, vote: Vote) -> None:
        """Take a vote back, whatever its value. Nothing happens if it was not cast."""

    async def of(self, address: Address) -> Sequence[Vote]:
        """All votes of the channel, the oldest first."""
