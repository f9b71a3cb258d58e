"""Refusals: what the REST API answers instead of doing it, with the HTTP status and text of each code."""

from __future__ import annotations

from typing import Any

KNOWN: dict[int, tuple[int, str]] = {
    0: (401, "401: Unauthorized"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10014: (404, "Unknown Emoji"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    20012: (403, "You are not authorized to perform this action on this application"),
    20016: (429, "This action cannot be performed due to slowmode rate limit"),
    20028: (429, "The channel you are writing has hit the write rate limit"),
    30032: (400, "Maximum number of application commands reached (100)"),
    30034: (400, "Max number of daily application command creates has been reached (200)"),
    30046: (400, "Maximum number of edits to messages older than 1 hour reached. Try again later"),
    40003: (429, "You are opening direct messages too fast"),
    40058: (400, "Cannot send a message in a forum channel"),
    40060: (400, "Interaction has already been acknowledged."),
    40067: (400, "A tag is required to create a forum post in this channel"),
    40094: (400, "This interaction has hit the maximum number of follow up messages"),
    40333: (403, "internal network error"),
    50001: (403, "Missing Access"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50008: (400, "Cannot send messages in a non-text channel"),
    50013: (403, "Missing Permissions"),
    50024: (400, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    50035: (400, "Invalid Form Body"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    50278: (403, "Cannot send messages to this user due to having no mutual guilds"),
    130000: (503, "API resource is currently overloaded. Try again a little later"),
    160004: (400, "A thread has already been created for this message"),
    160005: (400, "Thread is locked"),
    200000: (400, "Message was blocked by automatic moderation"),
    240000: (400, "Message contains a link that is blocked"),
}
"""Code to HTTP status and message. Source: Discord's documentation, Opcodes and Status Codes; the statuses of 5xxxx from memory."""

OURS = frozenset({50006, 50008, 50035, 50109, 40058, 40067, 40333, 30032, 50024})
"""Refusals of a request nobody should have made."""


class ApiError(Exception):
    """The REST API refuses.

    Attributes:
        code: Discord's own number.
        status: The HTTP status.
        body: The whole answer.
    """

    def __init__(self, code: int, *, status: int | None = None, message: str = "", **more: Any) -> None:
        known, text = KNOWN.get(code, (400, "Unknown error"))
        self.code = code
        self.status = status or known
        self.body: dict[str, Any] = {"message": message or text, "code": code, **more}
        super().__init__(f"{code}: {self.body['message']}")


def invalid(problems: list[str]) -> ApiError:
    """Invalid Form Body with a tree of these "/pointer: reason" lines."""
    tree: dict[str, Any] = {}
    for problem in problems:
        pointer, _, reason = problem.partition(": ")
        node = tree
        for step in filter(None, pointer.split("/")):
            node = node.setdefault(step, {})
        node.setdefault("_errors", []).append({"code": "BASE_TYPE_BAD_LENGTH", "message": reason})
    return ApiError(50035, errors=tree)
