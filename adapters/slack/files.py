"""Files too long to be read in a message: uploaded into the asker's direct messages, where the installation may."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import structlog

from adapters.slack.api import ScopeMissing
from adapters.slack.render import FILE
from bot.errors import NotSent, OutcomeUnknown, PostTrouble, WorkspaceGone
from bot.message import File, Hint, Message, Text

if TYPE_CHECKING:
    from adapters.slack.api import Api
    from adapters.slack.origin import Origin
    from bot.message import Block

UPLOAD = aiohttp.ClientTimeout(total=30)

_log = structlog.get_logger()


async def delivered(api: Api, origin: Origin, message: Message) -> Message:
    """The message with every file that it cannot hold brought to the asker; where that fails it stays, and a hint tells why it is cut.

    Raises:
        WorkspaceGone: The installation cannot act.
    """
    blocks: list[Block] = []
    for block in message.blocks:
        if isinstance(block, File) and len(block.content) > FILE:
            blocks += await _brought(api, origin, block)
        else:
            blocks.append(block)
    return Message(tuple(blocks), gist=message.gist)


async def _brought(api: Api, origin: Origin, file: File) -> list[Block]:
    try:
        await _upload(api, origin.user, file)
    except WorkspaceGone:
        raise
    except ScopeMissing as exc:
        needed = exc.needed or "files:write"
        return [file, Hint(f"I could bring you the whole file, had the app the scope {needed}: whoever installed it can add it.")]
    except OutcomeUnknown:
        return [file, Hint("The whole file may be in our direct messages; Slack did not tell me whether it came there.")]
    except PostTrouble as exc:
        _log.warning("file_not_uploaded", reason=str(exc))
        return [file, Hint("I could not bring you the whole file: Slack did not take it. Try again later.")]
    return [Text(f"{file.name} is in our direct messages; you find me under Apps.")]


async def _upload(api: Api, user: str, file: File) -> None:
    """Put it into the person's direct messages, in the three steps that docs.slack.dev, "Working with files", describes."""
    content = file.content.encode()
    ticket = await api.call("files.getUploadURLExternal", filename=file.name, length=len(content))
    await _send(api, str(ticket["upload_url"]), content)
    # Sharing wants the id of the channel; the first message there tells it, and says what the file is.
    posted = await api.call("chat.postMessage", channel=user, text="Here is what you asked for:", unfurl_links=False, unfurl_media=False)
    await api.call(
        "files.completeUploadExternal", files=[{"id": str(ticket["file_id"]), "title": file.name}], channel_id=str(posted["channel"])
    )


async def _send(api: Api, url: str, content: bytes) -> None:
    try:
        async with aiohttp.ClientSession(timeout=UPLOAD) as session, session.post(url, data=content) as answer:
            status = answer.status
    except (aiohttp.ClientError, OSError, TimeoutError) as exc:
        raise NotSent(f"upload: no answer ({type(exc).__name__})") from exc
    if status == 429:  # noqa: PLR2004  # Too Many Requests
        api.throttled()
    if status != 200:  # noqa: PLR2004  # OK
        raise NotSent(f"upload: HTTP {status}")
