"""The fields of a form as native inputs, and what was filled in read back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, assert_never

from adapters.slack.actions import ZONE, command_in, value_of
from adapters.slack.elements import LABEL, Json, label, plain_text
from adapters.slack.escape import literal
from bot.form import Choice, Field, FieldKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LONGEST = 3000
"""Characters that a text input takes."""
OPTIONS = 100
"""Of a select; and 10 of radio buttons and checkboxes."""

_INPUT = "input"
"""The action id of every input but that of a zone, which Slack asks options for by its action id."""
_FEW = 5
"""Choices that are shown at once; more of them are a list to open."""
_TICKS = 10
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_LABEL = 45


def block_id(name: str) -> str:
    """The id of the block of a field."""
    return f"field:{name}"


def name_of(block_id: str) -> str:
    """The inverse: the name of the field; "" for a block that is no field's."""
    return block_id.removeprefix("field:") if block_id.startswith("field:") else ""


def field_block(field: Field) -> Json:
    """One question as an input block."""
    return {
        "type": "input",
        "block_id": block_id(field.name),
        "label": label(field.label, _LABEL),
        "element": _element(field),
        "optional": not field.required,
        **({"hint": plain_text(field.hint, 2000)} if field.hint.strip() else {}),
    }


def options(zones: Iterable[str]) -> list[Json]:
    """Suggested zones for the answer to a `block_suggestion`; the first 100."""
    return [_option(Choice(zone, zone)) for zone in zones][:OPTIONS]


def filled_in(state: Mapping[str, Any]) -> tuple[str, ...]:
    """The values of one input of a view's `state`, none for what was left empty."""
    chosen = state.get("selected_options") or [state.get("selected_option")]
    typed = state.get("value") or state.get("selected_time")
    return (*((str(typed),) if typed else ()), *(command_in(str(option["value"])) for option in chosen if option))


def _element(field: Field) -> Json:
    first = field.values[0] if field.values else ""
    match field.kind:
        case FieldKind.LINE | FieldKind.LINES:
            longest = min(max(field.longest, 1), LONGEST)
            initial = {"initial_value": shown} if (shown := literal(first)[:longest]) else {}
            lines = field.kind is FieldKind.LINES
            return {"type": "plain_text_input", "action_id": _INPUT, "multiline": lines, "max_length": longest, **initial}
        case FieldKind.TIME:
            return {"type": "timepicker", "action_id": _INPUT, **({"initial_time": first} if _TIME.fullmatch(first) else {})}
        case FieldKind.ZONE:
            return {
                "type": "external_select",
                "action_id": ZONE,
                "placeholder": plain_text("Type a city"),
                "min_query_length": 1,
                **({"initial_option": _option(Choice(first, first))} if first else {}),
            }
        case FieldKind.ONE_OF:
            chosen = _chosen(field.choices, field.values[:1])
            # Radio buttons cannot be switched off again.
            kind = "radio_buttons" if field.required and len(field.choices) <= _FEW else "static_select"
            return _choosing(kind, field, {"initial_option": chosen[0]} if chosen else {})
        case FieldKind.SOME_OF:
            chosen = _chosen(field.choices, field.values)
            kind = "checkboxes" if len(field.choices) <= _TICKS else "multi_static_select"
            return _choosing(kind, field, {"initial_options": chosen} if chosen else {})
        case _:
            assert_never(field.kind)


def _choosing(kind: str, field: Field, initial: Json) -> Json:
    return {"type": kind, "action_id": _INPUT, "options": [_option(choice) for choice in field.choices[:OPTIONS]], **initial}


def _chosen(choices: Sequence[Choice], values: Sequence[str]) -> list[Json]:
    """The options of these values; what is no choice (any more) is left out, for Slack refuses it."""
    return [_option(choice) for choice in choices[:OPTIONS] if choice.value in values]


def _option(choice: Choice) -> Json:
    return {"text": label(choice.label), "value": value_of(choice.value)[:LABEL]}
