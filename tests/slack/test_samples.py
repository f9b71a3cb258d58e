"""Payloads as Slack was seen to send them: all that we handle are taken, and whoever asked is answered."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from adapters.slack.listener import GONE
from tests.slack.fake import Interaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.slack.listening import Paperboy

SAMPLES = Path(os.environ.get("PAPERBOY_SHARED", "")) / "specs" / "samples"
pytestmark = pytest.mark.skipif(not os.environ.get("PAPERBOY_SHARED"), reason="PAPERBOY_SHARED names no folder of recorded payloads")

TYPES = ("event_callback", "block_actions", "view_submission", "view_closed", "message_action")


def payloads(kind: str, pattern: str) -> list[Any]:
    """Every payload of the files, with a name."""
    return [
        pytest.param(payload, id=f"{file.stem}-{'-'.join(path)}")
        for file in sorted((SAMPLES / kind).glob(pattern) if os.environ.get("PAPERBOY_SHARED") else ())
        for path, payload in found(json.loads(file.read_text(encoding="utf-8")), ())
    ]


def found(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    if not isinstance(value, dict):
        return
    if value.get("type") in TYPES or "event" in value or "command" in value or value.get("callback_id") == "":
        yield path, value
        return
    for name, inner in value.items():
        yield from found(inner, (*path, name))


IDS = {"team": "T0TEAM", "user": "U0ADA", "channel": "C0READING", "bot": "U0PAPERBOY"}


def ours(payload: dict[str, Any], bot: str) -> dict[str, Any]:
    """A recorded payload with the ids of the fake's world."""
    text = json.dumps(payload).replace(bot, "U0PAPERBOY") if bot else json.dumps(payload)
    text = re.sub(r'"T0\w{6,}"', '"T0TEAM"', text)
    text = re.sub(r'"C0\w{6,}"', '"C0READING"', text)
    text = re.sub(r'"D0\w{6,}"', '"D0ADA"', text)
    text = re.sub(r'"U0(?!PAPERBOY)\w{6,}"', '"U0ADA"', text)
    filled: dict[str, Any] = json.loads(text)
    return filled


def filled(value: Any, name: str = "", kind: str = "") -> Any:
    """A shape with values in the place of blanks, each of the kind that its name says."""
    if isinstance(value, dict):
        return {key: filled(inner, f"{name}_id" if key == "id" else key, kind) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, name, kind) for inner in value]
    if value != "":
        return value
    for end, id in (
        ("team_id", "T0TEAM"),
        ("app_installed_team_id", "T0TEAM"),
        ("user_id", "U0ADA"),
        ("user", "U0ADA"),
        ("channel_id", "C0READING"),
        ("channel", "C0READING"),
        ("ts", "1763715600.000100"),
        ("message_ts", "1763715600.000100"),
        ("url", "https://arxiv.org/abs/2611.00001"),
        ("trigger_id", "1.2.3"),
        ("event_id", "Ev0SAMPLE"),
        ("unfurl_id", "unfurl-1"),
        ("reaction", "+1"),
        ("tab", "home"),
    ):
        if name == end:
            return id
    return {"type": kind, "command": "/papers", "text": "list", "name": "ml-reading"}.get(name, "")


async def delivered(paperboy: Paperboy, payload: dict[str, Any]) -> tuple[Interaction, list[Any]]:
    kind: Any = "events_api" if "event" in payload else "slash_commands" if "command" in payload else "interactive"
    direct = paperboy.slack.acme.im("U0ADA")
    assert direct.id == "D0ADA"
    if "response_url" in payload:
        payload["response_url"] = paperboy.slack.response_url(paperboy.slack.acme["C0READING"], "U0ADA").url
    interaction = Interaction(slack=paperboy.slack, kind=kind, payload=payload)
    with capture_logs() as logs:
        await paperboy.slack.door.deliver(interaction, to=None, retry_num=None, retry_reason=None)
        await paperboy.done()
    return interaction, [line for line in logs if line["log_level"] == "error"]


@pytest.mark.parametrize("payload", payloads("recorded", "*slack*.json"))
async def test_a_recorded_payload_is_taken_and_whoever_asked_is_answered(payload: dict[str, Any], paperboy: Paperboy) -> None:
    bot = next(iter(re.findall(r"<@(U\w+)>", json.dumps(payload.get("event", {}).get("text", "")))), "")
    payload = ours(payload, bot)
    event = payload.get("event", {})
    interaction, errors = await delivered(paperboy, payload)
    assert interaction.status == 200
    assert errors == []
    is_asked = (
        event.get("type") == "app_mention"
        or event.get("channel_type") == "im"
        or event.get("user") == "U0PAPERBOY"
        or "command" in payload
        or payload.get("type") == "block_actions"
    )
    shown = [*paperboy.slack.ephemerals, *(one for one in paperboy.messages if one.bot)]
    assert bool(shown) is is_asked
    if payload.get("type") == "view_submission":
        assert interaction.ack["response_action"] == "update"


@pytest.mark.parametrize("payload", payloads("slack_shapes", "events-*.json"))
async def test_an_event_of_every_known_shape_is_taken(payload: dict[str, Any], paperboy: Paperboy) -> None:
    payload = filled(payload, kind="event_callback") | {"type": "event_callback"}
    payload["event"]["type"] = payload["event"].get("type") or "message"
    with paperboy.slack.expecting_problems() as problems:
        interaction, errors = await delivered(paperboy, payload)
    assert interaction.status == 200
    assert errors == []
    # The link is in a message that the fake does not know.
    assert [problem for problem in problems if not problem.startswith("chat.unfurl: answered cannot_find_message")] == []


@pytest.mark.parametrize("payload", payloads("slack_shapes", "app-backend-*.json"))
async def test_an_interactive_payload_of_every_known_shape_is_taken(payload: dict[str, Any], paperboy: Paperboy) -> None:
    interaction, errors = await delivered(paperboy, filled(payload, kind=str(payload.get("type", ""))))
    assert interaction.status == 200
    assert errors == []
    told = [*(answer["text"] for answer in interaction.answers), *(one.text for one in paperboy.slack.ephemerals)]
    assert bool(told) is ("command" in payload or payload.get("type") == "block_actions")
    assert GONE not in told, "it is a workspace that we know"
