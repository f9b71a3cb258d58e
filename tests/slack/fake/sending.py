"""People at their keyboards: commands, presses and submissions, sent to the app by whichever door is in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from tests.slack.fake.checks import body_problems, shown_view_problems
from tests.slack.fake.consent import Consent
from tests.slack.fake.elements import element_problems
from tests.slack.fake.interaction import Interaction, Kind
from tests.slack.fake.methods.views import furnish, replace
from tests.slack.fake.payloads import (
    Target,
    action_payload,
    closing_payload,
    command_payload,
    submission_payload,
    suggestion_payload,
    target_team,
)
from tests.slack.fake.pressing import default_state, find
from tests.slack.fake.record import Ephemeral, Message, Unfurl, View, identified
from tests.slack.fake.response_urls import say

if TYPE_CHECKING:
    from tests.slack.fake.record import Json
    from tests.slack.fake.response_urls import ResponseUrl
    from tests.slack.fake.world import Channel, Team


class Door(Protocol):
    """One way to the app."""

    async def deliver(self, interaction: Interaction, *, to: int | None, retry_num: int | None, retry_reason: str | None) -> None:
        """Send, and keep acknowledgement and status; raises NotAcknowledged."""


class Sending(Consent):
    """What people do. Each method returns after the acknowledgement, or raises NotAcknowledged."""

    door: Door

    async def command(
        self,
        text: str,
        *,
        channel: Channel | str = "C0READING",
        user: str = "U0ADA",
        command: str = "/papers",
        team: Team | None = None,
        to: int | None = None,
        **fields: str,
    ) -> Interaction:
        """Somebody types a slash command; `to` names a connection, oldest first from 0. Text in the acknowledgement is shown."""
        where = (team or self.acme).channels[channel] if isinstance(channel, str) else channel
        url, trigger = self.response_url(where, user), self.trigger(where.team, user, where.id)
        payload = command_payload(where, user, command, text, {"response_url": url.url, "trigger_id": trigger, **fields})
        interaction = Interaction(
            slack=self,
            kind="slash_commands",
            payload=payload,
            trigger_id=trigger,
            response_url=url.url,
            answers=url.answers,
        )
        await self.door.deliver(interaction, to=to, retry_num=None, retry_reason=None)
        if interaction.ack:
            self._check("acknowledgement", interaction.ack)
            say(self, url, interaction.ack)
        return interaction

    async def press(
        self,
        target: Target,
        action: str,
        *,
        user: str = "U0ADA",
        value: str | None = None,
        selected_option: str | Json | None = None,
        to: int | None = None,
        **fields: Any,
    ) -> Interaction:
        """Somebody uses a button or menu; `value` picks among equal ones, or stands for a value that is no longer there.

        Raises:
            LookupError: Nothing of this action_id, label or option is there.
        """
        pressed = find(_blocks(target), action, choice=selected_option, value=value, fields=fields)
        team, url = target_team(target), self._url(target, user)
        where = "" if isinstance(target, View) else target.channel.id if isinstance(target, Message) else target.channel
        trigger = self.trigger(team, user, where)
        more = {"trigger_id": trigger} | ({"response_url": url.url} if url is not None else {})
        payload = action_payload(target, pressed, user, more)
        interaction = Interaction(slack=self, kind="interactive", payload=payload, trigger_id=trigger)
        if url is not None:
            interaction.response_url, interaction.answers = url.url, url.answers
        await self.door.deliver(interaction, to=to, retry_num=None, retry_reason=None)
        return interaction

    async def suggest(self, target: Target, action: str, typed: str, user: str = "U0ADA", *, to: int | None = None) -> list[Json]:
        """Somebody types into a menu with external options; the options the app offers."""
        pressed = find(_blocks(target), action, choice=None, value=None, fields={})
        interaction = await self.interact(suggestion_payload(target, pressed, user, typed), to=to)
        options = interaction.ack.get("options")
        # Nothing found is a fair answer; an empty static menu is not.
        for problem in element_problems({"type": "static_select", **interaction.ack}, "") if options != [] else ():
            self.problem("block_suggestion", problem)
        return options if isinstance(options, list) else []

    async def interact(self, payload: Json, kind: Kind = "interactive", *, to: int | None = None) -> Interaction:
        """Send any payload as it is, a recorded one for instance."""
        interaction = Interaction(slack=self, kind=kind, payload=payload, trigger_id=payload.get("trigger_id", ""))
        await self.door.deliver(interaction, to=to, retry_num=None, retry_reason=None)
        return interaction

    async def submit(
        self,
        view: View,
        values: dict[str, dict[str, Json]] | None = None,
        user: str = "U0ADA",
        *,
        to: int | None = None,
    ) -> Interaction:
        """Somebody submits a modal: inputs not in `values` (block_id, action_id, state) keep what they start with."""
        state = default_state(view.blocks)
        for block, actions in (values or {}).items():
            for action, given in actions.items():
                kept = state.get(block, {}).get(action)
                if kept is None:
                    raise LookupError(f"{block}/{action} is no input; there are {state}")
                kept.update(given)
        trigger = self.trigger(view.team, user)
        payload = submission_payload(view, state, user) | {"trigger_id": trigger}
        interaction = Interaction(slack=self, kind="interactive", payload=payload, trigger_id=trigger)
        await self.door.deliver(interaction, to=to, retry_num=None, retry_reason=None)
        self._submitted(view, interaction)
        return interaction

    async def close(self, view: View, user: str = "U0ADA") -> Interaction | None:
        """Somebody closes a modal; the app hears only where the view asks for it, else None."""
        view.closed = True
        if not view.view["notify_on_close"]:
            return None
        return await self.interact(closing_payload(view, user))

    async def resend(
        self, interaction: Interaction, *, retry_num: int | None = 1, reason: str = "http_timeout", to: int | None = None
    ) -> Interaction:
        """The same payload once more, as Slack repeats what it thinks was lost."""
        again = Interaction(
            slack=self,
            kind=interaction.kind,
            payload=interaction.payload,
            trigger_id=interaction.trigger_id,
            response_url=interaction.response_url,
            answers=interaction.answers,
        )
        await self.door.deliver(again, to=to, retry_num=retry_num, retry_reason=reason if retry_num is not None else None)
        return again

    def _url(self, target: Target, user: str) -> ResponseUrl | None:
        match target:
            case Message():
                return self.response_url(target.channel, user, original=target)
            case Ephemeral():
                return self.response_url(target.team.channels[target.channel], user, original=target)
            case Unfurl():
                return self.response_url(target.team.channels[target.channel], user)
            case View():
                return None

    def _submitted(self, view: View, interaction: Interaction) -> None:
        ack = interaction.ack
        match ack.get("response_action"):
            case None | "clear":
                for other in self.views:
                    if other is view or (ack and other.view["root_view_id"] == view.view["root_view_id"]):
                        other.closed = True
            case "errors":
                known = {block["block_id"] for block in view.blocks if block["type"] == "input"}
                for id in sorted(set(ack.get("errors") or {"": ""}) - known):
                    self.problem("view_submission", f"/errors/{id}: no input block of that id")
            case "update" | "push" as kind:
                before = len(self.problems)
                for problem in shown_view_problems(ack.get("view"), "modal"):
                    self.problem("view_submission", problem)
                if len(self.problems) > before:
                    return
                if kind == "update":
                    replace(self, view, ack["view"])
                else:
                    shown = furnish(self, view.team, ack["view"], root=view.view["root_view_id"], previous=view.id)
                    self.open_view(View(team=view.team, user=view.user, view=shown))
            case unknown:
                self.problem("view_submission", f"/response_action: {unknown!r}")

    def _check(self, where: str, body: Json) -> None:
        for problem in body_problems(body):
            self.problem(where, problem)


def _blocks(target: Target) -> list[Json]:
    if isinstance(target, Unfurl):
        return [block for card in target.unfurls.values() for block in identified(card.get("blocks") or [])]
    return identified(target.blocks)
