"""What Slack delivers twice, answered once: by every process, before and after a restart."""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.ports import Cache

REMEMBERED = timedelta(hours=25)
"""Slack repeats an event for up to 24 hours, where the app asked for that ("Delayed Events")."""


async def is_first(cache: Cache, body: Mapping[str, Any]) -> bool:
    """Whether this payload comes for the first time; from now on it has come.

    Raises:
        StoreTrouble: That is not known.
    """
    return await cache.first(f"slack:heard:{identity(body)}", keep=REMEMBERED)


def identity(body: Mapping[str, Any]) -> str:
    """What a payload and its repeats have in common and no other payload has."""
    view = body.get("view")
    if body.get("type") == "view_submission" and isinstance(view, dict) and view.get("id"):
        return f"view:{view['id']}:{view.get('hash', '')}"
    for name in ("event_id", "trigger_id"):
        if isinstance(known := body.get(name), str) and known:
            return f"{name}:{known}"
    return f"digest:{sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()}"
