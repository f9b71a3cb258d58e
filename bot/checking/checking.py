"""Looks at one thing after the other, and writes what was found."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.checking.clock import Clock
from bot.checking.keys import keys
from bot.checking.machine import contact, disk, extras, zones
from bot.checking.platforms import platforms
from bot.checking.sources import sources
from bot.checking.store import open_to_look
from bot.errors import OperatorMistake, StoreTrouble
from bot.findings import Finding
from bot.redaction import Redactor
from bot.settings import secrets_of
from bot.sources.config import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.settings import Settings


async def check(settings: Settings, write: Callable[[str], object], *, as_json: bool = False) -> int:
    """Look at everything that is configured and write a line about each; 1 if something is wrong, else 0.

    Changes nothing but what being asked changes: a source's door knows when it was asked last. Also while the bot is at work.

    Args:
        write: Takes a line, as soon as it is known, with its end.
        as_json: One document at the end instead: {"fine": true, "findings": [{"about", "fine", "said", "remedy"}, ...]}.

    Raises:
        EOFError: Nobody reads what is written.
    """
    found: list[Finding] = []

    redact = Redactor(secrets_of(settings))

    def tell(finding: Finding) -> None:
        # The words of errors are others', and what a library puts into them changes.
        finding = replace(finding, said=redact(finding.said), remedy=redact(finding.remedy))
        found.append(finding)
        if not as_json:
            write(f"{finding}\n")

    await _look(settings, tell)
    fine = all(finding.fine for finding in found)
    if as_json:
        findings = [{"about": one.about, "fine": one.fine, "said": one.said, "remedy": one.remedy} for one in found]
        write(json.dumps({"fine": fine, "findings": findings}, indent=1, ensure_ascii=False) + "\n")
    return int(not fine)


async def _look(settings: Settings, tell: Callable[[Finding], None]) -> None:
    clock = Clock(_now)
    async with AsyncExitStack() as stack:
        looked = await open_to_look(settings, stack)
        for finding in (*looked.findings, *disk(settings), *extras(settings), zones(clock.now().date()), contact(settings)):
            tell(finding)
        store = looked.store
        if store is not None:
            try:
                await clock.ask(store)
                for finding in await keys(settings, store):
                    tell(finding)
            except StoreTrouble as trouble:
                tell(Finding("store", fine=False, said=str(trouble), remedy="look at the server's log, then check again"))
                store = None
        try:
            config = load(settings.sources_file)
        except OperatorMistake as mistake:
            tell(Finding("sources file", fine=False, said=str(mistake).removesuffix("."), remedy="config/sources.toml shows what is right"))
        else:
            await sources(settings, config, store, heard=clock.hear, tell=tell)
        tell(clock.finding())
        await platforms(settings, store, now=_now, tell=tell)


def _now() -> datetime:
    return datetime.now(UTC)
