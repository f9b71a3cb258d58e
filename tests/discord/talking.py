"""Speaking to the fake as the bot does: discord.py's own HTTP client, or bare requests with the bot's token."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import aiohttp
from discord.http import HTTPClient, Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from tests.discord.fake import FakeDiscord

NONE = {"parse": list[str]()}
AGENT = "DiscordBot (https://example.org, 1)"


@asynccontextmanager
async def real(server: FakeDiscord) -> AsyncIterator[HTTPClient]:
    """discord.py's client, logged in."""
    with patch.object(Route, "BASE", server.rest_url):
        client = HTTPClient(asyncio.get_running_loop())
        try:
            await client.static_login(server.token)
            yield client
        finally:
            await client.close()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> int:
        """Discord's own, of a refusal."""
        return int(self.body["code"])


class Bare:
    """Requests with nothing around them."""

    def __init__(self, server: FakeDiscord, session: aiohttp.ClientSession) -> None:
        self._server = server
        self._session = session

    async def __call__(self, verb: str, path: str, body: object = None, **more: Any) -> Answer:
        """One request; `more` goes to aiohttp."""
        headers = {"Authorization": f"Bot {self._server.token}", "User-Agent": AGENT} | more.pop("headers", {})
        async with self._session.request(verb, self._server.rest_url + path, json=body, headers=headers, **more) as response:
            json = response.content_type == "application/json"
            return Answer(response.status, await (response.json() if json else response.text()), response.headers)

    async def post(self, channel: str, content: str = "hello", **more: Any) -> Answer:
        """A message as we send them."""
        return await self("POST", f"/channels/{channel}/messages", {"content": content, "allowed_mentions": NONE, **more})


@asynccontextmanager
async def bare(server: FakeDiscord) -> AsyncIterator[Bare]:
    """Without discord.py."""
    async with aiohttp.ClientSession() as session:
        yield Bare(server, session)
