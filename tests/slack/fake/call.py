"""A Web API call as its method sees it: arguments, whose token, which conversations that opens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.slack.fake.errors import ApiError
from tests.slack.fake.scopes import METHOD_SCOPES, demand, family

if TYPE_CHECKING:
    from tests.slack.fake.record import Json
    from tests.slack.fake.state import State
    from tests.slack.fake.tokens import Install
    from tests.slack.fake.world import Channel, Team

Method = "Callable[[Call], Json]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call, with its token not yet judged."""

    state: State
    method: str
    args: Json
    token: str
    client: tuple[str, str] = ("", "")
    """Client id and secret, by Basic authentication or as arguments."""

    @property
    def install(self) -> Install:
        """Whose token it is; raises what a bad token is answered with."""
        return self.state.safe.open(self.token)

    @property
    def team(self) -> Team:
        """The workspace: named by team_id, else the token's first."""
        teams = self.install.teams
        wanted = self.args.get("team_id")
        if not wanted:
            return teams[0]
        found = next((team for team in teams if team.id == wanted), None)
        if found is None:
            raise ApiError("team_access_not_granted")
        return found

    def enter(self) -> None:
        """Judge the token and the method's own scope."""
        held = self.install.scopes
        if needed := METHOD_SCOPES.get(self.method):
            demand(held, needed)

    def demand(self, needed: str) -> None:
        """Want one more scope."""
        demand(self.install.scopes, needed)

    def get(self, name: str, default: Any = "") -> Any:
        """An argument, or the default where it is missing or empty."""
        value = self.args.get(name)
        return default if value in (None, "") else value

    def need(self, name: str) -> Any:
        """An argument that must be there."""
        value = self.get(name, None)
        if value is None:
            raise ApiError("invalid_arguments", response_metadata={"messages": [f"[ERROR] missing required field: {name}"]})
        return value

    def channel(self, name: str = "channel", *, error: str = "channel_not_found") -> Channel:
        """The channel an argument names, if the bot can know of it: public, or it is in there."""
        id = self.need(name)
        found = next((team.channels[id] for team in self.install.teams if id in team.channels), None)
        if found is None or (found.private and not found.member):
            raise ApiError(error)
        return found

    def readable(self, purpose: str, name: str = "channel") -> Channel:
        """The channel, once the scope of its kind for `purpose` (read, history) is there."""
        id = self.need(name)
        known = next((team.channels[id] for team in self.install.teams if id in team.channels), None)
        if known is not None:
            self.demand(f"{family(known)}:{purpose}")
        return self.channel(name)


def page(items: list[Json], call: Call, *, most: int, default: int, key: str) -> Json:
    """One page of a list and the cursor of the next, "" at the end; raises invalid_cursor."""
    limit = min(int(call.get("limit", default)), most)
    cursor = str(call.get("cursor"))
    start = 0
    if cursor:
        if not (cursor.startswith("next:") and cursor[5:].isdigit()):
            raise ApiError("invalid_cursor")
        start = int(cursor[5:])
    after = start + limit
    return {key: items[start:after], "response_metadata": {"next_cursor": f"next:{after}" if after < len(items) else ""}}
