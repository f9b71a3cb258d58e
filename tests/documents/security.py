"""The checklist in SECURITY.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.documents.marks import put
from tests.safety.checklist import markdown

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "SECURITY.md"


def write(root: Path) -> None:
    """Bring the list up to date."""
    put(root / PAGE, "checklist", markdown())
