from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.actions import LONGEST, Pressed, command_of, custom_id, fits, long_commands, menu_id, pressed, tokens_for
from adapters.discord.escape import size
from bot.channel import Address
from bot.message import Button, Buttons, Card, Item, Message, Text

if TYPE_CHECKING:
    from bot.store.store import RedisStore
    from tests.clock import Clock

HERE = Address("discord", "1", "2")
THERE = Address("discord", "9", "2")
LONG = "unsubscribe " + " OR ".join(f"word{n}" for n in range(40))


@given(st.text(max_size=120) | st.text("ab:0tk \n👩", max_size=110), st.booleans(), st.integers(0, 999))
def test_a_press_types_the_command(command: str, turns: bool, place: int) -> None:  # noqa: FBT001  # drawn
    id = custom_id(Button("x", command, turns=turns), place, {command: "token"})
    assert size(id) <= LONGEST
    if not command:
        assert id == ""
    elif fits(command):
        assert pressed(id) == Pressed(command, turns=turns)
    else:
        assert pressed(id) == Pressed(token="token", turns=turns)


def test_ids_are_unique_by_their_place_and_an_ordinary_command_can_be_read_in_them() -> None:
    assert custom_id(Button("x", "show 2611.00001"), 0, {}) == "t0:show 2611.00001"
    assert custom_id(Button("x", "show 2611.00001"), 1, {}) == "t1:show 2611.00001"
    assert custom_id(Button("x", "search page:2 a", turns=True), 0, {}) == "p0:search page:2 a"


@pytest.mark.parametrize("command", ["x" * 96, "ends with a blank ", "two\nlines", "👩" * 50])
def test_what_an_id_cannot_hold_needs_a_token(command: str) -> None:
    message = Message((Text("x"), Buttons((Button("a", command), Button("b", "list"), Button("c", url="https://a.example")))))
    assert long_commands(message) == [command]
    assert custom_id(Button("a", command), 0, {}) == ""


def test_an_id_holds_95_characters_of_a_command() -> None:
    assert custom_id(Button("a", "x" * 95), 999, {}) == "t999:" + "x" * 95


def test_long_commands_of_papers_and_rules_are_found_once() -> None:
    row = (Button("Remove", LONG), Button("Remove", LONG))
    message = Message((Card(title="T", url="", buttons=row), Item("x", buttons=(*row, Button("Other", LONG + "x")))))
    assert long_commands(message) == [LONG, LONG + "x"]


def test_a_menu_gives_its_chosen_option() -> None:
    assert pressed(menu_id(3), ["t7:save 2611.00001"]) == Pressed("save 2611.00001")
    assert pressed(menu_id(0), ["q7:token"]) == Pressed(token="token", turns=True)


@pytest.mark.parametrize(
    ("id", "values"),
    [
        ("", ()),
        ("t:list", ()),
        ("x0:list", ()),
        ("t0:", ()),
        ("menu:0", ()),
        ("menu:0", ("list",)),
        ("form:list", ()),
        ("t0list", ("t0:list",)),
    ],
)
def test_what_is_not_ours_is_refused(id: str, values: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="no component of ours"):
        pressed(id, values)


async def test_a_token_gives_its_command_for_thirty_days_in_its_own_server(store: RedisStore, clock: Clock) -> None:
    odd = "broken \ud83d " + LONG
    tokens = await tokens_for(store.cache, HERE, [LONG, odd])
    assert len(set(tokens.values())) == 2
    assert {len(token) for token in tokens.values()} == {24}
    for command, token in tokens.items():
        assert await command_of(store.cache, HERE, token) == command
        assert await command_of(store.cache, THERE, token) is None
    assert (await tokens_for(store.cache, HERE, [LONG]))[LONG] == tokens[LONG]
    assert (await tokens_for(store.cache, THERE, [LONG]))[LONG] != tokens[LONG]
    assert await command_of(store.cache, HERE, "unknown") is None
    assert await store.cache.get(f"discord:command:1:{tokens[LONG]}") == LONG.encode()


class Keeping:
    """A cache that notes for how long it is asked to keep."""

    def __init__(self) -> None:
        self.kept: list[timedelta] = []

    async def put(self, key: str, value: bytes, *, keep: timedelta) -> None:
        self.kept.append(keep)

    async def get(self, key: str) -> bytes | None:
        return None

    async def first(self, key: str, *, keep: timedelta) -> bool:
        return True

    async def allow(self, key: str, *, limit: int, per: timedelta) -> bool:
        return True

    async def forget(self, platform: str, workspace: str) -> int:
        return 0


async def test_every_drawing_begins_the_thirty_days_anew() -> None:
    cache = Keeping()
    for _ in range(2):
        await tokens_for(cache, HERE, [LONG])
    assert cache.kept == [timedelta(days=30)] * 2
