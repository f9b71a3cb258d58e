"""Limits of what stands inside blocks: texts, buttons, menus, options, inputs, images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.slack.fake.record import Json

OPTION_MOST = 75
"""Characters of an option's text, description and value; the SDK allows 150 for the value, Slack's own types do not."""


def text_problems(text: Any, at: str, most: int, *, plain: bool = False) -> Iterator[str]:
    """A text object: there, of the right kind, neither empty nor too long."""
    if not isinstance(text, dict) or not isinstance(text.get("text"), str):
        yield f"{at}: is no text object"
        return
    if text.get("type") not in (("plain_text",) if plain else ("plain_text", "mrkdwn")):
        yield f"{at}/type: must not be {text.get('type')!r}"
    if not text["text"].strip():
        yield f"{at}/text: is empty"
    if len(text["text"]) > most:
        yield f"{at}/text: {len(text['text'])} characters, at most {most}"


def list_problems(items: Any, at: str, most: int) -> Iterator[str]:
    """A list: there, neither empty nor too long."""
    if not isinstance(items, list) or not items:
        yield f"{at}: is empty"
    elif len(items) > most:
        yield f"{at}: {len(items)} of them, at most {most}"


def element_problems(element: Any, at: str) -> Iterator[str]:
    """One element of a block, or the block itself where it is an image."""
    if not isinstance(element, dict):
        yield f"{at}: is no object"
        return
    for name, most in (("action_id", 255), ("value", 2_000), ("url", 3_000), ("image_url", 3_000)):
        if len(str(element.get(name) or "")) > most:
            yield f"{at}/{name}: longer than {most}"
    if "placeholder" in element:
        yield from text_problems(element["placeholder"], f"{at}/placeholder", 150, plain=True)
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{at}/confirm")
    own = _OWN.get(str(element.get("type")))
    if own is not None:
        yield from own(element, at)


def _button(element: Json, at: str) -> Iterator[str]:
    yield from text_problems(element.get("text"), f"{at}/text", 75, plain=True)


def _image(element: Json, at: str) -> Iterator[str]:
    alt = element.get("alt_text")
    if not isinstance(alt, str) or not 0 < len(alt) <= 2_000:
        yield f"{at}/alt_text: missing, empty or longer than 2000"


def _select(element: Json, at: str) -> Iterator[str]:
    groups = element.get("option_groups")
    if groups is None:
        yield from _options(element, at, 100)
    else:
        yield from list_problems(groups, f"{at}/option_groups", 100)
        for index, group in enumerate(groups):
            yield from text_problems(group.get("label"), f"{at}/option_groups/{index}/label", OPTION_MOST, plain=True)
            yield from _options(group, f"{at}/option_groups/{index}", 100)
        yield from _initial(element, at)


def _options(holder: Json, at: str, most: int) -> Iterator[str]:
    options = holder.get("options")
    yield from list_problems(options, f"{at}/options", most)
    for index, option in enumerate(options or []):
        here = f"{at}/options/{index}"
        yield from text_problems(option.get("text"), f"{here}/text", OPTION_MOST)
        if "description" in option:
            yield from text_problems(option["description"], f"{here}/description", OPTION_MOST)
        if len(str(option.get("value") or "")) > OPTION_MOST:
            yield f"{here}/value: longer than {OPTION_MOST}"
    yield from _initial(holder, at)


def _initial(element: Json, at: str) -> Iterator[str]:
    """Slack refuses an initial option that is not, to the letter, one of the options."""
    options = [*element.get("options", ()), *(option for group in element.get("option_groups", ()) for option in group.get("options", ()))]
    chosen = [*([element["initial_option"]] if "initial_option" in element else []), *element.get("initial_options", ())]
    if any(option not in options for option in chosen):
        yield f"{at}: an initial option is none of the options"


def _confirm(confirm: Any, at: str) -> Iterator[str]:
    if not isinstance(confirm, dict):
        yield f"{at}: is no object"
        return
    yield from text_problems(confirm.get("title"), f"{at}/title", 100, plain=True)
    yield from text_problems(confirm.get("text"), f"{at}/text", 300)
    for name in ("confirm", "deny"):
        if name in confirm:
            yield from text_problems(confirm[name], f"{at}/{name}", 30, plain=True)


_OWN: dict[str, Callable[[Json, str], Iterator[str]]] = {
    "button": _button,
    "checkboxes": lambda element, at: _options(element, at, 10),
    "image": _image,
    "mrkdwn": lambda element, at: text_problems(element, at, 3_000),
    "multi_static_select": _select,
    "overflow": lambda element, at: _options(element, at, 5),
    "plain_text": lambda element, at: text_problems(element, at, 3_000),
    "radio_buttons": lambda element, at: _options(element, at, 10),
    "static_select": _select,
}
