"""What may be posted to a response url, how often, and what that does to the channel."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.slack.fake.errors import ApiError
from tests.slack.fake.record import Ephemeral, Json, Message

if TYPE_CHECKING:
    from datetime import datetime

    from tests.slack.fake.state import State
    from tests.slack.fake.world import Channel

LIFE = timedelta(minutes=30)
USES = 5


@dataclass(slots=True, kw_only=True, eq=False)
class ResponseUrl:
    """One url, and the message it replaces: the pressed one, else the last that came by this url."""

    url: str
    channel: Channel
    user: str
    at: datetime
    original: Message | Ephemeral | None = None
    uses: int = 0
    answers: list[Json] = field(default_factory=list)


def respond(state: State, url: ResponseUrl, body: Json) -> None:
    """Carry out one body; raises used_url or expired_url, which Slack answers with 404."""
    if state.clock() - url.at > LIFE:
        raise ApiError("expired_url")
    if url.uses >= USES:
        raise ApiError("used_url")
    if not (body.get("delete_original") or body.get("text") or body.get("blocks")):
        raise ApiError("no_text")
    url.uses += 1
    say(state, url, body)
    url.answers.append(body)


def say(state: State, url: ResponseUrl, body: Json) -> None:
    """Show a body to the person, or to the channel."""
    original = url.original
    if body.get("delete_original"):
        if original is not None:
            original.deleted = True
        return
    text, blocks = str(body.get("text") or ""), list(body.get("blocks") or [])
    if body.get("replace_original") and original is not None and not original.deleted:
        original.text, original.blocks = text, blocks
        if isinstance(original, Message):
            original.edited = True
        return
    thread, team = str(body.get("thread_ts") or ""), url.channel.team
    if body.get("response_type") == "in_channel":
        posted = Message(
            channel=url.channel,
            ts=state.stamp(),
            text=text,
            blocks=blocks,
            thread_ts=thread,
            user=team.bot_user_id,
            bot=True,
        )
        url.channel.messages.append(posted)
        url.original = posted
    else:
        shown = Ephemeral(
            team=team,
            channel=url.channel.id,
            user=url.user,
            text=text,
            blocks=blocks,
            thread_ts=thread,
            ts=state.stamp(),
        )
        state.ephemerals.append(shown)
        url.original = shown
