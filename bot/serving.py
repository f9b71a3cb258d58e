"""What runs for as long as it is not told to stop: the doors that are configured, and the machine.

Apart from `bot.wiring`, because the libraries of a platform take as long to load as all the rest, and a demo need not wait for them.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
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
from adapters.terminal.outlet import PLATFORM as TERMINAL
from adapters.terminal.outlet import TerminalOutlet
from adapters.web.server import serving
from bot.errors import OperatorMistake, PostTrouble
from bot.lifecycle import open_workspace, reopen_workspace
from bot.settings import revealed
from bot.sources.config import load
from bot.stopping import raise_if_cancelled
from bot.wiring import open_desk, worker_at

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence
    from typing import Any

    from bot.desk import Desk
    from bot.installation import Installation
    from bot.settings import Settings
    from bot.worker import Worker

FIRST_WAIT, LONGEST_WAIT = 5.0, 300.0
"""Seconds until a platform that could not be reached, or a part that failed, is tried again: doubled each time."""
HEAD_START = timedelta(seconds=20)
"""How long the machine waits for the first word about Slack: a little more than a request takes."""
FINISH = timedelta(seconds=10)
"""How long a stop waits for commands under way; platforms give a process 30 seconds in all."""

_log = structlog.get_logger()


async def serve(settings: Settings, *, doors: bool, works: bool) -> int:
    """Run what is configured until cancelled; then take nothing new, finish what is under way, and close.

    Args:
        doors: Whether people are answered.
        works: Whether papers are fetched, matched and delivered.

    Raises:
        OperatorMistake: A part cannot work as configured; the others are stopped too.
    """
    config = load(settings.sources_file)
    async with open_desk(settings, config, directory=settings.data_dir) as desk, AsyncExitStack() as stack:
        desk.outlets = {TERMINAL: TerminalOutlet(settings.data_dir / "terminal.jsonl", clock=_now)}
        parts: list[Coroutine[Any, Any, None]] = []
        tried = asyncio.Event()
        if settings.has_slack:
            workspaces = _workspaces(settings, desk)
            stack.push_async_callback(workspaces.close)
            parts.append(_supervised("slack", partial(_slack, settings, desk, workspaces, tried, doors=doors, works=works)))
        else:
            tried.set()
        if works:
            parts.append(_working(worker_at(desk, config), tried))
        await _together(parts)
    return 0


async def _working(worker: Worker, tried: asyncio.Event) -> None:
    """The machine. It begins when Slack is reached, or is known not to be: what waits for Slack would only be put off before that."""
    with suppress(TimeoutError):
        async with asyncio.timeout(HEAD_START.total_seconds()):
            await tried.wait()
    worker.start()
    try:
        raise_if_cancelled()
        await asyncio.Event().wait()  # until it is cancelled
    finally:
        await worker.stop()


def _workspaces(settings: Settings, desk: Desk) -> Workspaces:
    return Workspaces(
        installations=desk.store.installations if settings.secret_keys else None,
        cache=desk.store.cache,
        api_url=settings.slack_api,
        client_id=settings.slack_client_id,
        client_secret=revealed(settings.slack_client_secret),
        clock=_now,
    )


async def _slack(settings: Settings, desk: Desk, workspaces: Workspaces, tried: asyncio.Event, *, doors: bool, works: bool) -> None:
    """Slack, as far as this process serves it: the outlet, and the doors if there are to be any.

    Args:
        tried: Set once it can be posted to, or was asked in vain for the first time.
    """
    known = asyncio.Event()
    async with AsyncExitStack() as stack:
        socket: SocketMode | None = None
        if doors:
            app = listener(desk, workspaces)
            # Called when the doors below are closed.
            stack.push_async_callback(app.finish, patience=FINISH)
            oauth = _oauth(settings, desk, workspaces)
            served = oauth.routes() if oauth else []
            ready: dict[str, Callable[[], Awaitable[bool]]] = {"store": partial(_answers, desk), "slack": _is(known.is_set)}
            if secret := revealed(settings.slack_signing_secret):
                served = routes(app, signing_secret=secret, oauth=oauth, ready=known.is_set)
            if token := revealed(settings.slack_app_token):
                socket = SocketMode(app, token, settings.slack_api)
                ready["slack socket"] = _is(lambda: socket.is_connected)
            if served or not works:
                # Before Slack is asked anything: whoever started us waits for the port.
                port = await stack.enter_async_context(serving(served, host=settings.host, port=settings.port, ready=ready))
                _log.info("web_server_open", port=port, addresses=[str(one.path) for one in served])
        if token := revealed(settings.slack_bot_token):
            await _introduced(desk, workspaces, token, tried)
        # Not earlier: who is not known yet would be taken for a workspace that has left, and its channels would pause.
        desk.outlets = {**desk.outlets, SLACK: SlackOutlet(workspaces, desk.store.cache, _now)}
        known.set()
        tried.set()
        await (socket.run() if socket else asyncio.Event().wait())


async def _introduced(desk: Desk, workspaces: Workspaces, token: str, tried: asyncio.Event) -> None:
    """Find out whose token it is, however long Slack cannot be reached; `tried` is set after the first time that it could not."""
    if token.startswith("xoxe."):
        _log.warning("slack_token_rotates", advice="it ends after 12 hours: switch token rotation off, or install by OAuth")
    wait = FIRST_WAIT
    installation: Installation | None = None
    while installation is None:
        try:
            installation = await workspaces.lone(token)
        except PostTrouble as trouble:
            _log.warning("slack_not_reached", reason=str(trouble), again_in_seconds=wait)
            tried.set()
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)
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


async def _supervised(name: str, part: Callable[[], Awaitable[None]]) -> None:
    """Run a part, and again if it fails: a bug or an outage of one must not end the others.

    Raises:
        OperatorMistake: It cannot work as configured.
    """
    wait = FIRST_WAIT
    while True:
        try:
            await part()
        except OperatorMistake:
            raise
        except Exception:  # noqa: BLE001  # whatever it is, and it is logged whole
            _log.exception("part_failed", part=name, again_in_seconds=wait)
        await asyncio.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT)


async def _together(parts: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Run the parts side by side; if one fails, or this is cancelled, cancel them all and wait until they have tidied up.

    Raises what the first one did that failed.
    """
    try:
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(part)
    except BaseExceptionGroup as failed:
        first: BaseException = failed
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None


async def _answers(desk: Desk) -> bool:
    await desk.store.now()
    return True


def _is(state: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def asked() -> bool:
        return state()

    return asked


def _now() -> datetime:
    return datetime.now(UTC)
