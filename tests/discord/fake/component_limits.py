"""What Discord refuses in the components of a message or a form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.discord.fake.showing import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.discord.fake.record import Json

ROW, BUTTON, SELECT, INPUT, LABEL, TEXT = 1, 2, 3, 4, 18, 10
LINK, PREMIUM = 5, 6
SELECTS = (3, 5, 6, 7, 8)
ROWS, BUTTONS, OPTIONS, V2_COMPONENTS, V2_TEXT = 5, 5, 25, 40, 4_000


def component_problems(components: list[Json], *, v2: bool, at: str = "/components") -> Iterator[str]:
    """What is wrong with the components of a message, as "/pointer: reason"."""
    everything = list(walk(components))
    if v2 and len(everything) > V2_COMPONENTS:
        yield f"{at}: {len(everything)} components, at most {V2_COMPONENTS}"
    if v2 and sum(len(one.get("content", "")) for one in everything if one.get("type") == TEXT) > V2_TEXT:
        yield f"{at}: more than {V2_TEXT} characters of text"
    if not v2 and len(components) > ROWS:
        yield f"{at}: Must be {ROWS} or fewer in length."
    for index, component in enumerate(components):
        if not v2 and component.get("type") != ROW:
            yield f'{at}/{index}/type: Value of field "type" must be one of (1,).'
    yield from twice(everything, at)
    for index, row in enumerate(one for one in everything if one.get("type") == ROW):
        yield from _row(row, f"{at}/{index}/components")
    for one in everything:
        if one.get("type") == BUTTON:
            yield from _button(one, f"{at}/button {one.get('label', '')!r}")
        elif one.get("type") in SELECTS:
            yield from select_problems(one, f"{at}/select {one.get('custom_id', '')!r}")


def twice(everything: list[Json], at: str) -> Iterator[str]:
    """Custom ids that occur more than once."""
    ids = [one["custom_id"] for one in everything if one.get("custom_id") is not None]
    for id in sorted({id for id in ids if ids.count(id) > 1}):
        yield f"{at}: Component custom id cannot be duplicated: {id!r}"


def _row(row: Json, at: str) -> Iterator[str]:
    inside = row.get("components") or []
    if not 1 <= len(inside) <= BUTTONS:
        yield f"{at}: Must be between 1 and {BUTTONS} in length."
    if len(inside) > 1 and any(one.get("type") in SELECTS for one in inside):
        yield f"{at}: a select stands alone in its row"


def _sized(value: Any, most: int, at: str, least: int = 1) -> Iterator[str]:
    if not least <= len(str(value or "")) <= most:
        yield f"{at}: Must be between {least} and {most} in length."


def _button(button: Json, at: str) -> Iterator[str]:
    style = button.get("style")
    if style == LINK:
        yield from _sized(button.get("url"), 512, f"{at}/url")
        if not str(button.get("url", "")).startswith(("http://", "https://", "discord://")):
            yield f"{at}/url: Scheme must be one of ('http', 'https', 'discord')."
    elif style != PREMIUM:
        yield from _sized(button.get("custom_id"), 100, f"{at}/custom_id")
    if (style == LINK) == bool(button.get("custom_id")):
        yield f"{at}: a link has a url and no custom_id, other buttons the reverse"
    if not button.get("emoji") and style != PREMIUM:
        yield from _sized(str(button.get("label") or "").strip(), 80, f"{at}/label")


def select_problems(select: Json, at: str) -> Iterator[str]:
    """What is wrong with a menu, in a message or a form."""
    yield from _sized(select.get("custom_id"), 100, f"{at}/custom_id")
    yield from _sized(select.get("placeholder"), 150, f"{at}/placeholder", 0)
    if select.get("type") != SELECT:
        return
    options = select.get("options") or []
    if not 1 <= len(options) <= OPTIONS:
        yield f"{at}/options: Must be between 1 and {OPTIONS} in length."
    values = [option.get("value") for option in options]
    if len(values) != len(set(values)):
        yield f"{at}/options: The specified option value is already used"
    for index, option in enumerate(options):
        for name, least in (("label", 1), ("value", 1), ("description", 0)):
            yield from _sized(option.get(name), 100, f"{at}/options/{index}/{name}", least)
    most = select.get("max_values", 1)
    if not select.get("min_values", 1) <= most <= max(1, len(options)):
        yield f"{at}/max_values: must be between min_values and the number of options"
    if sum(bool(option.get("default")) for option in options) > most:
        yield f"{at}/options: more defaults than max_values"


def modal_problems(modal: Json) -> Iterator[str]:
    """What is wrong with the data of a response of type 9."""
    yield from _sized(modal.get("title"), 45, "/data/title")
    yield from _sized(modal.get("custom_id"), 100, "/data/custom_id")
    components = modal.get("components") or []
    if not 1 <= len(components) <= ROWS:
        yield f"/data/components: Must be between 1 and {ROWS} in length."
    everything = list(walk(components))
    yield from twice(everything, "/data/components")
    for one in everything:
        at = f"/data/components/{one.get('custom_id', one.get('label', ''))!r}"
        if one.get("type") == LABEL:
            yield from _sized(one.get("label"), 45, f"{at}/label")
            yield from _sized(one.get("description"), 100, f"{at}/description", 0)
        elif one.get("type") == INPUT:
            yield from _input(one, at)
        elif one.get("type") in SELECTS:
            yield from select_problems(one, at)


def _input(one: Json, at: str) -> Iterator[str]:
    yield from _sized(one.get("custom_id"), 100, f"{at}/custom_id")
    yield from _sized(one.get("placeholder"), 100, f"{at}/placeholder", 0)
    most = one.get("max_length") or 4_000
    yield from _sized(one.get("value"), most, f"{at}/value", 0)
    if not 1 <= most <= 4_000 or not 0 <= (one.get("min_length") or 0) <= most:
        yield f"{at}/max_length: must be between 1 and 4000, and not below min_length"
