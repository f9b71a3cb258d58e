"""A Web API request as it comes over HTTP, made into plain arguments."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiohttp import web

    from tests.slack.fake.record import Json

STRUCTURED = frozenset({"attachments", "blocks", "files", "metadata", "source_metadata", "unfurls", "user_auth_blocks", "view"})
NUMBERS = frozenset({"length", "limit"})
FLAGS = frozenset(
    {
        "exclude_archived",
        "full",
        "include_all_metadata",
        "include_locale",
        "include_num_members",
        "inclusive",
        "link_names",
        "mrkdwn",
        "prevent_creation",
        "reply_broadcast",
        "return_im",
        "test",
        "unfurl_links",
        "unfurl_media",
        "user_auth_required",
    },
)


async def arguments(request: web.Request) -> Json:
    """Query and body together, form or JSON; JSON strings parsed, flags as booleans, numbers as such."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        body = await request.json()
        args |= body if isinstance(body, dict) else {}
    elif request.method == "POST":
        args |= dict(await request.post())
    return {name: _value(name, value) for name, value in args.items()}


def bearer(request: web.Request, args: Json) -> str:
    """The token, by header or as an argument, "" for none."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if kind.lower() == "bearer" else str(args.get("token", ""))


def client(request: web.Request, args: Json) -> tuple[str, str]:
    """Client id and secret, by Basic authentication or as arguments."""
    kind, _, written = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            id, _, secret = base64.b64decode(written).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return id, secret
    return str(args.get("client_id", "")), str(args.get("client_secret", ""))


def _value(name: str, value: Any) -> Any:
    if not isinstance(value, str | int):
        return value
    written = str(value).strip().lower()
    if name in FLAGS:
        return written not in ("", "0", "false", "none", "null")
    if name in NUMBERS and written.isdigit():
        return int(written)
    if name in STRUCTURED and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value  # the checks say so
    return value
