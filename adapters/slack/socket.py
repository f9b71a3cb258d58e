"""The Socket Mode door: one connection to Slack that is opened anew whenever it ends, for as long as the process lives.

Of our own on aiohttp and not slack_sdk's `SocketModeClient`: that one tries a used-up address again and again, at one pace and for ever, a
revoked token too; notices a dropped connection only by its pings; and closes before it opens when Slack asks for a change. What an envelope
means stays Bolt's business.
"""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.api import Api
from adapters.slack.errors import name_of
from adapters.slack.shape import misshapen
from adapters.slack.workspaces import PLATFORM
from bot.errors import Busy, MessageRefused, OperatorMistake, PostTrouble, WorkspaceGone
from bot.installation import Installation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from slack_bolt.app.async_app import AsyncApp
    from slack_bolt.response import BoltResponse

FIRST_WAIT, LONGEST_WAIT = 5.0, 300.0
"""Seconds between two tries: the first pause, doubled each time up to the last."""
HELLO_SECONDS = 15.0
"""How long a connection may take until Slack has said hello."""
HEARTBEAT_SECONDS = 20.0
"""How often we ask a silent connection whether it still lives; half as long it has for the answer."""
FINISH_SECONDS = 3.0
"""How long a stop waits for acknowledgements: later ones Slack does not want."""

_log = structlog.get_logger()


class _Lost(Exception):
    """No connection: not yet, or no longer.

    Args:
        wait: Seconds that Slack asks for; 0 if it named none.
    """

    def __init__(self, reason: str, *, wait: float = 0) -> None:
        super().__init__(reason)
        self.wait = wait


