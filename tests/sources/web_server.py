"""A web server on 127.0.0.1 that says exactly what a test wants said, byte by byte, and breaks off where it is told to."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is sent back."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    """Break off after so many bytes of the body, though more were promised."""
    endless: bool = False
    """Repeat the body for as long as somebody listens."""
    stuck: bool = False
    """Send the body and then nothing more, without ending."""
    mute: bool = False
    """Say nothing at all."""
    dead: bool = False
    """Close the connection without a word."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked."""

    path: str
    """Decoded."""
    target: str
    """As sent: path and query."""
    query: dict[str, str]
    headers: dict[str, str]
    """Names in lower case."""


class WebServer:
    """Replies by path, in turn; the last one of a path is repeated. An unknown path is 404."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._replies: dict[str, list[Reply]] = {}
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self.url = ""

    def says(self, path: str, *replies: Reply) -> None:
        """From now on, at this path."""
        self._replies[path] = list(replies)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            self._talks.discard(task)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        target = head[0].split(" ")[1]
        parts = urlsplit(target)
        pairs = (line.partition(":") for line in head[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        self.requests.append(Request(unquote(parts.path), target, dict(parse_qsl(parts.query)), headers))
        replies = self._replies.get(unquote(parts.path), [Reply(status=404)])
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if reply.mute:
            await reader.read()
        if reply.mute or reply.dead:
            return
        lines = [f"HTTP/1.1 {reply.status} Whatever", "Connection: close"]
        if not (reply.endless or reply.stuck):
            lines.append(f"Content-Length: {len(reply.body)}")
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + reply.body[: reply.cut])
        await writer.drain()
        while reply.endless:
            writer.write(reply.body)
            await writer.drain()
        if reply.stuck:
            await reader.read()
