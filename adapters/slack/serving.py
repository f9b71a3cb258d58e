"""One request of a person, served: the form its command opens, or the command's answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from adapters.slack.answers import deliver, tell
from adapters.slack.callers import caller
from adapters.slack.home import publish
from adapters.slack.origin import Place, remembering
from adapters.slack.views import modal
from adapters.slack.ways import stands
from bot.commands import answer, form
from bot.message import Hint, Message, Text

if TYPE_CHECKING:
    from adapters.slack.api import Api
    from adapters.slack.origin import Origin
    from adapters.slack.workspaces import Workspaces
    from bot.desk import Desk
    from bot.form import Form

TOO_LATE = Message(
    (
        Text("Slack gives me three seconds to open a form, and this time they were over. Please press again."),
        Hint("What the form asks can be typed as well: /papers help"),
    )
)


async def serve(desk: Desk, workspaces: Workspaces, origin: Origin, text: str, *, turns: bool = False, hint: str = "") -> None:
    """Answer a command, typed or pressed, where and how it was asked.

    Args:
        turns: Whether the answer takes the place of the message whose button was pressed.
        hint: Small print under the answer.

    Raises:
        PostTrouble: Nobody could be told.
        StoreTrouble: It could not be worked on.
    """
    api = await workspaces.api(origin.workspace)
    call = await caller(api, desk.store.cache, origin, text)
    if origin.trigger:
        asked = await form(desk, call)
        if asked is not None:
            if await _open(api, origin, asked):
                return
            if origin.message or origin.place is not Place.CHANNEL:
                await tell(api, origin, TOO_LATE)
                return
    answered = await answer(desk, call)
    if hint:
        answered = replace(answered, message=replace(answered.message, blocks=(*answered.message.blocks, Hint(hint))))
    await deliver(desk, api, origin, call, answered, turns=turns)
    if answered.public and origin.home_channel:
        await publish(desk, api, origin)


async def _open(api: Api, origin: Origin, asked: Form) -> bool:
    """Open the form, over the dialog that the button stands in. False if it is surely not open."""
    view = remembering(modal(asked, channel=origin.channel, thread=origin.thread), origin)
    if origin.place is Place.MODAL:
        return await stands(api.call("views.push", trigger_id=origin.trigger, view=view))
    return await stands(api.call("views.open", trigger_id=origin.trigger, view=view))
