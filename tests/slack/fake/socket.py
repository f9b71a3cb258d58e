"""Socket Mode: connections the app opens, envelopes the fake sends down one of them, acknowledgements."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from aiohttp import WSMsgType, web

from tests.slack.fake.errors import NotAcknowledged

if TYPE_CHECKING:
    from tests.slack.fake.interaction import Interaction
    from tests.slack.fake.record import Json
    from tests.slack.fake.state import State

MOST = 10
"""Connections an app may have at once."""


@dataclass(slots=True, eq=False)
class _Connection:
    socket: web.WebSocketResponse
    waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    """Envelope id to who waits for its acknowledgement."""
    gone: asyncio.Event = field(default_factory=asyncio.Event)


class SocketDoor:
    """All connections, oldest first; each envelope goes to one, in turn."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._turn = 0
        self._sent: set[str] = set()
        self._leaving: set[_Connection] = set()
        self.connections: list[_Connection] = []

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/link/", self.connect)]

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """One connection, from its ticket to its end."""
        if not self._state.redeem_ticket(request.query.get("ticket", "")):
            return web.Response(status=408)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if len(self.connections) >= MOST:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets", "debug_info": {"host": "fake"}})
            await socket.close()
            return socket
        connection = _Connection(socket)
        # Hello before anything else: the test may be waiting to send.
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self.connections) + 1,
                "debug_info": {"host": "fake", "build_number": 1, "approximate_connection_time": 18060},
                "connection_info": {"app_id": "A0PAPERBOY"},
            },
        )
        self.connections.append(connection)
        try:
            await self._listen(connection)
        finally:
            self._forget(connection)
        return socket

    async def deliver(self, interaction: Interaction, *, to: int | None, retry_num: int | None, retry_reason: str | None) -> None:
        """Send one envelope and keep what its acknowledgement carries; raises NotAcknowledged."""
        try:
            await self._state.until(lambda: self.connections)
        except TimeoutError as exc:
            raise NotAcknowledged(interaction, "no connection is open") from exc
        connection = self.connections[to if to is not None else self._turn % len(self.connections)]
        self._turn += to is None
        id = str(uuid4())
        envelope: Json = {"envelope_id": id, "type": interaction.kind, "payload": interaction.payload}
        envelope["accepts_response_payload"] = interaction.kind != "events_api"
        if interaction.kind == "events_api":
            envelope |= {"retry_attempt": retry_num or 0, "retry_reason": retry_reason or ""}
        connection.waiting[id] = asyncio.get_running_loop().create_future()
        self._sent.add(id)
        try:
            await connection.socket.send_json(envelope)
            async with asyncio.timeout(self._state.patience):
                interaction.ack = await connection.waiting[id]
        except TimeoutError as exc:
            raise NotAcknowledged(interaction, f"no acknowledgement within {self._state.patience} s") from exc
        except ConnectionError as exc:
            raise NotAcknowledged(interaction, "the connection was closed before the acknowledgement") from exc
        finally:
            connection.waiting.pop(id, None)
        interaction.status = 200

    async def disconnect(self, reason: str, which: int = 0) -> None:
        """Say disconnect and close once the app has left, or at once without a word where the reason is ""."""
        connection = self.connections[which]
        # From here on nothing is sent down it, but what is on its way may still be acknowledged.
        self.connections.remove(connection)
        self._leaving.add(connection)
        if reason:
            await connection.socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "fake"}})
            try:
                async with asyncio.timeout(self._state.patience):
                    await connection.gone.wait()
            except TimeoutError:
                await connection.socket.close()
        else:
            await connection.socket.close()
            await connection.gone.wait()

    async def close(self) -> None:
        """Close every connection."""
        for connection in [*self.connections, *self._leaving]:
            await connection.socket.close()

    async def _listen(self, connection: _Connection) -> None:
        async for frame in connection.socket:
            if frame.type is not WSMsgType.TEXT:
                continue
            ack = json.loads(frame.data)
            id = ack.get("envelope_id", "")
            if id not in self._sent:
                self._state.problem("socket", f"acknowledged what was never sent: {frame.data}")
            # Too late, or once more: Slack does not mind either.
            waiting = connection.waiting.get(id)
            if waiting is not None and not waiting.done():
                waiting.set_result(ack.get("payload") or {})

    def _forget(self, connection: _Connection) -> None:
        self._leaving.discard(connection)
        if connection in self.connections:
            self.connections.remove(connection)
        for waiting in connection.waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionResetError())
        connection.gone.set()
