from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.discord.fake.interaction import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT
from tests.discord.talking import NONE, Answer, Bare, bare

if TYPE_CHECKING:
    from tests.clock import Clock
    from tests.discord.fake import FakeDiscord, Interaction

HELLO = {"content": "hello", "allowed_mentions": NONE}
FORM = {
    "custom_id": "form",
    "title": "Settings",
    "components": [{"type": 18, "label": "Zone", "component": {"type": 4, "custom_id": "zone", "style": 1, "value": "UTC"}}],
}


async def respond(call: Bare, interaction: Interaction, type: int, data: object = None, **query: str) -> Answer:
    path = f"/interactions/{interaction.id}/{interaction.token}/callback"
    body: dict[str, Any] = {"type": type} if data is None else {"type": type, "data": data}
    return await call("POST", path, body, params=query)


def hook(server: FakeDiscord, interaction: Interaction, rest: str = "") -> str:
    return f"/webhooks/{server.app_id}/{interaction.token}{rest}"


async def test_an_answer_is_given_once_and_within_three_seconds(server: FakeDiscord, clock: Clock) -> None:
    prompt, slow = [server.interaction(COMMAND, {"name": "papers"}) for _ in range(2)]
    async with bare(server) as call:
        first = await respond(call, prompt, 4, HELLO, with_response="true")
        assert (await respond(call, prompt, 4, HELLO)).code == 40060
        clock.advance(timedelta(seconds=4))
        assert (await respond(call, slow, 5)).code == 10062
    assert first.body["resource"]["message"]["content"] == "hello"
    assert (prompt.response, prompt.late, slow.response, slow.late) == (4, [4], None, [5])
    assert server.reading.messages == [await prompt.answered()]


async def test_an_answer_for_one_person_is_not_in_the_channel(server: FakeDiscord) -> None:
    interaction = server.interaction(COMMAND, {"name": "papers"})
    async with bare(server) as call:
        assert (await respond(call, interaction, 4, {**HELLO, "flags": 64})).status == 204
    assert interaction.ephemeral
    assert server.reading.ephemerals == interaction.messages
    assert not server.reading.messages
    assert not server.announced


async def test_a_deferred_answer_is_as_private_as_it_was_deferred(server: FakeDiscord, clock: Clock) -> None:
    interaction = server.interaction(COMMAND, {"name": "papers"})
    async with bare(server) as call:
        await respond(call, interaction, 5, {"flags": 64})
        assert (interaction.deferred, interaction.messages) == (5, [])
        clock.advance(timedelta(minutes=14))
        filled = await call("POST", hook(server, interaction), HELLO, params={"wait": "true"})
        more = await call("POST", hook(server, interaction), HELLO)
        changed = await call("PATCH", hook(server, interaction, "/messages/@original"), {"content": "bye", "allowed_mentions": NONE})
        read = await call("GET", hook(server, interaction, f"/messages/{more.body['id']}"))
    assert filled.body["id"] == changed.body["id"] == server.reading.ephemerals[0].id
    assert filled.body["flags"] == 64
    assert [message.content for message in interaction.messages] == ["bye", "hello"]
    assert [message.ephemeral for message in interaction.messages] == [True, False]
    assert read.body["id"] == more.body["id"] == server.reading.messages[0].id


async def test_the_token_lives_fifteen_minutes_from_the_interaction(server: FakeDiscord, clock: Clock) -> None:
    interaction = server.interaction(COMMAND, {"name": "papers"})
    async with bare(server) as call:
        assert (await call("POST", hook(server, interaction), HELLO)).code == 10015
        await respond(call, interaction, 5)
        clock.advance(timedelta(minutes=15, seconds=1))
        late = await call("PATCH", hook(server, interaction, "/messages/@original"), HELLO)
        assert (await call("POST", f"/webhooks/{server.app_id}/nobody", HELLO)).code == 10015
    assert (late.status, late.code) == (401, 50027)


