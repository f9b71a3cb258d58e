"""Bot tokens: which installation one belongs to, and whether it still opens anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.slack.fake.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tests.slack.fake.world import Team

ROTATION = timedelta(hours=12)


@dataclass(slots=True, kw_only=True, eq=False)
class Install:
    """The app in one workspace, or in all of an organisation."""

    token: str
    scopes: set[str]
    teams: list[Team] = field(default_factory=list)
    enterprise: str = ""
    org: bool = False
    refresh_token: str = ""


@dataclass(slots=True, kw_only=True)
class _State:
    install: Install
    expires: datetime | None = None
    error: str = ""


class Safe:
    """All tokens ever given out, going by one clock."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._states: dict[str, _State] = {}
        self._refresh: dict[str, Install] = {}
        self._count = 0

    def add(self, install: Install) -> None:
        """Make the installation's token good."""
        self._states[install.token] = _State(install=install)

    def good(self, token: str) -> bool:
        """Whether calls with it get past the door."""
        try:
            self.open(token)
        except ApiError:
            return False
        return True

    def open(self, token: str) -> Install:
        """The installation of a good token; raises what Slack answers to a bad one."""
        if not token:
            raise ApiError("not_authed")
        state = self._states.get(token)
        if state is None:
            raise ApiError("invalid_auth")
        if state.error:
            raise ApiError(state.error)
        if state.expires is not None and self._clock() >= state.expires:
            raise ApiError("token_expired")
        return state.install

    def spoil(self, install: Install, error: str, *, only: str = "") -> None:
        """Let one token, or all of the installation and its refresh tokens, answer this error."""
        for token, state in self._states.items():
            if state.install is install and only in ("", token):
                state.error = error
        if not only:
            self._refresh = {token: held for token, held in self._refresh.items() if held is not install}

    def renew(self, install: Install, *, rotating: bool) -> None:
        """Give the installation a new token; a rotating one lives twelve hours and the last one lives on until its own end."""
        self._count += 1
        install.token = f"{'xoxe.xoxb' if rotating else 'xoxb'}-{self._count}-{install.enterprise or install.teams[0].id}"
        self._states[install.token] = _State(install=install, expires=self._clock() + ROTATION if rotating else None)
        install.refresh_token = f"xoxe-1-{self._count}" if rotating else ""
        if rotating:
            self._refresh[install.refresh_token] = install

    def redeem(self, refresh_token: str) -> Install:
        """The installation of a refresh token, which works once."""
        install = self._refresh.pop(refresh_token, None)
        if install is None:
            raise ApiError("invalid_refresh_token")
        return install

    def owner(self, token: str) -> Install | None:
        """The installation a token, good or bad, belongs to."""
        state = self._states.get(token)
        return state.install if state is not None else None
