from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from adapters.discord import ear, serving
from bot.errors import StoreAway
from tests.discord.fake.faults import error
from tests.discord.listening import private, words

if TYPE_CHECKING:
    from bot.form import Form
    from tests.discord.fake import FakeDiscord, Interaction
    from tests.discord.listening import Paperboy


@pytest.mark.parametrize("name", ["settings", "schedule", "subscribe", "import"])
async def test_a_command_without_its_words_opens_a_form_at_once(paperboy: Paperboy, server: FakeDiscord, name: str) -> None:
    interaction = await server.command(name)
    await paperboy.done()
    assert interaction.response == 9
    assert interaction.modal is not None
    assert interaction.messages == []


async def test_what_is_filled_in_is_done_where_it_was_asked(paperboy: Paperboy, server: FakeDiscord) -> None:
    opened = await server.command("subscribe")
    submitted = await server.submit(opened, {"field:query": "curriculum"})
    await paperboy.done()
    assert (submitted.deferred, submitted.ephemeral) == (5, False)
    assert "Ada subscribed #ml-reading to curriculum" in paperboy.said()[0]


async def test_a_schedule_is_set_by_form(paperboy: Paperboy, server: FakeDiscord) -> None:
    opened = await server.command("schedule")
    await server.submit(opened, {"field:zone": "Europe/Berlin"})
    await paperboy.done()
    assert "Europe/Berlin" in paperboy.said()[0]
    assert (await paperboy.desk.store.channels.load(paperboy.reading)).schedule.zone == "Europe/Berlin"


async def test_a_mistake_is_told_to_who_made_it_and_the_form_opens_again(paperboy: Paperboy, server: FakeDiscord) -> None:
    opened = await server.command("subscribe")
    submitted = await server.submit(opened, {"field:query": "(curriculum"})
    await paperboy.done()
    (told,) = private(submitted)
    again = await server.press(told, "Fill in again")
    await paperboy.done()
    assert again.modal is not None
    assert paperboy.said() == []


def filled_in(opened: Interaction) -> dict[str, Any]:
    """What stands in the fields of a form as it opens."""
    fields = [part["component"] for part in (opened.modal or {})["components"] if "component" in part]
    return {
        one["custom_id"]: one.get("value", [option["value"] for option in one.get("options", []) if option.get("default")])
        for one in fields
    }


async def test_a_form_that_opens_again_holds_what_was_typed_and_another_does_not(paperboy: Paperboy, server: FakeDiscord) -> None:
    opened = await server.command("schedule")
    wrong = {"field:days": ["mon", "thu"], "field:time": "25:99", "field:zone": "Atlantis"}
    submitted = await server.submit(opened, wrong)
    await paperboy.done()
    (told,) = private(submitted)
    assert "25:99" in words(told)
    again = await server.press(told, "Fill in again")
    await paperboy.done()
    assert filled_in(again) == wrong
    await server.submit(again, {"field:time": "08:30", "field:zone": "Europe/Berlin"})
    await paperboy.done()
    assert "mon" in paperboy.said()[-1].casefold()
    assert "08:30, Europe/Berlin" in paperboy.said()[-1]
    assert filled_in(await server.command("schedule"))["field:time"] == "08:30"
    await paperboy.done()


async def test_what_was_typed_may_be_lost_and_the_mistakes_are_told_all_the_same(
    paperboy: Paperboy, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StoreAway("gone fishing")

    monkeypatch.setattr(ear, "keep", away)
    submitted = await server.submit(await server.command("subscribe"), {"field:query": "(curriculum"})
    with capture_logs() as logs:
        await paperboy.done()
    (told,) = private(submitted)
    again = await server.press(told, "Fill in again")
    await paperboy.done()
    assert again.modal is not None
    assert {line["event"] for line in logs} <= {"filled_in_not_kept"}


async def test_a_button_opens_a_form_too(paperboy: Paperboy, server: FakeDiscord) -> None:
    await paperboy.typed("subscribe curriculum")
    opened = await paperboy.pressed("edit 1")
    await server.submit(opened, {"field:query": "diffusion"})
    await paperboy.done()
    assert "changed a rule of #ml-reading from curriculum to diffusion" in paperboy.said()[-1]


async def test_the_form_of_a_long_rule_is_known_by_its_token(paperboy: Paperboy, server: FakeDiscord) -> None:
    rule = " OR ".join(f"curriculum{number}" for number in range(20))
    await paperboy.typed(f"subscribe {rule}")
    opened = await paperboy.pressed("edit 1")
    assert opened.modal is not None
    assert opened.modal["custom_id"].startswith("kept:")
    await server.submit(opened, {"field:query": "diffusion"})
    await paperboy.done()
    assert "to diffusion" in paperboy.said()[-1]
    # A day later nobody knows it any more.
    opened.modal["custom_id"] = "kept:" + "a" * 24
    late = await server.submit(opened, {"field:query": "diffusion"})
    await paperboy.done()
    assert "This form has expired" in words(private(late)[0])


async def test_a_form_of_another_version_has_expired(paperboy: Paperboy, server: FakeDiscord) -> None:
    late = await server.send(server.interaction(5, {"custom_id": "settings", "components": []}))
    await paperboy.done()
    assert "This form has expired" in words(private(late)[0])


async def test_who_may_not_change_the_channel_gets_an_answer_and_no_form(paperboy: Paperboy, server: FakeDiscord) -> None:
    interaction = await server.command("settings", user=server.bob)
    await paperboy.done()
    assert interaction.modal is None
    assert "limit 5" in words(private(interaction)[0])
    interaction = await server.command("subscribe", user=server.bob)
    await paperboy.done()
    assert "Only those who run this channel" in words(private(interaction)[0])


@pytest.mark.parametrize("trouble", [StoreAway("gone fishing"), TimeoutError()])
async def test_a_form_that_cannot_be_made_in_time_gives_way_to_the_answer(
    paperboy: Paperboy, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    async def troubled(*_: object) -> Form | None:
        raise trouble

    monkeypatch.setattr(serving, "form", troubled)
    interaction = await server.command("schedule")
    await paperboy.done()
    assert interaction.modal is None
    assert "weekdays" in words(private(interaction)[0])


async def test_a_form_that_discord_does_not_take_gives_way_to_the_answer(paperboy: Paperboy, server: FakeDiscord) -> None:
    server.fault("POST /interactions/{interaction_id}/{interaction_token}/callback", error(50035))
    with server.expecting_problems(), capture_logs() as logs:
        interaction = await server.command("schedule")
        await paperboy.done()
    assert "form_refused" in [line["event"] for line in logs]
    assert "weekdays" in words(private(interaction)[0])


async def test_in_direct_messages_a_form_is_answered_there(paperboy: Paperboy, server: FakeDiscord) -> None:
    opened = await server.command("subscribe", channel=server.dm(server.ada))
    await server.submit(opened, {"field:query": "curriculum"})
    await paperboy.done()
    assert "Ada subscribed our direct messages" in paperboy.said(server.dm(server.ada))[0]


async def test_a_form_that_cannot_be_read_by_a_bug_is_admitted(
    paperboy: Paperboy, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise ZeroDivisionError

    opened = await server.command("schedule")
    monkeypatch.setattr(ear, "filled", broken)
    with capture_logs() as logs:
        submitted = await server.submit(opened)
        await paperboy.done()
    assert [line["event"] for line in logs] == ["listener_failed"]
    assert "Something went wrong here" in words(private(submitted)[0])
