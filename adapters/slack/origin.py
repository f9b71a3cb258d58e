"""Where something was asked on Slack and how an answer gets back: what a payload says, as one value."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slack_bolt.context.async_context import AsyncBoltContext

    Payload = Mapping[str, Any]

PLATFORM = "slack"
DIRECT = "our direct messages"
"""What a channel is called that only one person and the bot, or a few people, are in."""


class Place(Enum):
    """On what somebody pressed or typed."""

    CHANNEL = "in a conversation"
    HOME = "in App Home: there is no channel but the one a button names"
    MODAL = "in a dialog that shows an answer"
    FORM = "in a form that was submitted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One request of a person. Whatever the payload does not tell is ""."""

    workspace: str
    """As in `Address.workspace`."""
    team: str = ""
    """The workspace of an organisation it came from; methods called for a whole organisation want it."""
    enterprise: str = ""
    channel: str = ""
    channel_name: str = ""
    """As people see it; "" when Slack does not say."""
    user: str = ""
    user_name: str = ""
    response_url: str = ""
    """Takes 5 answers within 30 minutes, also where the bot is no member."""
    trigger: str = ""
    """Opens one dialog within 3 seconds."""
    thread: str = ""
    """The thread it was asked in: the timestamp of its first message."""
    message: str = ""
    """The timestamp of the message whose button was pressed."""
    is_ephemeral: bool = False
    """Whether only the person sees that message."""
    place: Place = Place.CHANNEL
    view: str = ""
    """The id of the dialog it was pressed in."""
    page: int = 1
    """Of App Home."""
    home_channel: str = ""
    """The viewer's own direct channel, as App Home knows it."""
    is_talk: bool = False
    """Whether it was said in a message of their own, a mention or a direct message, and so has no `response_url`."""

    @property
    def is_direct(self) -> bool:
        """Whether it was asked in direct messages: with the bot, or between people."""
        return self.channel.startswith("D")

    def at(self, channel: str) -> Origin:
        """The same request, meant for another channel: App Home stands in none."""
        return replace(self, channel=channel, channel_name=_channel_name(channel, ""))

    @property
    def threads_under(self) -> str:
        """The message that answers to a pressed button stand under: the first one of its thread, else that message itself."""
        return self.thread or self.message


def workspace_of(context: AsyncBoltContext) -> str:
    """The key of the installation a payload is for: the organisation if the app is installed in all of it, else the team."""
    return str((context.enterprise_id if context.is_enterprise_install else context.team_id) or "")


def of_command(body: Payload, context: AsyncBoltContext) -> Origin:
    """A slash command."""
    return Origin(
        **_common(context),
        channel=_text(body, "channel_id"),
        channel_name=_channel_name(_text(body, "channel_id"), _text(body, "channel_name")),
        user=_text(body, "user_id"),
        user_name=_text(body, "user_name"),
        response_url=_text(body, "response_url"),
        trigger=_text(body, "trigger_id"),
        thread=_text(body, "thread_ts"),
    )


def of_action(body: Payload, context: AsyncBoltContext) -> Origin:
    """A pressed button or a chosen option: under a message, an ephemeral one, an unfurled link, in a dialog or in App Home."""
    container, user, view = _part(body, "container"), _part(body, "user"), _part(body, "view")
    channel = _text(_part(body, "channel"), "id") or _text(container, "channel_id")
    kept = metadata(view)
    is_home = view.get("type") == "home"
    if view:
        channel = "" if is_home else str(kept.get("channel", ""))
    return Origin(
        **_common(context),
        channel=channel,
        channel_name=_channel_name(channel, _text(_part(body, "channel"), "name")),
        user=_text(user, "id"),
        user_name=_text(user, "name") or _text(user, "username"),
        response_url=_text(body, "response_url"),
        trigger=_text(body, "trigger_id"),
        thread=_text(container, "thread_ts"),
        message=_text(container, "message_ts"),
        is_ephemeral=container.get("is_ephemeral") is True,
        place=Place.HOME if is_home else Place.MODAL if view else Place.CHANNEL,
        view=_text(view, "id"),
        page=_page(kept),
        home_channel=str(kept.get("direct", "")),
    )


