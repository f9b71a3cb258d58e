"""The first response to an interaction: within 3 seconds, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.discord.fake.component_limits import modal_problems
from tests.discord.fake.errors import ApiError, invalid
from tests.discord.fake.interaction import (
    ANSWER,
    AUTOCOMPLETE,
    CHOICES,
    COMPONENT,
    DEFERRED,
    DEFERRED_UPDATE,
    MODAL,
    MODAL_SUBMIT,
    PING,
    PONG,
    UPDATE,
    Interaction,
)
from tests.discord.fake.record import COMPONENTS_V2, EPHEMERAL, LOADING, Message
from tests.discord.fake.routes.messages import change, drafted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.discord.fake.call import Answer, Call, Route
    from tests.discord.fake.record import Json

ANSWER_FLAGS = 1 << 2 | EPHEMERAL | 1 << 12 | COMPONENTS_V2


def callback(call: Call) -> Answer:
    """POST /interactions/{interaction_id}/{interaction_token}/callback."""
    interaction = call.state.interactions.get(call.param("interaction_id"))
    if interaction is None or interaction.token != call.param("interaction_token"):
        raise ApiError(10062)
    type, data = call.body.get("type"), call.body.get("data") or {}
    try:
        interaction.opens()
    except ApiError:
        interaction.late.append(int(type or 0))
        raise
    if type not in allowed(interaction):
        raise invalid([f"/type: a response of type {type} does not go with an interaction of type {interaction.type}"])
    _carry_out(call, interaction, type, data)
    interaction.response = type
    if not call.flag("with_response"):
        return 204, None
    return 200, _shown(interaction)


def allowed(interaction: Interaction) -> frozenset[int]:
    """The types of response that go with it."""
    if interaction.type == PING:
        return frozenset({PONG})
    if interaction.type == AUTOCOMPLETE:
        return frozenset({CHOICES})
    pressed = {DEFERRED_UPDATE, UPDATE} if interaction.message is not None and interaction.type in (COMPONENT, MODAL_SUBMIT) else set()
    form = set() if interaction.type == MODAL_SUBMIT else {MODAL}
    return frozenset({ANSWER, DEFERRED} | pressed | form)


def _carry_out(call: Call, interaction: Interaction, type: int, data: Json) -> None:
    match type:
        case 4:
            interaction.original = answer(call, interaction, data, call.request.files)
        case 5:
            interaction.original = _thinking(interaction, int(data.get("flags") or 0) & EPHEMERAL | LOADING)
        case 6:
            interaction.original = interaction.message
        case 7:
            assert interaction.message is not None
            update(call, interaction.message, data)
            interaction.original = interaction.message
        case 8:
            if found := list(_choice_problems(data.get("choices"))):
                raise invalid(found)
            interaction.choices = list(data["choices"])
        case 9:
            if found := list(modal_problems(data)):
                raise invalid(found)
            interaction.modal = data
        case _:
            return
    if type in (ANSWER, DEFERRED):
        assert interaction.original is not None
        interaction.private = interaction.original.ephemeral


def answer(call: Call, interaction: Interaction, data: Json, files: Mapping[str, bytes], *, into: Message | None = None) -> Message:
    """A message of the interaction's: a new one, or what a deferred one says at last.

    Raises:
        ApiError: 50035 or 50006 for a body that is no message.
    """
    message = drafted(call, interaction.channel, data, files)
    message.webhook = True
    message.flags = int(data.get("flags") or 0) & ANSWER_FLAGS
    if into is not None:
        # Whether others see it was fixed when it was deferred.
        message.flags = message.flags & ~EPHEMERAL | into.flags & EPHEMERAL
        for name in ("content", "embeds", "components", "flags", "allowed_mentions", "files"):
            setattr(into, name, getattr(message, name))
        announce(call, into, "MESSAGE_UPDATE")
        return into
    _place(message)
    announce(call, message, "MESSAGE_CREATE")
    return message


def announce(call: Call, message: Message, event: str) -> None:
    """Tell the gateway, unless only one person sees it."""
    if not message.ephemeral:
        call.state.announce(event, message.channel.guild_id, message.payload())


def _place(message: Message) -> None:
    (message.channel.ephemerals if message.ephemeral else message.channel.everything).append(message)


def _thinking(interaction: Interaction, flags: int) -> Message:
    state = interaction.state
    message = Message(channel=interaction.channel, id=state.id(), author=state.bot, at=state.clock(), flags=flags, webhook=True)
    _place(message)
    return message


def update(call: Call, message: Message, data: Json) -> None:
    """Change the message a component was on."""
    if message.deleted:
        raise ApiError(10008)
    change(message, data, call.request.files)
    announce(call, message, "MESSAGE_UPDATE")


def _choice_problems(choices: Any) -> Iterator[str]:
    if not isinstance(choices, list):
        yield "/data/choices: This field is required"
        return
    if len(choices) > 25:
        yield "/data/choices: Must be 25 or fewer in length."
    for index, choice in enumerate(choices):
        at = f"/data/choices/{index}"
        if not 1 <= len(str(choice.get("name", ""))) <= 100:
            yield f"{at}/name: Must be between 1 and 100 in length."
        if isinstance(choice.get("value"), str) and not 1 <= len(choice["value"]) <= 100:
            yield f"{at}/value: Must be between 1 and 100 in length."


def _shown(interaction: Interaction) -> Json:
    about: Json = {"id": interaction.id, "type": interaction.type}
    if interaction.original is None:
        return {"interaction": about}
    about |= {
        "response_message_id": interaction.original.id,
        "response_message_loading": interaction.original.loading,
        "response_message_ephemeral": interaction.original.ephemeral,
    }
    if interaction.response not in (ANSWER, UPDATE):
        return {"interaction": about}
    return {"interaction": about, "resource": {"type": interaction.response, "message": interaction.original.payload()}}


ROUTES: dict[str, Route] = {"POST /interactions/{interaction_id}/{interaction_token}/callback": callback}
