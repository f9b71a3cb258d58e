"""Bad days of the Web API, to be queued with `FakeSlack.fault`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to one call instead of, or after, doing it.

    Attributes:
        done: The method is carried out although the caller may never hear of it.
        late: It is carried out only at `FakeSlack.release`.
        reply: What comes back: an HTTP answer, a closed connection, nothing until `FakeSlack.release`, half of the true answer.
        after: Seconds until a hang ends, or a late call lands, without a release; None for never.
    """

    done: bool = False
    late: bool = False
    reply: Literal["answer", "drop", "hang", "torn"] = "answer"
    after: float | None = None
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


def server_error(status: int = 503, *, done: bool = False) -> Fault:
    """An HTML page, as Slack's edge sends it."""
    return Fault(done=done, status=status, body="<!DOCTYPE html><html><head><title>Server Error | Slack</title></head><body></body></html>")


def drop_before() -> Fault:
    """The connection is closed and nothing was done."""
    return Fault(reply="drop")


def drop_after() -> Fault:
    """Done, then the connection is closed without an answer."""
    return Fault(done=True, reply="drop")


def hang(*, done: bool = False, after: float | None = None) -> Fault:
    """No answer until `FakeSlack.release`, which answers what was done and closes the connection on what was not.

    Args:
        after: Seconds until it ends by itself.
    """
    return Fault(done=done, reply="hang", after=after)


def late(*, hangs: bool = False, after: float | None = None) -> Fault:
    """The call is carried out at `FakeSlack.release`.

    Args:
        hangs: The connection is closed only then, and not at once.
        after: Seconds until it is carried out without a release.
    """
    return Fault(late=True, reply="hang" if hangs else "drop", after=after)


def torn() -> Fault:
    """Done, but of the answer only the first half arrives."""
    return Fault(done=True, reply="torn")
