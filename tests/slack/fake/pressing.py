"""Finding what a person presses, and what an input holds when nobody touched it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.slack.fake.record import Json

INITIAL = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "timepicker": ("selected_time", "initial_time"),
    "datepicker": ("selected_date", "initial_date"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
}
"""Kind of input to the name of its state and of what it starts with."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """The action as the payload carries it, and the block it stands in."""

    action: Json
    block: Json


def find(blocks: list[Json], wanted: str, *, choice: str | Json | None, value: str | None, fields: Json) -> Pressed:
    """The element with this action_id, label, or option.

    Raises:
        LookupError: There is none, or the first that matches by label is ambiguous; the message lists what is there.
    """
    elements = [(block, element) for block in blocks for element in _interactive(block)]
    matches = [pair for pair in elements if pair[1].get("action_id") == wanted]
    matches = matches or [pair for pair in elements if _label(pair[1]) == wanted]
    if not matches:
        matches = [pair for pair in elements if any(_is(option, wanted) for option in _options(pair[1]))]
        choice = choice if choice is not None else wanted
    if value is not None:
        narrowed = [pair for pair in matches if pair[1].get("value") == value]
        matches = narrowed or matches
    if not matches:
        there = [f"{element.get('action_id')} ({_label(element)})" for _, element in elements]
        raise LookupError(f"nothing to press is called {wanted!r}; there are {there}")
    block, element = matches[0]
    return Pressed(_action(block, element, choice, value, fields), block)


def default_state(blocks: list[Json]) -> Json:
    """What every input holds before anybody touched it: block_id to action_id to state."""
    values: Json = {}
    for block in blocks:
        for element in _interactive(block):
            if kind := INITIAL.get(element["type"]):
                held: Any = element.get(kind[1], [] if kind[0].endswith("s") else None)
                values.setdefault(block["block_id"], {})[element["action_id"]] = {"type": element["type"], kind[0]: held}
    return values


def _interactive(block: Json) -> Iterator[Json]:
    for element in (*(block.get("elements") or ()), block.get("accessory"), block.get("element")):
        if isinstance(element, dict) and ("action_id" in element or element.get("type") in (*INITIAL, "button", "overflow")):
            yield {"action_id": f"{block.get('block_id')}.action", **element}


def _action(block: Json, element: Json, choice: str | Json | None, value: str | None, fields: Json) -> Json:
    action: Json = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": "1763715600.000000",
    }
    if element["type"] == "button":
        action["text"] = element["text"]
        if "value" in element or value is not None:
            action["value"] = element.get("value") if value is None else value
        return action | fields
    if choice is not None:
        # An object stands for itself: the options of an external menu are with the app.
        option = choice if isinstance(choice, dict) else next((option for option in _options(element) if _is(option, choice)), None)
        if option is None:
            raise LookupError(
                f"{element['action_id']} has no option {choice!r}: {[option['text']['text'] for option in _options(element)]}"
            )
        action |= (
            {"selected_options": [option]} if INITIAL.get(element["type"], ("",))[0] == "selected_options" else {"selected_option": option}
        )
    return action | fields


def _options(element: Json) -> list[Json]:
    groups = element.get("option_groups") or []
    return [*(element.get("options") or []), *(option for group in groups for option in group["options"])]


def _is(option: Json, wanted: str) -> bool:
    return wanted in (option.get("value"), option["text"]["text"])


def _label(element: Json) -> str | None:
    text = element.get("text")
    return text["text"] if isinstance(text, dict) else None
