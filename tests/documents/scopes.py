"""The table of Slack's optional scopes in docs/slack.md, from the table of features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.slack.scopes import FEATURES
from tests.documents.marks import put

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "docs/slack.md"


def table() -> str:
    """A row for each feature."""
    rows = ["| scopes | what they bring | without them |", "|---|---|---|"]
    rows += [f"| {', '.join(f'`{scope}`' for scope in one.scopes)} | {one.brings} | {one.without} |" for one in FEATURES]
    return "\n".join(rows)


def write(root: Path) -> None:
    """Bring the table up to date."""
    put(root / PAGE, "scopes", table())
