"""A server that speaks just enough of the Redis protocol to answer wrongly, late, or not at all."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

Answer = bytes | None
"""What goes over the wire; None closes the connection instead."""


class FakeServer:
    """Answers each command with what `answer` says; keeps what it was told."""

    def __init__(self, answer: Callable[[list[str]], Answer]) -> None:
        self.answer = answer
        self.told: list[list[str]] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                command = []
                for _ in range(int(line[1:])):
                    size = int((await reader.readline())[1:])
                    command.append((await reader.readexactly(size + 2))[:-2].decode())
                if command[0] in {"CLIENT", "SELECT", "PING"}:  # redis-py introduces itself
                    writer.write(b"+PONG\r\n" if command[0] == "PING" else b"+OK\r\n")
                    continue
                self.told.append(command)
                reply = self.answer(command)
                if reply is None:
                    return
                writer.write(reply)
        finally:
            writer.close()


@asynccontextmanager
async def fake_server(answer: Callable[[list[str]], Answer], *, tls: ssl.SSLContext | None = None) -> AsyncIterator[FakeServer]:
    fake = FakeServer(answer)
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0, ssl=tls)
    fake.port = server.sockets[0].getsockname()[1]
    try:
        yield fake
    finally:
        server.close()


def bulk(text: str) -> bytes:
    return f"${len(text.encode())}\r\n{text}\r\n".encode()
