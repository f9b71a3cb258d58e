"""Bad days of the REST API, to be queued with `FakeDiscord.fault`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from tests.discord.fake.errors import ApiError

PAGE = "<!DOCTYPE html><html><head><title>{title} | discord.com | Cloudflare</title></head><body></body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to one call instead of, or after, doing it.

    Attributes:
        done: The call is carried out although the caller may never hear of it.
        late: It is carried out only at `FakeDiscord.release`.
        reply: What comes back: an HTTP answer, a closed connection, nothing until `FakeDiscord.release`, half of the true answer.
        after: Seconds until a hang ends, or a late call lands, without a release; None for never.
        scope: Of a 429: user, global or shared; "" for every other answer.
    """

    done: bool = False
    late: bool = False
    reply: Literal["answer", "drop", "hang", "torn"] = "answer"
    after: float | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | str = ""
    scope: str = ""


def error(code: int, *, status: int | None = None, message: str = "", **more: Any) -> Fault:
    """Answer this code, with the HTTP status it has in Discord's documentation unless another is given; nothing is done."""
    refusal = ApiError(code, status=status, message=message, **more)
    return Fault(status=refusal.status, body=refusal.body)


def rate_limited(retry_after: float = 0.05, *, scope: Literal["user", "global", "shared"] = "user") -> Fault:
    """HTTP 429 as Discord itself answers it; `retry_after` in seconds."""
    return Fault(status=429, body={"message": "You are being rate limited.", "retry_after": retry_after}, scope=scope)


def cloudflare() -> Fault:
    """HTTP 429 from Cloudflare: a page, no Via, nothing that says how long."""
    return Fault(status=429, body=PAGE.format(title="Access denied"))


def server_error(status: int = 502, *, done: bool = False) -> Fault:
    """A page, as the edge sends it; discord.py repeats on 500, 502, 504 and 524."""
    return Fault(done=done, status=status, body=PAGE.format(title="Bad gateway"))


def drop_before() -> Fault:
    """The connection is closed and nothing was done."""
    return Fault(reply="drop")


def drop_after() -> Fault:
    """Done, then the connection is closed without an answer."""
    return Fault(done=True, reply="drop")


def hang(*, done: bool = False, after: float | None = None) -> Fault:
    """No answer until `FakeDiscord.release`, which answers what was done and closes the connection on what was not.

    Args:
        after: Seconds until it ends by itself.
    """
    return Fault(done=done, reply="hang", after=after)


def late(*, hangs: bool = False, after: float | None = None) -> Fault:
    """The call is carried out at `FakeDiscord.release`.

    Args:
        hangs: The connection is closed only then, and not at once.
        after: Seconds until it is carried out without a release.
    """
    return Fault(late=True, reply="hang" if hangs else "drop", after=after)


def torn() -> Fault:
    """Done, but of the answer only the first half arrives."""
    return Fault(done=True, reply="torn")
