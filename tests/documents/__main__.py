"""Write everything in the documents that the program writes: `python -m tests.documents`, or some of it, by name.

A module of this folder that has a function `write(root)` writes one kind of thing; there is no other list.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from typing import TYPE_CHECKING

from tests import documents
from tests.documents.marks import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


def writers() -> dict[str, Callable[[Path], None]]:
    """By the name of their module, sorted."""
    found = {}
    for module in pkgutil.iter_modules(documents.__path__):
        if not module.name.startswith(("test_", "_")):
            write = getattr(importlib.import_module(f"tests.documents.{module.name}"), "write", None)
            if write is not None:
                found[module.name] = write
    return found


def main(names: Sequence[str]) -> int:
    """Let those of these names write, or all."""
    known = writers()
    if strange := [name for name in names if name not in known]:
        sys.stderr.write(f"Nothing is written by {', '.join(strange)}; there are {', '.join(known)}.\n")
        return 2
    for name in names or known:
        sys.stdout.write(f"{name}\n")
        known[name](ROOT)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
