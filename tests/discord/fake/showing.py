"""Embeds and components as Discord shows them again: with what it fills in, without what was null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

SELECTS = (3, 5, 6, 7, 8)


def without_nulls(value: Any) -> Any:
    """The same without the fields that are null, at any depth."""
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


def shown_embed(embed: Json) -> Json:
    """An embed as it comes back."""
    shown: Json = {"type": "rich", **without_nulls(embed)}
    if "fields" in shown:
        shown["fields"] = [{"inline": False, **item} for item in shown["fields"]]
    return shown


def walk(components: list[Json]) -> Iterator[Json]:
    """Every component, outer ones first."""
    for component in components:
        yield component
        yield from walk(component.get("components") or [])
        yield from walk([component[name] for name in ("accessory", "component") if component.get(name)])


def shown_components(components: list[Json]) -> list[Json]:
    """Components as they come back, with numbers for ids, depth first."""
    counter = iter(range(1, 10_000))

    def shown(component: Json) -> Json:
        filled = {"min_values": 1, "max_values": 1} if component.get("type") in SELECTS else {}
        copy: Json = {"id": next(counter), **filled, **component}
        if "components" in copy:
            copy["components"] = [shown(child) for child in copy["components"]]
        for single in ("accessory", "component"):
            if single in copy:
                copy[single] = shown(copy[single])
        return copy

    return [shown(component) for component in without_nulls(components)]
