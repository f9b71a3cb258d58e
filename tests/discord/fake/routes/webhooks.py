"""What follows the first response, by the interaction's token, for 15 minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.discord.fake.errors import ApiError
from tests.discord.fake.interaction import MODAL, OUTSIDE_FOLLOWUPS, Interaction
from tests.discord.fake.record import LOADING
from tests.discord.fake.routes.interactions import announce, answer
from tests.discord.fake.routes.messages import change

if TYPE_CHECKING:
    from tests.discord.fake.call import Answer, Call, Route
    from tests.discord.fake.record import Message


def _interaction(call: Call) -> Interaction:
    found = next((one for one in call.state.interactions.values() if one.token == call.param("webhook_token")), None)
    if found is None or call.param("webhook_id") != call.state.app_id:
        raise ApiError(10015)
    found.follows()
    return found


def follow_up(call: Call) -> Answer:
    """POST /webhooks/{app}/{token}: a new message, or, after a deferral of type 5, what that one says at last."""
    interaction = _interaction(call)
    original = interaction.original
    if original is not None and original.loading:
        # Its author deleted the "thinking": discord/discord-api-docs#3087.
        if original.deleted:
            raise ApiError(10008)
        message = answer(call, interaction, call.body, call.request.files, into=original)
    else:
        if interaction.outside and len(interaction.followups) >= OUTSIDE_FOLLOWUPS:
            raise ApiError(40094)
        message = answer(call, interaction, call.body, call.request.files)
        interaction.followups.append(message)
    return 200, message.payload()


def _named(call: Call) -> tuple[Interaction, Message]:
    interaction = _interaction(call)
    id = call.request.params.get("message_id", "")
    every = [interaction.original, *interaction.followups]
    message = interaction.original if not id else next((one for one in every if one is not None and one.id == id), None)
    if message is None or message.deleted or (interaction.response == MODAL and not id):
        raise ApiError(10008)
    return interaction, message


def get(call: Call) -> Answer:
    """GET …/messages/@original, or one of the followups by its id."""
    return 200, _named(call)[1].payload()


def edit(call: Call) -> Answer:
    """PATCH …/messages/@original, or one of the followups by its id."""
    interaction, message = _named(call)
    if message.loading:
        return 200, answer(call, interaction, call.body, call.request.files, into=message).payload()
    change(message, call.body, call.request.files)
    announce(call, message, "MESSAGE_UPDATE")
    return 200, message.payload()


def delete(call: Call) -> Answer:
    """DELETE …/messages/@original, or one of the followups by its id."""
    interaction, message = _named(call)
    message.deleted = True
    message.flags &= ~LOADING
    interaction.deleted = interaction.deleted or message is interaction.original
    return 204, None


HOOK = "/webhooks/{webhook_id}/{webhook_token}"
ROUTES: dict[str, Route] = {
    f"POST {HOOK}": follow_up,
    f"GET {HOOK}/messages/@original": get,
    f"PATCH {HOOK}/messages/@original": edit,
    f"DELETE {HOOK}/messages/@original": delete,
    f"GET {HOOK}/messages/{{message_id}}": get,
    f"PATCH {HOOK}/messages/{{message_id}}": edit,
    f"DELETE {HOOK}/messages/{{message_id}}": delete,
}
