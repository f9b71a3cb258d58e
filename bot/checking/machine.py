"""What this machine must have: a disk that lasts, zones that are known, extras that were asked for; and the operator's address."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import TZPATH

from bot import zones as known
from bot.findings import Finding
from bot.settings import would_be_lost
from bot.telling import EXTRAS, is_installed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from bot.settings import Settings

_YEARS = 2
"""Zone data of a year so long ago is older than a year for certain; somewhere clocks change otherwise nearly every year."""
_SHOWN = Path("Europe/Berlin")
"""A zone that all data have."""


def disk(settings: Settings) -> Iterator[Finding]:
    """Whether the embedded store would be lost with the next start; nothing where there is none."""
    if settings.redis_url is None and (lost := would_be_lost(settings)):
        yield Finding("disk", fine=False, said=lost.what, remedy=lost.remedy)


def extras(settings: Settings) -> Iterator[Finding]:
    """Whether what the settings ask for is installed."""
    for name, (extra, _) in EXTRAS.items():
        if getattr(settings, name) is not None:
            there = is_installed(name)
            said = f"{name.upper()} is set, and the extra `{extra}` is {'installed' if there else 'not'}"
            remedy = "" if there else f'pip install "paperboy[{extra}]", or uv sync --extra {extra}; or take {name.upper()} out'
            yield Finding(f"extra {extra}", fine=there, said=said, remedy=remedy)


def contact(settings: Settings) -> Finding:
    """Whether sources can reach the operator."""
    if settings.contact:
        return Finding("contact", fine=True, said=f"sources are told {settings.contact}")
    return Finding("contact", fine=True, said="sources are told nobody to write to", remedy="set CONTACT, before they shut out a stranger")


def zones(today: date) -> Finding:
    """Whether time zones are known, and as they are now."""
    if not known.available():
        return Finding("time zones", fine=False, said="this machine knows none", remedy="pip install tzdata")
    where, data = _zone_data()
    said = f"{data or 'of an unknown version'}, from {where}"
    if data[:4].isdecimal() and int(data[:4]) <= today.year - _YEARS:
        update = "pip install --upgrade tzdata" if where == _PACKAGE else "update the system's package tzdata, or set PYTHONTZPATH="
        return Finding("time zones", fine=False, said=f"{said}: too old, digests would come at the wrong hour", remedy=update)
    return Finding("time zones", fine=True, said=said)


_PACKAGE = "the package tzdata"


def _zone_data() -> tuple[str, str]:
    """Where `zoneinfo` looks first and finds something, and the version there ("2026a"); "" if it cannot be told."""
    system = next((Path(path) for path in TZPATH if (Path(path) / _SHOWN).is_file()), None)
    if system is None:
        # Of the package: 2026.1 is IANA's 2026a.
        year, number = version("tzdata").split(".")[:2]
        return _PACKAGE, f"{year}{chr(ord('a') + int(number) - 1)}"
    for name in ("tzdata.zi", "+VERSION"):
        try:
            with (system / name).open(encoding="ascii", errors="replace") as file:
                return str(system), file.readline().removeprefix("# version ").strip()
        except OSError:
            continue
    return str(system), ""
