"""Forms as Discord's modals, and what was filled in read back.

A modal is the first answer to a press or a command, or none: it must be shown within three seconds, and nothing may be deferred before.
Where it was opened need not be written into it: its submission tells the channel itself.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, assert_never

from adapters.discord.actions import LONGEST, fits, tokens_for
from adapters.discord.escape import cut, label, line, literal, markdown, size
from bot.form import FieldKind
from bot.message import Button, Buttons, Message, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from adapters.discord.components import Json
    from bot.channel import Address
    from bot.form import Choice, Field, Form, Mistake
    from bot.ports import Cache

PREFIXES = ("form:", "kept:")
"""What the custom ids of our modals begin with: the command of the form follows, or its token."""
LONGEST_INPUT = 4000
_FILLED_KEPT = timedelta(hours=1)
"""How long what was filled in wrongly is there to be mended."""

_TITLE = _LABEL = 45
_DESCRIPTION = 100
_PLACEHOLDER = 100
_OPTIONS = 25
_EXPLAINED = 5
"""Parts that a modal always holds: its explanation is one of them only if its questions leave room."""
_EXPLANATION = 2000
_ROW, _SELECT, _INPUT, _TEXT, _LABELLED = 1, 3, 4, 10, 18
_LINE, _LINES = 1, 2
_FIELD = "field:"
_NO_TOKENS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was submitted. Either `command` or `token` is given."""

    command: str = ""
    """`Form.command`, for `bot.commands.filled`."""
    token: str = ""
    """Under which the command is kept: see `adapters.discord.actions.command_of`."""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By field name, for every field that was shown; () for what was left empty."""


def modal(form: Form, tokens: Mapping[str, str] = _NO_TOKENS) -> Json:
    """The data of an interaction callback of type 9. Submitting it types the form's command where it was opened.

    Args:
        tokens: As from `adapters.discord.actions.tokens_for`, for a form whose command is long.

    Raises:
        KeyError: The form's command is long, and no token of it is given.
    """
    told = [form.explanation, *(one.hint for one in form.fields if not _hint(one))]
    explanation = cut("\n".join(filter(None, told)), _EXPLANATION, written=markdown)
    questions = [_question(one) for one in form.fields]
    if explanation and len(questions) < _EXPLAINED:
        questions.insert(0, {"type": _TEXT, "content": explanation})
    short = fits(form.command, _room())
    return {
        "custom_id": f"{PREFIXES[0]}{form.command}" if short else f"{PREFIXES[1]}{tokens[form.command]}",
        "title": label(form.title, _TITLE),
        "components": questions,
    }


async def opened(cache: Cache, address: Address, form: Form) -> Json:
    """The same, a long command kept in `cache` for submissions in the server of `address`.

    Raises:
        StoreTrouble: It could not be kept.
    """
    return modal(form, await tokens_for(cache, address, [] if fits(form.command, _room()) else [form.command]))


def values(data: Mapping[str, Any]) -> Filled:
    """What stands in the `data` of a submitted modal (interaction type 5).

    Raises:
        ValueError: It is no form of ours.
    """
    id = str(data.get("custom_id", ""))
    prefix, colon, kept = id.partition(":")
    if f"{prefix}{colon}" not in PREFIXES or not kept:
        raise ValueError(f"no form of ours: {id[:LONGEST]!r}")
    said = {
        name.removeprefix(_FIELD): _filled_in(one) for one in _inputs(data) if (name := str(one.get("custom_id", ""))).startswith(_FIELD)
    }
    return Filled(token=kept, values=said) if id.startswith(PREFIXES[1]) else Filled(kept, values=said)


async def keep(cache: Cache, address: Address, message: str, said: Mapping[str, tuple[str, ...]]) -> None:
    """Keep for an hour what was filled in wrongly, for whoever presses a button of the message that tells so.

    Raises:
        StoreTrouble: It could not be kept.
    """
    await cache.put(_kept(address, message), json.dumps(said).encode(), keep=_FILLED_KEPT)


async def refilled(cache: Cache, address: Address, message: str, form: Form) -> Form:
    """The form with what was filled in before, if it is opened by the button under its mistakes; else as it is.

    Raises:
        StoreTrouble: It cannot be found out now.
    """
    if not message or not (kept := await cache.get(_kept(address, message))):
        return form
    said = json.loads(kept)
    fields = tuple(dataclasses.replace(one, values=tuple(said.get(one.name, one.values))) for one in form.fields)
    return dataclasses.replace(form, fields=fields)


def _kept(address: Address, message: str) -> str:
    return f"discord:filled:{address.workspace}:{message}"


def mistakes(found: Iterable[Mistake], form: Form | None, *, command: str) -> Message:
    """What cannot be taken as it was filled in, with a button that opens the form again: Discord shows no mistakes in a modal.

    Args:
        form: For the labels of its fields; without it the reasons stand alone.
        command: `Form.command`.
    """
    labels = {one.name: line(one.label) for one in form.fields} if form else {}
    said = [f"{name}: {one.reason}" if (name := labels.get(one.field, "")) else one.reason for one in found]
    return Message((Text("\n".join(said)), Buttons((Button("Fill in again", command=command),))))


def _room() -> int:
    return LONGEST - len(PREFIXES[0])


def _question(field: Field) -> Json:
    asked = {"type": _LABELLED, "label": label(field.label, _LABEL), "component": _component(field)}
    return {**asked, "description": hint} if (hint := _hint(field)) else asked


def _hint(field: Field) -> str:
    """Its hint where that fits beside the field whole; "" for one that has to stand above all fields."""
    hint = line(field.hint)
    return hint if size(hint) <= _DESCRIPTION else ""


def _component(field: Field) -> Json:
    match field.kind:
        case FieldKind.LINE:
            return _input(field, _LINE, longest=field.longest)
        case FieldKind.LINES:
            return _input(field, _LINES, longest=field.longest)
        case FieldKind.TIME:
            return _input(field, _LINE, longest=5, example="09:00")
        case FieldKind.ZONE:
            # A select whose options follow what is typed does not exist in a modal; the core takes any zone, and says what is near.
            return _input(field, _LINE, longest=64, example="Europe/Berlin")
        case FieldKind.ONE_OF:
            return _select(field, values=field.values[:1], most=1)
        case FieldKind.SOME_OF:
            return _select(field, values=field.values, most=_OPTIONS)
        case _:
            assert_never(field.kind)


def _input(field: Field, style: int, *, longest: int, example: str = "") -> Json:
    longest = min(max(longest, 1), LONGEST_INPUT)
    first = cut(literal(field.values[0]), longest) if field.values else ""
    return {
        "type": _INPUT,
        "custom_id": f"{_FIELD}{field.name}",
        "style": style,
        "required": field.required,
        "max_length": longest,
        **({"value": first} if first else {}),
        **({"placeholder": label(example, _PLACEHOLDER)} if example else {}),
    }


def _select(field: Field, *, values: Sequence[str], most: int) -> Json:
    options = [_option(choice, chosen=choice.value in values) for choice in field.choices][:_OPTIONS]
    return {
        "type": _SELECT,
        "custom_id": f"{_FIELD}{field.name}",
        "required": field.required,
        "min_values": 1 if field.required else 0,
        "max_values": min(most, len(options)),
        "options": options,
    }


def _option(choice: Choice, *, chosen: bool) -> Json:
    option = {"label": label(choice.label, LONGEST), "value": choice.value}
    return {**option, "default": True} if chosen else option


def _inputs(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for part in data.get("components") or ():
        if "component" in part:
            yield part["component"]
        elif part.get("type") == _ROW:
            # How modals were before labels; Discord's own apps still send them so for old ones.
            yield from part.get("components") or ()


def _filled_in(component: Mapping[str, Any]) -> tuple[str, ...]:
    typed = component.get("value")
    return (*((str(typed),) if typed else ()), *map(str, component.get("values") or ()))
