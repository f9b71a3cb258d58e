"""Discord's rate limits by real time: one bucket a route and major parameter, one for all, and Cloudflare above them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Mapping

MAJOR = ("channel_id", "guild_id", "webhook_id", "webhook_token", "interaction_id", "interaction_token")


@dataclass(slots=True)
class Bucket:
    """So many calls in a window that begins with the first of them; `ends` is by the monotonic clock."""

    limit: int
    per: float
    used: int = 0
    ends: float = 0.0

    def take(self, now: float) -> float:
        """Use one up: 0.0, or the seconds until there is another."""
        if now >= self.ends:
            self.used, self.ends = 0, now + self.per
        if self.used >= self.limit:
            return self.ends - now
        self.used += 1
        return 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the limits say to one call: the headers of its answer, and how long to wait if it is refused."""

    headers: dict[str, str]
    retry_after: float = 0.0
    scope: str = "user"


class Limits:
    """What is set, what is used up, and what came of it."""

    def __init__(self) -> None:
        self.refused = 0
        """429s so far, those of faults too."""
        self.invalid = 0
        """Answers of 401, 403 and 429 (scope shared left out) since the last pardon."""
        self.ban_at = 10_000
        self._set: dict[str, tuple[int, float]] = {}
        self._buckets: dict[str, Bucket] = {}
        self._whole: Bucket | None = None

    def route(self, route: str, limit: int, per: float) -> None:
        """Allow `limit` calls in `per` seconds for each major parameter (channel, guild, webhook) of this route."""
        self._set[route] = (limit, per)
        self._buckets.clear()

    def whole(self, limit: int = 50, per: float = 1.0) -> None:
        """Allow `limit` calls in `per` seconds over all routes but those of interactions."""
        self._whole = Bucket(limit, per)

    @property
    def banned(self) -> bool:
        """Whether Cloudflare answers in Discord's place."""
        return self.invalid >= self.ban_at

    def pardon(self) -> None:
        """Forget the invalid answers."""
        self.invalid = 0

    def judge(self, route: str, params: Mapping[str, str]) -> Verdict:
        """Count one call."""
        now = time.monotonic()
        interaction = "_token}" in route
        if self._whole is not None and not interaction and (wait := self._whole.take(now)):
            return Verdict(headers={}, retry_after=wait, scope="global")
        limit, per = self._set.get(route, (1_000, 1.0))
        major = ":".join(params[name] for name in MAJOR if name in params)
        bucket = self._buckets.setdefault(f"{route}:{major}", Bucket(limit, per))
        wait = bucket.take(now)
        left = max(0.0, bucket.ends - now)
        headers = {
            "X-RateLimit-Limit": str(bucket.limit),
            "X-RateLimit-Remaining": str(bucket.limit - bucket.used),
            "X-RateLimit-Reset": f"{time.time() + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": f"{crc32(route.encode()):08x}",
        }
        return Verdict(headers=headers, retry_after=wait)

    def count(self, status: int, scope: str = "") -> None:
        """Remember an answer."""
        self.refused += status == 429
        self.invalid += status in (401, 403) or (status == 429 and scope != "shared")
