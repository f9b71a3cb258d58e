"""The commands as Discord registers them, made from the one table; and what somebody chose of them, as typing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.discord.languages import in_languages
from bot.commands import TABLE, Kind
from bot.commands.answering import HERE
from bot.commands.completing import completes
from bot.commands.questions import FORMS
from bot.commands.replies import typed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.commands import Command, Option

    Json = dict[str, Any]

PAPERS = "papers"
"""The chat-input command; its subcommands are those of the table."""
SIMILAR = "Find similar papers"
"""The command in the menu of a message."""

_CHAT_INPUT, _MESSAGE = 1, 3
_SUBCOMMAND, _STRING, _BOOLEAN = 1, 3, 5
_EVERYWHERE: Mapping[str, list[int]] = {
    "contexts": [0, 1, 2],  # in servers, in direct messages with the bot, in those between people
    "integration_types": [0, 1],  # for a server, for a person
}
_LONGEST_NAME, _LONGEST_HELP = 32, 100
_ABOUT = "Research papers: rules for this channel, its daily digest, search"
_HERE = "Let everybody in the channel read the answer"
_LONGEST_OPTION = 6_000
"""Characters of a string option; the most that Discord allows."""


def payload() -> list[Json]:
    """All commands, as the body of Discord's bulk overwrite of an application's global commands. The same at every call.

    Nobody is kept from the command by `default_member_permissions`: most of it is for everybody, and the rest is checked when it is used.
    """
    return [
        {
            "type": _CHAT_INPUT,
            "name": PAPERS,
            **_described(_ABOUT),
            "options": [_subcommand(command) for command in TABLE if not command.hidden],
            **_EVERYWHERE,
        },
        {"type": _MESSAGE, "name": SIMILAR, **in_languages("name", SIMILAR, _LONGEST_NAME), **_EVERYWHERE},
    ]


def _subcommand(command: Command) -> Json:
    options = [_option(command, option) for option in command.options]
    if not command.manages:
        options.append({"type": _BOOLEAN, **_named(HERE), **_described(_HERE)})
    return {"type": _SUBCOMMAND, **_named(command.name), **_described(command.help), "options": options}


def _option(command: Command, option: Option) -> Json:
    shown: Json = {"type": _STRING, **_named(option.name), **_described(option.help)}
    if option.required and command.name not in FORMS:  # without it, a form asks
        shown["required"] = True
    if option.kind is Kind.CHOICE:
        shown["choices"] = [{"name": choice, **in_languages("name", choice, 100), "value": choice} for choice in option.choices]
    else:
        shown["max_length"] = _LONGEST_OPTION
    if completes(command.name, option):
        shown["autocomplete"] = True
    return shown


def _named(name: str) -> Json:
    # In whatever language it was chosen, an interaction names it in English.
    return {"name": name, **in_languages("name", name, _LONGEST_NAME)}


def _described(text: str) -> Json:
    return {"description": text[:_LONGEST_HELP], **in_languages("description", text, _LONGEST_HELP)}


# ---------------------------------------------------------------- what was chosen


def chosen(data: Mapping[str, Any]) -> tuple[str, Mapping[str, str], str]:
    """A command's `data` as (subcommand, values by option, option that is being typed); "" where there is none.

    Values are taken as text whatever their type: while somebody types, Discord does not check them.
    """
    (sub, *_) = [*_parts(data.get("options")), {}]
    options = _parts(sub.get("options"))
    values = {str(one.get("name", "")): _text(one.get("value")) for one in options}
    focused = next((str(one.get("name", "")) for one in options if one.get("focused") is True), "")
    return str(sub.get("name", "")), values, focused


def command_in(data: Mapping[str, Any]) -> str:
    """What somebody would have typed after `/papers` for the same; "" (which asks for help) where there is no subcommand."""
    name, values, _ = chosen(data)
    known = next((command for command in TABLE if command.name == name), None)
    if known is None:
        return " ".join((name, *values.values())).strip()
    words = [name, *(_as_typed(option, value) for option in known.options if (value := values.get(option.name, "").strip()))]
    return " ".join([*words, HERE] if values.get(HERE) == "true" else words)


def _as_typed(option: Option, value: str) -> str:
    # A field holds a query and nothing else: "look here" is about the word.
    marked = option.kind is Kind.QUERY and value.rsplit(maxsplit=1)[-1].casefold() == HERE
    return typed(value) if marked else value


def _parts(options: object) -> Sequence[Mapping[str, Any]]:
    return [one for one in options if isinstance(one, dict)] if isinstance(options, list) else []


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
