"""What the renderer's tests ask of blocks: no problem, no markup, and what a person reads."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.slack.fake.checks import body_problems, shown_view_problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.slack.render import Rendered

GOLDEN = Path(__file__).parent / "golden"
UNDOCUMENTED = 13_000
"""Characters of one message's JSON; at about 13,200 Slack answers `msg_blocks_too_long` (slackapi/bolt-js#2509)."""


def checked(name: str, rendered: Any) -> None:
    """Compare with the saved file; `UPDATE_GOLDEN=1 pytest tests/slack` writes it anew, for reading over."""
    file = GOLDEN / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(json.dumps(rendered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    assert rendered == json.loads(file.read_text(encoding="utf-8"))


def sound(rendered: Rendered) -> None:
    """One message that Slack would take, and in which nothing is parsed."""
    assert list(body_problems({"blocks": rendered.blocks, "text": rendered.text})) == []
    assert len(json.dumps(rendered.blocks, ensure_ascii=False)) <= UNDOCUMENTED
    assert not parsed(rendered.blocks)


def sound_view(view: dict[str, Any]) -> None:
    """One view that Slack would take, and in which nothing is parsed."""
    assert list(shown_view_problems(view, view["type"])) == []
    assert len(json.dumps(view)) <= 250_000
    assert not parsed(view)


def parsed(value: Any) -> list[Any]:
    """Every object that Slack would look for markup in, or show emoji names in as emoji, or ping somebody by."""
    return [
        one
        for one in objects(value)
        if one.get("type") in ("mrkdwn", "markdown", "broadcast", "user", "usergroup", "channel", "emoji")
        or (one.get("type") == "plain_text" and one.get("emoji") is not False)
    ]


def read(value: Any) -> str:
    """What a person sees, in order, a line for each text."""
    return "\n".join(str(one["text"]) for one in objects(value) if isinstance(one.get("text"), str))


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in it, outer ones first."""
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(one)