def of_submission(body: Payload, context: AsyncBoltContext) -> Origin:
    """A filled form. Where its answer goes was noted in the form when it was opened (`remembering`)."""
    user, kept = _part(body, "user"), metadata(_part(body, "view"))
    channel = str(kept.get("channel", ""))
    return Origin(
        **_common(context),
        channel=channel,
        channel_name=str(kept.get("name", "")) or _channel_name(channel, ""),
        user=_text(user, "id"),
        user_name=_text(user, "name") or _text(user, "username"),
        response_url=str(kept.get("url", "")),
        thread=str(kept.get("thread", "")),
        place=Place.FORM,
        page=_page(kept),
        home_channel=str(kept.get("direct", "")),
    )


def of_event(body: Payload, context: AsyncBoltContext) -> Origin:
    """A message to the bot, or the opening of its App Home."""
    event = _part(body, "event")
    channel = _text(event, "channel")
    return Origin(
        **_common(context),
        channel=channel,
        channel_name=_channel_name(channel, ""),
        user=_text(event, "user"),
        thread=_text(event, "thread_ts"),
        message=_text(event, "ts"),
        home_channel=channel if event.get("type") == "app_home_opened" else "",
        is_talk=True,
    )


def remembering(view: dict[str, Any], origin: Origin) -> dict[str, Any]:
    """A dialog that also notes how its answers get back. Slack keeps the note and shows it to nobody."""
    note = {"channel": origin.channel, "name": origin.channel_name, "url": origin.response_url, "thread": origin.thread}
    if origin.place is Place.HOME or origin.home_channel:
        note |= {"direct": origin.home_channel, "page": str(origin.page)}
    kept = {**metadata(view), **{name: value for name, value in note.items() if value}}
    text = json.dumps(kept, separators=(",", ":"), ensure_ascii=False)
    # Without signs that Slack may give back as entities.
    text = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return {**view, "private_metadata": text}


def metadata(view: Payload) -> dict[str, Any]:
    """What was noted in a dialog; {} for nothing, and for the notes of other releases that cannot be read."""
    try:
        kept = json.loads(str(view.get("private_metadata") or "{}"))
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) else {}


_LINK = re.compile(r"<((?:https?|ftp)://[^|<>\s]+|mailto:[^|<>\s]+)(?:\|([^<>]*))?>")
_NAMED = re.compile(r"<[@#!][^|<>\s]+\|([^<>]*)>")


def plain(text: str) -> str:
    """What somebody typed, without Slack's own signs: addresses it made into links, names it made into mentions, `&amp;`.

    Source: docs.slack.dev, "Formatting text for app surfaces": in text that Slack sends, `&`, `<` and `>` stand for themselves only
    as entities. In a command, where it may not have escaped anything, a bare `<` stays.
    """
    text = _LINK.sub(lambda link: (link[2] or link[1].removeprefix("mailto:")) if link[1].startswith("mailto:") else link[1], text)
    text = _NAMED.sub(lambda named: named[1], text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") if "&" in text else text


def _common(context: AsyncBoltContext) -> dict[str, Any]:
    return {"workspace": workspace_of(context), "team": context.team_id or "", "enterprise": context.enterprise_id or ""}


def _channel_name(channel: str, name: str) -> str:
    """Slack writes "directmessage", "privategroup" and "mpdm-…" for channels it does not name."""
    if channel.startswith("D") or name == "directmessage" or name.startswith("mpdm-"):
        return DIRECT
    return f"#{html.unescape(name)}" if name and name != "privategroup" else ""


def _page(kept: Payload) -> int:
    page = str(kept.get("page", ""))
    return int(page) if page.isascii() and page.isdecimal() and len(page) < 4 else 1  # noqa: PLR2004  # three digits are more than enough


def _part(body: Payload, name: str) -> Payload:
    """An object inside; {} where it is absent, null or something else."""
    part = body.get(name)
    return part if isinstance(part, dict) else {}


def _text(body: Payload, name: str) -> str:
    text = body.get(name)
    return text if isinstance(text, str) else ""
