"""The `data` of interactions, made from what the app registered or sent: typed options, pressed components, filled-in forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.discord.fake.record import Json

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, NUMBER = 1, 2, 3, 4, 5, 10
BUTTON, TEXT_INPUT, LABEL = 2, 4, 18
SELECTS = frozenset({3, 5, 6, 7, 8})
LINK, PREMIUM = 5, 6
_PYTHON: dict[int, type | tuple[type, ...]] = {STRING: str, INTEGER: int, BOOLEAN: bool, NUMBER: (int, float)}


def registered(commands: Sequence[Json], name: str, *, type: int = 1) -> Json:
    """The command of this name; raises LookupError."""
    for command in commands:
        if command["name"] == name and command.get("type", 1) == type:
            return command
    raise LookupError(f"no command {name!r} of type {type} is registered; there are {[one['name'] for one in commands]}")


def command_data(commands: Sequence[Json], path: str, given: Mapping[str, object], *, focused: str = "") -> Json:
    """The data of a slash command, or, with `focused`, of somebody typing into that option.

    Raises:
        LookupError: It does not fit what is registered.
    """
    words = path.split() if " " in path else ["papers", path]
    command = registered(commands, words[0])
    data: Json = {"id": command["id"], "name": command["name"], "type": 1}
    level, node = data, command
    for word in words[1:]:
        found = next((one for one in node.get("options", ()) if one["name"] == word and one["type"] in {SUBCOMMAND, GROUP}), None)
        if found is None:
            raise LookupError(f"/{path}: there is no {word!r} under {node['name']!r}")
        level["options"] = [{"name": word, "type": found["type"]}]
        level, node = level["options"][0], found
    level["options"] = list(_options(f"/{path}", node.get("options", ()), given, focused))
    return data


def _options(path: str, known: Sequence[Json], given: Mapping[str, object], focused: str) -> Iterator[Json]:
    if strange := set(given) - {one["name"] for one in known}:
        raise LookupError(f"{path}: no option {sorted(strange)}; there are {[one['name'] for one in known]}")
    for one in known:
        if one["name"] not in given:
            # While somebody types nothing is complete yet.
            if one.get("required") and not focused:
                raise LookupError(f"{path}: {one['name']} is required")
            continue
        value = given[one["name"]]
        if one["name"] == focused:
            if not one.get("autocomplete"):
                raise LookupError(f"{path}: {one['name']} has no autocomplete")
            yield {"name": one["name"], "type": one["type"], "value": value, "focused": True}
            continue
        if problem := _misfit(one, value):
            raise LookupError(f"{path}: {one['name']}: {problem}")
        yield {"name": one["name"], "type": one["type"], "value": value}


def _misfit(option: Json, value: Any) -> str:
    wanted = _PYTHON[option["type"]]
    if not isinstance(value, wanted) or (isinstance(value, bool) and option["type"] != BOOLEAN):
        return f"{value!r} is of another type"
    if option.get("choices") and value not in [choice["value"] for choice in option["choices"]]:
        return f"{value!r} is none of {[choice['value'] for choice in option['choices']]}"
    if isinstance(value, str) and not option.get("min_length", 0) <= len(value) <= option.get("max_length", 6_000):
        return f"{len(value)} characters"
    if option["type"] in {INTEGER, NUMBER} and not option.get("min_value", value) <= value <= option.get("max_value", value):
        return f"{value!r} is out of range"
    return ""


def walk(components: Sequence[Json]) -> Iterator[Json]:
    """Every component, those within others too, in the order they are seen."""
    for one in components:
        yield one
        yield from walk(one.get("components", ()))
        yield from walk([one[name] for name in ("accessory", "component") if name in one])


def component(components: Sequence[Json], what: str, values: Sequence[str]) -> Json:
    """The data of a press; see `Sending.press`."""
    for one in walk(components):
        picked = list(values)
        if one["type"] in SELECTS:
            options = {name: option["value"] for option in one.get("options", ()) for name in (option["value"], option["label"])}
            if not picked and what in options:
                picked = [what]
            elif what not in (one["custom_id"], one.get("placeholder")):
                continue
            if one["type"] == 3:
                picked = [options[value] for value in picked]
            if not one.get("min_values", 1) <= len(picked) <= one.get("max_values", 1):
                raise LookupError(f"{what!r}: {len(picked)} picked")
        elif one["type"] != BUTTON or what not in (one.get("label"), one.get("custom_id")):
            continue
        if one.get("disabled") or one.get("style") in {LINK, PREMIUM}:
            raise LookupError(f"{what!r} cannot be pressed: {one}")
        data: Json = {"component_type": one["type"], "custom_id": one["custom_id"], "id": one.get("id", 1)}
        return data | ({"values": picked} if one["type"] in SELECTS else {})
    raise LookupError(f"nothing to press is called {what!r}; there are {[name for one in walk(components) for name in _names(one)]}")


def _names(one: Json) -> list[str]:
    if one["type"] in SELECTS:
        return [one.get("placeholder", one["custom_id"]), *(option["label"] for option in one.get("options", ()))]
    return [one["label"]] if one["type"] == BUTTON and "label" in one else []


def submitted(modal: Json, values: dict[str, str | Sequence[str]]) -> Json:
    """The data of a form that is sent off; see `Sending.submit`."""
    sent: list[Json] = []
    for number, row in enumerate(modal["components"], start=1):
        about: Json = {"type": row["type"], "id": row.get("id", 100 + number)}
        if row["type"] == LABEL:
            about["component"] = _filled(row["component"], row.get("label", ""), values)
        elif "components" in row:
            about["components"] = [_filled(one, one.get("label", ""), values) for one in row["components"]]
        sent.append(about)
    if values:
        raise LookupError(f"the form has no input {sorted(values)}")
    return {"custom_id": modal["custom_id"], "components": sent}


def _filled(one: Json, label: str, values: dict[str, str | Sequence[str]]) -> Json:
    given = values.pop(one["custom_id"], values.pop(label, None))
    about: Json = {"type": one["type"], "id": one.get("id", 1), "custom_id": one["custom_id"]}
    if one["type"] == TEXT_INPUT:
        text = one.get("value", "") if given is None else given
        if not isinstance(text, str) or len(text) > one.get("max_length", 4_000) or (one.get("required", True) and not text):
            raise LookupError(f"{label or one['custom_id']}: {text!r} is not accepted")
        return about | {"value": text}
    options = {name: option["value"] for option in one.get("options", ()) for name in (option["value"], option["label"])}
    if given is None:
        picked = [option["value"] for option in one.get("options", ()) if option.get("default")]
    else:
        picked = [options.get(value, value) if options else value for value in ([given] if isinstance(given, str) else given)]
    if options and (strange := set(picked) - set(options.values())):
        raise LookupError(f"{label or one['custom_id']}: no option {sorted(strange)}; there are {sorted(options)}")
    if one.get("required", True) and not picked:
        raise LookupError(f"{label or one['custom_id']}: nothing picked")
    return about | {"values": picked}
