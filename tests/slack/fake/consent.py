"""The person on Slack's consent page who clicks Allow."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from tests.slack.fake.state import Grant, State
from tests.slack.fake.tokens import Install

if TYPE_CHECKING:
    from tests.slack.fake.world import Team


class Consent(State):
    """OAuth as seen from the browser."""

    def authorize(self, url: str, *, team: Team | None = None, user: str = "U0ADA", org: bool = False) -> tuple[str, str]:
        """Click Allow on the page the app sent the browser to: the code and state it comes back with.

        Args:
            org: Install on the whole enterprise of the team, in all its workspaces.
        """
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        if query.get("client_id") != self.client_id:
            self.problem("authorize", f"/client_id: {query.get('client_id')!r} is not ours")
        for name in ("scope", "state"):
            if not query.get(name):
                self.problem("authorize", f"/{name}: missing")
        where = team or self.acme
        code = self.id("code.")
        self.grants[code] = Grant(
            install=self._organisation(where.enterprise) if org else where.install,
            user=user,
            scopes=frozenset(query.get("scope", "").replace(" ", ",").split(",")) - {""},
            redirect_uri=query.get("redirect_uri", ""),
        )
        return code, query.get("state", "")

    def _organisation(self, enterprise: str) -> Install:
        if not enterprise:
            raise ValueError("the team is in no enterprise")
        teams = [team for team in self.teams.values() if team.enterprise == enterprise]
        install = Install(token="", scopes=set(), teams=teams, enterprise=enterprise, org=True)
        for team in teams:
            team.install = install
        return install
