from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from bot.channel import Managers
from tests.slack.fake import drop_after, error
from tests.slack.listening import READING
from tests.slack.words import words

if TYPE_CHECKING:
    from tests.slack.fake import Interaction, View
    from tests.slack.listening import Paperboy


async def opened(paperboy: Paperboy, text: str, **how: Any) -> View:
    """The form that a command opens; nothing else comes of it."""
    interaction = await paperboy.slack.command(text, **how)
    await paperboy.done()
    assert (interaction.ack, interaction.answers) == ({}, [])
    return paperboy.slack.views[-1]


async def submitted(paperboy: Paperboy, view: View, user: str = "U0ADA", **fields: Any) -> Interaction:
    """Submit with these states of fields, by their action or block."""
    inputs = {
        block["element"]["action_id"] if block["element"]["action_id"] == "zone" else block["block_id"]: (
            block["block_id"],
            block["element"]["action_id"],
        )
        for block in view.blocks
        if block["type"] == "input"
    }
    values = {}
    for name, state in fields.items():
        block, action = next(found for known, found in inputs.items() if name in known)
        values[block] = {action: state}
    interaction = await paperboy.slack.submit(view, values, user)
    await paperboy.done()
    return interaction


@pytest.mark.parametrize(
    ("text", "title"),
    [("settings", "Settings"), ("schedule", "When digests come"), ("subscribe", "Add a rule"), ("import", "Import rules")],
)
async def test_a_command_without_its_arguments_opens_a_form(text: str, title: str, paperboy: Paperboy) -> None:
    view = await opened(paperboy, text)
    assert view.view["title"]["text"] == title


async def test_a_filled_form_is_a_command_said_in_the_channel(paperboy: Paperboy) -> None:
    view = await opened(paperboy, "schedule")
    interaction = await submitted(paperboy, view, time={"selected_time": "07:45"})
    assert interaction.ack == {"response_action": "clear"}
    assert "Ada set the digests of #ml-reading" in paperboy.said()[-1]
    channel = await paperboy.desk.store.channels.load(READING)
    assert (channel.schedule.hour, channel.schedule.minute, channel.schedule.zone) == (7, 45, "Europe/Berlin")


async def test_zones_are_offered_for_the_letters_typed(paperboy: Paperboy) -> None:
    view = await opened(paperboy, "schedule")
    options = await paperboy.slack.suggest(view, "zone", "tok")
    assert options[0]["value"] == "Asia/Tokyo"
    assert await paperboy.slack.suggest(view, "zone", "")
    assert await paperboy.slack.suggest(view, "zone", "<&>" * 99) == []
    await submitted(paperboy, view, zone={"selected_option": options[0]})
    assert (await paperboy.desk.store.channels.load(READING)).schedule.zone == "Asia/Tokyo"


async def test_a_mistake_is_told_at_its_field_and_the_form_stays(paperboy: Paperboy) -> None:
    view = await opened(paperboy, "subscribe")
    interaction = await submitted(paperboy, view, query={"value": "((("})
    assert interaction.ack["response_action"] == "errors"
    assert paperboy.said() == []
    assert not view.closed
    await submitted(paperboy, view, query={"value": "curriculum"})
    assert "Ada subscribed #ml-reading to curriculum" in paperboy.said()[-1]


async def test_what_only_the_channel_can_tell_is_told_to_the_submitter_alone(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    before = len(paperboy.said())
    interaction = await paperboy.slack.command("subscribe")
    await paperboy.done()
    await submitted(paperboy, paperboy.slack.views[-1], query={"value": "curriculum"})
    [answer] = interaction.answers
    assert "already subscribed" in words(answer["blocks"])
    assert len(paperboy.said()) == before


async def test_a_submission_goes_by_the_rights_of_whoever_submits_now(paperboy: Paperboy) -> None:
    view = await opened(paperboy, "subscribe", user="U0BOB")
    await paperboy.typed("settings manage admins")
    await submitted(paperboy, view, user="U0BOB", query={"value": "curriculum"})
    channel = await paperboy.desk.store.channels.load(READING)
    assert channel.settings.managers is Managers.ADMINS
    assert channel.subscriptions == ()


async def test_settings_are_set_by_their_form(paperboy: Paperboy) -> None:
    view = await opened(paperboy, "settings")
    [limit] = [block["element"] for block in view.blocks if "limit" in block["block_id"]]
    [eight] = [option for option in limit["options"] if option["value"] == "8"]
    await submitted(paperboy, view, limit={"selected_option": eight})
    assert "Ada set #ml-reading: limit 8" in paperboy.said()[-1]


async def test_where_the_bot_is_no_member_a_form_answers_by_the_way_it_was_asked(paperboy: Paperboy) -> None:
    paperboy.slack.acme.scopes.discard("chat:write.public")
    paperboy.slack.acme["C0READING"].member = False
    interaction = await paperboy.slack.command("subscribe")
    await paperboy.done()
    await submitted(paperboy, paperboy.slack.views[-1], query={"value": "curriculum"})
    assert [answer["response_type"] for answer in interaction.answers] == ["in_channel", "ephemeral"]


@pytest.mark.parametrize("name", ["expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"])
async def test_a_form_that_does_not_open_in_time_is_answered_in_words(name: str, paperboy: Paperboy) -> None:
    paperboy.slack.fault("views.open", error(name))
    assert "next three" in await paperboy.typed("schedule")


async def test_a_form_that_may_be_open_is_not_answered_as_well(paperboy: Paperboy) -> None:
    paperboy.slack.fault("views.open", drop_after())
    assert await paperboy.typed("schedule") == ""
    assert len(paperboy.slack.views) == 1


async def test_who_may_not_manage_gets_words_and_no_form(paperboy: Paperboy) -> None:
    assert await paperboy.typed("settings", user="U0GUEST")
    assert paperboy.slack.views == []


async def test_an_unknown_select_is_offered_nothing(paperboy: Paperboy) -> None:
    view = await opened(paperboy, "schedule")
    [zone] = [block["element"] for block in view.view["blocks"] if block.get("element", {}).get("action_id") == "zone"]
    zone["action_id"] = "place"
    assert await paperboy.slack.suggest(view, "place", "tok") == []


async def test_a_workspace_that_leaves_gets_no_form(paperboy: Paperboy) -> None:
    paperboy.slack.fault("views.open", error("account_inactive"))
    with capture_logs() as logs:
        assert await paperboy.typed("schedule") == ""
    assert [line["event"] for line in logs] == ["workspace_gone"]


async def test_a_form_of_another_version_says_so(paperboy: Paperboy) -> None:
    view = await opened(paperboy, "subscribe")
    view.view["callback_id"] = "feedback"
    interaction = await submitted(paperboy, view, query={"value": "curriculum"})
    assert "expired" in words(interaction.ack["view"]["blocks"])


async def test_a_form_that_cannot_be_read_says_so_and_is_loud(paperboy: Paperboy) -> None:
    view = await opened(paperboy, "subscribe")
    view.view["private_metadata"] = "not json"
    with capture_logs() as logs:
        interaction = await submitted(paperboy, view, query={"value": "curriculum"})
    assert "Something went wrong" in words(interaction.ack["view"]["blocks"])
    assert [line["event"] for line in logs] == ["form_not_read"]


async def test_a_query_of_the_greatest_length_fits(paperboy: Paperboy) -> None:
    query = " OR ".join(f'"{"x" * 20} {n:04}"' for n in range(15))
    view = await opened(paperboy, "subscribe")
    await submitted(paperboy, view, query={"value": query})
    assert "Ada subscribed" in paperboy.said()[-1]
