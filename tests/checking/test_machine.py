"""What a machine must have: a clock, zones, extras that were asked for, a disk that lasts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.checking import machine
from bot.checking.clock import Clock as Comparing
from bot.checking.machine import zones
from tests.checking.operator import on_discord

if TYPE_CHECKING:
    from pathlib import Path

    from bot.store.store import RedisStore
    from tests.checking.operator import Operator
    from tests.clock import Clock
    from tests.discord.fake import FakeDiscord

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(("off", "fine"), [(90, False), (-90, False), (20, True), (-20, True), (0, True)])
async def test_a_clock_that_is_not_the_stores_is_wrong(*, off: int, fine: bool, store: RedisStore, clock: Clock) -> None:
    comparing = Comparing(lambda: clock.now + timedelta(seconds=off))
    await comparing.ask(store)
    found = comparing.finding()
    assert (found.fine, f"{abs(off)} seconds from the store" in found.said) == (fine, not fine)
    assert fine or found.remedy


def test_both_that_disagree_are_told() -> None:
    comparing = Comparing(lambda: datetime(2026, 1, 1, tzinfo=UTC))
    assert comparing.finding().fine
    comparing.hear(datetime(2026, 1, 1, 0, 2, tzinfo=UTC))
    comparing.hear(datetime(2026, 1, 1, 0, 1, tzinfo=UTC))
    comparing.hear(datetime(2026, 1, 1, 0, 3, tzinfo=UTC))
    assert "60 seconds from the world" in comparing.finding().said


def system(at: Path, **files: str) -> Path:
    """A system's zone data."""
    (at / "Europe").mkdir(parents=True)
    (at / "Europe" / "Berlin").write_bytes(b"TZif")
    for name, text in files.items():
        (at / name.replace("_", ".")).write_text(text)
    return at


@pytest.mark.parametrize(
    ("files", "fine", "word"),
    [
        ({"tzdata_zi": "# version 2026b\nR x"}, True, "2026b, from "),
        ({"tzdata_zi": "# version 2025c\n"}, True, "2025c"),
        ({"tzdata_zi": "# version 2024b\n"}, False, "too old"),
        ({}, True, "of an unknown version"),
    ],
)
def test_zone_data_of_the_system_are_told_by_their_version(
    *, files: dict[str, str], fine: bool, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "TZPATH", [str(tmp_path / "none"), str(system(tmp_path / "zoneinfo", **files))])
    found = zones(TODAY)
    assert (found.fine, word in found.said) == (fine, True)
    assert fine or "system's package" in found.remedy


@pytest.mark.parametrize(
    ("version", "shown", "fine"), [("2026.2", "2026b", True), ("2024.1", "2024a", False), ("2026.3.post1", "2026c", True)]
)
def test_without_a_systems_the_package_is_told(*, version: str, shown: str, fine: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "TZPATH", ())
    monkeypatch.setattr(machine, "version", lambda _: version)
    found = zones(TODAY)
    assert (found.fine, shown in found.said, "package tzdata" in found.said) == (fine, True, True)


def test_a_machine_without_zones_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.zones.available", frozenset)
    assert zones(TODAY).remedy == "pip install tzdata"


@pytest.mark.parametrize(
    ("name", "value", "extra"), [("SENTRY_DSN", "https://k@h/1", "sentry"), ("OTLP_ENDPOINT", "http://h:4318", "otel")]
)
async def test_an_extra_that_is_asked_for_has_to_be_installed(
    name: str, value: str, extra: str, discord: FakeDiscord, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "is_installed", lambda _: True)
    checked = await operator.checks(**{name: value}, **on_discord(discord))
    assert f"extra {extra}" in checked.fine
    monkeypatch.setattr(machine, "is_installed", lambda _: False)
    checked = await operator.checks(**{name: value}, **on_discord(discord))
    assert checked.wrong == [f"extra {extra}"]
    assert f"paperboy[{extra}]" in checked.said


async def test_a_disk_that_does_not_last_is_wrong(discord: FakeDiscord, operator: Operator) -> None:
    checked = await operator.checks(DYNO="web.1", REDIS_URL="", **on_discord(discord))
    assert checked.wrong == ["disk"]
    assert "heroku-redis" in checked.line("disk")
    checked = await operator.checks(DYNO="web.1", **on_discord(discord))
    assert checked.wrong == []


async def test_an_operator_nobody_can_reach_is_asked_for_an_address(discord: FakeDiscord, operator: Operator) -> None:
    assert "set CONTACT" in (await operator.checks(**on_discord(discord))).line("contact")
    assert "told me@example.org" in (await operator.checks(CONTACT="me@example.org", **on_discord(discord))).line("contact")
