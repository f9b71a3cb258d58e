from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord import completion
from adapters.discord.completion import fitting
from bot.errors import StoreAway
from bot.form import Choice
from tests.discord.fake.faults import error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.discord.fake import FakeDiscord
    from tests.discord.listening import Paperboy


async def offered(paperboy: Paperboy, command: str, option: str, typed: object) -> list[str]:
    """The values offered while somebody has typed this."""
    made = paperboy.server.interaction(
        4,
        {
            "id": "1",
            "name": "papers",
            "type": 1,
            "options": [{"name": command, "type": 1, "options": [{"name": option, "type": 3, "value": typed, "focused": True}]}],
        },
    )
    await paperboy.server.send(made)
    return [choice["value"] for choice in made.choices or []]


async def test_own_rules_are_offered_to_be_removed(paperboy: Paperboy, server: FakeDiscord) -> None:
    await paperboy.typed("subscribe curriculum")
    await paperboy.typed("subscribe diffusion")
    offers = await server.complete("unsubscribe", "rule", "curr")
    assert any("curriculum" in choice["name"] for choice in offers)
    assert not any("diffusion" in choice["name"] for choice in offers)


async def test_papers_are_offered_by_their_titles(paperboy: Paperboy, server: FakeDiscord) -> None:
    offers = await server.complete("show", "paper", "robot")
    assert any("Robot Arms" in choice["name"] and choice["value"] == "2611.00001" for choice in offers)


async def test_zones_are_offered_for_a_schedule(paperboy: Paperboy) -> None:
    assert any("Europe/Berlin" in value for value in await offered(paperboy, "schedule", "when", "weekdays 9:00 berl"))


async def test_commands_are_offered_for_help(paperboy: Paperboy) -> None:
    assert "subscribe" in await offered(paperboy, "help", "command", "sub")


async def test_settings_and_pauses_are_offered_as_they_are_typed(paperboy: Paperboy, server: FakeDiscord) -> None:
    assert "limit 5" in [one["value"] for one in await server.complete("settings", "settings", "lim")]
    assert "limit 8 format full" in await offered(paperboy, "settings", "settings", "limit 8 format f")
    assert "2w" in [one["value"] for one in await server.complete("pause", "until", "2")]


@pytest.mark.parametrize("typed", ["", " ", '"', "(((", "-", "x" * 6000, "@everyone", 7, 2.5, True, None, "￿", "rule:"])
@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("search", "query"),
        ("unsubscribe", "rule"),
        ("show", "paper"),
        ("schedule", "when"),
        ("help", "command"),
        ("settings", "settings"),
        ("pause", "until"),
        ("nonsense", "what"),
    ],
)
async def test_whatever_was_typed_so_far_is_answered(paperboy: Paperboy, command: str, option: str, typed: object) -> None:
    assert len(await offered(paperboy, command, option, typed)) <= 25


async def test_nothing_focused_offers_nothing(paperboy: Paperboy, server: FakeDiscord) -> None:
    made = server.interaction(4, {"id": "1", "name": "papers", "type": 1})
    await server.send(made)
    assert made.choices == []


def test_what_is_offered_shows_nothing_that_hides_or_turns_words_around() -> None:
    assert fitting([Choice("2611.00013", "\u202eevil\u202c curriculum\n\x00")]) == [{"name": "evil curriculum", "value": "2611.00013"}]


@pytest.mark.parametrize("trouble", [StoreAway("gone fishing"), ZeroDivisionError(), TimeoutError()])
async def test_when_nothing_can_be_offered_the_menu_is_empty(
    paperboy: Paperboy, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    async def troubled(*_: object, **__: object) -> Sequence[Choice]:
        raise trouble

    monkeypatch.setattr(completion, "offers", troubled)
    assert await offered(paperboy, "search", "query", "curr") == []


async def test_offers_that_come_too_late_are_nobodys_trouble(paperboy: Paperboy, server: FakeDiscord) -> None:
    server.fault("POST /interactions/{interaction_id}/{interaction_token}/callback", error(10062))
    made = server.interaction(4, {"id": "1", "name": "papers", "type": 1})
    await server.send(made, wait=False)
    await paperboy.done()
    assert made.choices is None
    assert "papers in the archive" in await paperboy.typed("status")


@given(st.lists(st.builds(Choice, value=st.text(max_size=120), label=st.text(max_size=120)), max_size=40))
def test_only_choices_that_discord_takes_are_offered(found: list[Choice]) -> None:
    shown = fitting(found)
    assert len(shown) <= 25
    assert len({one["value"] for one in shown}) == len(shown)
    for one in shown:
        assert 1 <= len(one["name"]) <= 100
        assert 1 <= len(one["value"]) <= 100
        assert one["value"] in {choice.value for choice in found}
