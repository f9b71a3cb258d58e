from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from adapters.discord import ear, serving
from adapters.discord.actions import tokens_for
from bot.commands import Answer
from bot.errors import StoreAway
from bot.message import Button, Buttons, Message, Text
from tests.discord.fake.faults import error
from tests.discord.fake.permissions import BOT_PERMISSIONS, CREATE_PUBLIC_THREADS, VIEW_CHANNEL
from tests.discord.listening import buttons, private, words

if TYPE_CHECKING:
    from bot.commands import Call
    from bot.desk import Desk
    from tests.discord.fake import FakeDiscord
    from tests.discord.fake.record import Message as Shown
    from tests.discord.listening import Paperboy

LONG = "subscribe " + " OR ".join(f"curriculum{number}" for number in range(20))


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """`list` has two pages."""

    async def paged(desk: Desk, call: Call) -> Answer:
        number = 2 if "page:2" in call.text else 1
        turn = Buttons((Button("Next", f"list page:{3 - number}", turns=True),))
        return Answer(Message((Text(f"page {number}"), turn)), public=call.text.endswith(" here"))

    monkeypatch.setattr(serving, "answer", paged)


async def digest(paperboy: Paperboy) -> Shown:
    """A digest of one paper in ml-reading, with two more."""
    await paperboy.typed("settings limit 1")
    await paperboy.typed("subscribe curriculum")
    await paperboy.typed("digest")
    await paperboy.desk.hurry()
    return next(one for one in paperboy.server.reading.messages if one.nonce)


async def test_a_button_types_its_command(paperboy: Paperboy, server: FakeDiscord) -> None:
    await paperboy.typed("subscribe curriculum")
    interaction = await server.press(server.reading.messages[-1], "Undo")
    assert (interaction.deferred, interaction.ephemeral) == (5, False)
    await paperboy.done()
    assert "Ada unsubscribed" in paperboy.said()[-1]


async def test_what_a_button_shows_is_for_who_pressed_it(paperboy: Paperboy, server: FakeDiscord) -> None:
    shown = await digest(paperboy)
    before = len(server.reading.messages)
    interaction = await server.press(shown, "Similar", user=server.bob)
    assert interaction.ephemeral
    assert "Like “" in words(await interaction.answered())
    await paperboy.done()
    assert len(server.reading.messages) == before


async def test_a_page_takes_the_place_of_the_page_that_its_asker_reads(paperboy: Paperboy, server: FakeDiscord, pages: None) -> None:
    interaction = await server.command("list")
    first = await interaction.answered()
    turned = await server.press(first, "Next")
    await paperboy.done()
    assert turned.deferred == 6
    assert turned.messages == []
    assert words(first).startswith("page 2")


async def test_a_page_that_others_read_as_well_stays(paperboy: Paperboy, server: FakeDiscord, pages: None) -> None:
    await server.command("list", here=True)
    await paperboy.done()
    first = server.reading.messages[-1]
    turned = await server.press(first, "Next", user=server.bob)
    await paperboy.done()
    assert turned.deferred == 5
    assert words(first).startswith("page 1")
    assert words(private(turned)[0]).startswith("page 2")


async def test_in_direct_messages_pages_turn(paperboy: Paperboy, server: FakeDiscord, pages: None) -> None:
    await server.command("list", channel=server.dm(server.ada))
    await paperboy.done()
    (first,) = server.dm(server.ada).messages
    await server.press(first, "Next")
    await paperboy.done()
    assert words(first).startswith("page 2")
    assert len(server.dm(server.ada).messages) == 1


async def test_a_page_that_comes_too_late_to_turn_is_shown_beside(paperboy: Paperboy, server: FakeDiscord, pages: None) -> None:
    interaction = await server.command("list")
    first = await interaction.answered()
    server.fault("PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original", error(10008))
    turned = await server.press(first, "Next")
    await paperboy.done()
    assert words(turned.followups[0]).startswith("page 2")


async def test_the_rest_of_a_digest_stands_in_a_thread_under_it(paperboy: Paperboy, server: FakeDiscord) -> None:
    shown = await digest(paperboy)
    label = next(label for label in buttons(shown) if "more" in label)
    interaction = await server.press(shown, label)
    await paperboy.done()
    assert shown.thread is not None
    assert "2 more" in paperboy.said(shown.thread)[0]
    assert "in the thread" in words(private(interaction)[0])
    again = await server.press(shown, label, user=server.bob)
    await paperboy.done()
    assert "2 more" in words(private(again)[0])
    assert len(paperboy.said(shown.thread)) == 1


async def test_where_no_thread_may_be_opened_the_rest_of_a_digest_is_said_to_stand_where_it_does(
    paperboy: Paperboy, server: FakeDiscord
) -> None:
    shown = await digest(paperboy)
    server.permissions(server.reading, BOT_PERMISSIONS & ~CREATE_PUBLIC_THREADS)
    interaction = await server.press(shown, next(label for label in buttons(shown) if "more" in label))
    await paperboy.done()
    assert shown.thread is None
    assert "2 more" in paperboy.said()[-1]
    assert "in this channel now" in words(private(interaction)[0])


