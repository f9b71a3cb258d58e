"""Who may see the operator's page: whoever has OPERATOR_TOKEN. Wrong ones are told slowly."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections import OrderedDict, deque
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TRIES = 10
"""Wrong ones within WINDOW from one address. Behind a router all come from the same; then nobody at all is let in for a while."""
WINDOW = timedelta(minutes=1)
MOST_REMEMBERED = 1000
"""Addresses; of more, those that were wrong longest ago are forgotten."""


class Verdict(Enum):
    """What is to be answered."""

    ADMITTED = "it is the operator"
    ASKED = "who are you?"
    WRONG = "that is not it"
    SLOWLY = "too many were wrong"


class Guard:
    """Knows the token, and who was wrong lately.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, token: str, *, clock: Callable[[], float]) -> None:
        self._token = _digest(token.encode())
        self._clock = clock
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

    def judge(self, authorization: str, came_from: str) -> Verdict:
        """Whether a request comes from the operator. Counts it if it says something wrong.

        Args:
            authorization: The header: "Bearer TOKEN", or Basic with the token as password; "" if there is none.
            came_from: The address of whoever asks, as we see it.
        """
        if not authorization:
            return Verdict.ASKED
        since = self._clock() - WINDOW.total_seconds()
        tries = self._wrong.get(came_from, deque())
        while tries and tries[0] <= since:
            tries.popleft()
        if len(tries) >= TRIES:
            return Verdict.SLOWLY
        # Of digests, which are equally long: how long the comparison takes tells nothing of the token.
        if hmac.compare_digest(_digest(_said(authorization)), self._token):
            return Verdict.ADMITTED
        tries.append(self._clock())
        self._wrong[came_from] = tries
        self._wrong.move_to_end(came_from)
        if len(self._wrong) > MOST_REMEMBERED:
            self._wrong.popitem(last=False)
        return Verdict.WRONG


def _said(authorization: str) -> bytes:
    """The token that somebody named, in whatever way; b"" for what cannot be read (RFC 7617, RFC 6750)."""
    scheme, _, rest = authorization.partition(" ")
    match scheme.lower():
        case "bearer":
            return rest.strip().encode(errors="replace")
        case "basic":
            try:
                return base64.b64decode(rest.strip(), validate=True).partition(b":")[2]
            except (binascii.Error, ValueError):
                return b""
        case _:
            return b""


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()
