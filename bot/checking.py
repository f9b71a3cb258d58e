"""`check`: looks whether all is set up rightly, a line for each thing, before people find out that it is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NoReturn

from bot.errors import OperatorMistake, StoreTrouble
from bot.findings import Finding
from bot.settings import revealed
from bot.sources.config import load
from bot.wiring import open_desk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bot.desk import Desk
    from bot.settings import Settings

APART = timedelta(seconds=30)
"""How far this machine's clock and the store's may be apart: leases and digests go by the store's, signatures and ids by ours."""


async def check(settings: Settings, write: Callable[[str], object]) -> int:
    """Look at everything that is configured and write a line about each; 1 if something is wrong, else 0. Changes nothing.

    Raises:
        OperatorMistake: The sources' file cannot be read.
    """
    wrong = False
    async for finding in _findings(settings):
        write(f"{finding}\n")
        wrong |= not finding.fine
    return int(wrong)


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    config = load(settings.sources_file)
    try:
        async with open_desk(settings, config, directory=settings.data_dir) as desk:
            kept = "REDIS_URL answers, keeps what it is given" if settings.redis_url else f"embedded, in {settings.data_dir}"
            yield Finding("store", fine=True, said=kept)
            yield await _clock(desk)
            for finding in await _sources(desk):
                yield finding
    except (OperatorMistake, StoreTrouble) as trouble:
        yield Finding("store", fine=False, said=str(trouble))
    if settings.has_slack:
        from adapters.slack.checks import checks as of_slack  # noqa: PLC0415  # each platform's libraries take their time to load

        bot, app = revealed(settings.slack_bot_token), revealed(settings.slack_app_token)
        for finding in await of_slack(settings.slack_api, bot_token=bot, app_token=app):
            yield finding
    if settings.has_discord:
        from adapters.discord.checks import checks as of_discord  # noqa: PLC0415  # as above
        from adapters.discord.client import Rest, point  # noqa: PLC0415  # as above
        from bot.on_discord import intents  # noqa: PLC0415  # as above

        point(settings.discord_api)
        async with Rest(revealed(settings.discord_token), gate=_OpenGate(), clock=_now) as rest:
            for finding in await of_discord(rest, intents(settings)):
                yield finding
    if not settings.has_slack and not settings.has_discord:
        yield Finding("platforms", fine=False, said="none is configured; the README leads through Slack and Discord, step by step")


async def _clock(desk: Desk) -> Finding:
    before = _now()
    stored = await desk.store.now()
    after = _now()
    apart = max(before - stored, stored - after, timedelta())
    if apart > APART:
        seconds = round(apart.total_seconds())
        return Finding("clock", fine=False, said=f"this machine and the store are {seconds} seconds apart; let both follow a time server")
    return Finding("clock", fine=True, said="this machine and the store agree")


async def _sources(desk: Desk) -> list[Finding]:
    known = await desk.store.fetches.health([source.name for source in desk.sources])
    return [
        Finding(f"source {name}", fine=not health.trouble, said=health.trouble or ("read before" if health.last_good else "not read yet"))
        for name, (health, _) in known.items()
    ]


class _OpenGate:
    """Lets everybody through: a few questions must be possible while the store is not."""

    def enter(self, host: str, *, gap: timedelta, patience: timedelta) -> NoReturn:
        raise NotImplementedError

    async def shut(self, host: str, *, until: datetime, reason: str) -> None:
        pass

    async def turn(self, name: str, *, gap: timedelta, burst: int, patience: timedelta) -> timedelta:  # noqa: ARG002  # the port's
        return timedelta()

    async def strike(self, name: str, *, limit: int, per: timedelta, rest: timedelta) -> bool:  # noqa: ARG002  # the port's
        return False


def _now() -> datetime:
    return datetime.now(UTC)
