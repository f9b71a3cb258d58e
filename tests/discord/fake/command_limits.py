"""What Discord refuses in application commands."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.discord.fake.record import Json

CHAT_INPUT, USER, MESSAGE = 1, 2, 3
MOST = {CHAT_INPUT: 100, USER: 15, MESSAGE: 15}
A_DAY = 200
"""Creations a day, for each guild and for the global ones."""
TOTAL = 8_000
SUBCOMMAND, GROUP, STRING, INTEGER, NUMBER = 1, 2, 3, 4, 10
LOCALES = frozenset(
    {
        *("bg", "cs", "da", "de", "el", "en-GB", "en-US", "es-419", "es-ES", "fi", "fr", "hi", "hr", "hu", "id", "it", "ja"),
        *("ko", "lt", "nl", "no", "pl", "pt-BR", "ro", "ru", "sv-SE", "th", "tr", "uk", "vi", "zh-CN", "zh-TW"),
    },
)


def command_problems(commands: Sequence[Json]) -> Iterator[str]:
    """What is wrong with a whole set of commands, as "/pointer: reason"; how many there may be is not looked at."""
    seen = set[tuple[int, str]]()
    for index, command in enumerate(commands):
        kind = command.get("type") or CHAT_INPUT
        key = (kind, str(command.get("name")))
        if key in seen:
            yield f"/{index}/name: Application command names must be unique"
        seen.add(key)
        yield from _command(command, kind, f"/{index}")


def _command(command: Json, kind: int, at: str) -> Iterator[str]:
    if kind == CHAT_INPUT:
        yield from _named(command, at)
        yield from _options(command.get("options") or [], at, depth=0)
    else:
        if not 1 <= len(str(command.get("name", ""))) <= 32:
            yield f"{at}/name: Must be between 1 and 32 in length."
        if command.get("description") or command.get("options"):
            yield f"{at}/description: Context menu commands cannot have description or options"
    if (total := size(command)) > TOTAL:
        yield f"{at}: {total} characters, command exceeds maximum size ({TOTAL})"


def size(command: Json) -> int:
    """Characters of names, descriptions and choices together, of each the longest translation."""
    plain = sum(_longest(command, name) for name in ("name", "description"))
    value = command.get("value")
    return plain + (len(value) if isinstance(value, str) else 0) + sum(size(one) for one in _inside(command))


def _inside(command: Json) -> list[Json]:
    return [*(command.get("options") or []), *(command.get("choices") or [])]


def _longest(thing: Json, name: str) -> int:
    return max(len(str(text)) for text in (thing.get(name) or "", *_translations(thing, name).values()))


def _translations(thing: Json, name: str) -> dict[str, str]:
    return dict(thing.get(f"{name}_localizations") or {})


def is_name(name: str) -> bool:
    """`^[-_'\\p{L}\\p{N}\\p{sc=Deva}\\p{sc=Thai}]{1,32}$`, in lower case where there is one."""
    wide = re.compile(r"[\u0900-\u097f\u0e00-\u0e7f]")
    good = all(char in "-_'" or unicodedata.category(char)[0] in "LN" or wide.match(char) for char in name)
    return 1 <= len(name) <= 32 and good and name == name.lower()


def _named(thing: Json, at: str) -> Iterator[str]:
    for name in (thing.get("name", ""), *_translations(thing, "name").values()):
        if not is_name(str(name)):
            yield f"{at}/name: {name!r}: String value did not match validation regex."
    for text in (thing.get("description", ""), *_translations(thing, "description").values()):
        if not 1 <= len(str(text)) <= 100:
            yield f"{at}/description: {text!r}: Must be between 1 and 100 in length."
    for field in ("name", "description"):
        for locale in sorted(set(_translations(thing, field)) - LOCALES):
            yield f"{at}/{field}_localizations: {locale} is no locale"


def _options(options: list[Json], at: str, *, depth: int) -> Iterator[str]:
    if len(options) > 25:
        yield f"{at}/options: Must be 25 or fewer in length."
    names = [option.get("name") for option in options]
    if len(names) != len(set(names)):
        yield f"{at}/options: Option names must be unique"
    nested = [option.get("type") in (SUBCOMMAND, GROUP) for option in options]
    if any(nested) and not all(nested):
        yield f"{at}/options: Sub-command and sub-command group option types are mutually exclusive to all other types"
    needed = [bool(option.get("required")) for option in options]
    if needed != sorted(needed, reverse=True):
        yield f"{at}/options: Required options must be placed before non-required options"
    for index, option in enumerate(options):
        yield from _option(option, f"{at}/options/{index}", depth)


def _option(option: Json, at: str, depth: int) -> Iterator[str]:
    yield from _named(option, at)
    kind = option.get("type")
    if (kind == GROUP and depth > 0) or (kind == SUBCOMMAND and depth > 1):
        yield f"{at}/type: nested too deeply"
    if kind in (SUBCOMMAND, GROUP):
        yield from _options(option.get("options") or [], at, depth=depth + 1)
    choices: list[Any] = option.get("choices") or []
    if len(choices) > 25:
        yield f"{at}/choices: Must be 25 or fewer in length."
    if choices and option.get("autocomplete"):
        yield f"{at}/autocomplete: not together with choices"
    if (choices or option.get("autocomplete")) and kind not in (STRING, INTEGER, NUMBER):
        yield f"{at}/choices: only for text and numbers"
    for index, choice in enumerate(choices):
        for name in ("name", "value"):
            text = choice.get(name)
            if isinstance(text, str) and not 1 <= len(text) <= 100:
                yield f"{at}/choices/{index}/{name}: Must be between 1 and 100 in length."
