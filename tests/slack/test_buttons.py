from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from bot.jobs import take_in
from bot.paper import PaperId
from bot.ports import Harvest
from tests.library import ROBOT
from tests.slack.fake import error
from tests.slack.listening import READING, running, stocked
from tests.slack.words import buttons, words

if TYPE_CHECKING:
    from bot.store.store import RedisStore
    from tests.slack.fake import FakeSlack, Interaction, Message
    from tests.slack.fake.record import Ephemeral
    from tests.slack.listening import Paperboy


async def subscribed(paperboy: Paperboy, text: str = "subscribe curriculum") -> Message:
    await paperboy.typed(text)
    return paperboy.slack.acme["C0READING"].visible[-1]


async def pressed(paperboy: Paperboy, target: Any, action: str, **how: Any) -> Interaction:
    interaction = await paperboy.slack.press(target, action, **how)
    await paperboy.done()
    return interaction


async def whispered(paperboy: Paperboy, text: str, **how: Any) -> Ephemeral:
    """What the answer to a command looks like to the person who typed it."""
    before = len(paperboy.slack.ephemerals)
    await paperboy.slack.command(text, **how)
    await paperboy.done()
    return paperboy.slack.ephemerals[before]


async def test_undo_takes_back_and_says_so_in_the_channel(paperboy: Paperboy) -> None:
    await pressed(paperboy, await subscribed(paperboy), "Undo", user="U0BOB")
    assert "Bob unsubscribed #ml-reading from curriculum" in paperboy.said()[-1]
    assert (await paperboy.desk.store.channels.load(READING)).subscriptions == ()


async def test_preview_is_shown_to_whoever_pressed_alone(paperboy: Paperboy) -> None:
    interaction = await pressed(paperboy, await subscribed(paperboy), "Preview", user="U0BOB")
    [answer] = interaction.answers
    assert (answer["response_type"], answer["replace_original"]) == ("ephemeral", False)
    assert "nothing is saved" in words(answer["blocks"])
    assert len(paperboy.said()) == 1


async def test_a_button_works_a_week_later_in_another_process(slack: FakeSlack, store: RedisStore) -> None:
    desk = await stocked(store)
    async with running(slack, desk) as first:
        message = await subscribed(first)
    slack.clock.advance(timedelta(days=7))
    async with running(slack, desk) as second:
        await pressed(second, message, "Undo")
        assert "unsubscribed" in second.said()[-1]


async def with_many_papers(paperboy: Paperboy) -> None:
    papers = tuple(dataclasses.replace(ROBOT, id=PaperId(f"2611.1{n:04}"), title=f"Curriculum {n} for Robots") for n in range(30))
    await take_in(paperboy.desk, "library", Harvest(papers=papers), await paperboy.desk.store.now())


async def test_a_page_takes_the_place_of_the_one_it_was_turned_from(paperboy: Paperboy) -> None:
    await with_many_papers(paperboy)
    shown = await whispered(paperboy, "search curriculum")
    before, text = len(paperboy.slack.ephemerals), words(shown.blocks)
    interaction = await pressed(paperboy, shown, "Next")
    assert interaction.answers[0]["replace_original"] is True
    assert len(paperboy.slack.ephemerals) == before
    assert words(shown.blocks) != text
    assert "Previous" in buttons(shown.blocks)


@pytest.mark.parametrize("text", ["search curriculum", "today", "trending month"])
async def test_a_page_is_one_message_so_that_all_of_it_is_turned(text: str, paperboy: Paperboy) -> None:
    await with_many_papers(paperboy)
    shown = await whispered(paperboy, text)
    assert len(paperboy.slack.ephemerals) == 1
    await pressed(paperboy, shown, "Next")
    assert len(paperboy.slack.ephemerals) == 1
    assert "Previous" in buttons(shown.blocks)


async def test_a_page_turned_in_the_channel_leaves_what_others_read(paperboy: Paperboy) -> None:
    await with_many_papers(paperboy)
    await paperboy.typed("search curriculum here")
    message = paperboy.slack.acme["C0READING"].visible[-1]
    text = words(message.blocks)
    interaction = await pressed(paperboy, message, "Next", user="U0GUEST")
    assert words(message.blocks) == text
    assert interaction.answers[0]["response_type"] == "ephemeral"
    assert interaction.answers[0]["replace_original"] is False
    assert "Previous" in buttons(interaction.answers[0]["blocks"])


