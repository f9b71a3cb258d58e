"""Bad days of the Web API, to be queued with `FakeSlack.fault`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to one call instead of, or after, doing it.

    Attributes:
        done: The method is carried out although the caller may never hear of it.
        reply: What comes back: an HTTP answer, a closed connection, nothing until `FakeSlack.release`.
    """

    done: bool = False
    late: bool = False
    """Carried out only at `FakeSlack.release`."""
    reply: Literal["answer", "drop", "hang"] = "answer"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | str = ""


def error(name: str, **more: Any) -> Fault:
    """Answer 200 with `ok: false`; nothing is done."""
    return Fault(body={"ok": False, "error": name, **more})


def rate_limited(retry_after: int = 7) -> Fault:
    """HTTP 429 with `Retry-After` in seconds."""
    return Fault(status=429, headers={"Retry-After": str(retry_after)}, body={"ok": False, "error": "ratelimited"})


def rate_limited_200() -> Fault:
    """The other form, documented for chat.postMessage: 200 and no header."""
    return error("rate_limited")


def server_error(status: int = 503) -> Fault:
    """An HTML page, as Slack's edge sends it."""
    return Fault(status=status, body="<!DOCTYPE html><html><head><title>Server Error | Slack</title></head><body></body></html>")


def drop_before() -> Fault:
    """The connection is closed and nothing was done."""
    return Fault(reply="drop")


def drop_after() -> Fault:
    """Done, then the connection is closed without an answer."""
    return Fault(done=True, reply="drop")


def hang(*, done: bool = False) -> Fault:
    """No answer until `FakeSlack.release`, which answers what was done and closes the connection on what was not."""
    return Fault(done=done, reply="hang")


def late() -> Fault:
    """The connection is closed; the call is carried out at `FakeSlack.release`."""
    return Fault(late=True, reply="drop")
