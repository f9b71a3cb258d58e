"""Plain words to the bot: a mention in a channel, or a direct message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from adapters.slack.origin import plain
from bot.commands import command_of

if TYPE_CHECKING:
    from collections.abc import Mapping


_SAID = (None, "", "file_share", "me_message", "thread_broadcast")
"""Subtypes of what a person says: with a file, as "/me", in a thread and to its channel. All others are Slack's own notices."""


def is_for_us(event: Mapping[str, Any]) -> bool:
    """Whether a person said it to the bot just now: not another bot, no edit, no notice of Slack's own."""
    if event.get("type") == "message" and event.get("channel_type") != "im":
        return False
    return bool(event.get("user")) and event.get("subtype") in _SAID and not any(event.get(sign) for sign in ("bot_id", "edited", "hidden"))


def command_in(event: Mapping[str, Any], *, bot_user: str) -> str:
    """The command that the words mean, without the mention; always one that can be answered."""
    mention = re.compile(rf"<@{re.escape(bot_user)}(?:\|[^<>]*)?>[\s:,]*") if bot_user else re.compile(r"\A<@[UW][^<>]*>[\s:,]*")
    return command_of(plain(mention.sub(" ", str(event.get("text") or ""))).strip())
