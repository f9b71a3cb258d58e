"""What is wrong with a request, whatever the fake answers: every line found here fails the test.

Beyond what Discord refuses: a message or answer whose allowed_mentions is not {"parse": []}, and a bot that does not say who it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.discord.fake.schemas import request_problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.discord.fake.record import Json, Request

MESSAGE = "/channels/{channel_id}/messages"
HOOK = "/webhooks/{webhook_id}/{webhook_token}"
SENT = {
    f"POST {MESSAGE}": (),
    f"PATCH {MESSAGE}/{{message_id}}": (),
    f"POST {HOOK}": (),
    f"PATCH {HOOK}/messages/@original": (),
    f"PATCH {HOOK}/messages/{{message_id}}": (),
    "POST /channels/{channel_id}/threads": ("message",),
    "POST /interactions/{interaction_id}/{interaction_token}/callback": ("data",),
}
"""Routes that carry a message, and where in the body it is."""
SEEN = ("content", "embeds", "components")


def problems(request: Request) -> Iterator[str]:
    """Everything wrong with a request, each as "/pointer: reason"."""
    yield from request_problems(request.route, request.body)
    if "interaction" not in request.route and "webhook" not in request.route and not is_a_bots(request):
        yield "User-Agent: Discord wants DiscordBot (url, version)"
    body, at = request.body, ""
    for step in SENT.get(request.route, ()):
        body, at = (body or {}).get(step) if isinstance(body, dict) else None, f"{at}/{step}"
    if request.route in SENT and isinstance(body, dict) and _is_message(request, body):
        yield from _mentions(body.get("allowed_mentions"), at)


def is_a_bots(request: Request) -> bool:
    """Whether the User-Agent has the form Discord wants; without it Cloudflare answers 40333."""
    return request.headers.get("User-Agent", "").startswith("DiscordBot (")


def _is_message(request: Request, body: Json) -> bool:
    return any(body.get(name) for name in SEEN) and not ("callback" in request.route and request.body.get("type") not in (4, 7))


def _mentions(allowed: Any, at: str) -> Iterator[str]:
    if (
        not isinstance(allowed, dict)
        or allowed.get("parse") != []
        or allowed.get("users")
        or allowed.get("roles")
        or allowed.get("replied_user")
    ):
        yield f'{at}/allowed_mentions: must be {{"parse": []}}, is {allowed!r}'