class SocketMode:
    """Receives what Slack sends for the app. Several processes may each have one: every envelope goes to one of them."""

    def __init__(
        self,
        app: AsyncApp,
        app_token: str,
        api_url: str,
        *,
        throttled: Callable[[], object] = lambda: None,
        wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Nothing is opened yet.

        Args:
            app: What to do with an envelope.
            app_token: "xapp-…", with the scope connections:write.
            api_url: Of the Web API, ending in a slash.
            throttled: Hears of every answer that asks for patience.
            wait: Lets so many seconds pass; a test's does not.
        """
        self._app = app
        self._client = AsyncWebClient(app_token, base_url=api_url, retry_handlers=[])
        self._api = Api(Installation(platform=PLATFORM, workspace="", token=app_token), self._client, throttled=throttled)
        self._wait = wait
        self._link: _Link | None = None
        self._was_connected = False

    @property
    def is_connected(self) -> bool:
        """Whether Slack can reach us now."""
        return self._link is not None and self._link.is_open

    async def run(self) -> None:
        """Stay connected until cancelled; then take nothing more, acknowledge what came, and close.

        Raises:
            OperatorMistake: Slack does not accept the token. Only before the first connection: one that is revoked later is told in the
                log and tried again every few minutes, for the rest of the process has other work.
        """
        async with aiohttp.ClientSession() as session:
            try:
                while True:
                    link, left = await self._connected(session), self._link
                    self._link, self._was_connected = link, True
                    _log.info("slack_socket_open")
                    if left is not None:
                        await left.close()
                    if (reason := await link.over) in {"warning", "refresh_requested"}:
                        # Slack replaces connections every few hours; the old one serves until the new one stands.
                        _log.info("slack_socket_refresh", reason=reason)
                        continue
                    _log.warning("slack_socket_lost", reason=reason)
                    await self._pause(LONGEST_WAIT if reason == "link_disabled" else FIRST_WAIT)
            finally:
                if self._link is not None:
                    await self._link.close()

    async def _connected(self, session: aiohttp.ClientSession) -> _Link:
        """A connection over which Slack has said hello, however long it takes."""
        wait = FIRST_WAIT
        while True:
            try:
                return await self._try(session)
            except _Lost as lost:
                _log.warning("slack_socket_not_open", reason=str(lost))
                await self._pause(max(wait, lost.wait))
                wait = min(2 * wait, LONGEST_WAIT)

    async def _pause(self, seconds: float) -> None:
        # Uneven, so that processes that lost Slack together do not come back together.
        await self._wait(seconds * random.uniform(1, 1.2))  # noqa: S311  # nothing secret

    async def _try(self, session: aiohttp.ClientSession) -> _Link:
        try:
            url = str((await self._api.call("apps.connections.open"))["url"])
        except Busy as busy:
            raise _Lost(str(busy), wait=busy.retry_after.total_seconds()) from busy
        except (WorkspaceGone, MessageRefused) as refused:
            raise self._refused(refused) from refused
        except PostTrouble as trouble:
            raise _Lost(str(trouble)) from trouble
        try:
            async with asyncio.timeout(HELLO_SECONDS), AsyncExitStack() as stack:
                ssl = True if self._client.ssl is None else self._client.ssl
                socket = await session.ws_connect(url, heartbeat=HEARTBEAT_SECONDS, proxy=self._client.proxy, ssl=ssl)
                stack.push_async_callback(socket.close)
                first = _frame(await socket.receive())
                if first.get("type") != "hello":
                    raise _Lost(str(first.get("reason") or "no hello"))
                stack.pop_all()
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            raise _Lost(f"{type(exc).__name__}: {exc}") from exc
        return _Link(self._app, socket)

    def _refused(self, refused: PostTrouble) -> _Lost | OperatorMistake:
        name = name_of(refused)
        if self._was_connected:
            return _Lost(f"Slack no longer accepts SLACK_APP_TOKEN: {name}", wait=LONGEST_WAIT)
        return OperatorMistake(
            f"SLACK_APP_TOKEN: Slack does not accept it ({name}). "
            "Make one under Basic Information > App-Level Tokens, with the scope connections:write."
        )


class _Link:
    """One connection, reading from its hello on."""

    def __init__(self, app: AsyncApp, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._app = app
        self._socket = socket
        self._underway: set[asyncio.Task[None]] = set()
        self.over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Why another connection is needed, as soon as it is: Slack asks for it, or this one ended."""
        self._reading = asyncio.create_task(self._read())

    @property
    def is_open(self) -> bool:
        return not self._socket.closed

    async def close(self) -> None:
        """Read nothing more, acknowledge what came, close. Twice is as good as once."""
        self._reading.cancel()
        with suppress(asyncio.CancelledError):
            await self._reading
        if self._underway:
            await asyncio.wait(self._underway, timeout=FINISH_SECONDS)
        await self._socket.close()

    async def _read(self) -> None:
        reason = "the connection ended"
        try:
            async for message in self._socket:
                frame = _frame(message)
                if frame.get("type") == "disconnect":
                    self._ends(str(frame.get("reason") or "disconnect"))
                elif (request := SocketModeRequest.from_dict(frame)) is not None:
                    task = asyncio.create_task(self._answer(request))
                    self._underway.add(task)
                    task.add_done_callback(self._underway.discard)
        finally:
            self._ends(reason)

    def _ends(self, reason: str) -> None:
        if not self.over.done():
            self.over.set_result(reason)

    async def _answer(self, request: SocketModeRequest) -> None:
        # Before Bolt, which looks into it as it unpacks it.
        if reason := misshapen(request.payload):
            _log.warning("payload_not_understood", reason=reason)
            return
        try:
            response: BoltResponse = await run_async_bolt_app(self._app, request)
        except Exception:  # noqa: BLE001  # and logged whole
            # Bolt tells of a listener's errors itself; whatever else it is, one envelope must not end the line for all.
            _log.exception("slack_envelope_failed", type=request.type)
            return
        if response.status != 200:  # noqa: PLR2004  # Bolt speaks HTTP here too
            # Unacknowledged, as it would be over HTTP: Slack tells the person, and sends events again.
            _log.warning("slack_envelope_refused", type=request.type, status=response.status)
            return
        answer: dict[str, Any] = {"envelope_id": request.envelope_id}
        if response.body:
            answer["payload"] = json.loads(response.body) if response.body.startswith("{") else {"text": response.body}
        with suppress(ConnectionError):  # gone meanwhile: Slack sends again what it has no acknowledgement for
            await self._socket.send_json(answer)


def _frame(message: aiohttp.WSMessage) -> dict[str, Any]:
    """What Slack said; {} for anything that is no JSON object, such as the end."""
    if message.type is not aiohttp.WSMsgType.TEXT:
        return {}
    try:
        frame = json.loads(message.data)
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) else {}
