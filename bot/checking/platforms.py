"""The platforms, as far as they are configured: tokens, rights, and whether the world finds us."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.checking.keys import installations
from bot.checking.sources import OpenGate
from bot.errors import StoreTrouble
from bot.findings import Finding
from bot.settings import revealed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.settings import Settings
    from bot.store.store import RedisStore


async def platforms(settings: Settings, store: RedisStore | None, *, now: Callable[[], datetime], tell: Callable[[Finding], None]) -> None:
    """Ask each platform about us, and the public address for us.

    Args:
        store: Where installations lie, and what is known of processes at work; None: there is none.
        tell: Is given what came of each question, as soon as it is known.
    """
    if settings.has_slack:
        await _slack(settings, store, now=now, tell=tell)
    if settings.has_discord:
        await _discord(settings, now=now, tell=tell)
    if not settings.has_slack and not settings.has_discord:
        remedy = "docs/slack.md and docs/discord.md lead through each, step by step"
        tell(Finding("platforms", fine=False, said="none is configured, so there is nobody to deliver to", remedy=remedy))
    if settings.public_url is not None:
        await _public(settings, store, now=now, tell=tell)


async def _slack(settings: Settings, store: RedisStore | None, *, now: Callable[[], datetime], tell: Callable[[Finding], None]) -> None:
    from adapters.slack import checks  # noqa: PLC0415  # each platform's libraries take their time to load

    bot, app = revealed(settings.slack_bot_token), revealed(settings.slack_app_token)
    for finding in await checks.checks(settings.slack_api, bot_token=bot, app_token=app):
        tell(finding)
    if settings.slack_client_id:
        secret = revealed(settings.slack_client_secret)
        tell(await checks.client(settings.slack_api, client_id=settings.slack_client_id, client_secret=secret))
        tell(checks.scopes(settings.slack_scopes))
        if store is not None:
            try:
                known = await installations(settings, store).all(checks.PLATFORM)
            except StoreTrouble as trouble:
                tell(Finding("slack workspaces", fine=False, said=str(trouble), remedy="look at the store, then check again"))
            else:
                tell(await checks.installed(settings.slack_api, known, now=now()))


async def _discord(settings: Settings, *, now: Callable[[], datetime], tell: Callable[[Finding], None]) -> None:
    from adapters.discord.checks import checks  # noqa: PLC0415  # as above
    from adapters.discord.client import Rest, point  # noqa: PLC0415  # as above
    from bot.on_discord import intents  # noqa: PLC0415  # as above

    point(settings.discord_api)
    async with Rest(revealed(settings.discord_token), gate=OpenGate(), clock=now) as rest:
        for finding in await checks(rest, intents(settings)):
            tell(finding)


async def _public(settings: Settings, store: RedisStore | None, *, now: Callable[[], datetime], tell: Callable[[Finding], None]) -> None:
    from adapters.web.checks import checks  # noqa: PLC0415  # as above

    url = str(settings.public_url).rstrip("/")
    found = await checks(url, serving=await _is_served(settings, store))
    tell(found.finding)
    if found.ours and settings.slack_signing_secret is not None:
        from adapters.slack.checks import signed  # noqa: PLC0415  # as above

        tell(await signed(url, signing_secret=revealed(settings.slack_signing_secret), now=now()))


async def _is_served(settings: Settings, store: RedisStore | None) -> bool:
    """Whether a process with a web server is at work; where that is not known, no."""
    if store is None:
        return False
    everywhere = "port" in settings.model_fields_set or settings.slack_signing_secret is not None or settings.slack_client_id != ""
    try:
        return any(pulse.role == "web" or (pulse.role == "run" and everywhere) for pulse in await store.figures.pulses())
    except StoreTrouble:
        return False
