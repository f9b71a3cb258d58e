"""The least that can be called Slack: takes what is posted, says ok, and remembers when. Checks nothing, so that it costs little."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping

TEAM, BOT_USER, BOT, APP = "T0BENCH", "U0BOT", "B0BOT", "A0APP"
SCOPES = "commands,chat:write,users:read,channels:read,groups:read"


class Sink:
    """Answers every Web API method with ok; wakes whoever waits for something said in a channel or to a response_url."""

    def __init__(self) -> None:
        self.posted = 0
        self._waiting: dict[str, asyncio.Future[float]] = {}
        self._numbers = itertools.count(1)

    def application(self) -> web.Application:
        """To be served."""
        app = web.Application(client_max_size=2**22)
        app.router.add_route("*", "/api/{method}", self._method)
        app.router.add_post("/respond/{channel}", self._responded)
        return app

    def said_in(self, channel: str) -> asyncio.Future[float]:
        """The moment (`time.perf_counter`) at which something is first said in answer to what was asked in this channel."""
        future = asyncio.get_running_loop().create_future()
        self._waiting[channel] = future
        return future

    async def _responded(self, request: web.Request) -> web.Response:
        self._wake(request.match_info["channel"])
        await request.read()
        return web.json_response({"ok": True})

    async def _method(self, request: web.Request) -> web.Response:
        arguments = await _arguments(request)
        answer: dict[str, object] = {"ok": True}
        match request.match_info["method"]:
            case "auth.test":
                answer |= {"team": "Bench", "team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT, "user": "paperboy", "app_id": APP}
                answer |= {"url": "https://bench.slack.com/", "is_enterprise_install": False}
            case "users.info":
                user = {"id": arguments.get("user", "U1"), "name": "ada", "tz": "Europe/Berlin", "is_admin": True, "team_id": TEAM}
                answer["user"] = user | {"real_name": "Ada", "profile": {"display_name": "Ada", "real_name": "Ada"}}
            case "chat.postMessage":
                self.posted += 1
                number = next(self._numbers)
                answer |= {"channel": arguments.get("channel", ""), "ts": f"{1_790_000_000 + number // 1000}.{number % 1000:06}"}
                self._wake(str(arguments.get("channel", "")))
            case _:
                pass
        return web.json_response(answer, headers={"x-oauth-scopes": SCOPES})

    def _wake(self, channel: str) -> None:
        future = self._waiting.pop(channel, None)
        if future is not None and not future.done():
            future.set_result(time.perf_counter())


async def _arguments(request: web.Request) -> Mapping[str, object]:
    if request.content_type == "application/json":
        return {**request.query, **json.loads(await request.text() or "{}")}
    return {**request.query, **await request.post()}
