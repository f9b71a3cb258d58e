"""What time the world has: services write it on their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from typing_extensions import override

from bot.sources.text import moment

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


class Listening(httpx.AsyncBaseTransport):
    """Sends, and listens to what an answer says of the time.

    Args:
        heard: Is given the time, aware UTC and to the second, as an answer begins. Not that of answers that were kept on the way: it would
            be of when they were made.
        sender: What really sends. It must keep no connections open, as `bot.sources.guarded.PublicOnly` wants it.
    """

    def __init__(self, heard: Callable[[datetime], object], sender: httpx.AsyncBaseTransport | None = None) -> None:
        self._heard = heard
        self._sender = sender or httpx.AsyncHTTPTransport(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._sender.handle_async_request(request)
        said = moment(response.headers.get("Date", ""))
        if said is not None and response.headers.get("Age", "0") == "0":
            self._heard(said)
        return response

    @override
    async def aclose(self) -> None:
        await self._sender.aclose()
