"""The fake Slack itself: one server on 127.0.0.1, its doors, its beginning and end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from aiohttp import web

from tests.slack.fake.events import Events
from tests.slack.fake.http_door import HttpDoor
from tests.slack.fake.socket import SocketDoor
from tests.slack.fake.web_api import WebApi

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import TracebackType

    from tests.clock import Clock
    from tests.slack.fake.sending import Door


class FakeSlack(Events):
    """See the package's docstring for what it can do. Use with `async with`."""

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._socket = SocketDoor(self)
        self._http: list[HttpDoor] = []
        self.door: Door = self._socket
        app = web.Application(client_max_size=64 * 1024**2)
        app.add_routes([*WebApi(self).routes(), *self._socket.routes()])
        # What still hangs when a test ends is nobody's concern.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, handler_cancellation=True)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.release()
        await self._socket.close()
        for door in self._http:
            await door.close()
        await self._runner.cleanup()

    def use_socket(self) -> None:
        """Send to the app by Socket Mode, as from the start."""
        self.door = self._socket

    def use_http(self, url: str, signing_secret: str = "shhh", *, clock: Callable[[], datetime] | None = None) -> None:
        """Send to the app by POST to `{url}/slack/events`; signed with the real time unless a clock is given."""
        self._http.append(HttpDoor(self, url, signing_secret, clock))
        self.door = self._http[-1]

    async def connected(self, n: int = 1) -> None:
        """Wait, bounded, until n connections are open."""
        await self.until(lambda: len(self._socket.connections) >= n)

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._socket.connections)

    async def disconnect(self, reason: str = "warning", *, which: int = 0) -> None:
        """Send one connection away, the oldest by default; returns when it is gone. The reason "" closes without a word."""
        await self._socket.disconnect(reason, which)

    async def verify_url(self) -> bool:
        """Send url_verification to the last address of `use_http`; whether the challenge came back."""
        return await self._http[-1].challenge()
