"""What is done about each kind of payload: acknowledge at once, then hand the work on."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog
from slack_bolt.response import BoltResponse

from adapters.slack import home, life, links, reactions
from adapters.slack.actions import PATTERN, ZONE, pressed
from adapters.slack.answers import tell
from adapters.slack.conversation import command_in, is_for_us
from adapters.slack.origin import Origin, Place, of_action, of_command, of_event, of_submission, plain, workspace_of
from adapters.slack.serving import serve
from adapters.slack.views import FORM, errors, options, shown, values
from bot.commands import filled
from bot.commands.apologies import WRONG
from bot.message import Hint, Message, Text
from bot.zones import suggest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from slack_bolt.app.async_app import AsyncApp
    from slack_bolt.context.ack.async_ack import AsyncAck
    from slack_bolt.context.async_context import AsyncBoltContext

    from adapters.slack.once import Once
    from adapters.slack.workspaces import Workspaces
    from bot.desk import Desk

    Body = dict[str, Any]
    Work = Callable[[Mapping[str, Any], str], Awaitable[None]]

COMMAND = "/papers"
OLD = Message(
    (
        Text("This button has expired: it was made by another version of Paperboy."),
        Hint("Type the command instead; /papers help tells which there are."),
    )
)
ANYTHING = re.compile(".*", re.DOTALL)

CHANNEL_EVENTS = (
    "channel_archive",
    "channel_unarchive",
    "channel_deleted",
    "channel_rename",
    "channel_id_changed",
    "channel_left",
    "group_archive",
    "group_unarchive",
    "group_deleted",
    "group_rename",
    "group_left",
)
MEMBER_EVENTS = ("member_joined_channel", "member_left_channel")
WORKSPACE_EVENTS = ("app_uninstalled", "tokens_revoked")
REACTION_EVENTS = ("reaction_added", "reaction_removed")
EVENTS = (
    "app_home_opened",
    "app_mention",
    "message.im",
    "link_shared",
    *REACTION_EVENTS,
    *CHANNEL_EVENTS,
    *MEMBER_EVENTS,
    *WORKSPACE_EVENTS,
)
"""Everything the manifest has to subscribe to, by its names there."""

_log = structlog.get_logger()


class Ear:
    """What is done about each kind of payload."""

    def __init__(self, desk: Desk, workspaces: Workspaces, once: Once) -> None:
        self._desk = desk
        self._workspaces = workspaces
        self._once = once

    def listen(self, app: AsyncApp) -> None:
        """Register everything with the app, the particular before the general."""
        app.error(self._once.failed)
        app.middleware(self._outer)
        app.command(ANYTHING)(self._command)
        app.action(PATTERN)(self._action)
        app.action(ANYTHING)(self._foreign_action)
        app.options(ZONE)(self._zones)
        app.options(ANYTHING)(self._no_options)
        app.view(FORM)(self._form)
        app.view(ANYTHING)(self._foreign_form)
        app.view_closed(ANYTHING)(self._ignore)
        app.shortcut(ANYTHING)(self._ignore)
        app.event("app_home_opened")(self._home_opened)
        for name in ("app_mention", "message"):
            app.event(name)(self._talk)
        app.event("link_shared")(self._event(self._link))
        for names, work in (
            (REACTION_EVENTS, self._reaction),
            (CHANNEL_EVENTS, self._channel),
            (MEMBER_EVENTS, self._member),
            (("app_rate_limited",), self._limited),
        ):
            for name in names:
                app.event(name)(self._event(work))
        app.event(ANYTHING)(self._ignore)

    # ---------------------------------------------------------------- what people do

    async def _command(self, ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        await ack()
        origin = of_command(body, context)
        name = str(body.get("command", ""))
        hint = "" if name == COMMAND else f"My command is called {COMMAND}; here it goes by {name} as well."

        async def work() -> None:
            await serve(self._desk, self._workspaces, origin, plain(str(body.get("text") or "")), hint=hint)

        await self._once.do(body, work, origin)

    async def _action(self, ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        await ack()
        origin = of_action(body, context)
        press = pressed(body["actions"][0])
        if press.command:
            await self._once.do(body, lambda: self._press(origin, press.command, channel=press.channel, turns=press.turns), origin)

    async def _press(self, origin: Origin, command: str, *, channel: str | None, turns: bool) -> None:
        if channel is not None:
            origin = origin.at(channel or origin.home_channel)
        if page := home.PAGE.fullmatch(command):
            origin = replace(origin, page=int(page[1]))
            await home.publish(self._desk, await self._workspaces.api(origin.workspace), origin)
            return
        if origin.place in {Place.HOME, Place.MODAL} and origin.home_channel:
            api = await self._workspaces.api(origin.workspace)
            if not await home.may_see(api, origin, origin.channel):
                await tell(api, origin, Message((Text("You are not in that channel any more, so I leave it as it is."),)))
                await home.publish(self._desk, api, origin)
                return
        await serve(self._desk, self._workspaces, origin, command, turns=turns)

    async def _foreign_action(self, ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        await ack()
        origin = of_action(body, context)
        # Choosing in a form is no press: Slack tells it where a field asks for that.
        if (body.get("view") or {}).get("callback_id") != FORM:
            await self._once.do(body, lambda: self._expired(origin), origin)

    async def _expired(self, origin: Origin) -> None:
        await self._once.tell(origin, OLD)
        if origin.place is Place.HOME:
            await home.publish(self._desk, await self._workspaces.api(origin.workspace), origin)

    async def _zones(self, ack: AsyncAck, body: Body) -> None:
        await ack(options=options(suggest(str(body.get("value") or ""))))

    async def _no_options(self, ack: AsyncAck) -> None:
        await ack(options=[])

    async def _form(self, ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        view = body["view"]
        try:
            form = values(view)
            command = filled(form.command, form.values)
            mistakes = {} if isinstance(command, str) else errors(command, view)
        except Exception:  # noqa: BLE001  # whatever it is, the person who waits in front of the form must hear of it
            _log.exception("form_not_read", workspace=workspace_of(context))
            await ack(response_action="update", view=shown(WRONG, "Paperboy"))
            return
        if not isinstance(command, str):
            await ack(response_action="errors", errors=mistakes)
            return
        await ack(response_action="clear")
        origin = of_submission(body, context)

        async def work() -> None:
            await serve(self._desk, self._workspaces, replace(origin, channel=form.channel or origin.channel), command)

        await self._once.do(body, work, origin)

    async def _foreign_form(self, ack: AsyncAck) -> None:
        old = Message((Text("This form has expired: it was made by another version of Paperboy. Please open it again."),))
        await ack(response_action="update", view=shown(old, "Paperboy"))

    async def _ignore(self, ack: AsyncAck) -> None:
        await ack()

    # ---------------------------------------------------------------- what Slack tells

    async def _home_opened(self, ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        await ack()
        event = body["event"]
        if event.get("tab") != "home":
            return
        view = event.get("view") or {}
        origin = of_event(body, context)

        async def work() -> None:
            await home.publish(self._desk, await self._workspaces.api(origin.workspace), origin, hash=str(view.get("hash") or ""))

        await self._once.do(body, work, None)

    async def _talk(self, ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        await ack()
        event = body["event"]
        if not is_for_us(event):
            return
        origin = of_event(body, context)

        async def work() -> None:
            await serve(self._desk, self._workspaces, origin, command_in(event, bot_user=str(context.bot_user_id or "")))

        await self._once.do(body, work, origin)

    def _event(self, work: Work) -> Callable[..., Awaitable[None]]:
        async def listen(ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
            await ack()
            await self._once.do(body, lambda: work(body, workspace_of(context)), None)

        return listen

    async def _link(self, body: Mapping[str, Any], workspace: str) -> None:
        await links.unfurl(self._desk, await self._workspaces.api(workspace), workspace, body["event"])

    async def _reaction(self, body: Mapping[str, Any], workspace: str) -> None:
        bot_user = (await self._workspaces.api(workspace)).installation.bot_user
        await reactions.reacted(self._desk, workspace, body["event"], bot_user=bot_user)

    async def _channel(self, body: Mapping[str, Any], workspace: str) -> None:
        await life.channel_lived(self._desk, workspace, body["event"])

    async def _member(self, body: Mapping[str, Any], workspace: str) -> None:
        await life.member_came_or_went(self._desk, self._workspaces, workspace, body["event"])

    async def _limited(self, body: Mapping[str, Any], workspace: str) -> None:  # noqa: ARG002  # every event's work is called alike
        life.rate_limited(body["event"])

    async def _outer(self, body: Body, context: AsyncBoltContext, next: Callable[[], Awaitable[BoltResponse]]) -> BoltResponse:
        """What comes without an inner event; and farewells, which Bolt would acknowledge before anything is done about them."""
        event = body.get("event")
        if isinstance(event, dict) and event.get("type") in WORKSPACE_EVENTS:
            # May be done twice and must not be missed: if the store fails, nothing is acknowledged, and Slack tells it again.
            await life.workspace_left(self._desk, self._workspaces, workspace_of(context), body)
            return BoltResponse(status=200)
        if body.get("type") == "app_rate_limited":
            life.rate_limited(body)
            return BoltResponse(status=200)
        return await next()
