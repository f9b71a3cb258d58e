"""Marks in a document between which the program writes: `<!-- name -->` and `<!-- /name -->`."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def between(text: str, name: str) -> str:
    """What stands between the marks, without the blank lines around it.

    Raises:
        ValueError: There are no such marks.
    """
    return _found(text, name)[2].strip("\n")


def put(page: Path, name: str, inside: str) -> None:
    """Write between the marks of a page; the rest stays. Twice is as good as once.

    Raises:
        ValueError: There are no such marks.
    """
    text = page.read_text("utf-8")
    found = _found(text, name)
    page.write_text(f"{text[: found.start()]}{found[1]}\n\n{inside.strip()}\n\n{found[3]}{text[found.end() :]}", "utf-8")


def _found(text: str, name: str) -> re.Match[str]:
    found = re.search(rf"(<!-- {re.escape(name)} -->)(.*?)(<!-- /{re.escape(name)} -->)", text, re.DOTALL)
    if found is None:
        raise ValueError(f"there is nothing between <!-- {name} --> and <!-- /{name} -->")
    return found
