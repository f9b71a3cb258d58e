"""Payloads as Discord was seen to send them: all that we handle are taken, and whoever asked is answered."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.discord.fake import FakeDiscord
    from tests.discord.listening import Paperboy

SAMPLES = Path(os.environ.get("PAPERBOY_SHARED", "")) / "specs" / "samples" / "recorded"
pytestmark = pytest.mark.skipif(not os.environ.get("PAPERBOY_SHARED"), reason="PAPERBOY_SHARED names no folder of recorded payloads")


def payloads() -> list[Any]:
    """Every payload of the files, with a name: interactions as they are, gateway events with their names."""
    found = []
    for file in sorted(SAMPLES.glob("*discord*.json") if os.environ.get("PAPERBOY_SHARED") else ()):
        recorded = json.loads(file.read_text(encoding="utf-8"))
        bot = recorded.get("applicationId") or recorded.get("metadata", {}).get("botId", "")
        user = recorded.get("userId") or recorded.get("metadata", {}).get("userId", "")
        guild = recorded.get("guildId") or recorded.get("metadata", {}).get("guildId", "")
        found += [
            pytest.param(event, {"bot": bot, "user": user, "guild": guild}, payload, id=f"{file.stem}-{name}")
            for name, event, payload in inside(recorded, "")
        ]
    return found


def inside(value: Any, name: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if not isinstance(value, dict):
        return
    kind = value.get("type")
    if isinstance(kind, str) and kind.startswith("GATEWAY_"):
        yield name, kind.removeprefix("GATEWAY_"), value["data"]
    elif "token" in value and "application_id" in value:
        yield name, "INTERACTION_CREATE", value
    else:
        for key, inner in value.items():
            yield from inside(inner, key)


def ours(payload: dict[str, Any], ids: dict[str, str], server: FakeDiscord) -> dict[str, Any]:
    """A recorded payload with the ids of the fake's world."""
    text = json.dumps(payload)
    for theirs, mine in ((ids["bot"], server.bot.id), (ids["user"], server.ada.id), (ids["guild"], server.acme.id)):
        text = text.replace(theirs, mine) if theirs else text
    filled: dict[str, Any] = json.loads(text)
    return filled


@pytest.mark.parametrize(("event", "ids", "payload"), payloads())
async def test_a_recorded_payload_is_taken_and_whoever_asked_is_answered(
    event: str, ids: dict[str, str], payload: dict[str, Any], paperboy: Paperboy, server: FakeDiscord
) -> None:
    payload = ours(payload, ids, server)
    if "channel_id" in payload:
        payload["channel_id"] = server.reading.id
    known = None
    if event == "INTERACTION_CREATE":
        known = server.interaction(payload["type"], payload["data"])
        payload |= {"id": known.id, "token": known.token, "application_id": server.app_id}
    elif event == "MESSAGE_CREATE":
        payload["id"] = server.say(server.reading, server.ada, "what is replied to").id
    with capture_logs() as logs:
        server.announce(event, server.acme.id, payload)
        await paperboy.done()
    assert [line for line in logs if line["log_level"] == "error"] == []
    if known is not None:
        assert "This button has expired" in known.messages[0].text
        return
    is_asked = event == "MESSAGE_CREATE" and f"<@{server.bot.id}>" in payload["content"] and not payload["author"].get("bot")
    assert bool(paperboy.said()) is is_asked
