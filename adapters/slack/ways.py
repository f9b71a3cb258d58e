"""The ways a message gets to people on Slack: said in a channel, whispered to one person, sent to a response url."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp
import structlog
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.slack.api import ChannelClosed, Refused
from adapters.slack.escape import mrkdwn
from adapters.slack.outlet import THREAD_GONE
from adapters.slack.render import LIMITS, Rendered, measure, render
from bot.errors import MessageRefused, NotSent, OutcomeUnknown, PostTrouble, WorkspaceGone
from bot.message import Text
from bot.paging import split
from bot.plain import plain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from adapters.slack.api import Api
    from bot.message import Message

T = TypeVar("T")

USES = 5
"""Answers that a response url takes (docs.slack.dev, "Handling user interaction")."""
PLAIN = 3_900
"""Characters of a message that goes out as bare text, because Slack would not have it otherwise; of 4,000 that Slack advises."""
_WRONGLY_MADE = ("invalid_blocks", "msg_blocks_too_long", "msg_too_long", "no_text", "too_many_attachments")

_log = structlog.get_logger()


class UrlSpent(NotSent):
    """A response url that takes nothing more: used up, too old, or of a conversation that is gone."""


def parts_of(message: Message) -> Sequence[Message]:
    """The message in as many parts as Slack needs; nothing for an empty one."""
    return split(message, LIMITS, measure=measure)


async def say(api: Api, channel: str, part: Message, *, thread: str = "", broadcast: bool = False) -> str:
    """Post for all to read and return the timestamp. A thread that is gone is left out.

    Args:
        channel: Its id; or a person's, for their direct messages.
        broadcast: Whether a reply in a thread is shown in the channel as well.

    Raises:
        PostTrouble: As `Api.call`; `ChannelGone` where the bot may not post.
    """

    async def post(text: str, blocks: list[dict[str, Any]] | None, under: str) -> str:
        posted = await api.call(
            "chat.postMessage",
            channel=channel,
            text=text,
            blocks=blocks,
            thread_ts=under or None,
            reply_broadcast=True if under and broadcast else None,
            unfurl_links=False,
            unfurl_media=False,
        )
        return str(posted.get("ts", ""))

    try:
        return await _taken(part, lambda text, blocks: post(text, blocks, thread))
    except (Refused, ChannelClosed) as exc:
        if not thread or exc.error not in THREAD_GONE:
            raise
        return await _taken(part, lambda text, blocks: post(text, blocks, ""))


async def whisper(api: Api, channel: str, user: str, part: Message, *, thread: str = "") -> None:
    """Post for one person in a channel; they see it until they reload. The bot must be able to see the channel.

    Raises:
        PostTrouble: As `Api.call`.
    """
    await _taken(
        part,
        lambda text, blocks: api.call("chat.postEphemeral", channel=channel, user=user, text=text, blocks=blocks, thread_ts=thread or None),
    )


async def respond(api: Api, url: str, part: Message, *, public: bool = False, replace: bool = False, thread: str = "") -> None:
    """Answer by a response url, which works where the bot is no member.

    Args:
        public: Whether all may read it.
        replace: Whether it takes the place of the message it answers to.

    Raises:
        UrlSpent: It takes no more; nothing was shown.
        NotSent: Surely nothing was shown.
        OutcomeUnknown: Perhaps shown.
        MessageRefused: It does not take this message.
    """

    async def send(text: str, blocks: list[dict[str, Any]] | None) -> None:
        body: dict[str, Any] = {"response_type": "in_channel" if public else "ephemeral", "replace_original": replace, "text": text}
        body |= {"blocks": blocks} if blocks else {}
        body |= {"thread_ts": thread} if thread else {}
        await _send(api, url, {**body, "unfurl_links": False, "unfurl_media": False})

    await _taken(part, send)


async def stands(dialog: Awaitable[object]) -> bool:
    """Whether a dialog that is being opened or changed may stand on the screen; False if it surely does not.

    Raises:
        WorkspaceGone: Nobody can be answered.
    """
    try:
        await dialog
    except WorkspaceGone:
        raise
    except OutcomeUnknown as exc:
        _log.warning("dialog_doubtful", reason=str(exc))
    except PostTrouble as exc:
        _log.info("dialog_not_shown", reason=str(exc))
        return False
    return True


async def _send(api: Api, url: str, body: dict[str, Any]) -> None:
    client = AsyncWebhookClient(url, session=api.session, retry_handlers=[])
    try:
        answer = await client.send_dict(body)
    except (aiohttp.ClientConnectorError, aiohttp.InvalidURL) as exc:
        raise NotSent(f"the response url cannot be reached ({type(exc).__name__})") from exc
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as exc:
        raise OutcomeUnknown(f"the response url gave no answer ({type(exc).__name__})") from exc
    error = _error(answer.body)
    # The bare word "ok" is the usual good answer; an error may come under 200 as under 404.
    if answer.status_code == 200 and (not error or error == "ok"):  # noqa: PLR2004  # OK
        return
    if answer.status_code >= 500:  # noqa: PLR2004  # the server itself failed
        raise OutcomeUnknown(f"the response url failed: {answer.status_code}")
    if answer.status_code == 429:  # noqa: PLR2004  # Too Many Requests
        api.throttled()
        raise NotSent("the response url asks for patience")
    if error in _WRONGLY_MADE:
        raise Refused(f"the response url: {error}", error=error)
    raise UrlSpent(f"the response url takes no more: {error}")


def _error(body: str) -> str:
    """The error's name: bare text, or in JSON."""
    try:
        answer = json.loads(body)
    except ValueError:
        return body.strip()[:80]
    return str(answer.get("error", ""))[:80] if isinstance(answer, dict) else ""


async def _taken(part: Message, send: Callable[[str, list[dict[str, Any]] | None], Awaitable[T]]) -> T:
    """What `send` gives for the first way of writing the message that Slack takes: as it is, without pictures, as bare text."""
    refusal: MessageRefused | None = None
    for shape in _shapes(part):
        try:
            return await send(shape.text, shape.blocks or None)
        except Refused as exc:
            if exc.error not in _WRONGLY_MADE:
                raise
            # A picture that Slack cannot load is nobody's bug; it is told all the same, for Slack gives both the same name.
            _log.error("message_refused", error=exc.error, reason=str(exc))
            refusal = exc
    assert refusal is not None
    raise refusal


def _shapes(part: Message) -> Iterator[Rendered]:
    whole = render(part)
    yield whole
    bare = render(part, pictures=False)
    if bare.blocks != whole.blocks:
        yield bare
    (words,) = plain(part, PLAIN).blocks
    assert isinstance(words, Text)
    yield Rendered(blocks=[], text=mrkdwn(words.text))
