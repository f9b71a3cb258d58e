"""Slack's own descriptions of blocks, views, metadata and arguments, where PAPERBOY_SHARED names their folder."""

from __future__ import annotations

import json
import os
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Collection

    from tests.slack.fake.record import Json


@cache
def _folder() -> Path | None:
    shared = os.environ.get("PAPERBOY_SHARED", "")
    return Path(shared) / "specs" / "slack" if shared else None


@cache
def _validator(name: str) -> Draft202012Validator:
    folder = _folder()
    assert folder is not None
    definitions = _definitions(folder)
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": definitions})


@cache
def _definitions(folder: Path) -> Json:
    read: Json = json.loads((folder / "slack_types.schema.json").read_text(encoding="utf-8"))["$defs"]
    return read


@cache
def _methods() -> Json:
    folder = _folder()
    assert folder is not None
    read: Json = json.loads((folder / "slack_methods.json").read_text(encoding="utf-8"))["methods"]
    return read


@lru_cache(maxsize=10_000)
def _problems(name: str, written: str) -> tuple[str, ...]:
    errors = _validator(name).iter_errors(json.loads(written))
    return tuple(f"/{'/'.join(map(str, error.absolute_path))}: {error.message[:160]}" for error in errors)


def schema_problems(name: str, value: Any, at: str) -> list[str]:
    """What the named description (root.view, root.metadata, ...) finds wrong; [] without the folder."""
    if _folder() is None:
        return []
    return [f"{at}{problem}" for problem in _problems(name, json.dumps(value))]


def block_schema_problems(blocks: Any, at: str) -> list[str]:
    """The same for each block by itself, so that a block seen before costs nothing."""
    if not isinstance(blocks, list):
        return []
    # root.blocks wants a list; its pointer then begins with /0.
    return [
        f"{at}/{index}{problem.removeprefix('/0')}"
        for index, block in enumerate(blocks)
        for problem in schema_problems("root.blocks", [block], "")
    ]


def argument_problems(method: str, names: Collection[str]) -> list[str]:
    """Arguments the method does not have; [] without the folder."""
    if _folder() is None or method not in _methods():
        return []
    # An organisation's token names its workspace everywhere, also where the page of the method does not say so; Bolt does in auth.test.
    return [f"/{name}: no such argument" for name in sorted(set(names) - set(_methods()[method]["args"]) - {"team_id", "token"})]
