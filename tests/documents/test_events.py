"""Names of events that the documents explain are names of events; or of fields of the manifest."""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.documents.marks import ROOT

PAGES = ("docs/slack.md", "docs/discord.md", "docs/operations.md", "docs/outages.md")
EVENT = re.compile(r"(?<!with )`([a-z]+(?:_[a-z]+)+)`")
"""What stands behind "with" is a platform's own word."""


@cache
def code() -> str:
    return "\n".join(file.read_text("utf-8") for room in ("bot", "adapters") for file in sorted((ROOT / room).rglob("*.py")))


@cache
def manifest() -> str:
    return (ROOT / "config" / "slack-manifest.yaml").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_quotes_from_the_log_is_said_by_the_code(page: str) -> None:
    named = set(EVENT.findall((ROOT / page).read_text("utf-8")))
    assert named
    assert [name for name in sorted(named) if f'"{name}"' not in code() and f" {name}:" not in manifest()] == []
