"""The list of fields and the program's own words are in step: nothing is logged in vain, and nothing is listed that nobody says."""

from __future__ import annotations

import ast
from pathlib import Path

from bot.fields import FIELDS

ROOT = Path(__file__).parent.parent
LOGGING = {"bind", "bind_contextvars", "bound_contextvars", "critical", "debug", "error", "exception", "info", "warning"}
FROM_STRUCTLOG = {"event", "level", "timestamp", "exc_info", "stack_info", "stack"}
SPREAD = {
    # Handed on as **about, from what is collected there.
    "adapters/slack/once.py": {"payload", "workspace", "channel", "user", "event_id"},
    "adapters/discord/mentions.py": {"channel", "user"},
    "adapters/discord/ear.py": {"channel", "user"},
    "adapters/discord/listener.py": {"heard"},
    "bot/delivery.py": {"delivery_key", "slot", "platform", "workspace", "channel", "attempt"},
}


def said() -> dict[str, list[str]]:
    """Field -> where it is given to a logger."""
    found: dict[str, list[str]] = {name: [where] for where, names in SPREAD.items() for name in names}
    for folder in ("bot", "adapters"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _is_logging(node.func):
                    for given in node.keywords:
                        if given.arg is not None:
                            found.setdefault(given.arg, []).append(f"{path.relative_to(ROOT)}:{node.lineno}")
    return found


def _is_logging(called: ast.expr) -> bool:
    match called:
        case ast.Attribute(value=ast.Name(id="_log" | "log"), attr=method):
            return method in LOGGING
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in {"bind_contextvars", "bound_contextvars"}
        case _:
            return False


def test_every_field_that_is_logged_is_listed() -> None:
    assert {name: where for name, where in said().items() if name not in FIELDS} == {}


def test_every_field_that_is_listed_is_logged() -> None:
    assert sorted(FIELDS.keys() - said().keys() - FROM_STRUCTLOG) == []