async def test_a_deleted_answer_is_gone(server: FakeDiscord) -> None:
    interaction = server.interaction(COMMAND, {"name": "papers"})
    async with bare(server) as call:
        await respond(call, interaction, 5)
        assert (await call("DELETE", hook(server, interaction, "/messages/@original"))).status == 204
        assert (await call("GET", hook(server, interaction, "/messages/@original"))).code == 10008
    assert interaction.deleted
    assert not server.reading.messages


async def test_a_button_changes_its_message_at_once_or_later(server: FakeDiscord) -> None:
    async with bare(server) as call:
        await call.post(server.reading.id)
        (message,) = server.reading.messages
        now, later = [server.interaction(COMPONENT, {"custom_id": "x", "component_type": 2}, message=message) for _ in range(2)]
        await respond(call, now, 7, {"content": "now", "allowed_mentions": NONE})
        assert message.content == "now"
        await respond(call, later, 6)
        await call("PATCH", hook(server, later, "/messages/@original"), {"content": "later", "allowed_mentions": NONE})
        await call("POST", hook(server, later), {**HELLO, "flags": 64})
    assert (message.content, later.original) == ("later", message)
    assert [one.content for one in later.messages] == ["hello"]
    assert later.followups[0].ephemeral


async def test_a_form_is_opened(server: FakeDiscord) -> None:
    interaction = server.interaction(COMMAND, {"name": "papers"})
    async with bare(server) as call:
        assert (await respond(call, interaction, 9, FORM)).status == 204
    assert interaction.modal == FORM


async def test_choices_are_offered(server: FakeDiscord) -> None:
    interaction = server.interaction(AUTOCOMPLETE, {"name": "papers"})
    choices = [{"name": "LLM", "value": "llm"}]
    async with bare(server) as call:
        assert (await respond(call, interaction, 8, {"choices": choices})).status == 204
    assert interaction.choices == choices


@pytest.mark.parametrize(
    ("kind", "type", "data"),
    [
        (AUTOCOMPLETE, 5, None),
        (AUTOCOMPLETE, 8, {"choices": [{"name": str(n), "value": str(n)} for n in range(26)]}),
        (AUTOCOMPLETE, 8, {"choices": None}),
        (AUTOCOMPLETE, 8, {"choices": [{"name": "", "value": "x"}]}),
        (AUTOCOMPLETE, 8, {"choices": [{"name": "x", "value": "x" * 101}]}),
        (COMMAND, 6, None),
        (COMMAND, 8, {"choices": []}),
        (MODAL_SUBMIT, 9, FORM),
        (COMMAND, 9, {**FORM, "title": "x" * 46}),
        (COMMAND, 9, {**FORM, "components": FORM["components"] * 2}),  # type: ignore[operator]  # a list, as written above
        (COMMAND, 9, {**FORM, "components": []}),
        (COMMAND, 4, {**HELLO, "content": "x" * 2001}),
    ],
)
async def test_what_does_not_go_is_refused(server: FakeDiscord, kind: int, type: int, data: object) -> None:
    interaction = server.interaction(kind, {"name": "papers"})
    with server.expecting_problems() as found:
        async with bare(server) as call:
            assert (await respond(call, interaction, type, data)).code == 50035
    assert found
    assert interaction.response is None


async def test_outside_its_servers_an_app_follows_up_five_times(server: FakeDiscord) -> None:
    hall = server.guild("Elsewhere", joined=False).text("hall")
    hall.guild.member(server.ada)  # type: ignore[union-attr]  # a text channel is in a guild
    interaction = server.interaction(COMMAND, {"name": "papers"}, channel=hall, outside=True)
    assert interaction.payload["authorizing_integration_owners"] == {"1": server.ada.id}
    async with bare(server) as call:
        await respond(call, interaction, 4, HELLO)
        codes = [(await call("POST", hook(server, interaction), HELLO)).body.get("code") for _ in range(6)]
        assert codes == [None] * 5 + [40094]
        inside = server.interaction(COMMAND, {"name": "papers"})
        await respond(call, inside, 4, HELLO)
        assert [(await call("POST", hook(server, inside), HELLO)).status for _ in range(6)] == [200] * 6


