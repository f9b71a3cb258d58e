"""Everything the fake knows and remembers, before any network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.fake_platform import FakePlatform
from tests.slack.fake.errors import ApiError
from tests.slack.fake.response_urls import ResponseUrl
from tests.slack.fake.scopes import ALL_SCOPES
from tests.slack.fake.tokens import Install, Safe
from tests.slack.fake.world import Channel, Team

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from tests.clock import Clock
    from tests.slack.fake.faults import Fault
    from tests.slack.fake.record import Ephemeral, Json, Message, Request, Unfurl, Upload, View

TRIGGER_LIFE = timedelta(seconds=3)


@dataclass(slots=True, kw_only=True)
class Trigger:
    """The right to open one modal, soon."""

    team: Team
    user: str
    at: datetime
    channel: str = ""
    used: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Links somebody pasted: what chat.unfurl may answer."""

    team: Team
    channel: str
    ts: str
    user: str
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a person allowed, until the code is redeemed."""

    install: Install
    user: str
    scopes: frozenset[str]
    redirect_uri: str


class State(FakePlatform):
    """The world, the record, the clock and the queue of faults."""

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self.url = ""
        self.client_id, self.client_secret = "1234567890.5678", "client-shhh"
        self.rotation = False
        self.safe = Safe(self.clock)
        self.app_tokens: set[str] = set()
        self.teams: dict[str, Team] = {}
        self.calls: list[Request] = []
        self.chance: Callable[[Request], Fault | None] | None = None
        """Asked at every call of the Web API for which no fault is queued."""
        self.ephemerals: list[Ephemeral] = []
        self.views: list[View] = []
        self.unfurls: list[Unfurl] = []
        self.uploads: list[Upload] = []
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.shared: dict[str, Shared] = {}
        self.grants: dict[str, Grant] = {}
        self._faults: list[tuple[str, Fault, str]] = []
        self._tickets: dict[str, str] = {}
        self._last_ts = 0
        self._ids = 0
        self.acme = self.team()

    @property
    def api_url(self) -> str:
        """The base url for a client."""
        return f"{self.url}/api/"

    @property
    def homes(self) -> dict[str, View]:
        """Home tabs in acme, by user."""
        return self.acme.homes

    def team(
        self,
        id: str = "T0TEAM",
        *,
        name: str = "Acme",
        token: str = "xoxb-acme",
        app_token: str = "xapp-acme",
        scopes: Collection[str] = ALL_SCOPES,
        enterprise: str = "",
    ) -> Team:
        """Add a workspace in which the app is installed with this token."""
        if self.safe.good(token):
            raise ValueError(f"{token} belongs to another team already")
        install = Install(token=token, scopes=set(scopes))
        team = Team(id, name=name, enterprise=enterprise, install=install, safe=self.safe)
        install.teams.append(team)
        self.safe.add(install)
        self.app_tokens.add(app_token)
        self.teams[id] = team
        return team

    def called(self, method: str) -> list[Request]:
        """The calls of this method so far, in order."""
        return [call for call in self.calls if call.method == method]

    def stamp(self) -> str:
        """A message timestamp: now by the clock, later than every one before."""
        self._last_ts = max(self._last_ts + 100, round(self.clock().timestamp() * 1_000_000) + 100)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def id(self, prefix: str) -> str:
        """An id nobody has yet."""
        self._ids += 1
        return f"{prefix}0{self._ids:07d}"

    def trigger(self, team: Team, user: str, channel: str = "") -> str:
        """A fresh trigger id."""
        id = f"{self.id('')}.{team.id}.trigger"
        self.triggers[id] = Trigger(team=team, user=user, at=self.clock(), channel=channel)
        return id

    def ticket(self, app_token: str) -> str:
        """The right to open one connection."""
        self._tickets[ticket := self.id("ticket-")] = app_token
        return ticket

    def redeem_ticket(self, ticket: str) -> bool:
        """Use a ticket up; False for one that is unknown or used."""
        return self._tickets.pop(ticket, None) is not None

    def pull(self, id: str, team: Collection[Team]) -> Trigger:
        """Use a trigger up; raises what Slack answers to a wrong, used or old one."""
        trigger = self.triggers.get(id)
        if trigger is None or trigger.team not in team:
            raise ApiError("invalid_trigger_id")
        if trigger.used:
            raise ApiError("exchanged_trigger_id")
        if self.clock() - trigger.at > TRIGGER_LIFE:
            raise ApiError("expired_trigger_id")
        trigger.used = True
        return trigger

    def response_url(self, channel: Channel, user: str, *, original: Message | Ephemeral | None = None) -> ResponseUrl:
        """A fresh response url."""
        id = self.id("R")
        self.response_urls[id] = ResponseUrl(
            url=f"{self.url}/response/{id}",
            channel=channel,
            user=user,
            at=self.clock(),
            original=original,
        )
        return self.response_urls[id]

    def fault(self, method: str, *faults: Fault, team: Team | str | None = None) -> None:
        """Queue faults for the next calls of a method, in order; with a team only for its calls."""
        id = team.id if isinstance(team, Team) else team or ""
        self._faults += [(method, fault, id) for fault in faults]

    def next_fault(self, method: str, team: str) -> Fault | None:
        """Take the fault that is due for this call, if any."""
        for index, (name, fault, only) in enumerate(self._faults):
            if name == method and only in ("", team):
                del self._faults[index]
                return fault
        return None

    def open_view(self, view: View) -> Json:
        """Put a modal on the screen."""
        self.views.append(view)
        return view.view