async def test_in_a_thread_of_people_the_rest_of_a_digest_is_an_answer_there(paperboy: Paperboy, server: FakeDiscord) -> None:
    thread = server.acme.thread(server.reading, "curricula", owner=server.ada.id)
    server.opened(thread)
    for text in ("settings limit 1", "subscribe curriculum", "digest"):
        await paperboy.typed(text, channel=thread)
    await paperboy.desk.hurry()
    shown = next(one for one in thread.messages if one.nonce)
    interaction = await server.press(shown, next(label for label in buttons(shown) if "more" in label))
    await paperboy.done()
    assert [one.ephemeral for one in interaction.messages] == [False]
    assert "2 more" in words(interaction.messages[0])


async def test_where_nothing_can_be_posted_the_rest_of_a_digest_is_an_answer(paperboy: Paperboy, server: FakeDiscord) -> None:
    shown = await digest(paperboy)
    label = next(label for label in buttons(shown) if "more" in label)
    server.permissions(server.reading, VIEW_CHANNEL)
    interaction = await server.press(shown, label)
    await paperboy.done()
    assert "2 more" in words(interaction.messages[-1])


async def test_a_press_that_nobody_can_be_told_about_is_logged(paperboy: Paperboy, server: FakeDiscord) -> None:
    under = server.say(server.reading, server.bot, "buttons")
    server.fault("POST /interactions/{interaction_id}/{interaction_token}/callback", error(10062))
    with capture_logs() as logs:
        await server.send(server.interaction(3, {"component_type": 2, "custom_id": "hello"}, message=under), wait=False)
        await paperboy.done()
    assert [line["event"] for line in logs] == ["answer_not_delivered"]


async def test_a_button_in_the_thread_of_a_digest_is_about_its_channel(paperboy: Paperboy, server: FakeDiscord) -> None:
    shown = await digest(paperboy)
    await server.press(shown, next(label for label in buttons(shown) if "more" in label))
    await paperboy.done()
    assert shown.thread is not None
    await server.press(shown.thread.messages[0], "2. Save")
    await paperboy.done()
    assert "Nothing is saved" not in await paperboy.typed("saved")


async def test_a_long_command_is_kept_elsewhere_and_one_that_is_not_any_more_has_expired(paperboy: Paperboy, server: FakeDiscord) -> None:
    tokens = await tokens_for(paperboy.desk.store.cache, paperboy.reading, [LONG])
    under = server.say(server.reading, server.bot, "buttons")
    made = server.interaction(3, {"component_type": 2, "custom_id": f"k0:{tokens[LONG]}"}, message=under)
    await server.send(made)
    await paperboy.done()
    assert "Ada subscribed" in paperboy.said()[-1]
    late = server.interaction(3, {"component_type": 2, "custom_id": f"k0:{'a' * 24}"}, message=under)
    await server.send(late)
    await paperboy.done()
    assert "This button has expired" in words(private(late)[0])


async def test_a_button_of_another_version_has_expired(paperboy: Paperboy, server: FakeDiscord) -> None:
    under = server.say(server.reading, server.bot, "buttons")
    for data in ({"custom_id": "hello"}, {"custom_id": "menu:0", "values": []}, {"custom_id": "menu:0"}, {}):
        interaction = await server.send(server.interaction(3, {"component_type": 2, **data}, message=under))
        await paperboy.done()
        assert "This button has expired" in words(private(interaction)[0])


async def test_what_was_chosen_in_a_menu_is_typed(paperboy: Paperboy, server: FakeDiscord) -> None:
    under = server.say(server.reading, server.bot, "menu")
    made = server.interaction(3, {"component_type": 3, "custom_id": "menu:0", "values": ["t0:show 2611.00001"]}, message=under)
    await server.send(made)
    assert "Robot Arms" in words(await made.answered())
    await paperboy.done()


async def test_a_store_that_is_away_is_admitted_to_who_presses_a_long_command(
    paperboy: Paperboy, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> str:
        raise StoreAway("gone fishing")

    monkeypatch.setattr(ear, "command_of", away)
    under = server.say(server.reading, server.bot, "buttons")
    made = await server.send(server.interaction(3, {"component_type": 2, "custom_id": "k0:abc"}, message=under))
    await paperboy.done()
    assert "cannot reach my store" in words(private(made)[0])


async def test_old_buttons_work_after_a_restart(paperboy: Paperboy, server: FakeDiscord) -> None:
    shown = await digest(paperboy)
    server.gateway.forget()
    server.gateway.close(4000)
    await server.until(lambda: len(server.gateway.sessions) == 2 and server.gateway.open)
    interaction = await server.press(shown, "Similar")
    assert "Like “" in words(await interaction.answered())
    await paperboy.done()