async def test_an_answer_that_could_ping_is_a_problem(server: FakeDiscord) -> None:
    interaction = server.interaction(COMMAND, {"name": "papers"})
    with server.expecting_problems() as found:
        async with bare(server) as call:
            await respond(call, interaction, 4, {"content": "@everyone"})
    assert any("allowed_mentions" in problem for problem in found)


async def test_in_direct_messages_there_is_a_user_and_no_member(server: FakeDiscord) -> None:
    direct = server.interaction(COMMAND, {"name": "papers"}, channel=server.dm(server.bob), user=server.bob).payload
    here = server.interaction(COMMAND, {"name": "papers"}).payload
    assert direct["user"]["id"] == server.bob.id
    assert "member" not in direct
    assert int(here["member"]["permissions"]) & 1 << 5
    assert here["member"]["user"]["id"] == server.ada.id


async def test_who_deletes_the_thinking_ends_the_answer(server: FakeDiscord) -> None:
    interaction = server.interaction(COMMAND, {"name": "papers"})
    async with bare(server) as call:
        shown = await respond(call, interaction, 5, with_response="true")
        assert shown.body["interaction"]["response_message_loading"] is True
        assert interaction.original is not None
        interaction.original.deleted = True
        assert (await call("POST", hook(server, interaction), HELLO)).code == 10008


async def test_a_form_has_no_original_and_may_be_followed_up(server: FakeDiscord) -> None:
    interaction = server.interaction(COMMAND, {"name": "papers"})
    async with bare(server) as call:
        assert "resource" not in (await respond(call, interaction, 9, FORM, with_response="true")).body
        assert (await call("GET", hook(server, interaction, "/messages/@original"))).code == 10008
        assert (await call("POST", hook(server, interaction), HELLO)).status == 200


async def test_a_followup_is_changed_and_deleted_by_its_id(server: FakeDiscord) -> None:
    interaction = server.interaction(COMMAND, {"name": "papers"})
    async with bare(server) as call:
        await respond(call, interaction, 4, HELLO)
        id = (await call("POST", hook(server, interaction), HELLO)).body["id"]
        path = hook(server, interaction, f"/messages/{id}")
        assert (await call("PATCH", path, {"content": "more", "allowed_mentions": NONE})).body["content"] == "more"
        assert (await call("DELETE", path)).status == 204
        assert (await call("GET", path)).code == 10008
    assert not interaction.deleted
    assert [message.content for message in interaction.messages] == ["hello"]
    assert [event for event, _, _ in server.announced] == ["MESSAGE_CREATE", "MESSAGE_CREATE", "MESSAGE_UPDATE"]


async def test_an_interaction_nobody_made_is_unknown(server: FakeDiscord) -> None:
    async with bare(server) as call:
        assert (await call("POST", "/interactions/1/x/callback", {"type": 5})).code == 10062
        ping = server.interaction(1, {})
        assert (await respond(call, ping, 1)).status == 204


async def test_a_message_that_was_deleted_is_not_updated(server: FakeDiscord) -> None:
    message = server.say(server.reading, server.bot, "old")
    interaction = server.interaction(COMPONENT, {"custom_id": "x", "component_type": 2}, message=message)
    message.deleted = True
    async with bare(server) as call:
        assert (await respond(call, interaction, 7, HELLO)).code == 10008


async def test_responses_are_waited_for(server: FakeDiscord) -> None:
    interaction = server.interaction(COMMAND, {"name": "papers"})
    async with bare(server) as call:
        task = asyncio.create_task(interaction.responded())
        await respond(call, interaction, 5)
        assert await task == 5
    server.patience = 0.01
    with pytest.raises(TimeoutError):
        await interaction.answered()
