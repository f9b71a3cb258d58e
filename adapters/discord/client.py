"""One bot token's door to Discord's REST API: every request of the outlet goes through `Rest.call`, with or without a gateway."""

from __future__ import annotations

import asyncio
import json as jsonlib
from typing import TYPE_CHECKING, Any, Self

import aiohttp
import discord
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, Route
from yarl import URL

from adapters.discord.errors import DEAD, TokenRefused, trouble
from adapters.discord.pace import LONGEST_WAIT, Attempts, trace
from bot.errors import Busy, NotSent, OutcomeUnknown, PostTrouble, StoreTrouble

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType

    from bot.ports import Gate

PLATFORM = "discord"
"""As in `Address.platform`."""

_API_URL = Route.BASE
_GATEWAY_URL = DiscordWebSocket.DEFAULT_GATEWAY
_CDN_URL = discord.Asset.BASE

_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=15)
"""Seconds. No total: aiohttp would count the wait for a turn."""

# What comes out of discord.py: its own, aiohttp's, a timeout, and its stumbling over bodies of another shape.
_FAILURES = (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, ValueError, AttributeError, KeyError, TypeError)


def point(api_url: str = "", gateway_url: str = "") -> None:
    """Make discord.py speak to another server than Discord's, in this whole process. "" means its own address again.

    Args:
        api_url: "http://127.0.0.1:8080/api/v10".
        gateway_url: "ws://127.0.0.1:8080/".
    """
    Route.BASE = api_url.rstrip("/") or _API_URL
    discord.Asset.BASE = str(URL(api_url).origin()) if api_url else _CDN_URL
    DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway_url) if gateway_url else _GATEWAY_URL


class Rest:
    """Discord's REST API as one bot may use it. It logs in with the first request, so nothing needs Discord to be up before that.

    Args:
        token: The bot's.
        gate: Shared by all processes: who may ask when.
        clock: Now, aware UTC.
        pause: How to wait for a turn, given seconds.
        throttled: Hears of every 429.
    """

    def __init__(
        self,
        token: str,
        *,
        gate: Gate,
        clock: Callable[[], datetime],
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
        throttled: Callable[[], object] = lambda: None,
    ) -> None:
        self._token = token
        self._throttled = throttled
        self._gate = gate
        self._clock = clock
        self._pause = pause
        self._http: HTTPClient | None = None
        self._me = ""
        self._dead = False
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Touches nothing."""
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """See `close`."""
        await self.close()

    async def close(self) -> None:
        """Close the connections. Twice is as good as once; a later request opens new ones."""
        http, self._http = self._http, None
        if http is not None:
            await http.close()

    async def me(self) -> str:
        """The bot's user id. Raises as `call` does."""
        await self._opened()
        return self._me

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        params: Mapping[str, str | int] | None = None,
        files: Sequence[tuple[str, bytes]] = (),
        repeat: bool = True,
        **ids: str,
    ) -> Any:
        """Send one request and return Discord's answer, decoded.

        discord.py waits for the bucket that the request falls into, and repeats it where the server failed (500, 502, 504, 524).

        Args:
            method: "POST".
            path: "/channels/{channel_id}/messages"; the names of the ids matter, buckets are told apart by them.
            json: The body.
            params: The query.
            files: Name and content of each attachment; the body goes along as `payload_json`.
            repeat: False where doing it twice is not as good as once.
            ids: What stands in the path's braces.

        Raises:
            NotSent: Surely nothing was done.
            Busy: Discord asks for patience, or so many others are waiting; nothing was done.
            OutcomeUnknown: Perhaps done.
            ChannelGone: Not in this channel; `ChannelClosed`, with Discord's `code`.
            WorkspaceGone: Not in this server; `TokenRefused` means nowhere, and Discord is not asked a second time.
            MessageRefused: `Refused`, with Discord's `code`.
            StoreTrouble: The gate could not be asked; nothing was done.
        """
        http = await self._opened()
        more: dict[str, Any] = {"timeout": _TIMEOUT}
        if params is not None:
            more["params"] = params
        if files:
            more["form"] = [
                {"name": "payload_json", "value": jsonlib.dumps(json), "content_type": "application/json"},
                *(
                    {"name": f"files[{index}]", "value": content, "filename": name, "content_type": "application/octet-stream"}
                    for index, (name, content) in enumerate(files)
                ),
            ]
        elif json is not None:
            more["json"] = json
        attempts = Attempts(repeat=repeat)
        request = http.request(Route(method, path, **ids), trace_request_ctx=attempts, **more)
        return await self._answered(f"{method} {path}", request, attempts)

    async def _opened(self) -> HTTPClient:
        async with self._opening:
            if self._dead:
                # A bot that goes on asking with a dead token is banned by its address.
                raise TokenRefused(DEAD)
            if self._http is None:
                self._http = await self._logged_in()
            return self._http

    async def _logged_in(self) -> HTTPClient:
        traced = trace(self._gate, self._clock, at_once=True, pause=self._pause, throttled=self._throttled)
        http = HTTPClient(asyncio.get_running_loop(), http_trace=traced)
        # Its constructor allows no less than 30 seconds, which is longer than a delivery waits for an answer: that would leave it in doubt.
        http.max_ratelimit_timeout = LONGEST_WAIT.total_seconds()
        try:
            user = await self._answered("GET /users/@me", http.static_login(self._token), Attempts())
        except BaseException:
            await http.close()
            raise
        self._me = str(user["id"])
        return http

    async def _answered(self, what: str, request: Awaitable[Any], attempts: Attempts) -> Any:
        try:
            return await request
        except (PostTrouble, StoreTrouble) as error:
            if attempts.doubtful and isinstance(error, (Busy, NotSent, StoreTrouble)):
                raise OutcomeUnknown(f"{what}: not answered, and not to be repeated now: {error}") from error
            raise
        except _FAILURES as error:
            found = trouble(what, error)
            self._dead = self._dead or isinstance(found, TokenRefused)
            if attempts.doubtful and isinstance(found, (Busy, NotSent)):
                raise OutcomeUnknown(f"{what}: not answered, and not to be repeated now: {found}") from error
            raise found from error
