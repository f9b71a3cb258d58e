"""The HTTP door: what Slack posts to us, let in only with Slack's signature over the very bytes that came."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import Clock, SignatureVerifier
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_bolt.app.async_app import AsyncApp

    from adapters.slack.oauth import OAuth

EVENTS = "/slack/events"
"""Commands, events and interactivity all come here."""
LARGEST = 1024**2
"""Bytes of a body; the largest of Slack's, a view with its state, stays below 300 kB."""
PATIENCE_SECONDS = 10
"""How long a body may take to come: Slack's own come at once."""

_SECONDS = re.compile(r"[0-9]{1,12}")


def routes(
    app: AsyncApp,
    *,
    signing_secret: str,
    oauth: OAuth | None = None,
    ready: Callable[[], bool] = lambda: True,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> list[web.RouteDef]:
    """The addresses Slack, and people who install the app, come to.

    Args:
        app: Its own verification of signatures switched off: this door verifies.
        signing_secret: From the app's Basic Information.
        oauth: The way to install the app; None where it is installed by its one token.
        ready: Whether the app can answer yet; until then Slack is asked (503) to send again later.
        clock: A signature counts for five minutes of its time, either way.
    """
    door = _Door(app, SignatureVerifier(signing_secret, clock=_Clock(clock)), ready)
    return [web.post(EVENTS, door.receive), *(oauth.routes() if oauth is not None else [])]


class _Clock(Clock):
    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    @override
    def now(self) -> float:
        return self._clock().timestamp()


class _Door:
    def __init__(self, app: AsyncApp, verifier: SignatureVerifier, ready: Callable[[], bool]) -> None:
        self._app = app
        self._verifier = verifier
        self._ready = ready

    async def receive(self, request: web.Request) -> web.StreamResponse:
        if (request.content_length or 0) > LARGEST:
            raise web.HTTPRequestEntityTooLarge(max_size=LARGEST, actual_size=request.content_length or 0)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                body = await request.read()  # raises the same for a body without a length
        except TimeoutError as exc:
            raise web.HTTPRequestTimeout from exc
        if not self._signed(body, request):
            # Why is nobody's business but Slack's, and Slack knows.
            return web.Response(status=401)
        if not self._ready():
            return web.Response(status=503)
        try:
            # Not Bolt's to_bolt_request: it decodes by the charset the request names, and the signature is over UTF-8.
            headers: dict[str, str | list[str]] = {name: request.headers.getall(name) for name in request.headers}
            asked = AsyncBoltRequest(body=body.decode(), query=request.query_string, headers=headers)  # type: ignore[arg-type]  # dict is invariant
        except (ValueError, TypeError, AttributeError, KeyError):  # Bolt looks into it as it unpacks it
            return web.Response(status=400)
        return await to_aiohttp_response(await self._app.async_dispatch(asked))

    def _signed(self, body: bytes, request: web.Request) -> bool:
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        # The verifier raises for a timestamp that is no number and for a signature that is no ASCII.
        if not _SECONDS.fullmatch(timestamp) or not signature.isascii():
            return False
        try:
            return self._verifier.is_valid(body, timestamp, signature)
        except UnicodeDecodeError:
            return False
