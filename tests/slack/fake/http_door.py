"""Deliveries over HTTP: signed requests to the app's one address."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import aiohttp

from tests.slack.fake.errors import NotAcknowledged
from tests.slack.fake.signing import signature

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tests.slack.fake.interaction import Interaction
    from tests.slack.fake.record import Json
    from tests.slack.fake.state import State


class HttpDoor:
    """Posts to `{url}/slack/events`, signed with the real time unless a clock is given."""

    def __init__(self, state: State, url: str, secret: str, clock: Callable[[], datetime] | None) -> None:
        self._state = state
        self._url = url.rstrip("/") + "/slack/events"
        self._secret = secret
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def deliver(self, interaction: Interaction, *, to: int | None, retry_num: int | None, retry_reason: str | None) -> None:
        """Send one request and keep its answer; raises NotAcknowledged. `to` has no meaning here."""
        body, type = _written(interaction)
        headers = {"Content-Type": type}
        if retry_num is not None:
            headers |= {"x-slack-retry-num": str(retry_num), "x-slack-retry-reason": retry_reason or "http_timeout"}
        try:
            status, answer = await self.post(body, headers)
        except TimeoutError as exc:
            raise NotAcknowledged(interaction, f"no answer within {self._state.patience} s") from exc
        except aiohttp.ClientError as exc:
            raise NotAcknowledged(interaction, f"the connection failed: {exc}") from exc
        interaction.status, interaction.ack = status, answer
        if not 200 <= status < 300:
            raise NotAcknowledged(interaction, f"answered HTTP {status}")

    async def post(self, body: bytes, headers: dict[str, str]) -> tuple[int, Json]:
        """Sign, send, and read the answer: JSON as it is, plain text as {"text": ...}, nothing as {}."""
        at = str(int(self._clock().timestamp() if self._clock is not None else time.time()))
        signed = headers | {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature(self._secret, at, body)}
        if self._session is None:
            self._session = aiohttp.ClientSession()
        async with asyncio.timeout(self._state.patience), self._session.post(self._url, data=body, headers=signed) as response:
            text = await response.text()
            if response.content_type == "application/json" and text:
                answer: Json = json.loads(text)
                return response.status, answer
            return response.status, {"text": text} if text else {}

    async def challenge(self) -> bool:
        """Ask for the challenge back, as JSON or as plain text."""
        asked = {"token": "verification", "challenge": "3eZbrw1aB", "type": "url_verification"}
        status, answer = await self.post(json.dumps(asked).encode(), {"Content-Type": "application/json"})
        return status == 200 and "3eZbrw1aB" in (answer.get("challenge"), answer.get("text"))

    async def close(self) -> None:
        """Close the connections to the app."""
        if self._session is not None:
            await self._session.close()


def _written(interaction: Interaction) -> tuple[bytes, str]:
    form = "application/x-www-form-urlencoded"
    match interaction.kind:
        case "slash_commands":
            return urlencode(interaction.payload).encode(), form
        case "interactive":
            return urlencode({"payload": json.dumps(interaction.payload)}).encode(), form
        case "events_api":
            return json.dumps(interaction.payload).encode(), "application/json"
