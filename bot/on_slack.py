"""Slack, as one process serves it: who we are there, the outlet, the doors."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from adapters.slack.http import routes
from adapters.slack.listener import listener
from adapters.slack.oauth import OAuth
from adapters.slack.outlet import SlackOutlet
from adapters.slack.scopes import OPTIONAL, asked
from adapters.slack.socket import SocketMode
from adapters.slack.workspaces import PLATFORM as SLACK
from adapters.slack.workspaces import Workspaces
from bot import parts
from bot.errors import OperatorMistake
from bot.lifecycle import open_workspace, reopen_workspace
from bot.settings import revealed
from bot.stopping import raise_if_cancelled
from bot.wiring import utc_now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.slack.listener import Listener
    from adapters.web.server import Route
    from bot.desk import Desk
    from bot.installation import Installation
    from bot.parts import Question
    from bot.settings import Settings

FINISH = timedelta(seconds=8)
"""How long a stop waits for commands under way, once no more come; platforms give a process 30 seconds in all."""
INSTALL = "/slack/install"
"""Where people who install the app begin."""

_log = structlog.get_logger()


class Slack:
    """Slack's part of a process.

    Args:
        doors: Whether people are answered. Messages go out in any case.

    Raises:
        OperatorMistake: A setting is wrong.
    """

    def __init__(self, settings: Settings, desk: Desk, *, doors: bool) -> None:
        self._settings = settings
        self._desk = desk
        self._workspaces = known_workspaces(settings, desk)
        self._known = asyncio.Event()
        self._is_silent = asyncio.Event()
        """While no line to Slack is open."""
        self._is_silent.set()
        self._leaving = False
        self._app: Listener | None = None
        self._socket: SocketMode | None = None
        self.routes: Sequence[Route] = ()
        """What the web server is to serve; () without the HTTP door."""
        self.ready: dict[str, Question] = {}
        """Its parts by name, each with the question whether it can work."""
        if doors:
            self._open_doors()

    @property
    def install(self) -> str:
        """Where the app can be installed, on this web server; "" if not here."""
        return INSTALL if any(route.path == INSTALL for route in self.routes) else ""

    def _open_doors(self) -> None:
        app = self._app = listener(self._desk, self._workspaces)
        oauth = _oauth(self._settings, self._desk, self._workspaces)
        if secret := revealed(self._settings.slack_signing_secret):
            self.routes = routes(app, signing_secret=secret, oauth=oauth, ready=lambda: self._known.is_set() and not self._leaving)
        elif oauth:
            self.routes = oauth.routes()
        self.ready = {"slack": parts.asks(self._known.is_set)}
        if self._settings.slack_app_token is not None:
            self.ready |= {"slack socket": parts.asks(lambda: self._socket is not None and self._socket.is_connected)}

    async def run(self) -> None:
        """Be there until cancelled. May be called again when it failed."""
        if token := revealed(self._settings.slack_bot_token):
            installation = await introduced(self._workspaces, token)
            await reopen_workspace(self._desk, SLACK, installation.workspace)
            _log.info("slack_known", workspace=installation.workspace, name=installation.name, scopes=sorted(installation.scopes))
            raise_if_cancelled()  # redis-py's `wait_for` may have swallowed it on the way here
        # Not earlier: who is not known yet would be taken for a workspace that has left, and its channels would pause.
        self._desk.outlets = {**self._desk.outlets, SLACK: SlackOutlet(self._workspaces, self._desk.store.cache, utc_now)}
        self._known.set()
        if self._app is None or not (token := revealed(self._settings.slack_app_token)):
            await asyncio.Event().wait()
            return
        self._socket = SocketMode(self._app, token, self._settings.slack_api, throttled=partial(self._desk.counts.throttled, SLACK))
        self._is_silent.clear()
        try:
            await self._socket.run()
        finally:
            self._is_silent.set()

    async def finish(self, *, patience: timedelta = FINISH) -> None:
        """Take nothing new, and wait until what people asked has been answered; Slack is told to send the rest again, to others."""
        self._leaving = True
        await self._is_silent.wait()
        if self._app is not None:
            await self._app.finish(patience=patience)

    async def close(self) -> None:
        """The last of all."""
        await self._workspaces.close()


def known_workspaces(settings: Settings, desk: Desk) -> Workspaces:
    """Where the app is installed, or may be. To be closed at the end."""
    return Workspaces(
        installations=desk.store.installations if settings.secret_keys else None,
        cache=desk.store.cache,
        api_url=settings.slack_api,
        client_id=settings.slack_client_id,
        client_secret=revealed(settings.slack_client_secret),
        clock=utc_now,
        throttled=partial(desk.counts.throttled, SLACK),
    )


async def introduced(workspaces: Workspaces, token: str) -> Installation:
    """Find out whose token it is, however long Slack cannot be reached."""
    if token.startswith("xoxe."):
        _log.warning("slack_token_rotates", advice="it ends after 12 hours: switch token rotation off, or install by OAuth")
    return await parts.reached(SLACK, partial(workspaces.lone, token))


def _oauth(settings: Settings, desk: Desk, workspaces: Workspaces) -> OAuth | None:
    if not settings.slack_client_id:
        return None
    if strange := sorted(set(settings.slack_scopes or ()) - set(OPTIONAL)):
        raise OperatorMistake(f"SLACK_SCOPES: there is no optional scope {', '.join(strange)}; there are {', '.join(OPTIONAL)}.")

    async def installed(installation: Installation) -> None:
        await open_workspace(desk, installation)
        workspaces.forget(installation.workspace)

    return OAuth(
        client_id=settings.slack_client_id,
        client_secret=revealed(settings.slack_client_secret),
        api_url=settings.slack_api,
        public_url=str(settings.public_url).rstrip("/"),
        scopes=asked(settings.slack_scopes),
        workspaces=workspaces,
        cache=desk.store.cache,
        installed=installed,
        clock=utc_now,
    )
