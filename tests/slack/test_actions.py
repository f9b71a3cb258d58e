from __future__ import annotations

import html
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.actions import NOTHING, PATTERN, Kind, Pressed, action_id, command_in, home_block_id, pressed, value_of

commands = st.text(alphabet="ab %&<>;25CEgtlmp\n学", max_size=40) | st.text(max_size=40)


def button(kind: Kind, command: str, block_id: str = "at:1") -> dict[str, Any]:
    return {"type": "button", "action_id": action_id(kind, 3), "block_id": block_id, "value": value_of(command)}


@given(commands)
def test_a_press_types_the_command_whatever_slack_makes_of_its_signs(command: str) -> None:
    assert command_in(value_of(command)) == command
    assert html.escape(value_of(command), quote=False) == value_of(command)


@pytest.mark.parametrize("command", ["unsubscribe curriculum", 'search page:2 "a b" -c title:d', "more slack:T1:C1/2026-11-22"])
def test_an_ordinary_command_is_its_own_value(command: str) -> None:
    assert value_of(command) == command


def test_a_button_answers_anew_or_turns_the_page() -> None:
    assert pressed(button(Kind.TYPE, "search a>1")) == Pressed("search a>1")
    assert pressed(button(Kind.TURN, "search page:2 a")) == Pressed("search page:2 a", turns=True)
    assert pressed(button(Kind.OPEN, "")) == Pressed("")


def test_a_menu_gives_its_chosen_option() -> None:
    menu = {"type": "overflow", "action_id": "type:0", "block_id": "at:1", "selected_option": {"value": "save 2611.00001"}}
    assert pressed(menu) == Pressed("save 2611.00001")
    assert pressed({**menu, "selected_option": {"value": NOTHING}}) == Pressed("")


def test_in_app_home_the_block_names_the_channel() -> None:
    assert pressed(button(Kind.TYPE, "list", home_block_id("C1", 7))) == Pressed("list", channel="C1")
    assert pressed(button(Kind.TYPE, "list", home_block_id("", 0))) == Pressed("list", channel="")
    assert pressed(button(Kind.TYPE, "list"), home_block_id("C:2", 0)) == Pressed("list", channel="C:2")


@pytest.mark.parametrize("name", ["", "zone", "input", "type", "type:", "type:x", "types:1", "xtype:1"])
def test_what_is_not_ours_is_refused(name: str) -> None:
    assert not PATTERN.search(name)
    with pytest.raises(ValueError, match="no action of ours"):
        pressed({"action_id": name, "value": "list"})


def test_every_id_of_ours_is_listened_to() -> None:
    assert all(PATTERN.search(action_id(kind, place)) for kind in Kind for place in (0, 24))
