"""A request as it came over HTTP, turned into a `Request`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import BodyPartReader

from tests.discord.fake.record import Request

if TYPE_CHECKING:
    from datetime import datetime

    from aiohttp import web


async def decoded(route: str, request: web.Request, at: datetime) -> Request:
    """Read the whole request: JSON, or a form of payload_json and files."""
    body: Any = None
    files = dict[str, bytes]()
    if request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            content = bytes(await part.read())
            if part.name == "payload_json":
                body = _json(content)
            else:
                files[part.filename or part.name or ""] = content
    elif request.can_read_body:
        body = _json(await request.read() or b"null")
    return Request(
        route=route,
        path=request.path.removeprefix("/api/v10"),
        params=dict(request.match_info),
        query=dict(request.query),
        body=body,
        files=files,
        headers=request.headers.copy(),
        at=at,
    )


def _json(written: bytes) -> Any:
    try:
        return json.loads(written)
    except ValueError:
        # A text is no body of any route: it is refused as 50109.
        return written.decode(errors="replace")
