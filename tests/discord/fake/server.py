"""The fake Discord itself: one server on 127.0.0.1, its doors, its beginning and end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from aiohttp import web

from tests.discord.fake.rest_api import RestApi
from tests.discord.fake.sending import Sending

if TYPE_CHECKING:
    from types import TracebackType

    from tests.clock import Clock


class FakeDiscord(Sending):
    """See the package's docstring for what it can do. Use with `async with`."""

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self.rest = RestApi(self, about=self.gateway.about)
        app = web.Application(client_max_size=64 * 1024**2)
        app.add_routes([*self.rest.routes(), *self.gateway.routes()])
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
        await self.gateway.stop()
        await self._runner.cleanup()
