"""Pasted addresses of papers, shown as cards."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from adapters.slack.api import Refused, ScopeMissing
from adapters.slack.origin import PLATFORM
from adapters.slack.render import unfurled
from bot.channel import Address
from bot.commands import cards

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.slack.api import Api
    from bot.desk import Desk

COMPOSER = "COMPOSER"
"""What Slack writes for the channel while the message is still being written."""
TOLD_AGAIN = timedelta(days=1)

_log = structlog.get_logger()


async def unfurl(desk: Desk, api: Api, workspace: str, event: Mapping[str, Any]) -> None:
    """Answer a `link_shared`; with nothing, where no address is worth a card.

    Raises:
        PostTrouble: Slack did not take the cards.
    """
    urls = [str(link["url"]) for link in event.get("links") or () if isinstance(link, dict) and link.get("url")]
    # Slack's pages call it `channel_id` where a message is still being written, its payloads `channel`.
    channel = str(event.get("channel") or event.get("channel_id") or "")
    # A message being written is in no channel yet: whatever was shown elsewhere, its writer wants to see what it will look like.
    where = f"{COMPOSER}:{event.get('unfurl_id', '')}" if channel == COMPOSER else channel
    found = await cards(desk, Address(PLATFORM, workspace, where), urls)
    if not found:
        return
    unfurls = {url: unfurled(card) for url, card in found.items()}
    place: dict[str, Any] = (
        {"unfurl_id": event.get("unfurl_id"), "source": event.get("source")}
        if channel == COMPOSER
        else {"channel": channel, "ts": event.get("message_ts")}
    )
    try:
        await api.call("chat.unfurl", **place, unfurls=unfurls)
    except ScopeMissing as exc:
        if await desk.store.cache.first(f"slack:told:links:{workspace}", keep=TOLD_AGAIN):
            _log.warning("links_not_shown", workspace=workspace, reason=f"the app has no scope {exc.needed or 'links:write'}")
    except Refused as exc:
        # The message is gone, or somebody closed the preview: nothing to mend.
        _log.info("links_not_shown", workspace=workspace, reason=str(exc))
