"""Slack's signature of a request, version 0."""

from __future__ import annotations

import hashlib
import hmac


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The value of X-Slack-Signature: `v0=` and the hex HMAC-SHA256 of `v0:{timestamp}:{raw body}`."""
    return "v0=" + hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
