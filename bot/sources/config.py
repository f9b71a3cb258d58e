"""What the operator says about the sources: which are read, and when (`config/sources.toml`)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from bot.errors import OperatorMistake
from bot.paper import SAMPLE
from bot.sources.arxiv import is_category

if TYPE_CHECKING:
    from bot.ports import Health

_FIRST_PAUSE: Final = timedelta(minutes=5)
_LONGEST_PAUSE: Final = timedelta(hours=6)
_SHORTEST_INTERVAL: Final = timedelta(minutes=15)
_LONGEST_INTERVAL: Final = timedelta(days=7)
_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1)}


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a source is read: at an interval, or at times of day; one of the two."""

    every: timedelta | None = None
    at: tuple[time, ...] = ()
    """UTC, ascending."""

    def after(self, now: datetime) -> datetime:
        """The first moment later than `now`."""
        if self.every is not None:
            return now + self.every
        today = now.astimezone(UTC).date()
        moments = (datetime.combine(today + timedelta(days=days), at, UTC) for days in (0, 1) for at in self.at)
        return next(moment for moment in moments if moment > now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Which sources are read, and when."""

    rhythms: dict[str, Rhythm]
    """By kind of source (`huggingface`, `arxiv`, `sample`), those that are enabled."""
    categories: tuple[str, ...] = ()
    """arXiv's, each its own source."""
    replacements: bool = False


DEMO: Final = Config(rhythms={SAMPLE: Rhythm(every=timedelta(hours=24))})
"""The bundled papers alone."""


def next_reading(config: Config, name: str, now: datetime, health: Health, retry_after: timedelta | None = None) -> datetime:
    """When a source is to be read next, later than `now`.

    After a good reading by its rhythm; after failures in 5 minutes, then twice as long each time, up to 6 hours. A source that asked
    for more patience than that gets it. A source that is no longer configured rests for the longest pause.

    Args:
        name: As in `Source.name`; `arxiv:cs.CL` follows the rhythm of `arxiv`.
        retry_after: How long it asked us to wait.
    """
    rhythm = config.rhythms.get(name.partition(":")[0])
    if health.failures:
        pause = min(_FIRST_PAUSE * (1 << min(health.failures - 1, 10)), _LONGEST_PAUSE)
        return now + max(pause, retry_after or pause)
    return rhythm.after(now) if rhythm else now + _LONGEST_PAUSE


def load(path: Path | None = None) -> Config:
    """The configuration in a file; without one the default that comes with the program.

    Raises:
        OperatorMistake: It is missing or wrong; one line says where and what would be right.
    """
    if path is None:
        checkout = Path(__file__).parents[2] / "config" / "sources.toml"
        packaged = files("bot.sources").joinpath("sources.toml")
        return read(checkout.read_text("utf-8") if checkout.is_file() else packaged.read_text("utf-8"), where="config/sources.toml")
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise OperatorMistake(f"SOURCES_FILE: {path} cannot be read ({why}); correct it, or leave it out for the default.") from error
    return read(text, where=f"SOURCES_FILE: {path}")


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    enabled: bool = True
    every: str = ""
    at: tuple[str, ...] = ()


class _Arxiv(_Section, frozen=True, forbid_unknown_fields=True):
    categories: tuple[str, ...] = ()
    replacements: bool = False


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sections by kind of source, as `bot.sources.table` names them."""

    huggingface: _Section = _Section(enabled=False)
    arxiv: _Arxiv = _Arxiv(enabled=False)
    sample: _Section = _Section(enabled=False)


def read(text: str, *, where: str) -> Config:
    """The configuration in a text. A section that is left out is not enabled.

    Raises:
        OperatorMistake: It is wrong.
    """
    try:
        file = msgspec.convert(tomllib.loads(text), type=_File)
    except tomllib.TOMLDecodeError as error:
        raise OperatorMistake(f"{where}: this is no TOML: {error}.") from error
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `$.")
        raise OperatorMistake(
            f"{where}: {what}{f' in {place[:-1]}' if place else ''}. config/sources.toml explains each setting."
        ) from error
    sections: dict[str, _Section] = msgspec.structs.asdict(file)
    rhythms = {name: _rhythm(section, f"{where}: {name}") for name, section in sections.items() if section.enabled}
    if not rhythms:
        raise OperatorMistake(f"{where}: no source is enabled. Set `enabled = true` in a section.")
    for category in file.arxiv.categories:
        if not is_category(category):
            raise OperatorMistake(f"{where}: arxiv.categories: {category[:50]!r} is no arXiv category, such as cs.CL.")
    if file.arxiv.enabled and not file.arxiv.categories:
        raise OperatorMistake(f'{where}: arxiv.categories is empty. Name some, such as ["cs.CL"], or set `enabled = false`.')
    return Config(rhythms=rhythms, categories=tuple(dict.fromkeys(file.arxiv.categories)), replacements=file.arxiv.replacements)


def _rhythm(section: _Section, where: str) -> Rhythm:
    if bool(section.every) == bool(section.at):
        raise OperatorMistake(f'{where}: say either `every = "2h"` or `at = ["08:00"]`.')
    return (
        Rhythm(every=_interval(section.every, where))
        if section.every
        else Rhythm(at=tuple(sorted({_time(at, where) for at in section.at})))
    )


def _interval(text: str, where: str) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,5})\s*([mh])", text.strip())
    if match is None:
        raise OperatorMistake(f'{where}.every: {text[:50]!r} is no interval, such as "30m" or "2h".')
    interval = int(match[1]) * _UNITS[match[2]]
    if not _SHORTEST_INTERVAL <= interval <= _LONGEST_INTERVAL:
        raise OperatorMistake(f"{where}.every: {text[:50]!r} is not between 15 minutes, which is polite, and 7 days.")
    return interval


def _time(text: str, where: str) -> time:
    if (match := re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", text.strip())) is None:
        raise OperatorMistake(f'{where}.at: {text[:50]!r} is no time of day (UTC), such as "08:00".')
    return time(int(match[1]), int(match[2]))
