"""A platform's mouth, and what it can hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.channel import Address
    from bot.message import Block, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one message of a platform may hold. Characters are counted as the platform counts them, after its own rendering."""

    characters: int
    """In one message, all blocks together."""
    blocks: int
    """In one message."""
    text: int
    """In the longest single text of a block."""
    heading: int = 150
    buttons: int = 25
    """In one row."""
    threads: bool = False
    """Whether a message can stand under another."""


class Outlet(Protocol):
    """A platform's mouth."""

    @property
    def platform(self) -> str:
        """As in `Address.platform`."""

    @property
    def limits(self) -> Limits:
        """What one message may hold."""
        ...

    def measure(self, block: Block) -> int:
        """How much of `Limits.characters` the block takes, after the platform's own rendering and escaping."""
        ...

    async def post(self, address: Address, message: Message, *, key: str, under: str = "", tags: Sequence[str] = ()) -> str:
        """Post one message, at least once, and return the platform's id of it.

        Args:
            address: A channel; or a person, by their id in place of the channel's: what is said there only they read.
            key: Same key, same post: a platform that can will drop a repeat.
            under: The id of the message to reply to, if `limits.threads`. If that is gone, the post stands in the channel itself.
            tags: The rules whose papers it brings, as typed, best first, for places whose posts bear tags; elsewhere they are nothing.

        Raises:
            NotSent: Surely nothing was posted.
            Busy: Try again after `retry_after`.
            OutcomeUnknown: Perhaps posted.
            ChannelGone: Nobody will ever read it; stop asking.
            WorkspaceGone: Nor anything else in that workspace.
            MessageRefused: The message itself is wrong.
        """

    async def posted(self, address: Address, *, key: str, since: datetime, under: str = "") -> str | None:
        """The platform's id of the message posted with `key` at or after `since`, if it can be found.

        Raises:
            OutcomeUnknown: It cannot be found out now.
        """