async def test_a_page_is_turned_in_place_in_direct_messages(paperboy: Paperboy) -> None:
    await with_many_papers(paperboy)
    await paperboy.slack.direct("search curriculum")
    await paperboy.done()
    message = paperboy.slack.acme.im("U0ADA").visible[-1]
    await pressed(paperboy, message, "Next")
    assert "Previous" in buttons(message.blocks)
    assert message is paperboy.slack.acme.im("U0ADA").visible[-1]


async def test_what_only_opens_a_page_is_acknowledged_and_nothing_more(paperboy: Paperboy) -> None:
    shown = await whispered(paperboy, "show 2611.00001")
    interaction = await pressed(paperboy, shown, "PDF")
    assert (interaction.ack, interaction.answers) == ({}, [])


async def test_an_option_of_a_papers_menu_is_a_command_like_any_other(paperboy: Paperboy) -> None:
    shown = await whispered(paperboy, "search curriculum")
    await pressed(paperboy, shown, "Save")
    assert "Ada saved" in paperboy.said()[-1]


async def test_a_button_of_another_version_says_that_it_has_expired(paperboy: Paperboy) -> None:
    message = await subscribed(paperboy)
    message.blocks = [
        {"type": "actions", "elements": [{"type": "button", "action_id": "greet", "text": {"type": "plain_text", "text": "Hi"}}]}
    ]
    interaction = await pressed(paperboy, message, "greet")
    assert "expired" in words(interaction.answers[0]["blocks"])
    message.blocks[0]["elements"][0]["action_id"] = "mytype:1"
    interaction = await pressed(paperboy, message, "mytype:1")
    assert "expired" in words(interaction.answers[0]["blocks"])


async def test_a_button_in_a_thread_is_answered_in_that_thread(paperboy: Paperboy) -> None:
    message = await subscribed(paperboy)
    message.thread_ts = "1763715600.000100"
    interaction = await pressed(paperboy, message, "Preview")
    assert interaction.answers[0]["thread_ts"] == "1763715600.000100"


async def test_what_did_not_fit_a_digest_comes_in_its_thread(paperboy: Paperboy) -> None:
    await paperboy.typed("settings limit 1")
    await paperboy.typed("subscribe curriculum")
    await paperboy.typed("digest")
    digest = next(one for one in paperboy.slack.acme["C0READING"].visible if any("more" in label for label in buttons(one.blocks)))
    label = next(label for label in buttons(digest.blocks) if "more" in label)
    await pressed(paperboy, digest, label, user="U0BOB")
    reply = paperboy.slack.acme["C0READING"].visible[-1]
    assert reply.thread_ts == digest.ts
    interaction = await pressed(paperboy, digest, label, user="U0ADA")
    assert interaction.answers[0]["response_type"] == "ephemeral"
    assert interaction.answers[0]["thread_ts"] == digest.ts


async def test_edit_opens_a_form_with_the_rule(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    shown = await whispered(paperboy, "list")
    await pressed(paperboy, shown, "Edit")
    [view] = paperboy.slack.views
    assert "curriculum" in repr(view.blocks)


async def test_a_form_that_comes_too_late_asks_to_press_again(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    shown = await whispered(paperboy, "list")
    paperboy.slack.fault("views.open", error("expired_trigger_id"))
    interaction = await pressed(paperboy, shown, "Edit")
    assert "Please press again" in words(interaction.answers[-1]["blocks"])
    assert paperboy.slack.views == []


async def test_in_an_archived_channel_a_button_answers_with_the_reason(paperboy: Paperboy) -> None:
    message = await subscribed(paperboy)
    paperboy.slack.acme["C0READING"].archived = True
    interaction = await pressed(paperboy, message, "Undo")
    assert "archived" in words(interaction.answers[0]["blocks"])


async def test_a_press_without_sense_is_survived(paperboy: Paperboy) -> None:
    message = await subscribed(paperboy)
    with capture_logs() as logs:
        await pressed(paperboy, message, "Undo", value="")
        await pressed(paperboy, message, "Undo", value="unsubscribe " + "x" * 1900)
    assert not [line for line in logs if line["log_level"] == "error"]


@pytest.mark.parametrize("user", ["U0GUEST"])
async def test_whoever_presses_needs_the_right_to(user: str, paperboy: Paperboy) -> None:
    await pressed(paperboy, await subscribed(paperboy), "Undo", user=user)
    assert (await paperboy.desk.store.channels.load(READING)).subscriptions
