"""What somebody asked, where and as whom; and what is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.channel import Managers

if TYPE_CHECKING:
    from bot.channel import Address
    from bot.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """The person who asks, as the platform vouches for them."""

    id: str
    name: str
    """For people to read; hostile text like everything from outside."""
    zone: str = ""
    """Their IANA time zone where the platform tells it, else ""."""
    may_manage: bool = True
    """Whether the platform counts them among those who run the channel."""
    is_guest: bool = False
    """Whether they are only visiting (a Slack guest, somebody of another company): they may look, and run no command that manages."""
    untold: str = ""
    """What the platform does not tell about them and what would make it tell, a sentence for people: "I cannot see who runs this
    workspace or anybody's time zone: the app has no scope users:read."; "" when it tells all."""
    is_operator: bool = False
    """Whether they sit at the operator's own terminal; no rate limit applies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One command as it was typed, or one button as it was pressed."""

    address: Address
    channel_name: str
    """As people see it ("#ml-reading"); "" when unknown."""
    asker: Asker
    text: str
    """What stood after `/papers`: "subscribe curriculum"."""
    managers: Managers = Managers.ANYONE
    """Who may change a channel here that never chose who: as people are used to on the platform."""
    unreachable: str = ""
    """Why nothing can ever be posted here and what to do instead, for people: then nothing is kept for the channel either; "" if it can,
    or nobody knows yet."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said in return."""

    message: Message
    public: bool = False
    """Whether the whole channel may read it; else only the asker."""
    threaded: bool = False
    """Whether it belongs under the message whose button was pressed, where the platform has threads."""
