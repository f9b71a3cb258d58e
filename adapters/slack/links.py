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
"""What Slack writes for the channel while the message is still being written. The link is shared again when it is posted."""
TOLD_AGAIN = timedelta(days=1)

_log = structlog.get_logger()


async def unfurl(desk: Desk, api: Api, workspace: str, event: Mapping[str, Any]) -> None:
    """Answer a `link_shared`; with nothing, where no address is worth a card or nothing is posted yet.

    Raises:
        PostTrouble: Slack did not take the cards.
    """
    urls = [str(link["url"]) for link in event.get("links") or () if isinstance(link, dict) and link.get("url")]
    # Slack's pages call it `channel_id` where a message is still being written, its payloads `channel`.
    channel = str(event.get("channel") or event.get("channel_id") or "")
    if channel == COMPOSER:
        # What is previewed is posted with its card, wherever that is: neither `settings links off` nor the quiet half hour would hold.
        return
    found = await cards(desk, Address(PLATFORM, workspace, channel), urls)
    if not found:
        return
    unfurls = {url: unfurled(card) for url, card in found.items()}
    try:
        await api.call("chat.unfurl", channel=channel, ts=event.get("message_ts"), unfurls=unfurls)
    except ScopeMissing as exc:
        if await desk.store.cache.first(f"slack:told:links:{workspace}", keep=TOLD_AGAIN):
            _log.warning("links_not_shown", workspace=workspace, reason=f"the app has no scope {exc.needed or 'links:write'}")
    except Refused as exc:
        # The message is gone: nothing to mend.
        _log.info("links_not_shown", workspace=workspace, reason=str(exc))
