"""Discord's own description of its REST API, where PAPERBOY_SHARED names its folder.

Objects in requests may have no field the description does not know. Four things discord.py sends are looked over, for Discord takes
them: ids as numbers, `flags` in embeds, `nsfw` of commands, and `tts: false` where a message is only changed or begins a post.
"""

from __future__ import annotations

import copy
import json
import os
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

if TYPE_CHECKING:
    from tests.discord.fake.record import Json

UNCHECKED: frozenset[str] = frozenset()
"""Routes the description says nothing of, neither of requests nor of answers."""


@cache
def _description() -> Json | None:
    shared = os.environ.get("PAPERBOY_SHARED", "")
    if not shared:
        return None
    read: Json = json.loads((Path(shared) / "specs" / "discord" / "openapi.json").read_text(encoding="utf-8"))
    return read


@cache
def _components(*, strict: bool) -> Json:
    description = _description()
    assert description is not None
    components: Json = description["components"]
    if not strict:
        return components
    components = copy.deepcopy(components)
    schemas = components["schemas"]
    schemas["SnowflakeType"] = {"anyOf": [schemas["SnowflakeType"], {"type": "integer", "minimum": 0}]}
    schemas["RichEmbed"]["properties"]["flags"] = {"type": "integer"}
    for name in ("ApplicationCommandCreateRequest", "ApplicationCommandUpdateRequest"):
        schemas[name]["properties"]["nsfw"] = {"type": "boolean"}
    for schema in schemas.values():
        if "properties" in schema and "additionalProperties" not in schema:
            schema["additionalProperties"] = False
    return components


@cache
def _operation(route: str) -> Json | None:
    description = _description()
    assert description is not None
    verb, path = route.split(" ")
    # A second name for the same thing has an entry of its own; what has none is in UNCHECKED.
    operation: Json | None = description["paths"].get(path, {}).get(verb.lower())
    return operation


@cache
def _request(route: str) -> Draft202012Validator | None:
    operation = _operation(route)
    if operation is None or "requestBody" not in operation:
        return None
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    return Draft202012Validator({**schema, "components": _components(strict=True)})


@cache
def _answer(route: str, status: int) -> Draft202012Validator | None:
    operation, description = _operation(route), _description()
    if operation is None or description is None:
        return None
    answers = operation["responses"]
    answer = answers.get(str(status)) or answers.get(f"{status // 100}XX") or {}
    if "$ref" in answer:
        answer = description["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
    content = answer.get("content", {}).get("application/json")
    return Draft202012Validator({**content["schema"], "components": _components(strict=False)}) if content else None


def knows(route: str) -> bool:
    """Whether Discord describes the route; true without the description."""
    return _description() is None or _operation(route) is not None


def answered(route: str, status: int) -> bool:
    """Whether the description says that the route answers so; true without the description."""
    operation = _operation(route) if _description() is not None else None
    if operation is None or status >= 500:
        return True
    return str(status) in operation["responses"] or f"{status // 100}XX" in operation["responses"]


def request_problems(route: str, body: Any) -> list[str]:
    """What the description finds wrong with the body of a request; [] without the description."""
    if _description() is None:
        return []
    return list(_request_problems(route, json.dumps(_without_tts(body))))


@lru_cache(maxsize=10_000)
def _request_problems(route: str, written: str) -> tuple[str, ...]:
    body = json.loads(written)
    validator = _request(route)
    if validator is None:
        return (": the route takes no body",) if body else ()
    return tuple(_problems(validator, body))


def answer_problems(route: str, status: int, body: Any) -> list[str]:
    """What the description finds wrong with an answer of ours; [] without the description."""
    if _description() is None or body is None or status >= 500:
        return []
    validator = _answer(route, status)
    return list(_problems(validator, body)) if validator else []


def _problems(validator: Draft202012Validator, body: Any) -> list[str]:
    found = []
    for error in validator.iter_errors(body):
        deepest = best_match([error]) or error
        found.append(f"/{'/'.join(map(str, deepest.absolute_path))}: {deepest.message[:200]}")
    return found


def _without_tts(body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    kept = {name: value for name, value in body.items() if not (name == "tts" and value is False)}
    for name in ("data", "message"):
        if isinstance(kept.get(name), dict):
            kept[name] = _without_tts(kept[name])
    return kept
