"""What uv.lock says: every package with its hashes, and which of them a running bot has."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
US = "paperboy"


@dataclass(frozen=True, slots=True)
class Locked:
    """One version of a package."""

    name: str
    version: str
    source: str
    """The registry it comes from; "." for ourselves."""
    hashes: tuple[str, ...]
    """One of each file there is; "" for a file without."""
    needs: frozenset[str]
    """Packages it needs, on whatever machine."""


@cache
def locked() -> tuple[Locked, ...]:
    """All that is locked, by name."""
    return tuple(_locked(one) for one in tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"])


@cache
def direct() -> dict[str, frozenset[str]]:
    """What we ask for ourselves, by the extra that brings it; "" for what is always there."""
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return {
        extra: frozenset(_name(requirement) for requirement in requirements)
        for extra, requirements in {"": asked["dependencies"], **asked["optional-dependencies"]}.items()
    }


@cache
def runtime() -> dict[str, Locked]:
    """What a bot with all extras has, on whatever machine, by name."""
    by_name = {one.name: one for one in locked()}
    found: dict[str, Locked] = {}
    left = [name for names in direct().values() for name in names]
    while left:
        if (name := left.pop()) not in found:
            found[name] = by_name[name]
            left += by_name[name].needs
    return dict(sorted(found.items()))


def _locked(one: dict[str, Any]) -> Locked:
    files = [*one.get("wheels", []), *([one["sdist"]] if "sdist" in one else [])]
    needs = [*one.get("dependencies", []), *(need for needs in one.get("optional-dependencies", {}).values() for need in needs)]
    source = one["source"]
    return Locked(
        name=one["name"],
        version=one.get("version", ""),
        source=source.get("registry") or source.get("editable") or str(source),
        hashes=tuple(file.get("hash", "") for file in files),
        needs=frozenset(need["name"] for need in needs),
    )


def _name(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()
