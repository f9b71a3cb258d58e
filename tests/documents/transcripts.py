"""Conversations with the demo, as the README and the quick start show them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.documents.marks import put

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SHORT = ("subscribe agents -benchmark", "settings limit 1", "digest", "subscribe title:(robot OR")
"""What the README types."""
LONG = (
    "subscribe agents -benchmark",
    "settings limit 2",
    "digest",
    "why 2608.19880",
    "list",
    "search title:attention upvotes>=20",
    "save 2608.19880",
    "status",
)
"""What the quick start types."""
SHOWN = {"README.md": SHORT, "docs/quick-start.md": LONG}

_BETWEEN = "You are in #demo now."


def transcript(typed: Sequence[str]) -> str:
    """The demo's answers, each after its line."""
    ran = subprocess.run(
        [sys.executable, "-m", "bot", "demo"],
        input="\n#demo\n".join(typed),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TZ": "UTC", "LOGNAME": "ada"},
    )
    answers = (answer.strip() for answer in ran.stdout.split(_BETWEEN))
    return "\n".join(f"#demo> {line}\n{answer}\n" for line, answer in zip(typed, answers, strict=True)).rstrip()


def without_dates(text: str) -> str:
    """Days and times depend on when somebody reads; nothing else may."""
    text = re.sub(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} [A-Z][a-z]{2}\b|\b\d{1,2} [A-Z][a-z]{2}\b", "DAY", text)
    text = re.sub(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b", "DAY", text)
    return re.sub(r"\b(DAY|today|tomorrow) \d\d:\d\d\b", "TIME", text)


def write(root: Path) -> None:
    """Bring every transcript up to date."""
    for page, typed in SHOWN.items():
        put(root / page, "transcript", f"```text\n{transcript(typed)}\n```")
