"""Slack's Web API as cheaply as it can be had: a bare protocol that says ok, and remembers when something was posted where.

python -m tests.benchmarks.swift_sink        prints its port, and ends with its standard input

`slack_sink` is a web application, and would cost more than what it takes posts from. GET /posted tells how many, GET /posts in which
channel and when (seconds since 1970), GET /core the seconds this process has had of a core; what is no API has 404.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHANNEL = re.compile(rb'"channel": ?"([^"]+)"')
_WHO = b'{"ok":true,"team":"Bench","team_id":"T00000000","user_id":"U0BOT","bot_id":"B0BOT","user":"paperboy","url":"https://x.slack.com/"}'


class Posts:
    """What was posted."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, float]] = []

    def answer(self, path: bytes, body: bytes) -> bytes:
        """The whole response to one request."""
        match path:
            case b"/api/chat.postMessage":
                found = _CHANNEL.search(body)
                channel = found.group(1) if found else b""
                self.taken.append((channel.decode(), time.time()))
                number = len(self.taken)
                return _response(b'{"ok":true,"channel":"%b","ts":"%d.%06d"}' % (channel, 1_790_000_000 + number // 1000, number % 1000))
            case b"/api/auth.test":
                return _response(_WHO)
            case b"/posted":
                return _response(b"%d" % len(self.taken))
            case b"/posts":
                return _response(json.dumps(self.taken).encode())
            case b"/core":
                return _response(b"%f" % time.process_time())
            case _ if path.startswith(b"/api/"):
                return _response(b'{"ok":true}')
            case _:
                return _response(b"{}", status=b"404 Not Found")


_HEAD = b"HTTP/1.1 %b\r\nContent-Type: application/json; charset=utf-8\r\nx-oauth-scopes: chat:write,commands\r\nContent-Length: %d\r\n\r\n"


def _response(body: bytes, *, status: bytes = b"200 OK") -> bytes:
    return _HEAD % (status, len(body)) + body


class Peer(asyncio.Protocol):
    """One connection; requests come one after the other, with a Content-Length where there is a body."""

    def __init__(self, posts: Posts) -> None:
        self._posts = posts
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while (end := self._unread.find(b"\r\n\r\n")) >= 0:
            head = self._unread[:end]
            length = _LENGTH.search(head)
            stop = end + 4 + (int(length.group(1)) if length else 0)
            if len(self._unread) < stop:
                return
            body, self._unread = self._unread[end + 4 : stop], self._unread[stop:]
            self._transport.write(self._posts.answer(head.split(b" ", 2)[1].partition(b"?")[0], body))


async def main() -> None:
    """Serve until standard input ends."""
    posts = Posts()
    server = await asyncio.get_running_loop().create_server(lambda: Peer(posts), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
