"""A platform in memory: it keeps the record of what was posted, and does to each request what it is told."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, cast

from bot.errors import Busy, ChannelGone, MessageRefused, NotSent, OutcomeUnknown
from bot.paging import characters
from bot.ports import Limits
from tests.delivery_model.process import SILENCE, begun

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.channel import Address
    from bot.message import Message
    from tests.clock import Clock
    from tests.delivery_model.ledger import Ledger
    from tests.delivery_model.process import Beginning, Life

PLATFORM = "terminal"
LATEST = timedelta(seconds=35)
"""After this a request that was accepted late has been carried out: less than the quarantine, which is counted from before it went out."""
NONCES = timedelta(minutes=2)
"""For so long a platform that drops repeats knows a nonce."""
_RETRY_AFTER = timedelta(seconds=30)
_SKEW = timedelta(minutes=1)


class Flavour(Enum):
    """How a platform helps not to post twice."""

    KEEPS = "finds posts by their key, as Slack"
    DROPS = "drops repeats of a nonce for two minutes and finds posts by their key, as Discord"


class Fate(Enum):
    """What becomes of one request."""

    FINE = "done and answered"
    REFUSED = "refused before anything was done"
    BUSY = "turned away for a while"
    GONE = "the channel is gone"
    WRONG = "the message is wrong"
    LOST = "done, and the answer lost"
    FAILED = "not done, and nobody says so"
    MUTE = "done, and never answered"
    DEAF = "neither done nor answered"
    LATE = "the connection breaks; done later"
    MUTE_LATE = "never answered; done later"


@dataclass(slots=True, eq=False)
class Request:
    """One request to post that went out."""

    address: Address
    message: Message
    key: str
    under: str
    right: Beginning | None
    by: datetime | None = None
    """If it is accepted late: when it has been carried out at the latest."""


@dataclass(frozen=True, slots=True)
class Post:
    """What stands in a channel."""

    id: str
    request: Request
    at: datetime


class Platform:
    """All its channels."""

    def __init__(self, clock: Clock, flavour: Flavour) -> None:
        self.flavour = flavour
        self.fates: deque[Fate] = deque()
        """Of the next requests; after these all is fine."""
        self.record: list[Post] = []
        self.late: list[Request] = []
        self.ledger: Ledger | None = None
        self._clock = clock

    def outlet(self, life: Life) -> _Outlet:
        """The mouth of one process."""
        return _Outlet(self, life)

    def posts(self, key: str) -> list[Post]:
        """What stands there with this key."""
        return [post for post in self.record if post.request.key == key]

    def receive(self, request: Request, life: Life) -> object:
        """A request went out."""
        assert self.ledger is not None
        self.ledger.sending(request, life)
        fate = self.fates.popleft() if self.fates else Fate.FINE
        if fate in {Fate.LATE, Fate.MUTE_LATE}:
            request.by = self._clock.now + LATEST
            self.late.append(request)
        _turn_away(fate)
        if fate in {Fate.FINE, Fate.LOST, Fate.MUTE}:
            id = self.land(request)
            if fate is Fate.FINE:
                return id
        if fate in {Fate.LOST, Fate.FAILED, Fate.LATE}:
            raise OutcomeUnknown("the connection broke")
        return SILENCE

    def look(self, address: Address, key: str, since: datetime) -> object:
        """Whether a post stands there."""
        fate = self.fates.popleft() if self.fates else Fate.FINE
        if fate is not Fate.WRONG:
            _turn_away(fate)
        if fate in {Fate.LOST, Fate.FAILED, Fate.LATE}:
            raise OutcomeUnknown("the connection broke")
        if fate in {Fate.MUTE, Fate.DEAF, Fate.MUTE_LATE}:
            return SILENCE
        return next((post.id for post in self.posts(key) if post.request.address == address and post.at >= since - _SKEW), None)

    def land(self, request: Request) -> str:
        """The request is carried out; a repeat may be dropped."""
        assert self.ledger is not None
        now = self._clock.now
        for post in self.posts(request.key):
            if self.flavour is Flavour.DROPS and now - post.at < NONCES:
                return post.id
        post = Post(f"m{len(self.record) + 1}", request, now)
        self.record.append(post)
        self.ledger.posted(post)
        return post.id

    def land_late(self, until: datetime | None = None) -> None:
        """Carry out what was accepted late, at least what has to be by `until`."""
        for request in list(self.late):
            if until is None or (request.by is not None and request.by <= until):
                self.late.remove(request)
                self.land(request)


class _Outlet:
    platform = PLATFORM
    limits = Limits(characters=300, blocks=100, text=200, threads=True)
    measure = staticmethod(characters)

    def __init__(self, platform: Platform, life: Life) -> None:
        self._platform = platform
        self._life = life

    async def post(self, address: Address, message: Message, *, key: str, under: str = "", tags: Sequence[str] = ()) -> str:
        request = Request(address, message, key, under, begun())
        return cast("str", await self._life.ask("post", lambda: self._platform.receive(request, self._life), key=key))

    async def posted(self, address: Address, *, key: str, since: datetime, under: str = "") -> str | None:
        return cast("str | None", await self._life.ask("posted", lambda: self._platform.look(address, key, since)))


def _turn_away(fate: Fate) -> None:
    match fate:
        case Fate.REFUSED:
            raise NotSent("refused")
        case Fate.BUSY:
            raise Busy("too many requests", retry_after=_RETRY_AFTER)
        case Fate.GONE:
            raise ChannelGone("archived")
        case Fate.WRONG:
            raise MessageRefused("invalid blocks")
        case _:
            pass
