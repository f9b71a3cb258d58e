"""What Discord sends, changed in every way: it is answered or let pass, and nothing falls over."""

from __future__ import annotations

import asyncio
import traceback
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.safety.fuzzing import changed, effort, mutated, unhandled, values

if TYPE_CHECKING:
    from tests.discord.listening import Paperboy

FRESH = timedelta(minutes=2)
NONSENSE: tuple[Any, ...] = (None, [], {}, "\ud800", 10**30, True)
SAMPLES = ("command", "press", "menu", "complete", "submit", "MESSAGE_CREATE", "MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE")
LIVES = ("CHANNEL_UPDATE", "CHANNEL_DELETE", "THREAD_UPDATE", "THREAD_DELETE", "GUILD_DELETE", "GUILD_MEMBER_UPDATE", "GUILD_ROLE_UPDATE")


def sample(paperboy: Paperboy, kind: str) -> tuple[str, dict[str, Any]]:
    """The name of the gateway's event and its payload; interactions anew, with a token that is good."""
    server = paperboy.server
    user, channel = server.ada, server.reading
    match kind:
        case "command":
            sub = {"type": 1, "name": "subscribe", "options": [{"type": 3, "name": "query", "value": "curriculum"}]}
            made = server.interaction(2, {"id": "1", "name": "papers", "type": 1, "options": [sub]})
        case "press":
            data = {"component_type": 2, "custom_id": "t0:search curriculum"}
            made = server.interaction(3, data, message=server.say(channel, server.bot, "buttons"))
        case "menu":
            shown = server.say(channel, user, "look: https://arxiv.org/abs/2611.00001").payload()
            data = {
                "id": "1",
                "name": "Find similar papers",
                "type": 3,
                "target_id": shown["id"],
                "resolved": {"messages": {shown["id"]: shown}},
            }
            made = server.interaction(2, data)
        case "complete":
            sub = {"type": 1, "name": "unsubscribe", "options": [{"type": 3, "name": "rule", "value": "cur", "focused": True}]}
            made = server.interaction(4, {"id": "1", "name": "papers", "type": 1, "options": [sub]})
        case "submit":
            field = {"type": 18, "id": 2, "component": {"type": 4, "id": 3, "custom_id": "field:limit", "value": "7"}}
            made = server.interaction(5, {"custom_id": "f:settings", "components": [field]})
        case "MESSAGE_CREATE":
            said = server.say(channel, user, f"<@{server.bot.id}> list").payload()
            member = {"roles": [server.acme.id], "nick": "Ada"}
            return kind, {**said, "guild_id": server.acme.id, "member": member, "mentions": [server.bot.payload()]}
        case _:
            under = server.say(channel, server.bot, "a paper")
            event = {"user_id": user.id, "channel_id": channel.id, "message_id": under.id, "guild_id": server.acme.id}
            return kind, {**event, "emoji": {"id": None, "name": "👍"}, "message_author_id": server.bot.id, "type": 0, "burst": False}
    return "INTERACTION_CREATE", made.payload


async def told(paperboy: Paperboy, event: str, payload: object) -> list[Any]:
    """What the log says of a payload that came over the gateway, with what discord.py would say of an exception."""
    logs: list[Any] = []

    async def on_error(name: str, *_: object) -> None:
        logs.append({"event": "listener_failed", "name": name, "exception": traceback.format_exc()})

    paperboy.bot.on_error = on_error  # type: ignore[method-assign]  # as discord.py has it set
    with capture_logs() as heard:
        paperboy.bot._connection.parsers[event](payload)
        assert await paperboy.bot.finish()
        await asyncio.sleep(0)
    return [*logs, *heard]


@effort(150)
@given(data=st.data())
async def test_a_payload_of_any_shape_is_answered_or_let_pass(data: st.DataObject, on_discord: Paperboy) -> None:
    on_discord.server.clock.advance(FRESH)
    event, payload = sample(on_discord, data.draw(st.sampled_from(SAMPLES), label="kind"))
    payload = data.draw(mutated(payload, but=frozenset({"token"})), label="payload")
    logs = await told(on_discord, event, payload)
    # Reactions are read by discord.py, which may stumble; the line is not ended by it.
    stumbled = [line for line in logs if line["event"] == "event_malformed"]
    assert not stumbled or event.startswith("MESSAGE_REACTION")
    assert [line for line in unhandled(logs) if line not in stumbled] == []


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("MESSAGE_CREATE", ("type",), [0]),
        ("MESSAGE_CREATE", ("guild_id",), "not a number"),
        ("MESSAGE_CREATE", ("member", "roles"), [None]),
        ("MESSAGE_CREATE", ("content",), "\ud800"),
        ("MESSAGE_REACTION_ADD", ("emoji", "name"), ["👍"]),
        ("MESSAGE_REACTION_ADD", ("message_author_id",), []),
        ("MESSAGE_REACTION_ADD", ("channel_id",), "9" * 4_000),
        ("command", ("channel", "type"), {}),
        ("command", ("channel", "id"), "9" * 5_000),
        ("command", ("channel", "parent_id"), "9" * 5_000),
        ("command", ("member", "permissions"), "9" * 5_000),
        ("command", ("app_permissions",), "9" * 5_000),
        ("menu", ("data", "target_id"), []),
        ("press", ("data", "values"), [7]),
    ],
)
async def test_what_once_made_it_stumble(kind: str, path: tuple[str, ...], value: object, on_discord: Paperboy) -> None:
    event, payload = sample(on_discord, kind)
    logs = await told(on_discord, event, changed(payload, path, value))
    assert unhandled(logs) == []


@effort(60)
@given(data=st.data())
async def test_anything_in_the_place_of_a_payload_ends_nothing(data: st.DataObject, on_discord: Paperboy) -> None:
    event = data.draw(st.sampled_from(["INTERACTION_CREATE", "MESSAGE_CREATE", "MESSAGE_REACTION_ADD", *LIVES]), label="event")
    logs = await told(on_discord, event, data.draw(values, label="payload"))
    assert [line for line in unhandled(logs) if line["event"] != "event_malformed"] == []


@pytest.mark.parametrize("kind", SAMPLES)
async def test_a_sample_that_nobody_touched_is_served(kind: str, on_discord: Paperboy) -> None:
    event, payload = sample(on_discord, kind)
    logs = await told(on_discord, event, payload)
    assert unhandled(logs) == []
    assert [line["event"] for line in logs if line["event"] in {"event_malformed", "interaction_not_understood"}] == []
    if event == "INTERACTION_CREATE":
        assert on_discord.server.interactions[payload["id"]].response is not None


async def test_after_all_that_the_line_is_still_open(on_discord: Paperboy) -> None:
    server = on_discord.server
    _, payload = sample(on_discord, "command")
    for name in ("data", "member", "guild_id", "channel", "type"):
        for value in NONSENSE:
            server.gateway.dispatch("INTERACTION_CREATE", changed(payload, (name,), value), guild=server.acme.id)
    await on_discord.done()
    assert "none yet" in await on_discord.typed("list")
