from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from adapters.discord import languages, tree
from adapters.discord.tree import SIMILAR, chosen, command_in, payload
from bot.commands import TABLE, Kind
from tests.discord.fake.command_limits import command_problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VISIBLE = {command.name: command for command in TABLE if not command.hidden}
NAME = re.compile(r"[-_'a-z0-9]{1,32}")


def subcommands() -> dict[str, dict[str, Any]]:
    (papers, _) = payload()
    return {one["name"]: one for one in papers["options"]}


def strings(part: Any) -> Iterator[str]:
    """What counts towards the 8,000 characters of a command: names, descriptions and values, of several languages the longest."""
    match part:
        case list():
            for one in part:
                yield from strings(one)
        case dict():
            for field in ("name", "description", "value"):
                if field in part:
                    yield max([str(part[field]), *part.get(f"{field}_localizations", {}).values()], key=len)
            for field in ("options", "choices"):
                yield from strings(part.get(field, []))
        case _:
            pass


def test_every_command_that_people_type_is_a_subcommand_and_no_other() -> None:
    assert list(subcommands()) == list(VISIBLE)
    assert len(VISIBLE) <= 25


def test_there_are_no_more_characters_than_discord_takes() -> None:
    for command in payload():
        assert sum(map(len, strings(command))) <= 8_000
        for text in strings(command):
            assert 1 <= len(text) <= 100


def test_the_payload_is_one_that_discord_accepts() -> None:
    assert list(command_problems(payload())) == []


@pytest.mark.skipif(not os.environ.get("PAPERBOY_SHARED"), reason="PAPERBOY_SHARED names no folder with Discord's own description")
def test_the_payload_is_as_discords_own_description_has_it() -> None:
    described = json.loads((Path(os.environ["PAPERBOY_SHARED"]) / "specs" / "discord" / "openapi.json").read_text(encoding="utf-8"))
    root = {"$ref": "#/components/schemas/ApplicationCommandUpdateRequest", "components": described["components"]}
    for command in payload():
        assert [error.message for error in Draft202012Validator(root, format_checker=FormatChecker()).iter_errors(command)] == []


def test_names_are_such_as_discord_has() -> None:
    for name, one in subcommands().items():
        assert NAME.fullmatch(name)
        for option in one["options"]:
            assert NAME.fullmatch(option["name"])


def test_options_are_typed_described_and_completed() -> None:
    shown = subcommands()
    query = shown["search"]["options"][0]
    assert (query["name"], query["type"], query["required"], query["autocomplete"]) == ("query", 3, True, True)
    assert query["description"].startswith("Words")
    assert [one["value"] for one in shown["trending"]["options"][0]["choices"]] == ["week", "month"]
    assert "autocomplete" not in shown["trending"]["options"][0]
    for name, command in VISIBLE.items():
        for option, known in zip(shown[name]["options"], command.options, strict=False):
            completed = known.kind in {Kind.QUERY, Kind.RULE, Kind.PAPER, Kind.SCHEDULE, Kind.COMMAND} or name in {"settings", "pause"}
            assert option.get("autocomplete", False) is completed


def test_a_command_with_a_form_needs_no_option_and_required_ones_come_first() -> None:
    shown = subcommands()
    for name in ("subscribe", "schedule", "settings", "import"):
        assert not any(option.get("required") for option in shown[name]["options"])
    for one in shown.values():
        required = [option.get("required", False) for option in one["options"]]
        assert required == sorted(required, reverse=True)


def test_only_an_answer_to_the_asker_alone_can_be_given_here() -> None:
    for name, one in subcommands().items():
        assert ("here" in [option["name"] for option in one["options"]]) is not VISIBLE[name].manages


def test_commands_go_in_servers_in_direct_messages_and_wherever_somebody_brings_the_app() -> None:
    for command in payload():
        assert command["contexts"] == [0, 1, 2]
        assert command["integration_types"] == [0, 1]
        assert "default_member_permissions" not in command
    assert payload()[1]["type"] == 3
    assert payload()[1]["name"] == SIMILAR


def test_words_of_another_language_stand_beside_the_english_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    words = {
        VISIBLE["list"].help: "Zeigt die Regeln",
        SIMILAR: "Ähnliche Artikel finden",
        "week": "Woche",
        "search": "suchen",
        "query": "anfrage",
        "here": "hier",
        "unused": "unbenutzt",
    }
    monkeypatch.setattr(languages, "LANGUAGES", {"de": words})
    shown = subcommands()
    assert shown["list"]["description_localizations"] == {"de": "Zeigt die Regeln"}
    assert "description_localizations" not in shown["search"]
    assert shown["trending"]["options"][0]["choices"][0]["name_localizations"] == {"de": "Woche"}
    assert payload()[1]["name_localizations"] == {"de": "Ähnliche Artikel finden"}
    search = shown["search"]
    assert (search["name"], search["name_localizations"]) == ("search", {"de": "suchen"})
    assert [one["name_localizations"]["de"] for one in search["options"]] == ["anfrage", "hier"]
    assert list(command_problems(payload())) == []


def data(name: str, **options: object) -> dict[str, Any]:
    given = [{"name": option, "type": 3, "value": value} for option, value in options.items()]
    return {"name": "papers", "type": 1, "options": [{"name": name, "type": 1, "options": given}]}


@pytest.mark.parametrize(
    ("options", "typed"),
    [
        (data("list"), "list"),
        (data("search", query="curriculum learning"), "search curriculum learning"),
        (data("search", query="curriculum", here=True), "search curriculum here"),
        (data("search", query="curriculum", here=False), "search curriculum"),
        (data("search", here=True, query=" curriculum "), "search curriculum here"),
        (data("search", query="look here"), "search rule:look here"),
        (data("show", paper="1706.03762"), "show 1706.03762"),
        (data("subscribe"), "subscribe"),
        (data("of-another-release", what="x"), "of-another-release x"),
        ({"name": "papers"}, ""),
        ({"name": "papers", "options": None}, ""),
        ({"name": "papers", "options": [7, {"name": "list", "options": "none"}]}, "list"),
    ],
)
def test_what_was_chosen_is_what_would_be_typed(options: Mapping[str, Any], typed: str) -> None:
    assert command_in(options) == typed


@given(st.text(), st.none() | st.booleans() | st.integers() | st.floats() | st.text())
def test_any_value_is_taken_while_somebody_types(name: str, value: object) -> None:
    typed = {"options": [{"name": name, "options": [{"name": "query", "value": value, "focused": True}]}]}
    command, values, focused = chosen(typed)
    assert (command, focused) == (name, "query")
    assert isinstance(values["query"], str)
    command_in(typed)


def test_the_payload_is_the_same_each_time() -> None:
    assert payload() == payload()
    assert json.dumps(payload(), sort_keys=True) == json.dumps(tree.payload(), sort_keys=True)
