"""Slack, as one process serves it: who we are there, the outlet, the doors."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
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
from adapters.web.server import serving
from bot import parts
from bot.errors import OperatorMistake, PostTrouble
from bot.lifecycle import open_workspace, reopen_workspace
from bot.settings import revealed
from bot.stopping import raise_if_cancelled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.desk import Desk
    from bot.installation import Installation
    from bot.metrics import Metrics
    from bot.settings import Settings

FINISH = timedelta(seconds=10)
"""How long a stop waits for commands under way; platforms give a process 30 seconds in all."""

_log = structlog.get_logger()


def known_workspaces(settings: Settings, desk: Desk) -> Workspaces:
    """Where the app is installed, or may be. To be closed at the end."""
    return Workspaces(
        installations=desk.store.installations if settings.secret_keys else None,
        cache=desk.store.cache,
        api_url=settings.slack_api,
        client_id=settings.slack_client_id,
        client_secret=revealed(settings.slack_client_secret),
        clock=_now,
    )


async def slack(settings: Settings, desk: Desk, workspaces: Workspaces, metrics: Metrics, *, doors: bool, works: bool) -> None:
    """Slack, as far as this process serves it: the outlet, and the doors if there are to be any; with a web server, `metrics` on it."""
    known = asyncio.Event()
    async with AsyncExitStack() as stack:
        socket: SocketMode | None = None
        if doors:
            app = listener(desk, workspaces)
            # Called when the doors below are closed.
            stack.push_async_callback(app.finish, patience=FINISH)
            oauth = _oauth(settings, desk, workspaces)
            served = oauth.routes() if oauth else []
            ready: dict[str, Callable[[], Awaitable[bool]]] = {"store": partial(_answers, desk), "slack": parts.asks(known.is_set)}
            if secret := revealed(settings.slack_signing_secret):
                served = routes(app, signing_secret=secret, oauth=oauth, ready=known.is_set)
            if token := revealed(settings.slack_app_token):
                socket = SocketMode(app, token, settings.slack_api)
                ready["slack socket"] = parts.asks(lambda: socket.is_connected)
            if served or not works:
                # Before Slack is asked anything: whoever started us waits for the port.
                server = serving(served, host=settings.host, port=settings.port, ready=ready, metrics=metrics)
                port = await stack.enter_async_context(server)
                _log.info("web_server_open", port=port, addresses=[str(one.path) for one in served])
        if token := revealed(settings.slack_bot_token):
            await _introduced(desk, workspaces, token)
            raise_if_cancelled()  # redis-py's `wait_for` may have swallowed it on the way here
        # Not earlier: who is not known yet would be taken for a workspace that has left, and its channels would pause.
        desk.outlets = {**desk.outlets, SLACK: SlackOutlet(workspaces, desk.store.cache, _now)}
        known.set()
        await (socket.run() if socket else asyncio.Event().wait())


async def _introduced(desk: Desk, workspaces: Workspaces, token: str) -> None:
    """Find out whose token it is, however long Slack cannot be reached."""
    if token.startswith("xoxe."):
        _log.warning("slack_token_rotates", advice="it ends after 12 hours: switch token rotation off, or install by OAuth")
    wait = parts.FIRST_WAIT
    installation: Installation | None = None
    while installation is None:
        try:
            installation = await workspaces.lone(token)
        except PostTrouble as trouble:
            _log.warning("slack_not_reached", reason=str(trouble), again_in_seconds=wait)
            raise_if_cancelled()
            await asyncio.sleep(wait)
            wait = min(2 * wait, parts.LONGEST_WAIT)
    await reopen_workspace(desk, SLACK, installation.workspace)
    _log.info("slack_known", workspace=installation.workspace, name=installation.name, scopes=sorted(installation.scopes))


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
        clock=_now,
    )


async def _answers(desk: Desk) -> bool:
    await desk.store.now()
    return True


def _now() -> datetime:
    return datetime.now(UTC)
