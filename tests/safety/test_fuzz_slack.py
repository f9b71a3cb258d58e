"""What Slack sends, changed in every way: it is answered or let pass, and nothing falls over."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from adapters.slack.http import routes
from adapters.slack.shape import misshapen
from adapters.web.server import serving
from tests.safety.fuzzing import effort, mutated, unhandled, values
from tests.slack.fake import NotAcknowledged, signature

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.clock import Clock
    from tests.slack.listening import Paperboy

SECRET = "shhh"
STAYS = frozenset({"team_id", "api_app_id"})
"""Who knows nobody in a workspace stops there; that is tried elsewhere."""
FRESH = timedelta(minutes=2)


async def samples(paperboy: Paperboy) -> dict[str, Any]:
    """A payload of each kind, as the fake sends it when somebody does it."""
    slack = paperboy.slack
    command = await slack.command("subscribe curriculum")
    await paperboy.done()
    pressed = await slack.press(slack.acme["C0READING"].messages[-1], "Undo")
    opened = await slack.command("settings")
    await paperboy.done()
    form = await slack.command("schedule")
    await paperboy.done()
    said = {"command": command, "press": pressed, "opens": opened, "schedules": form}
    said["mention"] = await slack.mention("subscribe diffusion")
    said["direct"] = await slack.direct("what is new about robots?")
    said["home"] = await slack.home_opened("U0ADA")
    said["link"] = await slack.link_shared(["https://arxiv.org/abs/2611.00001"])
    await paperboy.done()
    said["reaction"] = await slack.react(slack.acme["C0READING"].messages[-1], "+1", "U0ADA")
    for name in ("channel_rename", "channel_archive", "channel_unarchive"):
        said[name] = await slack.lifecycle(name, channel="C0READING", name="papers")
    await paperboy.done()
    if slack.views:
        said["submit"] = await slack.submit(slack.views[-1], {})
        await paperboy.done()
    return {name: one.payload for name, one in said.items()}


@pytest.mark.parametrize(
    "kind",
    [
        "command",
        "press",
        "submit",
        "mention",
        "direct",
        "home",
        "link",
        "reaction",
        "channel_rename",
        "channel_archive",
        "channel_unarchive",
    ],
)
async def test_there_is_a_sample_of_each_kind(kind: str, on_slack: Paperboy) -> None:
    assert kind in await samples(on_slack)


@dataclass
class Door:
    """Our HTTP door, and whoever has its secret."""

    url: str
    http: aiohttp.ClientSession
    clock: Clock
    samples: dict[str, Any] = field(default_factory=dict)
    """Made by the first example, for all of them."""

    async def post(self, payload: Any) -> int:
        """Signed, as Slack does it: events as JSON, commands as a form, and what people press as JSON in a form."""
        if "event" in payload:
            kind, body = "application/json", json.dumps(payload).encode()
        else:
            kind = "application/x-www-form-urlencoded"
            form = payload if "command" in payload else {"payload": json.dumps(payload)}
            body = urlencode(form, errors="replace").encode()
        timestamp = str(int(self.clock().timestamp()))
        headers = {"Content-Type": kind, "X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature(SECRET, timestamp, body)}
        async with self.http.post(f"{self.url}/slack/events", data=body, headers=headers) as response:
            return response.status


@pytest.fixture
async def door(on_slack: Paperboy) -> AsyncIterator[Door]:
    clock = on_slack.slack.clock
    served = routes(on_slack.app, signing_secret=SECRET, clock=clock)
    async with aiohttp.ClientSession() as http, serving(served, host="127.0.0.1", port=0, ready={}) as port:
        yield Door(f"http://127.0.0.1:{port}", http, clock)


@effort(120)
@given(data=st.data())
async def test_a_payload_of_any_shape_is_answered(data: st.DataObject, on_slack: Paperboy, door: Door) -> None:
    if not door.samples:
        door.samples |= await samples(on_slack)
    kind = data.draw(st.sampled_from(sorted(door.samples)), label="kind")
    payload = data.draw(mutated(door.samples[kind], but=STAYS), label="payload")
    # What Slack tells twice is let pass: what is to be worked on has to be new, and not the thirtieth in a minute.
    door.clock.advance(FRESH)
    payload = {name: f"{value}{door.clock.now}" if name in {"event_id", "trigger_id"} else value for name, value in payload.items()}
    with capture_logs() as logs:
        status = await door.post(payload)
        assert await on_slack.app.finish()
    assert unhandled(logs) == []
    # 404: nobody wants to hear of it.
    assert status in {200, 400, 404}
    understood = not any(line["event"] == "payload_not_understood" for line in logs)
    assert understood or status == 400


@effort(150)
@given(payload=values)
def test_what_is_no_payload_is_called_so(payload: Any) -> None:
    assert misshapen(payload)


async def test_every_sample_has_the_shape_of_a_payload(on_slack: Paperboy) -> None:
    assert {kind: misshapen(payload) for kind, payload in (await samples(on_slack)).items() if misshapen(payload)} == {}


async def test_an_envelope_that_cannot_be_understood_ends_no_line(on_slack: Paperboy) -> None:
    on_slack.slack.patience = 0.05
    with capture_logs() as logs:
        for event in (None, "x", {"type": 7}, {"type": "message", "channel": True}, {"type": "message", "text": "\ud800"}):
            with pytest.raises(NotAcknowledged):
                await on_slack.slack.interact({"type": "event_callback", "team_id": "T0TEAM", "event": event}, "events_api")
    assert [line["event"] for line in logs] == ["payload_not_understood"] * 5
    on_slack.slack.patience = 5
    assert "none yet" in await on_slack.typed("list")
